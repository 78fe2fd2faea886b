"""Upside down, as a microphone wired the other way round."""

from __future__ import annotations

import numpy as np

from oscine.core.params import Field
from oscine.datasets.augmentation import Augmentation, Batch, per_window


class Invert(Augmentation):
    """Turn the sound of windows upside down, all channels together."""

    share: float = Field(0.5, ge=0, le=1)
    """Share of the windows that it changes."""

    def __call__(self, batch: Batch, random: np.random.Generator) -> Batch:
        """The sound of some windows with its sign changed."""
        signs = np.where(random.random(len(batch)) < self.share, -1.0, 1.0)
        return batch.with_sound(batch.sound * per_window(signs))
