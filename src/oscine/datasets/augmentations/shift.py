"""Earlier or later, by fractions of a frame too."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from oscine.datasets.augmentation import Augmentation, Batch, moved
from oscine.datasets.draw import Draw
from oscine.datasets.sampler import FrameGrid


class Shift(Augmentation):
    """Move windows in time, truth with them.

    Sound moves by whole samples, truth by the nearest number of frames. What moves in is the sound that was there, not
    what moved out at the other end, as it is where windows are turned round like a wheel.
    """

    amount: Draw = Draw(-0.01, 0.01)
    """How much later."""

    unit: Literal["seconds", "samples"] = "seconds"
    """What `amount` counts."""

    def margin(self, grid: FrameGrid, n_frames: int) -> int:
        """As many frames as it moves at most."""
        farthest = max(map(abs, self.amount.ends)) * (grid.sample_rate if self.unit == "seconds" else 1.0)
        return math.ceil((farthest + 0.5) / grid.hop) if farthest else 0

    def change(self, batch: Batch, random: np.random.Generator) -> Batch:
        """Each window moved by a number of samples of its own."""
        grid = batch.grid
        amounts = self.amount(random, len(batch)) * (grid.sample_rate if self.unit == "seconds" else 1.0)
        samples = np.rint(amounts).astype(np.int64)
        frames = np.rint(samples / grid.hop).astype(np.int64)
        sound = np.empty_like(batch.sound)
        for window, by, target in zip(batch.sound, samples.tolist(), sound, strict=True):
            moved(window, by, target)
        return batch.with_sound(sound, batch.frames(np.arange(batch.n_frames) - frames[:, None]))
