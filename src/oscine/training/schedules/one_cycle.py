"""A learning rate that rises for a good part of the training, and then falls to almost nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

from oscine.core.params import Field
from oscine.training.schedule import Schedule, rise


class OneCycle(Schedule):
    """Rise along half a cosine for a share of the steps, then fall along another to almost nothing [1]_.

    [1] L. N. Smith & N. Topin (2019), Super-convergence: very fast training of neural networks using large learning
    rates, Proc. SPIE 11006. Momentum stays as it is, unlike there.
    """

    sees_end: ClassVar[bool] = True

    share: float = Field(0.3, gt=0, lt=1)
    """Share of the steps during which the rate rises."""
    start: float = Field(0.04, gt=0, le=1)
    """Share of the rate to begin with."""
    end: float = Field(1e-4, gt=0, le=1)
    """Share of the rate that is left at the end."""

    def factor(self, step: int, n_steps: int, validation_losses: Sequence[float] = ()) -> float:
        """From `start` to 1 and on to `end`.

        Examples
        --------
        >>> cycle = OneCycle(share=0.5, start=0.2, end=0.1)
        >>> [round(cycle.factor(step, 101), 2) for step in (0, 25, 50, 75, 100)]
        [0.2, 0.6, 1.0, 0.55, 0.1]
        """
        last = max(1, n_steps - 1)
        top = self.share * last
        if step < top:
            low, done = self.start, 1 - step / top
        else:
            low, done = self.end, min(1.0, (step - top) / (last - top))
        warm = rise(step, min(self.warm_up, n_steps // 2))
        return warm * (low + (1 - low) * (1 + math.cos(math.pi * done)) / 2)
