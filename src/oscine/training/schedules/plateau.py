"""A learning rate that is cut whenever the validation loss has not fallen for a while."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

from oscine.core.params import Field
from oscine.training.schedule import Schedule, rise


class Plateau(Schedule):
    """Cut the rate whenever the validation loss has not fallen for some validations."""

    needs_validation: ClassVar[bool] = True

    patience: int = Field(5, ge=1)
    """Validations without a new lowest loss, after which the rate is cut."""
    cut: float = Field(0.1, gt=0, lt=1)
    """What the rate is then multiplied with."""
    lowest: float = Field(1e-4, gt=0, le=1)
    """Share of the rate that it never falls below."""

    def factor(self, step: int, n_steps: int, validation_losses: Sequence[float] = ()) -> float:
        """One cut for every `patience` validations in a row without a new lowest loss.

        Examples
        --------
        >>> Plateau(patience=2).factor(9, 100, [0.5, 0.4, 0.4, 0.6, 0.4, 0.3])
        0.1
        """
        best, waited, n_cuts = math.inf, 0, 0
        for loss in validation_losses:
            if loss < best:
                best, waited = loss, 0
                continue
            waited += 1
            if waited == self.patience:
                waited, n_cuts = 0, n_cuts + 1
        return rise(step, self.warm_up) * max(self.lowest, self.cut**n_cuts)
