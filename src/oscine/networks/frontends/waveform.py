"""The waveform itself, sample by sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oscine.networks.frontend import FrontEnd, Geometry
from oscine.networks.specification import Specification

if TYPE_CHECKING:
    from torch import nn


class Waveform(FrontEnd):
    """The waveform itself: a map per channel, one bin, a step per sample.

    Examples
    --------
    >>> Waveform().geometry(Specification(labels=("song",), sample_rate=2500.0, n_channels=2))
    Geometry(window=1, stride=1, n_maps=2, n_bins=1)
    """

    def geometry(self, specification: Specification) -> Geometry:
        """One sample a step."""
        return Geometry(window=1, stride=1, n_maps=specification.n_channels, n_bins=1)

    def build(self, specification: Specification) -> nn.Module:
        """The layer that adds the axis of frequency."""
        from oscine.networks.layers.spectral import WaveformLayer

        return WaveformLayer()
