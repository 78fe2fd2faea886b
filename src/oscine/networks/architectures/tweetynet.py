"""TweetyNet: convolutions of the spectrogram and a recurrent layer over them, for syllables of birdsong.

Two convolutions of the spectrogram, each pooled 8 to 1 along frequency, then long short-term memory that reads their
features forwards and backwards, then a score of each label in each frame. With a spectrogram of 257 frequencies, of
512 samples every 64, its parameters are those of the published networks. What differs from the peer (vak 1.1.0):

- by default the convolutions see real sound on either side and the recurrence warms up on it, where the peer pads each
  window with zeros and starts from nothing; ``padding="zeros"`` does as it does;
- reading forwards alone works, dropout works with one recurrent layer too, and few frequencies are pooled as far as
  there are any.

References
----------
Y. Cohen, D.A. Nicholson, A. Sanchioni, E.K. Mallaber, V. Skidanova & T.J. Gardner (2022), Automated annotation of
birdsong with a neural network that segments spectrograms, eLife 11: e63853.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from oscine.core.params import Field, Seconds
from oscine.networks.specification import Specification
from oscine.networks.spectrogram_architecture import Count, SpectrogramArchitecture

if TYPE_CHECKING:
    from oscine.networks.network import Network


class Tweetynet(SpectrogramArchitecture):
    """Convolutions of the spectrogram and a recurrent layer: for syllables whose neighbours help to tell them.

    Examples
    --------
    >>> task = Specification(labels=("background", *"iabcdefghjk"), sample_rate=32000.0)
    >>> network = Tweetynet().build(task)
    >>> network.n_parameters, network.hop
    (1110924, 64)
    """

    padding: Literal["context", "zeros"] = "context"
    """Whether a window's ends are computed from real sound around it, or padded with zeros as the peer does."""

    warm_up: Seconds = Field(0.128, ge=0)
    """Sound on either side that the recurrence runs through before the frames that count."""

    conv_filters: tuple[Count, ...] = (32, 64)
    """Number of maps of each convolution."""

    conv_kernel: tuple[Count, Count] = (5, 5)
    """Size of the convolutions in time and frequency."""

    conv_pool: Count = 8
    """Neighbouring frequencies of which each convolution keeps the largest."""

    hidden_size: Count | None = None
    """Size of the recurrent layers, each way; as many as there are features where none is given."""

    n_layers: Count = 1
    """Number of recurrent layers."""

    bidirectional: bool = True
    """Read backwards as well as forwards."""

    dropout: float = Field(0.0, ge=0, lt=1)
    """Share of the values behind each recurrent layer that are zeroed at random while training."""

    def build(self, specification: Specification) -> Network:
        """The network for a task, its weights initialised with seed 0."""
        import torch

        from oscine.networks.layers.pooled_convolutions import PooledConvolutions
        from oscine.networks.layers.tweetynet import TweetyNetwork

        front_end = self.front_end(specification)
        geometry = front_end.geometry(specification)
        with torch.random.fork_rng(devices=[]):  # torch's layers draw weights when they are made
            convolutions = PooledConvolutions(
                geometry.n_maps,
                geometry.n_bins,
                filters=self.conv_filters,
                kernel=self.conv_kernel,
                pool=self.conv_pool,
                zeros=self.padding == "zeros",
            )
            network = TweetyNetwork(
                specification,
                front_end.build(specification),
                geometry,
                convolutions=convolutions,
                hidden_size=self.hidden_size or convolutions.n_features,
                n_layers=self.n_layers,
                bidirectional=self.bidirectional,
                dropout=self.dropout,
                warm_up=round(self.warm_up * specification.sample_rate / geometry.stride),
            )
        return network.initialise(0)
