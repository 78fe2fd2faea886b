"""SongExplorer's U-net: halved, convolved and doubled again, with a frame for every sample.

Blocks of convolutions see ever longer stretches of sound on the way down; on the way up they are laid beside what was
there at each resolution [1]_. It is made for the waveform. Over another front end it sees maps and frequencies of each
step as its channels. How lengths, crops and the step follow from the options is in `oscine.networks.u_shape`.

`padding` says what its convolutions do at the ends of their input. "valid" pads nothing, and a frame's score depends on
its context alone. "same" pads with zeros within each window, as SongExplorer's option of that name does: frames near
the ends of a window then are worse than those in its middle, and prediction works in windows as long as those of the
training. What else differs from SongExplorer (0.9.1):

- what is kept on the way down is cropped by position, not by the middle of what happens to be there, so that scores do
  not depend on how many frames are computed at once;
- with `output` "slice" and nothing padded, a frame sees the receptive field of the blocks and `context` has no part;
- any number of frames can be computed, also one that is no whole number of steps;
- batch normalisation forgets as torch's does (momentum 0.1, Keras's is 0.01).

References
----------
.. [1] O. Ronneberger, P. Fischer & T. Brox (2015), U-Net: convolutional networks for biomedical image segmentation,
   MICCAI, 234-241.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import model_validator

from oscine.core.errors import InputError
from oscine.core.params import Field, Seconds
from oscine.networks.architecture import Architecture
from oscine.networks.frames import is_whole_rate
from oscine.networks.frontend import FRONTENDS, FrontEnd, Geometry
from oscine.networks.frontends.waveform import Waveform
from oscine.networks.specification import Specification
from oscine.networks.u_shape import UShape

if TYPE_CHECKING:
    from oscine.networks.network import Network


class UNet(Architecture):
    """A U-net on the waveform: a score for every sample, from stretches of sound of many lengths.

    Examples
    --------
    >>> task = Specification(labels=("pulse", "sine", "ambient"), sample_rate=2500.0)
    >>> network = UNet(n_filters=4).build(task)
    >>> network.hop, network.step, network.context, network.n_parameters
    (1, 16, (254, 268), 47275)
    """

    context: Seconds = Field(0.2048, gt=0)
    """Length of sound that each frame is judged by."""

    shift: Seconds = 0.0
    """How much earlier than its frame that sound is centred: above 0 sees more of the past than of the future."""

    representation: Annotated[FrontEnd, FRONTENDS] = Waveform()
    """What the first layer makes of the waveform."""

    n_down: int = Field(4, ge=1, le=12)
    """How often the time resolution is halved."""

    n_up: int = Field(4, ge=0, le=12)
    """How often it is doubled again; each time fewer than halved halves the frame rate."""

    n_conv: int = Field(2, ge=1)
    """Convolutions of each block."""

    n_filters: int = Field(64, ge=1)
    """Feature maps of the first block; each level below it has twice as many."""

    kernel_size: int = Field(3, ge=1)
    """Size of the convolutions in time."""

    downsample: Literal["pool", "conv"] = "pool"
    """Halve by taking the larger of two neighbours, or by a convolution that is learnt."""

    padding: Literal["valid", "same"] = "valid"
    """Compute frames from real sound on either side, or pad windows with zeros as SongExplorer's "same" does."""

    dropout: float = Field(0.5, ge=0, lt=1)
    """Share of the values behind the deepest block that are zeroed at random while training."""

    output: Literal["conv", "slice"] = "conv"
    """Score a frame by all that the context leaves around it, or by what is at the frame itself."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.n_up > self.n_down:
            raise ValueError(f"n_up is {self.n_up}, more than n_down, {self.n_down}")
        return self

    @property
    def shape(self) -> UShape:
        """The plan of its blocks."""
        return UShape(self.n_down, self.n_up, self.n_conv, self.kernel_size, self.padding == "same")

    def plan(self, specification: Specification) -> tuple[Geometry, int, tuple[int, int]]:
        """Sizes for a task, without torch: front end, outputs that a context leaves, context (left, right) in samples.

        Raises
        ------
        InputError
            Where context, shift, window or stride do not fit the sample rate, the blocks, or each other.
        """
        rate, shape = specification.sample_rate, self.shape
        geometry = self.representation.geometry(specification)
        _check_rate(geometry.stride, shape, rate)
        n_steps = geometry.n_steps(round(self.context * rate))
        if shape.pads:
            n_left = n_steps // 2**shape.n_down * shape.step
            n_total = n_left * shape.spacing
        else:
            n_left = shape.n_outputs(n_steps) if self.output == "conv" else 1
            # whatever the number of frames, their last step is whole
            n_total = max(shape.n_steps(n_left + more) - more * shape.spacing for more in range(shape.step))
        if n_left < 1:
            least = (shape.n_steps(1) if not shape.pads else 2**shape.n_down) - 1
            raise InputError(
                "the context is too short for a U-net of this depth",
                found=self.context,
                allowed=f"at least {(least * geometry.stride + geometry.window) / rate:.6g} s",
                cure="Raise --architecture.context, or lower --architecture.n-down",
            )
        left = (shape.offset + n_left // 2 * shape.spacing) * geometry.stride + geometry.window // 2
        right = (n_total - 1) * geometry.stride + geometry.window - 1 - left
        shift = round(self.shift * rate)
        if left + shift < 0 or right - shift < 0:
            raise InputError(
                "the shift is larger than the context",
                found=self.shift,
                allowed=f"from {-left / rate:.6g} to {right / rate:.6g} s",
            )
        return geometry, n_left, (left + shift, right - shift)

    def build(self, specification: Specification) -> Network:
        """The network for a task, its weights initialised with seed 0."""
        import torch

        from oscine.networks.layers.u_net import UNetwork

        geometry, n_left, context = self.plan(specification)
        sees_all = self.output == "conv"
        with torch.random.fork_rng(devices=[]):  # torch's layers draw weights when they are made
            network = UNetwork(
                specification,
                self.representation.build(specification),
                geometry,
                context,
                shape=self.shape,
                n_filters=self.n_filters,
                halves_by=self.downsample,
                dropout=self.dropout,
                head=n_left if sees_all else 1,
                cut=(0, 0) if sees_all else (n_left // 2, n_left - 1 - n_left // 2),
            )
        return network.initialise(0)


def _check_rate(stride: int, shape: UShape, sample_rate: float) -> None:
    """Refuse a hop that does not give a whole number of frames per second."""
    hop = stride * shape.spacing
    if not is_whole_rate(sample_rate, hop):
        raise InputError(
            f"{sample_rate:g} Hz gives no whole number of frames per second",
            found=f"a hop of {hop} samples",
            cure=f"Set --architecture.n-up {shape.n_down}, or change the stride of the front end",
        )
