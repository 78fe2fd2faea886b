"""Separable dilated convolutions in time, quick on ordinary processors.

A separable convolution [1]_ first convolves each channel by itself (depthwise), then mixes channels frame by frame. For
the first part torch has no quick path on processors, backwards above all. Here it is a sum of a few shifted copies:
with weights w and dilation d,

    y(t, c) = Σ_i w(i, c) · x(t + i·d, c)

on arrays (batch, time, channel), so that what follows is a plain matrix product. Nothing is padded: the output is
``(k - 1)·d`` frames shorter than the input.

References
----------
.. [1] F. Chollet (2017), Xception: deep learning with depthwise separable convolutions, CVPR.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class _Taps(torch.autograd.Function):
    """The sum of shifted copies, with a gradient that makes no copies of its own."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, weights: Tensor, dilation: int) -> Tensor:
        ctx.save_for_backward(values, weights)
        ctx.dilation = dilation
        return _summed(values, weights, dilation)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None]:
        values, weights = ctx.saved_tensors
        (gradient,) = gradients
        n_frames = gradient.shape[1]
        of_values, of_weights = torch.zeros_like(values), torch.empty_like(weights)
        for tap, weight in enumerate(weights):
            here = slice(tap * ctx.dilation, tap * ctx.dilation + n_frames)
            of_values[:, here].addcmul_(gradient, weight.to(gradient.dtype))
            of_weights[tap] = (values[:, here] * gradient).sum((0, 1))
        return of_values, of_weights, None


def _summed(values: Tensor, weights: Tensor, dilation: int) -> Tensor:
    n_frames = values.shape[1] - (len(weights) - 1) * dilation
    total = values[:, :n_frames] * weights[0]
    for tap in range(1, len(weights)):
        total = torch.addcmul(total, values[:, tap * dilation : tap * dilation + n_frames], weights[tap])
    return total


class Depthwise(nn.Module):
    """Convolution in time of each channel by itself.

    Parameters
    ----------
    n_channels, kernel_size, dilation
        Channels; taps of the kernel, and frames between them.
    """

    def __init__(self, n_channels: int, kernel_size: int, dilation: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(kernel_size, n_channels))
        self.bias = nn.Parameter(torch.empty(n_channels))
        self.dilation = dilation
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weights anew, so that the variance of the input is kept; the bias is zero."""
        nn.init.uniform_(self.weight, -((3 / len(self.weight)) ** 0.5), (3 / len(self.weight)) ** 0.5)
        nn.init.zeros_(self.bias)

    def forward(self, values: Tensor) -> Tensor:
        """(batch, time, channel) -> the same, shorter in time."""
        if torch.is_grad_enabled() and not torch.compiler.is_compiling():
            taps: Tensor = _Taps.apply(values, self.weight.to(values.dtype), self.dilation)  # type: ignore[no-untyped-call]
        else:
            taps = _summed(values, self.weight.to(values.dtype), self.dilation)
        return taps + self.bias


class SeparableBlock(nn.Module):
    """Residual block: depthwise dilated convolution, normalisation, two layers that mix the channels [1]_.

    The normalisation is over the channels of one frame. (Over frames too, as group normalisation has it, the scores of
    a frame would depend on how much is computed at once.)

    Parameters
    ----------
    n_channels
        Of input and output.
    kernel_size, dilation
        Of the convolution in time.
    expansion
        How many times more channels there are between the two mixing layers.
    dropout
        Share of the values that are zeroed at random while training.

    References
    ----------
    .. [1] Z. Liu et al. (2022), A ConvNet for the 2020s, CVPR.
    """

    def __init__(self, n_channels: int, kernel_size: int, dilation: int, expansion: int, dropout: float) -> None:
        super().__init__()
        self.depthwise = Depthwise(n_channels, kernel_size, dilation)
        self.norm = nn.LayerNorm(n_channels)
        self.expand = nn.Linear(n_channels, expansion * n_channels)
        self.dropout = nn.Dropout(dropout)
        self.project = nn.Linear(expansion * n_channels, n_channels)
        self.reach = (kernel_size - 1) * dilation
        """Frames by which the output is shorter than the input."""

    def forward(self, values: Tensor, before: int) -> Tensor:
        """(batch, time, channel) -> the same, shorter in time.

        Parameters
        ----------
        values
            Input.
        before
            How many of the `reach` frames lie before a frame of the output.
        """
        change = self.project(self.dropout(functional.gelu(self.expand(self.norm(self.depthwise(values))))))
        kept: Tensor = values[:, before : before + change.shape[1]] + change
        return kept
