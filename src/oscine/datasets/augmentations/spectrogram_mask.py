"""Stripes of the spectrogram taken away, in time and in frequency (SpecAugment) [1]_.

What is masked are the features that the front end gives, once they are standardised, so that 0 is the mean of each
frequency. Truth stays: stripes should be shorter than sounds.

References
----------
.. [1] D. S. Park et al. (2019), SpecAugment: a simple data augmentation method for automatic speech recognition,
   Interspeech, 2613-2617.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from oscine.core.params import Field
from oscine.datasets.augmentation import Augmentation
from oscine.datasets.draw import Draw, Limits

if TYPE_CHECKING:
    from torch import Tensor


class SpectrogramMask(Augmentation):
    """Mask stripes of the features of each window, as wide as all maps."""

    n_times: int = Field(1, ge=0)
    """Stripes in time."""

    time: Annotated[Draw, Limits(ge=0, le=1)] = Draw(0.0, 0.02)
    """Width of a stripe in time, as a share of the window."""

    n_frequencies: int = Field(1, ge=0)
    """Stripes in frequency."""

    frequency: Annotated[Draw, Limits(ge=0, le=1)] = Draw(0.0, 0.1)
    """Width of a stripe in frequency, as a share of all."""

    def mask(self, features: Tensor, random: np.random.Generator) -> Tensor:
        """Features (batch, map, frequency, time) with stripes of zeros in `share` of the windows."""
        import torch

        n_windows, _, n_bins, n_times = features.shape
        chosen = random.random(n_windows) < self.share
        times = _stripes(self.n_times, self.time, n_windows, n_times, random)
        bins = _stripes(self.n_frequencies, self.frequency, n_windows, n_bins, random)
        hidden = (times[:, None, :] | bins[:, :, None]) & chosen[:, None, None]
        return features.masked_fill(torch.from_numpy(hidden).to(features.device)[:, None], 0.0)


def _stripes(count: int, width: Draw, n_windows: int, size: int, random: np.random.Generator) -> NDArray[np.bool_]:
    """Which of `size` places are in one of `count` stripes, for each window (batch, place)."""
    widths = np.rint(width(random, n_windows, count).clip(0, 1) * size)[..., None]
    starts = np.floor(random.random((n_windows, count, 1)) * (size - widths + 1))
    places = np.arange(size)
    inside: NDArray[np.bool_] = ((starts <= places) & (places < starts + widths)).any(axis=1)
    return inside
