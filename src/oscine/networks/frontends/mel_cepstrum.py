"""Cosine transform of the log mel spectrum: few numbers for the shape of a spectrum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import model_validator

from oscine.core.params import Field, Seconds
from oscine.networks.frontend import FrontEnd, Geometry, stride_samples, window_samples
from oscine.networks.specification import Specification

if TYPE_CHECKING:
    from torch import nn


class MelCepstrum(FrontEnd):
    """Cosine transform of the logarithm of a mel-scaled magnitude spectrogram.

    Examples
    --------
    >>> MelCepstrum().geometry(Specification(labels=("song",), sample_rate=2500.0))
    Geometry(window=16, stride=4, n_maps=1, n_bins=7)
    """

    window: Seconds = Field(0.0064, gt=0)
    """Length of sound that one spectrum sees: a power of two in samples."""

    stride: Seconds = Field(0.0016, gt=0)
    """Time from one spectrum to the next: a whole number of samples."""

    n_mel: int = Field(7, ge=1)
    """Number of mel filters, from 0 Hz to half the sample rate."""

    n_coefficients: int = Field(7, ge=1)
    """Number of cosine coefficients kept, at most `n_mel`."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.n_coefficients > self.n_mel:
            raise ValueError(f"n_coefficients is {self.n_coefficients}, more than n_mel, {self.n_mel}")
        return self

    def geometry(self, specification: Specification) -> Geometry:
        """Window and stride in samples, a map per channel, a bin per coefficient."""
        return Geometry(
            window=window_samples(self.window, specification.sample_rate),
            stride=stride_samples(self.stride, specification.sample_rate),
            n_maps=specification.n_channels,
            n_bins=self.n_coefficients,
        )

    def build(self, specification: Specification) -> nn.Module:
        """The layer that computes it."""
        from oscine.networks.layers.spectral import MelCepstrumLayer

        geometry = self.geometry(specification)
        return MelCepstrumLayer(
            geometry.window, geometry.stride, specification.sample_rate, self.n_mel, self.n_coefficients
        )
