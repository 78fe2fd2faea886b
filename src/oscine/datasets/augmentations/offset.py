"""A constant added to the sound, as cheap recorders do."""

from __future__ import annotations

import numpy as np

from oscine.datasets.augmentation import Augmentation, Batch, per_window
from oscine.datasets.draw import Draw


class Offset(Augmentation):
    """Add a constant to the sound of each window."""

    amount: Draw = Draw(-0.01, 0.01)
    """What is added; full scale is 1."""

    each_channel: bool = True
    """Draw for each channel by itself; otherwise for each window."""

    def change(self, batch: Batch, random: np.random.Generator) -> Batch:
        """Each window or channel raised by a number of its own."""
        shape = batch.sound.shape[: 2 if self.each_channel else 1]
        return batch.with_sound(batch.sound + per_window(self.amount(random, *shape)))
