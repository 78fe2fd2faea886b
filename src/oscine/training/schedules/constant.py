"""The same learning rate from the first step to the last."""

from __future__ import annotations

from collections.abc import Sequence

from oscine.training.schedule import Schedule, rise


class Constant(Schedule):
    """The same rate throughout, after the warm-up."""

    def factor(self, step: int, n_steps: int, validation_losses: Sequence[float] = ()) -> float:
        """1 from the end of the warm-up on.

        Examples
        --------
        >>> Constant().factor(0, 100), Constant(warm_up=10).factor(4, 100)
        (1.0, 0.5)
        """
        return rise(step, self.warm_up)
