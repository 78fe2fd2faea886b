"""SongExplorer's default network: convolutions over a context window, all options.

A frame's scores are computed from one window of sound, `context` seconds long and centred `shift` before the frame,
by a few convolutions and a dense layer over all that they leave. The parameter counts of SongExplorer's networks
are unit tests. What differs from SongExplorer (0.9.1):

- the hop counts the strides of the layers that were built, not of those that were listed, and the pooling;
- residual connections around a strided layer are thinned with it;
- batch normalisation forgets as torch's does (momentum 0.1, Keras's is 0.01), for short trainings;
- any number of frames can be computed at once, one too.

References
----------
B.J. Arthur et al. (2021), SongExplorer: a deep learning workflow for discovery and segmentation of animal acoustic
communication signals, bioRxiv 2021.03.26.437280.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import model_validator

from oscine.core.errors import InputError
from oscine.core.params import Field, Seconds
from oscine.networks.architecture import Architecture
from oscine.networks.frames import is_whole_rate
from oscine.networks.frontend import FRONTENDS, FrontEnd, Geometry
from oscine.networks.frontends.mel_cepstrum import MelCepstrum
from oscine.networks.layer_list import LayerList, listed_layers
from oscine.networks.specification import Specification
from oscine.networks.stack import Stack, plan_stack

if TYPE_CHECKING:
    from oscine.networks.network import Network

Count = Annotated[int, Field(ge=1)]


class SongExplorer(Architecture):
    """A few convolutions over a window of sound around each frame: small, quick, and good from few annotations.

    Examples
    --------
    >>> task = Specification(labels=("pulse", "sine", "ambient"), sample_rate=2500.0)
    >>> network = SongExplorer().build(task)
    >>> network.n_parameters, network.hop, network.context, network.frame_rate
    (61443, 4, (256, 255), 625.0)
    """

    context: Seconds = Field(0.2048, gt=0)
    """Length of sound that each frame is judged by."""

    shift: Seconds = 0.0
    """How much earlier than its frame that sound is centred: above 0 sees more of the past than of the future."""

    representation: Annotated[FrontEnd, FRONTENDS] = MelCepstrum()
    """What the first layer makes of the waveform."""

    connection: Literal["plain", "residual"] = "plain"
    """Whether the input of every second convolution is also added behind the next one."""

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

    dropout: float = Field(0.5, ge=0, lt=1)
    """Share of the values that are zeroed at random while training."""

    pool_kind: Literal["none", "max", "average"] = "none"
    """Pooling behind the convolutions; it lowers the frame rate."""

    pool_size: tuple[Count, Count] = (2, 2)
    """Size of the pooling in time and frequency."""

    dense: tuple[Count, ...] = ()
    """Sizes of dense layers before the last one."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        for axis in ("time", "freq"):
            both = self._listed(f"stride_{axis}") & self._listed(f"dilate_{axis}")
            if both:
                raise ValueError(f"layer {min(both)} is listed in both stride_{axis} and dilate_{axis}")
        return self

    def plan(self, specification: Specification) -> tuple[Geometry, Stack, tuple[int, int]]:
        """Sizes of everything for a task, without torch: front end, convolutions, context (left, right) in samples.

        Raises
        ------
        InputError
            Where context, shift, window or stride do not fit the sample rate or each other.
        """
        rate = specification.sample_rate
        geometry = self.representation.geometry(specification)
        window, shift = round(self.context * rate), round(self.shift * rate)
        if window < geometry.window:
            raise InputError(
                "the context is shorter than the window of the front end",
                found=self.context,
                allowed=f"at least {geometry.window / rate:.6g} s",
            )
        left, right = -(-window // 2) + shift, window // 2 - 1 - shift
        if left < 0 or right < 0:
            raise InputError(
                "the shift is larger than half the context", found=self.shift, allowed=f"below {self.context / 2:g} s"
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
            residual=self.connection == "residual",
            pool=self.pool_size if self.pool_kind != "none" else (1, 1),
        )
        _check_rate(geometry.stride, stack, rate)
        return geometry, stack, (left, right)

    def build(self, specification: Specification) -> Network:
        """The network for a task, its weights initialised with seed 0."""
        import torch

        from oscine.networks.layers.songexplorer import SongExplorerNetwork

        geometry, stack, context = self.plan(specification)
        with torch.random.fork_rng(devices=[]):  # torch's layers draw weights when they are made
            network = SongExplorerNetwork(
                specification,
                self.representation.build(specification),
                geometry,
                context,
                stack=stack,
                normalization=self.normalization,
                dropout=self.dropout,
                pool_kind=self.pool_kind,
                dense=self.dense,
            )
        return network.initialise(0)

    def _listed(self, option: str) -> frozenset[int]:
        return listed_layers(getattr(self, option), self.n_conv_layers)


def _check_rate(stride: int, stack: Stack, sample_rate: float) -> None:
    """Refuse a hop that does not give a whole number of frames per second, naming those of fewer strides that do."""
    hop = stride * stack.downsampling
    if not is_whole_rate(sample_rate, hop):
        halvings = [n for n in range(hop.bit_length()) if is_whole_rate(sample_rate, stride * 2**n)]
        raise InputError(
            f"{sample_rate:g} Hz gives no whole number of frames per second",
            found=f"a hop of {hop} samples",
            allowed=" or ".join(f"{stride * 2**n} samples ({sample_rate / (stride * 2**n):g} Hz)" for n in halvings),
            cure="List fewer layers in stride_time, pool less, or change the stride of the front end",
        )
