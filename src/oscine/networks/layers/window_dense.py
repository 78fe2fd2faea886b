"""A dense layer over a whole window, slid along time."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_MOST_VALUES = 2**22  # of the products held at once: 16 MiB, about what a processor caches


class WindowDense(nn.Conv2d):
    """A dense layer that sees all frequencies and a window of time, at every time step.

    That is a convolution with a kernel as large as the window, for instance 119 steps × 64 maps -> 3 labels. Over many
    frames it is computed as a matrix product for each of the window's steps, and the sum of those along the diagonal,

        out[label, t] = sum over k of  (weight[label, :, k] · x[:, t + k])

    which for few outputs is 8 times quicker on a processor than torch's convolution, and whose rounding errors, in
    float32, are 10 times smaller, because they do not add up over one sum of thousands of terms. For few frames, for
    which most products would be for nothing, and for many outputs it is the convolution.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(batch, map, frequency, time) -> (batch, output, 1, time)."""
        n_outputs, _, n_bins, n_steps = self.weight.shape
        n_frames = x.shape[-1] - n_steps + 1
        if n_outputs > 16 or 2 * n_frames < n_steps or n_steps == 1 or n_bins != x.shape[2]:
            return super().forward(x)
        n_chunk = max(n_steps, _MOST_VALUES // (n_outputs * n_steps * x.shape[0]))
        sums = [
            self._slide(x[..., start : min(start + n_chunk, n_frames) + n_steps - 1])
            for start in range(0, n_frames, n_chunk)
        ]
        return torch.cat(sums, dim=-1) if len(sums) > 1 else sums[0]

    def _slide(self, x: Tensor) -> Tensor:
        n_outputs, _, _, n_steps = self.weight.shape
        n_batch, n_times = x.shape[0], x.shape[-1]
        matrix = self.weight.permute(0, 3, 1, 2).flatten(0, 1).flatten(1)  # (output and step, map and frequency)
        products = matrix @ x.flatten(1, 2)  # (batch, output and step, time)
        # row k of an output is read from its k-th column on: a step down is a row and a column further
        diagonals = products.contiguous().as_strided(
            (n_batch, n_outputs, n_steps, n_times - n_steps + 1),
            (n_outputs * n_steps * n_times, n_steps * n_times, n_times + 1, 1),
        )
        sums = diagonals.sum(2).unsqueeze(2)
        return sums if self.bias is None else sums + self.bias[:, None, None]
