"""Every window brought to the same height."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from oscine.core.params import Field
from oscine.datasets.augmentation import Augmentation, Batch, per_window
from oscine.datasets.draw import Draw, Limits


class Normalise(Augmentation):
    """Divide the sound of each window by a measure of its height, all channels together.

    It is here for the sake of files of DAS. A faint window becomes as loud as any other, and what a model then is given
    in prediction is not treated so: `normalise` of `train` brings whole recordings to one level, always.
    """

    by: Literal["maximum", "percentile", "deviation"] = "maximum"
    """Measure: the largest magnitude, a percentile of the magnitudes, or the standard deviation."""

    percentile: Annotated[Draw, Limits(ge=0, le=100)] = Draw(95.0, 95.0)
    """Which percentile."""

    floor: float = Field(0.0, ge=0)
    """What is divided by at least."""

    def change(self, batch: Batch, random: np.random.Generator) -> Batch:
        """Each window divided by its height; silence as it is."""
        windows = batch.sound.reshape(len(batch), -1)
        if self.by == "maximum":
            heights = np.abs(windows).max(axis=1)
        elif self.by == "deviation":
            heights = windows.std(axis=1)
        else:
            wished = self.percentile(random, len(batch)).clip(0, 100)
            heights = np.array([np.percentile(np.abs(one), rank) for one, rank in zip(windows, wished, strict=True)])
        heights = np.maximum(heights, self.floor)
        return batch.with_sound(batch.sound / per_window(np.where(heights > 0, heights, 1.0)))
