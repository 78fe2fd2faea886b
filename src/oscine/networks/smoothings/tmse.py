"""Truncated mean squared error of neighbouring frames (TMSE)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oscine.core.params import Field
from oscine.networks.smoothing import Smoothing

if TYPE_CHECKING:
    from torch import Tensor


class Tmse(Smoothing):
    """Mean squared step of the log-probabilities from frame to frame, each step truncated [1]_.

    With ℓ the logarithm of the softmax over outputs, ``Δ(c, t) = ℓ(c, t) − ℓ(c, t−1)``, where no gradient flows through
    the earlier frame; the term is the mean over outputs and frames of ``min(Δ², truncation²)``.

    [1] Y. A. Farha & J. Gall (2019), MS-TCN: multi-stage temporal convolutional network for action segmentation, CVPR.
    """

    truncation: float = Field(4.0, gt=0)
    """Steps larger than this count as this, so that real boundaries are not smoothed away."""

    def __call__(self, logits: Tensor, known: Tensor, columns: Tensor | None = None) -> Tensor:
        """The term, times its weight.

        Examples
        --------
        >>> import torch
        >>> logits = torch.tensor([[[0.0, 5.0], [0.0, 0.0]]])
        >>> round(Tmse(weight=1.0)(logits, torch.ones(1, 2, dtype=torch.bool)).item(), 3)  # ℓ steps: 0.686, -4.314
        8.236
        """
        scores = logits.log_softmax(dim=1)
        steps = (scores[..., 1:] - scores[..., :-1].detach()).square().clamp(max=self.truncation**2)
        pairs = (known[:, 1:] & known[:, :-1])[:, None].expand_as(steps)
        return self.weight * (steps * pairs).sum() / pairs.sum().clamp(min=1)
