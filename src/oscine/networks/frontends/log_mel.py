"""Logarithm of the energy in mel bands: fine steps at low frequencies, coarse ones at high, faint and loud alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oscine.core.params import Field, Hertz, Seconds
from oscine.networks.frontend import (
    FrontEnd,
    Geometry,
    any_window_samples,
    frequency_range,
    nearest_stride,
    nearest_window,
    stride_samples,
)
from oscine.networks.specification import Specification

if TYPE_CHECKING:
    from torch import nn


class LogMel(FrontEnd):
    """Logarithm of the energy in bands that are equally spaced in mel.

    A band's energy is the mean of |X|² / Σw² over its bins, with a periodic Hann window w: white noise of standard
    deviation σ gives ln(σ² + floor²). No band is narrower than two bins, so none is empty.

    Examples
    --------
    >>> LogMel().geometry(Specification(labels=("a",), sample_rate=32000.0))
    Geometry(window=512, stride=64, n_maps=1, n_bins=80)
    >>> LogMel(window=0.02, stride=0.01).geometry(Specification(labels=("a",), sample_rate=44100.0))
    Geometry(window=882, stride=441, n_maps=1, n_bins=80)
    """

    window: Seconds | None = Field(None, gt=0)
    """Length of sound that one spectrum sees; by default the power of two in samples that is nearest to 16 ms."""

    stride: Seconds | None = Field(None, gt=0)
    """Time from one spectrum to the next; by default near 2 ms, so that there is a whole number per second."""

    n_bands: int = Field(80, ge=1)
    """Number of bands."""

    low: Hertz = Field(0.0, ge=0)
    """Lower edge of the first band."""

    high: Hertz | None = Field(None, gt=0)
    """Upper edge of the last band; half the sample rate where none is given."""

    floor: float = Field(1e-5, gt=0)
    """Amplitude of noise below which the logarithm hardly changes: that of the steps of 16-bit sound."""

    def geometry(self, specification: Specification) -> Geometry:
        """Window and stride in samples, a map per channel, a bin per band."""
        rate = specification.sample_rate
        frequency_range(self.low, self.high, rate)
        return Geometry(
            window=nearest_window(rate) if self.window is None else any_window_samples(self.window, rate),
            stride=nearest_stride(rate) if self.stride is None else stride_samples(self.stride, rate),
            n_maps=specification.n_channels,
            n_bins=self.n_bands,
        )

    def build(self, specification: Specification) -> nn.Module:
        """The layer that computes it."""
        from oscine.networks.layers.mel import LogMelLayer, MelEnergyLayer

        geometry, rate = self.geometry(specification), specification.sample_rate
        edges = frequency_range(self.low, self.high, rate)
        return LogMelLayer(MelEnergyLayer(geometry.window, geometry.stride, rate, self.n_bands, *edges), self.floor)
