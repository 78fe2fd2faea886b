"""A learning rate that rises at first and then falls along half a cosine."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

from oscine.core.params import Field
from oscine.training.schedule import Schedule, rise


class Cosine(Schedule):
    """Fall along half a cosine from the end of the warm-up to the last step [1]_.

    [1] I. Loshchilov & F. Hutter (2017), SGDR: stochastic gradient descent with warm restarts, ICLR; without restarts.
    """

    sees_end: ClassVar[bool] = True

    end: float = Field(0.01, gt=0, le=1)
    """Share of the rate that is left at the end."""

    def factor(self, step: int, n_steps: int, validation_losses: Sequence[float] = ()) -> float:
        """A rise during the warm-up, of at most half of the steps, then half a cosine down to `end`.

        Examples
        --------
        >>> [round(Cosine(end=0.1).factor(step, 101), 2) for step in (0, 50, 100)]
        [1.0, 0.55, 0.1]
        """
        warm_up = min(self.warm_up, n_steps // 2)
        if step < warm_up:
            return rise(step, warm_up)
        done = min(1.0, (step - warm_up) / max(1, n_steps - 1 - warm_up))
        return self.end + (1 - self.end) * (1 + math.cos(math.pi * done)) / 2
