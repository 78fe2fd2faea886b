"""Upside down, as a microphone wired the other way round."""

from __future__ import annotations

import numpy as np

from oscine.core.params import Field
from oscine.datasets.augmentation import Augmentation, Batch


class Invert(Augmentation):
    """Turn the sound of windows upside down, all channels together."""

    share: float = Field(0.5, ge=0, le=1)
    """Share of the windows that it changes."""

    def change(self, batch: Batch, random: np.random.Generator) -> Batch:
        """The sound with its sign changed."""
        return batch.with_sound(-batch.sound)
