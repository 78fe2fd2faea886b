"""Short-time Fourier transform whose kernels are weights: they start as sines and cosines, and are trained.

DAS's front end [1]_, after the trainable spectrograms of kapre [2]_. What differs by default: the level is not counted
from the loudest sound of the window of sound at hand, because then a frame's features depend on what else is in the
window, and a window of noise becomes as loud as song. `normalise="window"` does it as DAS does.

References
----------
.. [1] E. Steinfath et al. (2021), Fast and accurate annotation of acoustic signals with deep neural networks,
   eLife 10: e68837.
.. [2] K. Choi et al. (2017), Kapre: on-GPU audio preprocessing layers, arXiv 1706.05781.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from oscine.core.errors import InputError
from oscine.core.params import Decibels, Field, Seconds
from oscine.networks.frontend import FrontEnd, Geometry, window_samples
from oscine.networks.specification import Specification

if TYPE_CHECKING:
    from torch import nn

_TOLERANCE = 0.01  # of a sample: seconds written with six digits still give whole samples


class TrainableStft(FrontEnd):
    """Spectrogram in decibels by kernels that are trained with the network, as in DAS.

    Examples
    --------
    >>> TrainableStft().geometry(Specification(labels=("song",), sample_rate=10000.0))
    Geometry(window=64, stride=16, n_maps=1, n_bins=33)
    """

    window: Seconds = Field(0.0064, gt=0)
    """Length of sound that one spectrum sees: a power of two in samples."""

    stride: Seconds = Field(0.0016, gt=0)
    """Time from one spectrum to the next: a whole number of samples."""

    normalise: Literal["none", "window"] = "none"
    """Count the level from full scale, or, as DAS does, from the loudest spot of each window of sound."""

    floor: float = Field(0.003, gt=0)
    """Without normalisation: amplitude below which the level hardly changes."""

    span: Decibels = Field(80.0, gt=0)
    """With normalisation: how far below the loudest spot the faintest levels are cut off."""

    def geometry(self, specification: Specification) -> Geometry:
        """Window and stride in samples, a map per channel, a bin per frequency from 0 to half the sample rate.

        Any stride of whole samples will do: DAS brings its scores back to the sample rate afterwards. An architecture
        that does not must check the frame rate.
        """
        rate = specification.sample_rate
        window, stride = window_samples(self.window, rate), self.stride * rate
        if round(stride) < 1 or abs(stride - round(stride)) > _TOLERANCE:
            below = max(1, int(stride))
            raise InputError(
                f"the stride is not a whole number of samples ({stride:g} at {rate:g} Hz)",
                found=self.stride,
                allowed=" or ".join(f"{n / rate:.8g} s ({n} samples)" for n in (below, below + 1)),
            )
        return Geometry(window, round(stride), n_maps=specification.n_channels, n_bins=window // 2 + 1)

    def build(self, specification: Specification) -> nn.Module:
        """The layer that computes it."""
        from oscine.networks.layers.trainable_stft import TrainableStftLayer

        geometry = self.geometry(specification)
        return TrainableStftLayer(
            geometry.window, geometry.stride, normalise=self.normalise == "window", floor=self.floor, span=self.span
        )
