"""SongExplorer's network: the stack of convolutions, dropout, pooling, dense layers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from oscine.networks.frontend import Geometry
from oscine.networks.layers.convolutional import ConvolutionalNetwork
from oscine.networks.layers.window_dense import WindowDense
from oscine.networks.specification import Specification
from oscine.networks.stack import Stack

_DROPOUTS = {"unit": nn.Dropout, "map": nn.Dropout2d}


class SongExplorerNetwork(ConvolutionalNetwork):
    """Convolutions of one context window without padding, and dense layers that see all that is left of it.

    Parameters
    ----------
    specification, front_end, geometry, context, stack, normalization, pool_kind
        As for `ConvolutionalNetwork`.
    dropout
        Share of the values that dropout zeroes, behind the convolutions and between dense layers.
    dropout_kind
        What it zeroes: single values ("unit"), whole feature maps ("map"), or nothing ("none").
    drops_each
        Whether it acts behind each convolution, or once behind the last one.
    dense
        Sizes of the dense layers before the last one.
    """

    def __init__(
        self,
        specification: Specification,
        front_end: nn.Module,
        geometry: Geometry,
        context: tuple[int, int],
        *,
        stack: Stack,
        normalization: str = "none",
        dropout: float = 0.5,
        dropout_kind: str = "unit",
        drops_each: bool = False,
        pool_kind: str = "none",
        dense: Sequence[int] = (),
    ) -> None:
        super().__init__(
            specification,
            front_end,
            geometry,
            geometry.stride * stack.downsampling,
            context,
            stack=stack,
            normalization=normalization,
            pool_kind=pool_kind,
        )
        self.dropout = _DROPOUTS[dropout_kind](dropout) if dropout_kind != "none" else nn.Identity()
        self.drops_each = drops_each
        sizes = [stack.n_maps, *dense, specification.n_outputs]
        first: list[nn.Module] = [WindowDense(sizes[0], sizes[1], stack.extent[::-1])]
        later = [nn.Conv2d(n_in, n_out, 1) for n_in, n_out in pairwise(sizes[1:])]
        self.dense = nn.ModuleList([*first, *later])

    def body(self, features: Tensor, hidden: list[Tensor] | None = None) -> Tensor:
        """Logits (batch, label, frame) of standardised features (batch, map, frequency, time)."""
        if self.drops_each:
            x = self.pool(self.convolve(features, hidden, each=self.dropout))
        else:
            x = self.pool(self.dropout(self.convolve(features, hidden)))
        for number, dense in enumerate(self.dense):
            x = dense(self.dropout(x.relu()) if number else x)
            if hidden is not None and number < len(self.dense) - 1:
                hidden.append(x)
        logits: Tensor = x.squeeze(2)  # the first dense layer has taken all frequencies
        return logits

    def describe(self) -> str:
        """Layers, context, frames and number of parameters."""
        lines = [super().describe()]
        for dense in self.dense:
            n_out, n_in, bins, steps = dense.get_parameter("weight").shape
            lines.append(f"dense            {steps}×{bins}, {n_in} -> {n_out}")
        return "\n".join(lines)
