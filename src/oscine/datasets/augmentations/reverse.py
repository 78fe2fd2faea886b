"""Backwards in time, for sounds whose order does not tell them apart.

Frames are turned about the middle between the first and the last. A frame that saw more sound before it than behind
then needs more behind it, which is in the margin.
"""

from __future__ import annotations

import numpy as np

from oscine.core.params import Field
from oscine.datasets.augmentation import Augmentation, Batch, moved
from oscine.datasets.sampler import FrameGrid


class Reverse(Augmentation):
    """Play windows backwards, truth with them."""

    share: float = Field(0.5, ge=0, le=1)
    """Share of the windows that it changes."""

    def margin(self, grid: FrameGrid, n_frames: int) -> int:
        """As many frames as the context is longer on one side."""
        return -(-abs(grid.context[0] - grid.context[1]) // grid.hop)

    def change(self, batch: Batch, random: np.random.Generator) -> Batch:
        """Sound and truth in reverse; outputs that tell of onsets tell of offsets from now on."""
        before, after = batch.grid.context
        sound = np.empty_like(batch.sound)
        for window, target in zip(batch.sound, sound, strict=True):
            moved(window[:, ::-1], before - after, target)
        truth = batch.truth[..., ::-1]
        if batch.reversal and truth.ndim > 2:
            truth = truth[:, list(batch.reversal)]
        return batch.with_sound(sound, np.ascontiguousarray(truth))
