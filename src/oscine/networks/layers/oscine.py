"""The network of the architecture `oscine`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from oscine.networks.frontend import Geometry
from oscine.networks.layers.separable import SeparableBlock
from oscine.networks.network import Network
from oscine.networks.specification import Specification

KERNEL_2D = 3
"""Size in frequency and time of the first convolutions."""


class OscineNetwork(Network):
    """Two convolutions over frequency and time, then separable dilated convolutions over time.

    Parameters
    ----------
    specification, front_end, geometry, context
        As of every network.
    features
        Feature maps of the first two convolutions.
    pools
        Size in frequency of the pooling behind each of them.
    n_channels
        Channels of the blocks.
    kernel_size, dilations
        Taps of each block's kernel, and frames between them: a block for each dilation.
    expansion, dropout
        Of the blocks.
    causal
        Whether blocks look back only.
    """

    def __init__(
        self,
        specification: Specification,
        front_end: nn.Module,
        geometry: Geometry,
        context: tuple[int, int],
        *,
        features: tuple[int, int],
        pools: tuple[int, int],
        n_channels: int,
        kernel_size: int,
        dilations: Sequence[int],
        expansion: int,
        dropout: float,
        causal: bool,
    ) -> None:
        step = (geometry.window, geometry.stride)
        super().__init__(specification, front_end, geometry.n_maps, geometry.n_bins, geometry.stride, context, step)
        self.pools = pools
        kernel = (min(KERNEL_2D, geometry.n_bins), KERNEL_2D)
        maps = (geometry.n_maps, *features)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(n_in, n_out, kernel, padding=(kernel[0] // 2, 0)) for n_in, n_out in pairwise(maps)
        )
        n_bins = geometry.n_bins // pools[0] // pools[1]
        self.entry = nn.Linear(features[1] * n_bins, n_channels)
        blocks = [SeparableBlock(n_channels, kernel_size, dilation, expansion, dropout) for dilation in dilations]
        self.reaches = [(block.reach if causal else block.reach // 2) for block in blocks]
        self.blocks = nn.ModuleList(blocks)
        self.norm = nn.LayerNorm(n_channels)
        self.head = nn.Linear(n_channels, specification.n_outputs)

    def body(self, features: Tensor, hidden: list[Tensor] | None = None) -> Tensor:
        """Logits (batch, label, frame) of features (batch, map, frequency, time)."""
        # convolutions over few maps are several times quicker where the maps of a place lie side by side
        values = features.contiguous(memory_format=torch.channels_last)
        for convolution, pool in zip(self.convolutions, self.pools, strict=True):
            values = convolution(values)
            _put(values, hidden)
            values = functional.max_pool2d(functional.gelu(values), (pool, 1))
        values = self.entry(values.permute(0, 3, 1, 2).flatten(2))  # (batch, time, channel) from here on
        for block, before in zip(self.blocks, self.reaches, strict=True):
            values = block(values, before)
            _put(values.transpose(1, 2)[:, :, None], hidden)
        logits: Tensor = self.head(self.norm(values)).transpose(1, 2)
        return logits


def _put(values: Tensor, hidden: list[Tensor] | None) -> None:
    """Append a layer (batch, map, frequency, time) where a list is given."""
    if hidden is not None:
        hidden.append(values)
