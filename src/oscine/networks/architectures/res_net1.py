"""SongExplorer's network as it was before version 0.8: values are dropped behind each convolution.

Structure, weights and options are those of `songexplorer`; only dropout differs. It acts behind every convolution,
before what a residual connection keeps, and between dense layers, and it can drop whole feature maps [1]_: neighbouring
values of a map are alike, so that dropping single ones takes little information away. SongExplorer's plug-in of this
name has no spectrogram with phase; here every front end fits.

References
----------
.. [1] J. Tompson, R. Goroshin, A. Jain, Y. LeCun & C. Bregler (2015), Efficient object localization using
   convolutional networks, CVPR, 648-656.
"""

from __future__ import annotations

from typing import Literal

from oscine.networks.architectures.songexplorer import SongExplorer


class ResNet1(SongExplorer):
    """SongExplorer's network before version 0.8, which drops values behind each convolution.

    Examples
    --------
    >>> from oscine.networks.specification import Specification
    >>> task = Specification(labels=("pulse", "sine", "ambient"), sample_rate=2500.0)
    >>> ResNet1(dropout_kind="map").build(task).n_parameters
    61443
    """

    dropout_kind: Literal["none", "unit", "map"] = "unit"
    """What is dropped while training: nothing, single values, or whole feature maps."""

    def _dropout_kind(self) -> tuple[Literal["none", "unit", "map"], bool]:
        return self.dropout_kind, True
