"""ConvTCN: TweetyNet's convolutions of the spectrogram, and a temporal convolutional network behind them.

The convolutions are as in `tweetynet`, the residual blocks over time as in `tcn`, in place of TweetyNet's recurrence.
In the comparison of [1]_ it did as well as TweetyNet with a fifth of its parameters.

References
----------
.. [1] D. Nicholson & Y. Cohen (2023), poster at the annual meeting of the Society for Neuroscience;
   https://github.com/vocalpy/Nicholson-Cohen-SfN-2023-poster
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from oscine.networks.architectures.tcn import Tcn
from oscine.networks.spectrogram_architecture import Count

if TYPE_CHECKING:
    from oscine.networks.frontend import Geometry
    from oscine.networks.layers.pooled_convolutions import PooledConvolutions


class ConvTcn(Tcn):
    """Convolutions of the spectrogram, and dilated convolutions over time: for syllables, and small.

    Examples
    --------
    >>> from oscine.networks.specification import Specification
    >>> task = Specification(labels=("background", *"iabcdefghjk"), sample_rate=32000.0)
    >>> network = ConvTcn().build(task)
    >>> network.n_parameters, network.hop, network.context
    (202444, 64, (33152, 511))
    """

    conv_filters: tuple[Count, ...] = (32, 64)
    """Number of maps of each convolution of the spectrogram."""

    conv_kernel: tuple[Count, Count] = (5, 5)
    """Size of those convolutions in time and frequency."""

    conv_pool: Count = 8
    """Neighbouring frequencies of which each of those keeps the largest."""

    def convolutions(self, geometry: Geometry) -> PooledConvolutions:
        """Convolutions of the spectrogram before those over time."""
        from oscine.networks.layers.pooled_convolutions import PooledConvolutions

        return PooledConvolutions(
            geometry.n_maps,
            geometry.n_bins,
            filters=self.conv_filters,
            kernel=self.conv_kernel,
            pool=self.conv_pool,
            zeros=self.padding == "zeros",
        )
