"""Temporal convolutional networks: residual blocks of dilated convolutions over time [1]_.

A block is two convolutions with the same kernel and dilation, each weight-normalised [2]_, rectified and dropped out,
beside a connection that skips both; their sum is rectified:

    out = relu(x + dropout(relu(conv(dropout(relu(conv(x)))))))

Dilations that double from block to block let ``2 (k - 1) (2^n - 1)`` steps be seen with n blocks of kernel k. *Causal*
convolutions see the past alone; others as much of the past as of the future, also where kernels are even: then a
block's first convolution leans to one side and its second one to the other.

References
----------
.. [1] S. Bai, J.Z. Kolter & V. Koltun (2018), An empirical evaluation of generic convolutional and recurrent networks
   for sequence modeling, arXiv:1803.01271.
.. [2] T. Salimans & D.P. Kingma (2016), Weight normalization: a simple reparameterization to accelerate training of
   deep neural networks, NeurIPS.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations

from oscine.networks.layers.framewise import Reach, cropped


class ResidualBlock(nn.Module):
    """Two dilated convolutions over time beside a connection that skips them.

    Parameters
    ----------
    n_filters
        Maps that enter and leave.
    kernel_size
        Steps of a kernel.
    dilation
        Distance of those steps.
    causal
        See the past alone.
    zeros
        Pad with zeros; else the output is shorter than the input by `field`.
    weight_norm
        Learn length and direction of the weights of each filter by themselves.
    dropout
        Share of the values that are zeroed at random while training.
    """

    def __init__(
        self,
        n_filters: int,
        kernel_size: int,
        dilation: int,
        *,
        causal: bool = True,
        zeros: bool = False,
        weight_norm: bool = True,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.zeros = zeros
        lost = (kernel_size - 1) * dilation
        first = lost if causal else lost // 2
        second = lost if causal else lost - first
        self.sides: tuple[Reach, Reach] = ((first, lost - first), (second, lost - second))
        self.field: Reach = (first + second, 2 * lost - first - second)
        layers = (nn.Conv1d(n_filters, n_filters, kernel_size, dilation=dilation) for _ in range(2))
        self.convolutions = nn.ModuleList(parametrizations.weight_norm(c) if weight_norm else c for c in layers)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, map, time) -> the sum before its rectification, and what the convolutions add to it."""
        branch = x
        for convolution, sides in zip(self.convolutions, self.sides, strict=True):
            branch = functional.pad(branch, sides) if self.zeros else branch
            branch = self.dropout(convolution(branch).relu())
        return (x if self.zeros else cropped(x, self.field)) + branch, branch


class TemporalConvolutions(nn.Module):
    """Residual blocks one behind the other.

    Parameters
    ----------
    n_filters, kernel_size
        As for `ResidualBlock`.
    dilations
        Of each block.
    skip_sum
        Give the rectified sum of what all blocks add, in place of the last one's output.
    **options
        Further options of `ResidualBlock`.
    """

    def __init__(
        self, n_filters: int, kernel_size: int, dilations: Sequence[int], *, skip_sum: bool = False, **options: Any
    ) -> None:
        super().__init__()
        self.dilations, self.kernel_size, self.skip_sum = tuple(dilations), kernel_size, skip_sum
        blocks = [ResidualBlock(n_filters, kernel_size, dilation, **options) for dilation in dilations]
        self.fields = [block.field for block in blocks]
        self.zeros = blocks[0].zeros
        self.blocks = nn.ModuleList(blocks)

    @property
    def field(self) -> Reach:
        """Steps before and after that its output depends on."""
        return sum(before for before, _ in self.fields), sum(after for _, after in self.fields)

    def forward(self, x: Tensor, hidden: list[Tensor] | None = None) -> Tensor:
        """(batch, map, time) -> the same, shorter by `field` unless it pads.

        Appends the sums of all blocks to `hidden`, (batch, map, 1, time), as long as the output.
        """
        before, after = self.field
        total: Tensor | None = None
        for block, field in zip(self.blocks, self.fields, strict=True):
            x, branch = block(x)
            before, after = before - field[0], after - field[1]
            rest = (0, 0) if self.zeros else (before, after)
            if hidden is not None:
                hidden.append(cropped(x, rest).unsqueeze(2))
            if self.skip_sum:
                branch = cropped(branch, rest)
                total = branch if total is None else total + branch
            x = x.relu()
        return x if total is None else torch.relu(total)
