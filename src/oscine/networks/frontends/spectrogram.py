"""Magnitude of the short-time Fourier transform, its logarithm, its power density, or its real and imaginary parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from oscine.core.errors import InputError
from oscine.core.params import Field, Hertz, Seconds
from oscine.networks.frontend import FrontEnd, Geometry, frequency_range, stride_samples, window_samples
from oscine.networks.specification import Specification
from oscine.networks.spectral import density_slice, frequency_slice

if TYPE_CHECKING:
    from torch import nn


class Spectrogram(FrontEnd):
    """Magnitude of the short-time Fourier transform, with a periodic Hann window; its logarithm; or power density.

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

    scale: Literal["linear", "log", "power"] = "linear"
    """The magnitude |X| as it is; ln(|X| / Σw + floor), where w is the window: faint and loud alike; or power density.

    The one-sided power spectral density is |X|² / (s Σw²), with s the sample rate, twice that except at 0 Hz and half
    the sample rate. It is that of scipy and of vak (whose Hann window is symmetric, not periodic: a difference of one
    part in the window's length), and the bins kept are as vak's, from `low` to below `high`. vak also filters the
    sound to that range beforehand, forward only, which delays it; we do not.
    """

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
            density_at=specification.sample_rate if self.scale == "power" and not self.phase else None,
        )  # fmt: skip

    def _bins(self, window: int, specification: Specification) -> slice:
        n_bins, nyquist = window // 2 + 1, specification.sample_rate / 2
        low, high = frequency_range(self.low, self.high, specification.sample_rate)
        if self.scale != "power":
            return frequency_slice(n_bins, low, high, nyquist)
        kept = density_slice(n_bins, low, self.high, nyquist)
        if kept.start >= kept.stop:
            raise InputError(
                "no bin of the spectrum lies in the range",
                found=f"{low:g} to {high:g} Hz",
                allowed=f"at least {2 * nyquist / window:g} Hz wide",
            )
        return kept
