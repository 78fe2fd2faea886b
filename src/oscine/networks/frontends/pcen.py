"""Per-channel energy normalisation: each mel band's energy relative to its own recent past.

    PCEN = (E / (1 + M)^gain + bias)^power - bias^power,        M[t] = (1 - s) M[t - 1] + s E[t]

A steady noise, or a gain, all but vanishes, and what begins stands out. E is the energy of a band in units of floor²,
where the papers add an epsilon to M: the same, but for one unit of sound throughout. What differs from them:

- M is no recursion, which would see all of the past, but its response cut off after three time constants and brought
  to a sum of 1: a step depends on its own samples alone, and blocks equal the whole. A steady sound has the same M; for
  any other M differs by at most 2 exp(-3) of the largest energy of the past, which is felt after very loud sounds.
- Nothing is trained.

References
----------
Y. Wang et al. (2017), Trainable frontend for robust and far-field keyword spotting, ICASSP, 5670-5674.
V. Lostanlen et al. (2019), Per-channel energy normalization: why and how, IEEE Signal Processing Letters 26: 39-43;
gain, bias and power are those that it found good for birds outdoors.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from oscine.core.params import Field, Hertz, Seconds
from oscine.networks.frontend import FrontEnd, Geometry
from oscine.networks.frontends.log_mel import LogMel
from oscine.networks.specification import Specification
from oscine.networks.spectral import smoothing

if TYPE_CHECKING:
    from torch import nn

N_TIME_CONSTANTS = 3
"""How many time constants of the past the mean energy is taken over."""


class Pcen(FrontEnd):
    """Energy in mel bands relative to its recent past: gain and steady noise vanish, what begins stands out.

    Examples
    --------
    >>> Pcen().geometry(Specification(labels=("a",), sample_rate=32000.0))  # 512 + 2 · 45 · 64 samples
    Geometry(window=6272, stride=64, n_maps=1, n_bins=80)
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

    time_constant: Seconds = Field(0.03, gt=0)
    """How long a band's energy is remembered; three times as much is needed on either side of each step."""

    gain: float = Field(0.8, ge=0, le=1)
    """How far energy is divided by its recent mean: 0 not at all, 1 fully."""

    bias: float = Field(10.0, gt=0)
    """Added before the power: what is small against it is compressed less."""

    power: float = Field(0.25, gt=0, le=1)
    """Exponent that compresses loud sounds."""

    floor: float = Field(1e-5, gt=0)
    """Amplitude of noise that counts as silence, in whose square energies are measured."""

    def geometry(self, specification: Specification) -> Geometry:
        """Window and stride in samples, a map per channel, a bin per band.

        The window is that of a spectrum, and what the mean energy reaches back, before it and (unused) after it, so
        that a step stands for its window's middle.
        """
        geometry = self._energies().geometry(specification)
        reach = (self._n_steps(geometry, specification) - 1) * geometry.stride
        return replace(geometry, window=geometry.window + 2 * reach)

    def build(self, specification: Specification) -> nn.Module:
        """The layer that computes it."""
        from oscine.networks.layers.pcen import PcenLayer

        energies = self._energies()
        geometry = energies.geometry(specification)
        return PcenLayer(
            energies.build(specification).get_submodule("energies"),  # type: ignore[arg-type]
            n_steps=self._n_steps(geometry, specification),
            smoothing=smoothing(self.time_constant * specification.sample_rate / geometry.stride),
            gain=self.gain,
            bias=self.bias,
            power=self.power,
            floor=self.floor,
        )

    def _energies(self) -> LogMel:
        """The front end whose windows, bands and energies these are."""
        return LogMel(
            window=self.window, stride=self.stride, n_bands=self.n_bands, low=self.low, high=self.high, floor=self.floor
        )

    def _n_steps(self, geometry: Geometry, specification: Specification) -> int:
        """Steps that the mean is taken over."""
        steps = N_TIME_CONSTANTS * self.time_constant * specification.sample_rate / geometry.stride
        return 1 + math.ceil(steps - 1e-9)
