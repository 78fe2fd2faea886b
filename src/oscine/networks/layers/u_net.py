"""A U-net over time, from its plan (`oscine.networks.u_shape`).

Features (batch, map, frequency, time) become (batch, map × frequency, time): all that is there at a time is seen at
once, for the waveform its channels.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from oscine.networks.frontend import Geometry
from oscine.networks.layers.stepped import SteppedNetwork
from oscine.networks.layers.window_dense import WindowDense
from oscine.networks.specification import Specification
from oscine.networks.u_shape import UShape


class Block(nn.Module):
    """Convolutions of one level, each followed by batch normalisation and rectification.

    Parameters
    ----------
    n_in, n_out
        Maps that come in, and that each convolution gives.
    shape
        Plan of the network.
    """

    def __init__(self, n_in: int, n_out: int, shape: UShape) -> None:
        super().__init__()
        sizes = [n_in] + [n_out] * shape.n_conv
        padding = "same" if shape.pads else "valid"
        self.convolutions = nn.ModuleList(
            nn.Conv1d(size, following, shape.kernel, padding=padding) for size, following in pairwise(sizes)
        )
        self.normalizations = nn.ModuleList(nn.BatchNorm1d(n_out, eps=1e-3) for _ in range(shape.n_conv))

    def forward(self, x: Tensor, hidden: list[Tensor] | None = None) -> Tensor:
        """(batch, map, time) -> the same; `hidden` is given each convolution's output (batch, map, 1, time)."""
        for convolution, normalization in zip(self.convolutions, self.normalizations, strict=True):
            x = convolution(x)
            if hidden is not None:
                hidden.append(x.unsqueeze(2))
            x = normalization(x).relu()
        return x


class UNetwork(SteppedNetwork):
    """Blocks of convolutions on the way down, at the bottom and on the way up, and a head.

    Parameters
    ----------
    specification, front_end, context
        As for `Network`.
    geometry
        What the front end gives.
    shape
        Plan of the blocks.
    n_filters
        Maps of the first block; each level below has twice as many.
    halves_by
        "pool" (the larger of two entries) or "conv" (a convolution of size and stride 2).
    dropout
        Share of the values that are zeroed behind the bottom.
    head
        Outputs that the last convolution sees at once; 1 for none but a frame's own.
    cut
        Outputs left out at the beginning, and as many as `cut` says at the end.
    """

    def __init__(
        self,
        specification: Specification,
        front_end: nn.Module,
        geometry: Geometry,
        context: tuple[int, int],
        *,
        shape: UShape,
        n_filters: int,
        halves_by: str,
        dropout: float,
        head: int,
        cut: tuple[int, int] = (0, 0),
    ) -> None:
        hop = shape.spacing * geometry.stride
        step = (geometry.window, geometry.stride)
        super().__init__(specification, front_end, geometry.n_maps, geometry.n_bins, hop, context, step)
        self.set_step(shape.step)
        self.is_windowed, self.is_exact = shape.pads, self.is_exact and not shape.pads
        self.geometry, self.shape, self.cut = geometry, shape, cut
        n_in = geometry.n_maps * geometry.n_bins
        sizes = [n_filters * 2**level for level in range(shape.n_down + 1)]
        self.down = nn.ModuleList(
            Block(size, following, shape) for size, following in pairwise([n_in, *sizes[: shape.n_down]])
        )
        self.halves = nn.ModuleList(
            nn.Conv1d(size, size, 2, stride=2) if halves_by == "conv" else nn.MaxPool1d(2)
            for size in sizes[: shape.n_down]
        )
        self.bottom = Block(sizes[-2] if shape.n_down else n_in, sizes[-1], shape)
        self.dropout = nn.Dropout(dropout)
        self.levels = range(shape.n_down - 1, shape.n_down - shape.n_up - 1, -1)
        self.doubles = nn.ModuleList(
            nn.ConvTranspose1d(sizes[level + 1], sizes[level], 2, stride=2) for level in self.levels
        )
        self.up = nn.ModuleList(Block(2 * sizes[level], sizes[level], shape) for level in self.levels)
        self.head = WindowDense(sizes[shape.n_down - shape.n_up], specification.n_outputs, (1, head))

    def body(self, features: Tensor, hidden: list[Tensor] | None = None) -> Tensor:
        """Logits (batch, output, frame) of standardised features (batch, map, frequency, time)."""
        x, kept = features.flatten(1, 2), []
        if self.shape.pads:
            x = functional.pad(x, (0, -x.shape[-1] % 2**self.shape.n_down))
        for block, half in zip(self.down, self.halves, strict=True):
            x = block(x, hidden)
            kept.append(x)
            x = half(x)
        x = self.dropout(self.bottom(x, hidden))
        for level, double, block in zip(self.levels, self.doubles, self.up, strict=True):
            x = double(x)
            crop = self.shape.crop(level)
            x = block(torch.cat([x, kept[level][..., crop : crop + x.shape[-1]]], dim=1), hidden)
        first, last = self.cut
        logits: Tensor = self.head(x[..., first : x.shape[-1] - last].unsqueeze(2)).squeeze(2)
        return logits

    def describe(self) -> str:
        """Levels, context, frames and number of parameters."""
        levels = [*range(self.shape.n_down), self.shape.n_down, *self.levels]
        blocks = [*self.down, self.bottom, *self.up]
        lines = [
            *self._facts(),
            f"features         {self.geometry.n_maps} map(s) of {self.geometry.n_bins} frequencies, a window of "
            f"{self.geometry.window} samples every {self.geometry.stride}",
            f"step             {self.step} frames are computed together",
        ]
        for level, block in zip(levels, blocks, strict=True):
            weights = [convolution.weight.shape for convolution in block.convolutions]
            maps = " -> ".join(str(n) for n in (weights[0][1], *(shape[0] for shape in weights)))
            lines.append(f"level {level:<10} {maps} maps at 1/{2**level} of the resolution")
        lines.append(f"head             {self.head.kernel_size[1]} steps, {self.head.in_channels} maps -> outputs")
        return "\n".join(lines)
