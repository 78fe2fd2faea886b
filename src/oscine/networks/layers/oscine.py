"""The network of the architecture `oscine`."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from oscine.networks.frontend import Geometry
from oscine.networks.layers.separable import SeparableBlock
from oscine.networks.network import Network
from oscine.networks.specification import Specification

KERNEL_TIME = 3
"""Size in time of the first convolutions, in steps of the front end."""

_KERNELS = (7, 5)
"""Their sizes in frequency."""


class OscineNetwork(Network):
    """Two convolutions over frequency and time, then separable dilated convolutions over time.

    Parameters
    ----------
    specification, front_end, geometry, context
        As of every network.
    features
        Feature maps of the first two convolutions.
    strides
        Bins from one of their outputs to the next.
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
        strides: tuple[int, int],
        n_channels: int,
        kernel_size: int,
        dilations: Sequence[int],
        expansion: int,
        dropout: float,
        causal: bool,
    ) -> None:
        step = (geometry.window, geometry.stride)
        super().__init__(specification, front_end, geometry.n_maps, geometry.n_bins, geometry.stride, context, step)
        convolutions, n_maps, n_bins = [], geometry.n_maps, geometry.n_bins
        for n_features, kernel, stride in zip(features, _KERNELS, strides, strict=True):
            size, around = (kernel, KERNEL_TIME), (kernel // 2, 0)
            convolutions.append(nn.Conv2d(n_maps, n_features, size, stride=(stride, 1), padding=around))
            n_maps, n_bins = n_features, (n_bins - 1) // stride + 1
        self.convolutions = nn.ModuleList(convolutions)
        self.entry = nn.Linear(n_maps * n_bins, n_channels)
        blocks = [SeparableBlock(n_channels, kernel_size, dilation, expansion, dropout) for dilation in dilations]
        self.reaches = [(block.reach if causal else block.reach // 2) for block in blocks]
        self.blocks = nn.ModuleList(blocks)
        self.norm = nn.LayerNorm(n_channels)
        self.head = nn.Linear(n_channels, specification.n_outputs)

    def body(self, features: Tensor, hidden: list[Tensor] | None = None) -> Tensor:
        """Logits (batch, label, frame) of features (batch, map, frequency, time)."""
        # convolutions over few maps are several times quicker where the maps of a place lie side by side
        values = features.contiguous(memory_format=torch.channels_last)
        for convolution in self.convolutions:
            values = convolution(values)
            _put(values, hidden)
            values = functional.gelu(values)
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
