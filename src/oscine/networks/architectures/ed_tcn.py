"""ED-TCN: an encoder-decoder of convolutions over time, behind TweetyNet's convolutions of the spectrogram.

The encoder halves time twice, the decoder brings it back [1]_; in front are two convolutions of the spectrogram, as vak
has it. Each rectified map is divided by its largest value over time, so that what a frame is said to be depends on all
of the window, and there is no choice of padding: windows are padded with zeros, and prediction computes tiles as long
as the windows of the training. Unlike the peer's, windows need not be multiples of four frames: what is missing is
added as zeros and taken away again.

References
----------
.. [1] C. Lea, M.D. Flynn, R. Vidal, A. Reiter & G.D. Hager (2017), Temporal convolutional networks for action
   segmentation and detection, CVPR, 156-165.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from oscine.core.params import Field
from oscine.networks.specification import Specification
from oscine.networks.spectrogram_architecture import Count, SpectrogramArchitecture

if TYPE_CHECKING:
    from oscine.networks.network import Network


class EdTcn(SpectrogramArchitecture):
    """Convolutions over time that halve it and bring it back: for windows of one length, as the peer's.

    Examples
    --------
    >>> task = Specification(labels=("background", *"iabcdefghjk"), sample_rate=32000.0)
    >>> network = EdTcn().build(task)
    >>> network.n_parameters, network.hop, network.is_windowed
    (1000396, 64, True)
    """

    n_filters: tuple[Count, ...] = (64, 96)
    """Number of maps of each convolution of the encoder; the decoder has them the other way round."""

    kernel_size: Count = 25
    """Steps of each convolution over time."""

    dropout: float = Field(0.3, ge=0, lt=1)
    """Share of the maps behind each convolution over time that are zeroed at random while training."""

    conv_filters: tuple[Count, ...] = (32, 64)
    """Number of maps of each convolution of the spectrogram."""

    conv_kernel: tuple[Count, Count] = (5, 5)
    """Size of those convolutions in time and frequency."""

    conv_pool: Count = 8
    """Neighbouring frequencies of which each of those keeps the largest."""

    def build(self, specification: Specification) -> Network:
        """The network for a task, its weights initialised with seed 0."""
        import torch

        from oscine.networks.layers.ed_tcn import EncoderDecoderNetwork
        from oscine.networks.layers.pooled_convolutions import PooledConvolutions

        front_end = self.front_end(specification)
        geometry = front_end.geometry(specification)
        with torch.random.fork_rng(devices=[]):  # torch's layers draw weights when they are made
            convolutions = PooledConvolutions(
                geometry.n_maps,
                geometry.n_bins,
                filters=self.conv_filters,
                kernel=self.conv_kernel,
                pool=self.conv_pool,
                zeros=True,
            )
            network = EncoderDecoderNetwork(
                specification,
                front_end.build(specification),
                geometry,
                convolutions=convolutions,
                filters=self.n_filters,
                kernel_size=self.kernel_size,
                dropout=self.dropout,
            )
        return network.initialise(0)
