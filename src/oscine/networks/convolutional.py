"""Options that architectures made of SongExplorer's stack of convolutions share, and the sizes that follow from them.

`songexplorer`, `res-net1` and `autoencoder` look at one context window of the front end's features with a stack of
convolutions that pads nothing (`oscine.networks.stack`). They differ in what stands behind it, and in where units are
dropped.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import model_validator

from oscine.core.errors import InputError
from oscine.core.params import Field, Seconds
from oscine.networks.architecture import Architecture
from oscine.networks.frontend import FRONTENDS, FrontEnd, Geometry
from oscine.networks.frontends.mel_cepstrum import MelCepstrum
from oscine.networks.layer_list import LayerList, listed_layers
from oscine.networks.specification import Specification
from oscine.networks.stack import Stack, plan_stack

Count = Annotated[int, Field(ge=1)]
"""A number of things, at least one."""


class Convolutional(Architecture):
    """Base of the architectures that look at a window of sound with a stack of convolutions."""

    context: Seconds = Field(0.2048, gt=0)
    """Length of sound that each frame is judged by."""

    representation: Annotated[FrontEnd, FRONTENDS] = MelCepstrum()
    """What the first layer makes of the waveform."""

    n_conv_layers: int = Field(2, ge=0)
    """Number of convolutions, as far as they fit into the context."""

    kernel_2d: tuple[Count, Count] = (5, 5)
    """Size in time and frequency of the convolutions, as long as both are large enough."""

    kernel_1d: Count = 3
    """Size in time of those that follow, which take all frequencies at once."""

    features: tuple[Count, Count] = (64, 64)
    """Number of feature maps of either kind."""

    normalization: Literal["none", "before", "after"] = "none"
    """Batch normalisation of each convolution, before or after its nonlinearity."""

    stride_time: LayerList = ""
    """Convolutions that halve the time resolution: 1,2 or 2-4 or >=3 or <2, counted from 1."""

    stride_freq: LayerList = ""
    """Convolutions that halve the frequency resolution."""

    dilate_time: LayerList = ""
    """Convolutions from which on the kernel's steps are twice as far apart in time."""

    dilate_freq: LayerList = ""
    """Convolutions from which on the kernel's bins are twice as far apart in frequency."""

    pool_kind: Literal["none", "max", "average"] = "none"
    """Pooling behind the convolutions; it lowers their time resolution."""

    pool_size: tuple[Count, Count] = (2, 2)
    """Size of the pooling in time and frequency."""

    dense: tuple[Count, ...] = ()
    """Sizes of dense layers behind the convolutions."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        for axis in ("time", "freq"):
            both = self._listed(f"stride_{axis}") & self._listed(f"dilate_{axis}")
            if both:
                raise ValueError(f"layer {min(both)} is listed in both stride_{axis} and dilate_{axis}")
        return self

    def plan_window(self, specification: Specification, *, residual: bool = False) -> tuple[Geometry, int, Stack]:
        """Sizes for a task, without torch: of the front end, of the context window in samples, of the convolutions.

        Raises
        ------
        InputError
            Where the context, or the front end's window and stride, do not fit the sample rate or each other.
        """
        geometry = self.representation.geometry(specification)
        window = round(self.context * specification.sample_rate)
        if window < geometry.window:
            raise InputError(
                "the context is shorter than the window of the front end",
                found=self.context,
                allowed=f"at least {geometry.window / specification.sample_rate:.6g} s",
            )
        stack = plan_stack(
            (geometry.n_steps(window), geometry.n_bins),
            geometry.n_maps,
            n_layers=self.n_conv_layers,
            kernel_2d=self.kernel_2d,
            kernel_1d=self.kernel_1d,
            features=self.features,
            strided=(self._listed("stride_time"), self._listed("stride_freq")),
            dilated=(self._listed("dilate_time"), self._listed("dilate_freq")),
            residual=residual,
            pool=self.pool_size if self.pool_kind != "none" else (1, 1),
        )
        return geometry, window, stack

    def _listed(self, option: str) -> frozenset[int]:
        return listed_layers(getattr(self, option), self.n_conv_layers)
