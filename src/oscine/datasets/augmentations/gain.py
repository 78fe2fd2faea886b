"""Louder or fainter."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from oscine.core.params import Unit
from oscine.datasets.augmentation import Augmentation, Batch, per_window
from oscine.datasets.draw import Draw


class Gain(Augmentation):
    """Make windows louder or fainter."""

    decibels: Annotated[Draw, Unit("dB")] = Draw(-6.0, 6.0)
    """How much louder, where no `factor` is given."""

    factor: Draw | None = None
    """What sound is multiplied with, instead of decibels."""

    each_channel: bool = True
    """Draw for each channel by itself; otherwise for each window."""

    def change(self, batch: Batch, random: np.random.Generator) -> Batch:
        """Each window or channel multiplied with a number of its own."""
        shape = batch.sound.shape[: 2 if self.each_channel else 1]
        factors = 10 ** (self.decibels(random, *shape) / 20) if self.factor is None else self.factor(random, *shape)
        return batch.with_sound(batch.sound * per_window(factors))
