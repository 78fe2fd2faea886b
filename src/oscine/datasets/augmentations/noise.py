"""Gaussian noise added to the sound.

Drawing a Gaussian number takes ten times as long as adding it. So half a million of them are drawn once, and each
channel of a window gets a stretch of them from a random place, with a random sign. No network can learn that by heart,
since what is added to a sound is another stretch each time.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from oscine.datasets.augmentation import Augmentation, Batch, per_window, stretches
from oscine.datasets.draw import Draw, Limits

_N_STORED = 2**19


class Noise(Augmentation):
    """Add Gaussian noise to windows, or to a random stretch of each."""

    deviation: Annotated[Draw, Limits(ge=0)] = Draw(0.0, 0.005)
    """Standard deviation of the noise; full scale is 1, and the background of normalised recordings about 0.015."""

    mean: Draw = Draw(0.0, 0.0)
    """Its mean."""

    duration: Annotated[Draw, Limits(ge=0)] | None = None
    """How long the stretch is; none: the whole window."""

    unit: Literal["seconds", "samples"] = "seconds"
    """What `duration` counts."""

    each_channel: bool = True
    """Draw the standard deviation for each channel by itself; otherwise for each window."""

    def change(self, batch: Batch, random: np.random.Generator) -> Batch:
        """The sound with noise of its own in each channel."""
        n_windows, n_channels, n_samples = batch.sound.shape
        deviation = np.abs(self.deviation(random, n_windows, n_channels if self.each_channel else 1))
        deviation = np.broadcast_to(deviation, (n_windows, n_channels))
        signs = np.where(random.random(deviation.shape) < 0.5, -1, 1)
        factors = (deviation * signs).astype(np.float32)
        bank = _bank() if 4 * n_samples <= _N_STORED else random.standard_normal(4 * n_samples, np.float32)
        starts = random.integers(0, len(bank) - n_samples + 1, factors.shape)
        noise = np.empty_like(batch.sound)
        for target, channels, begins in zip(noise, factors, starts.tolist(), strict=True):
            for row, factor, begin in zip(target, channels, begins, strict=True):
                np.multiply(bank[begin : begin + n_samples], factor, out=row)
        if not self.mean.is_zero:
            noise += per_window(self.mean(random, n_windows))
        if self.duration is None:
            noise += batch.sound
            return batch.with_sound(noise)
        scale = batch.grid.sample_rate if self.unit == "seconds" else 1.0
        sound = batch.sound.copy()
        places = stretches(np.abs(self.duration(random, n_windows)) * scale, n_samples, random)
        for window, added, (start, stop) in zip(sound, noise, places, strict=True):
            window[:, start:stop] += added[:, start:stop]
        return batch.with_sound(sound)


@cache
def _bank() -> NDArray[np.float32]:
    """Gaussian numbers with a standard deviation of one, the same in every process."""
    numbers = np.random.default_rng(0).standard_normal(_N_STORED, np.float32)
    numbers.flags.writeable = False
    return numbers
