"""Features brought to zero mean and unit variance, per map and frequency."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn


class Standardisation(nn.Module):
    """``(features - mean) / scale`` with numbers measured once on training data; the identity until then.

    Unlike batch normalisation it never changes while training, and a block's result does not depend on its
    neighbours. Mean and scale, (map, frequency, 1), are stored with the weights.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, n_maps: int, n_bins: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(n_maps, n_bins, 1))
        self.register_buffer("scale", torch.ones(n_maps, n_bins, 1))

    def forward(self, features: Tensor) -> Tensor:
        """(batch, map, frequency, time) -> the same."""
        return (features - self.mean) / self.scale

    @torch.no_grad()
    def measure(self, features: Iterable[Tensor]) -> None:
        """Set mean and scale to mean and standard deviation of features (batch, map, frequency, time).

        One pass in float64, pooling batches by Chan's formula [1]_; a map or frequency that never changes (a channel
        without sound) keeps the scale one.

        References
        ----------
        .. [1] T.F. Chan, G.H. Golub & R.J. LeVeque (1983), Algorithms for computing the sample variance,
           The American Statistician 37: 242-247.
        """
        n = 0
        mean = torch.zeros_like(self.mean, dtype=torch.float64)
        squares = torch.zeros_like(mean)
        for batch in features:
            values = batch.double().transpose(0, 1).transpose(1, 2).flatten(2)  # (map, frequency, batch and time)
            m = values.shape[-1]
            if m == 0:
                continue
            batch_mean = values.mean(-1, keepdim=True)
            shift = batch_mean - mean
            mean = mean + shift * (m / (n + m))
            squares = squares + ((values - batch_mean) ** 2).sum(-1, keepdim=True) + shift**2 * (n * m / (n + m))
            n += m
        if n == 0:
            return
        deviation = (squares / n).sqrt()
        # what varies by less than float32 can tell is constant
        constant = deviation <= 1e-7 * mean.abs()
        self.mean.copy_(mean)
        self.scale.copy_(torch.where(constant, torch.ones_like(deviation), deviation))
