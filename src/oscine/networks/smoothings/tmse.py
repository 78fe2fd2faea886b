"""Truncated mean squared error of neighbouring frames (TMSE)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oscine.core.params import Field
from oscine.networks.smoothing import Smoothing, mean_of_pairs

if TYPE_CHECKING:
    from torch import Tensor


class Tmse(Smoothing):
    """Mean squared step of the log-probabilities from frame to frame, each step truncated [1]_.

    With ℓ the logarithm of the probabilities, ``Δ(c, t) = ℓ(c, t) − ℓ(c, t−1)``, where no gradient flows through the
    earlier frame; the term is the mean over outputs and frames of ``min(Δ², truncation²)``.

    [1] Y. A. Farha & J. Gall (2019), MS-TCN: multi-stage temporal convolutional network for action segmentation, CVPR.
    """

    truncation: float = Field(4.0, gt=0)
    """Steps larger than this count as this, so that real boundaries are not smoothed away."""

    def __call__(self, scores: Tensor, known: Tensor, columns: Tensor | None = None) -> Tensor:
        """The term, times its weight.

        Examples
        --------
        >>> import torch
        >>> scores = torch.tensor([[[0.0, 5.0], [0.0, 0.0]]]).log_softmax(dim=1)
        >>> round(Tmse(weight=1.0)(scores, torch.ones(1, 2, dtype=torch.bool)).item(), 3)  # ℓ steps: 0.686, -4.314
        8.236
        """
        steps = (scores[..., 1:] - scores[..., :-1].detach()).square().clamp(max=self.truncation**2)
        return self.weight * mean_of_pairs(steps, known)
