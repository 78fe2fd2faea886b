"""Magnitude of the short-time Fourier transform, its logarithm, or its real and imaginary parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from oscine.core.errors import InputError
from oscine.core.params import Field, Hertz, Seconds
from oscine.networks.frontend import FrontEnd, Geometry, stride_samples, window_samples
from oscine.networks.specification import Specification
from oscine.networks.spectral import frequency_slice

if TYPE_CHECKING:
    from torch import nn


class Spectrogram(FrontEnd):
    """Magnitude of the short-time Fourier transform, with a periodic Hann window; linear, or its logarithm.

    Examples
    --------
    >>> Spectrogram(window=0.0032, stride=0.0008).geometry(Specification(labels=("song",), sample_rate=2500.0))
    Geometry(window=8, stride=2, n_maps=1, n_bins=5)
    """

    window: Seconds = Field(0.0064, gt=0)
    """Length of sound that one spectrum sees: a power of two in samples."""

    stride: Seconds = Field(0.0016, gt=0)
    """Time from one spectrum to the next: a whole number of samples."""

    low: Hertz = Field(0.0, ge=0)
    """Lowest frequency kept."""

    high: Hertz | None = Field(None, gt=0)
    """Highest frequency kept; half the sample rate where none is given."""

    scale: Literal["linear", "log"] = "linear"
    """Give the magnitude |X| as it is, or ln(|X| / Σw + floor), where w is the window: faint and loud sounds alike."""

    floor: float = Field(0.003, gt=0)
    """Amplitude below which the logarithm hardly changes: a third of the noise of a normalised recording."""

    phase: bool = False
    """Give the real and the imaginary parts as maps of their own, in place of the magnitude."""

    def geometry(self, specification: Specification) -> Geometry:
        """Window and stride in samples, a map per channel (two with phase), a bin per frequency kept."""
        window = window_samples(self.window, specification.sample_rate)
        return Geometry(
            window=window,
            stride=stride_samples(self.stride, specification.sample_rate),
            n_maps=specification.n_channels * (2 if self.phase else 1),
            n_bins=len(range(*self._bins(window, specification).indices(window // 2 + 1))),
        )

    def build(self, specification: Specification) -> nn.Module:
        """The layer that computes it."""
        from oscine.networks.layers.spectral import SpectrogramLayer

        geometry = self.geometry(specification)
        return SpectrogramLayer(
            geometry.window, geometry.stride, bins=self._bins(geometry.window, specification), phase=self.phase,
            floor=self.floor if self.scale == "log" and not self.phase else None,
        )  # fmt: skip

    def _bins(self, window: int, specification: Specification) -> slice:
        nyquist = specification.sample_rate / 2
        high = nyquist if self.high is None else min(self.high, nyquist)
        if self.low >= high:
            raise InputError(
                "the lowest frequency kept is not below the highest", found=self.low, allowed=f"< {high:g} Hz"
            )
        return frequency_slice(window // 2 + 1, self.low, high, nyquist)
