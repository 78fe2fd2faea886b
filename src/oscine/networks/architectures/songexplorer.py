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

from typing import TYPE_CHECKING, Literal

from oscine.core.errors import InputError
from oscine.core.params import Field, Seconds
from oscine.networks.convolutional import Convolutional
from oscine.networks.frames import is_whole_rate
from oscine.networks.frontend import Geometry
from oscine.networks.specification import Specification
from oscine.networks.stack import Stack

if TYPE_CHECKING:
    from oscine.networks.network import Network


class SongExplorer(Convolutional):
    """A few convolutions over a window of sound around each frame: small, quick, and good from few annotations.

    Examples
    --------
    >>> task = Specification(labels=("pulse", "sine", "ambient"), sample_rate=2500.0)
    >>> network = SongExplorer().build(task)
    >>> network.n_parameters, network.hop, network.context, network.frame_rate
    (61443, 4, (256, 255), 625.0)
    """

    shift: Seconds = 0.0
    """How much earlier than its frame that sound is centred: above 0 sees more of the past than of the future."""

    connection: Literal["plain", "residual"] = "plain"
    """Whether the input of every second convolution is also added behind the next one."""

    dropout: float = Field(0.5, ge=0, lt=1)
    """Share of the values that are zeroed at random while training."""

    def plan(self, specification: Specification) -> tuple[Geometry, Stack, tuple[int, int]]:
        """Sizes of everything for a task, without torch: front end, convolutions, context (left, right) in samples.

        Raises
        ------
        InputError
            Where context, shift, window or stride do not fit the sample rate or each other.
        """
        geometry, window, stack = self.plan_window(specification, residual=self.connection == "residual")
        shift = round(self.shift * specification.sample_rate)
        left, right = -(-window // 2) + shift, window // 2 - 1 - shift
        if left < 0 or right < 0:
            raise InputError(
                "the shift is larger than half the context", found=self.shift, allowed=f"below {self.context / 2:g} s"
            )
        _check_rate(geometry.stride, stack, specification.sample_rate)
        return geometry, stack, (left, right)

    def build(self, specification: Specification) -> Network:
        """The network for a task, its weights initialised with seed 0."""
        import torch

        from oscine.networks.layers.songexplorer import SongExplorerNetwork

        geometry, stack, context = self.plan(specification)
        kind, each = self._dropout_kind()
        with torch.random.fork_rng(devices=[]):  # torch's layers draw weights when they are made
            network = SongExplorerNetwork(
                specification,
                self.representation.build(specification),
                geometry,
                context,
                stack=stack,
                normalization=self.normalization,
                dropout=self.dropout,
                dropout_kind=kind,
                drops_each=each,
                pool_kind=self.pool_kind,
                dense=self.dense,
            )
        return network.initialise(0)

    def _dropout_kind(self) -> tuple[Literal["none", "unit", "map"], bool]:
        """What is dropped, and whether behind each convolution or only behind the last one."""
        return "unit", False


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
