"""SongExplorer's autoencoder: a stack of convolutions, and the same mirrored, which gives the sound back.

It learns without annotations, with the target `reconstruction`. Its hidden layers, above all the narrowest, its
bottleneck, then hold what sounds consist of, and can be projected and clustered. The encoder is that of `songexplorer`
without residual connections; the decoder mirrors every convolution, the pooling and the dense layers [1]_, as
`oscine.networks.mirror` lays out. As it stands it squeezes nothing; strides, pooling, few features or dense layers do.

A frame is a sample: there is one output per channel for every sample. What differs from SongExplorer (0.9.1):

- all channels are given back, not one, and in the level of the sound; what only a part of the decoder reaches, at the
  ends of a block, is not given out but computed from the sound beside it;
- a dense layer takes one window after the other, in training as in prediction;
- dropout is never applied to what comes out, nor again on the way back;
- another front end than the waveform is undone by one more layer, which is learnt. From magnitudes alone, without
  phases, it can learn the envelope of a sound at best: spectrograms want `phase`.

References
----------
.. [1] M.D. Zeiler, D. Krishnan, G.W. Taylor & R. Fergus (2010), Deconvolutional networks, CVPR, 2528-2535.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from oscine.core.errors import InputError
from oscine.core.params import Field, Seconds
from oscine.networks.convolutional import Convolutional
from oscine.networks.frontend import FRONTENDS, FrontEnd, Geometry
from oscine.networks.frontends.waveform import Waveform
from oscine.networks.mirror import Mirror, mirrored
from oscine.networks.specification import Specification
from oscine.networks.stack import Stack

if TYPE_CHECKING:
    from oscine.networks.network import Network


class Autoencoder(Convolutional):
    """Squeezes sound and gives it back: for clustering what nobody has annotated, with the target reconstruction.

    Examples
    --------
    >>> task = Specification(labels=("song",), sample_rate=2500.0)
    >>> network = Autoencoder(features=(8, 8), stride_time="1,2", dense=(16,)).build(task)
    >>> network.hop, network.step, network.context, network.hidden_sizes[network.bottleneck]
    (1, 508, (3, 510), 16)
    """

    context: Seconds = Field(0.2048, gt=0)
    """Length of sound that the dense layers sum up, and that the convolutions must fit into."""

    representation: Annotated[FrontEnd, FRONTENDS] = Waveform()
    """What the first layer makes of the waveform; the waveform itself is best given back."""

    n_conv_layers: int = Field(2, ge=1)
    """Number of convolutions, as far as they fit into the context."""

    dropout_location: Literal["none", "input", "bottleneck"] = "none"
    """Where values are zeroed at random while training: in the features, or behind convolutions and dense layers."""

    dropout: float = Field(0.5, ge=0, lt=1)
    """Share of the values that are."""

    def plan(self, specification: Specification) -> tuple[Geometry, Stack, Mirror]:
        """Sizes of everything for a task, without torch: front end, convolutions, the whole in time.

        Raises
        ------
        InputError
            Where the context, or the front end's window and stride, do not fit the sample rate or each other.
        """
        geometry, window, stack = self.plan_window(specification)
        if not stack.convolutions:
            raise InputError(
                "no convolution fits into the context, so there is nothing to mirror",
                found=f"{window / specification.sample_rate:g} s, {geometry.n_steps(window)} steps of the front end",
                cure="Raise --architecture.context, or lower --architecture.kernel-1d",
            )
        return geometry, stack, mirrored(geometry, stack, dense=self.dense)

    def build(self, specification: Specification) -> Network:
        """The network for a task, its weights initialised with seed 0."""
        import torch

        from oscine.networks.layers.autoencoder import AutoencoderNetwork

        geometry, stack, mirror = self.plan(specification)
        with torch.random.fork_rng(devices=[]):  # torch's layers draw weights when they are made
            network = AutoencoderNetwork(
                specification,
                self.representation.build(specification),
                geometry,
                stack=stack,
                mirror=mirror,
                normalization=self.normalization,
                pool_kind=self.pool_kind,
                dropout=self.dropout,
                drops=self.dropout_location,
                dense=self.dense,
            )
        return network.initialise(0)
