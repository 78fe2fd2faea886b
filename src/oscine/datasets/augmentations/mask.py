"""A stretch of sound taken away: replaced by its mean, or by noise.

A network that has to do without a stretch learns to use what is around it. It cannot be asked what was in it, so that
frames that lie there become unknown, unless `unlabel` is off: a mask much shorter than any sound leaves labels true.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from oscine.datasets.augmentation import Augmentation, Batch, stretches
from oscine.datasets.draw import Draw, Limits


class Mask(Augmentation):
    """Replace a random stretch of each window, in all channels."""

    duration: Annotated[Draw, Limits(ge=0)] = Draw(0.001, 0.01)
    """How long the stretch is."""

    unit: Literal["seconds", "samples"] = "seconds"
    """What `duration` counts."""

    fill: Literal["mean", "noise"] = "mean"
    """What comes in its place: the mean of each channel over the stretch, or Gaussian noise."""

    deviation: Annotated[Draw, Limits(ge=0)] | None = None
    """Standard deviation of the noise, full scale being 1; none: that of the channel over the window."""

    mean: Draw = Draw(0.0, 0.0)
    """Mean of the noise."""

    unlabel: bool = True
    """Take frames that are masked, were it in part, for unknown."""

    def change(self, batch: Batch, random: np.random.Generator) -> Batch:
        """Each window with a stretch of its own replaced."""
        n_windows, n_channels, n_samples = batch.sound.shape
        scale = batch.grid.sample_rate if self.unit == "seconds" else 1.0
        places = stretches(np.abs(self.duration(random, n_windows)) * scale, n_samples, random)
        means = self.mean(random, n_windows)
        deviations = None if self.deviation is None else np.abs(self.deviation(random, n_windows))
        sound, truth = batch.sound.copy(), batch.truth.copy()
        centres = batch.grid.context[0] + batch.grid.hop * np.arange(batch.n_frames)
        half = batch.grid.hop / 2
        for index, (start, stop) in enumerate(places):
            if start == stop:
                continue
            stretch = sound[index, :, start:stop]
            if self.fill == "mean":
                stretch[:] = stretch.mean(axis=1, keepdims=True)
            else:
                deviation = batch.sound[index].std(axis=1, keepdims=True) if deviations is None else deviations[index]
                noise = random.standard_normal((n_channels, stop - start), np.float32)
                stretch[:] = means[index] + deviation * noise
            if self.unlabel:
                truth[index, ..., (start - half <= centres) & (centres < stop + half)] = batch.unknown
        return batch.with_sound(sound, truth if self.unlabel else batch.truth)
