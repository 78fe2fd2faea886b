"""TCN: residual blocks of dilated convolutions over the columns of a spectrogram.

All frequencies of a step are mixed to 64 maps, and eight residual blocks with dilations of 1, 2, 4, …, 128 steps follow
[1]_: 511 steps, a second at 2 ms, of which by default none lies in the future. It was compared with TweetyNet in
[2]_, where it was called TCN (``TemporalConvNet`` in the configurations). What differs from that:

- by default the past of the first frames is real sound, where the peer pads each window with zeros, which with windows
  shorter than a second is most of what it sees; ``padding="zeros"`` does as it does;
- convolutions need not be causal.

References
----------
.. [1] S. Bai, J.Z. Kolter & V. Koltun (2018), An empirical evaluation of generic convolutional and recurrent networks
   for sequence modeling, arXiv:1803.01271.
.. [2] D. Nicholson & Y. Cohen (2023), poster at the annual meeting of the Society for Neuroscience;
   https://github.com/vocalpy/Nicholson-Cohen-SfN-2023-poster
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from oscine.core.params import Field
from oscine.networks.specification import Specification
from oscine.networks.spectrogram_architecture import Count, SpectrogramArchitecture

if TYPE_CHECKING:
    from oscine.networks.frontend import Geometry
    from oscine.networks.layers.pooled_convolutions import PooledConvolutions
    from oscine.networks.network import Network


class Tcn(SpectrogramArchitecture):
    """Dilated convolutions over the columns of a spectrogram: small, quick, and sees a second.

    Examples
    --------
    >>> task = Specification(labels=("background", *"iabcdefghjk"), sample_rate=32000.0)
    >>> network = Tcn().build(task)
    >>> network.n_parameters, network.hop, network.context
    (150412, 64, (32896, 255))
    """

    padding: Literal["context", "zeros"] = "context"
    """Whether a window's ends are computed from real sound around it, or padded with zeros as the peer does."""

    causal: bool = True
    """See the past alone; otherwise as much of the future as of the past."""

    n_filters: Count = 64
    """Number of maps of each convolution over time."""

    kernel_size: int = Field(2, ge=2)
    """Steps of each convolution over time."""

    n_layers: Count = 8
    """Number of residual blocks, each with twice the dilation of the one before."""

    dilations: tuple[Count, ...] = ()
    """Dilation of each residual block, in place of as many doublings as there are layers."""

    n_stacks: Count = 1
    """How often all of the blocks follow one another."""

    skip_sum: bool = False
    """Score the sum of what all blocks add, in place of what the last one gives."""

    weight_norm: bool = True
    """Learn length and direction of the weights of each filter by themselves."""

    dropout: float = Field(0.2, ge=0, lt=1)
    """Share of the values behind each convolution over time that are zeroed at random while training."""

    def build(self, specification: Specification) -> Network:
        """The network for a task, its weights initialised with seed 0."""
        import torch

        from oscine.networks.layers.tcn import TemporalConvolutionNetwork
        from oscine.networks.layers.temporal_convolutions import TemporalConvolutions

        front_end = self.front_end(specification)
        geometry = front_end.geometry(specification)
        zeros = self.padding == "zeros"
        dilations = self.dilations or tuple(2**layer for layer in range(self.n_layers))
        with torch.random.fork_rng(devices=[]):  # torch's layers draw weights when they are made
            temporal = TemporalConvolutions(
                self.n_filters,
                self.kernel_size,
                dilations * self.n_stacks,
                skip_sum=self.skip_sum,
                causal=self.causal,
                zeros=zeros,
                weight_norm=self.weight_norm,
                dropout=self.dropout,
            )
            network = TemporalConvolutionNetwork(
                specification,
                front_end.build(specification),
                geometry,
                n_filters=self.n_filters,
                temporal=temporal,
                convolutions=self.convolutions(geometry),
                zeros=zeros,
            )
        return network.initialise(0)

    def convolutions(self, geometry: Geometry) -> PooledConvolutions | None:
        """Convolutions of the spectrogram before those over time; here none."""
        return None
