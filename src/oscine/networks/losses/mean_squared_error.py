"""Mean squared error, for targets whose outputs are values as they are, such as `reconstruction`.

Probabilities are not judged by it: they are a softmax or logistic function of the outputs, which it would not see.

Worked example, one output, three frames of which the second is unknown::

    output      0.5    9.0    2.0
    truth       1.0    nan    2.0
    error²      0.25    -     0.0      mean over two known entries: 0.125
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from oscine.networks.loss import Loss
from oscine.networks.target import UNKNOWN

if TYPE_CHECKING:
    from torch import Tensor


class MeanSquaredError(Loss):
    """Mean of the squared difference between the outputs as they are and the truth, over what is known of it."""

    judges: ClassVar[tuple[str, ...]] = ("values",)

    def __call__(self, logits: Tensor, target: Tensor, class_weights: Tensor | None = None) -> Tensor:
        """The mean over known entries, each weighted by its output; zero, with a gradient of zeros, without any.

        Parameters
        ----------
        logits
            (batch, output, frame).
        target
            Values (batch, output, frame), not a number where unknown; or labels (batch, frame), int64, -1 where
            unknown, which stand for one in the output of the label and zero in all others.
        class_weights
            Weight of each output (output,); all one where none are given.

        Examples
        --------
        >>> import torch
        >>> loss = MeanSquaredError()(torch.tensor([[[0.5, 9.0, 2.0]]]), torch.tensor([[[1.0, torch.nan, 2.0]]]))
        >>> loss.item()
        0.125
        """
        import torch

        if not target.is_floating_point():
            known = (target != UNKNOWN).unsqueeze(1).expand_as(logits)
            each = torch.arange(logits.shape[1], device=target.device)[:, None]
            target = (target.unsqueeze(1) == each).to(logits.dtype)
        else:
            known = ~target.isnan()
        # the difference of unknown entries is replaced, not multiplied by zero, which is no number where they are none
        squares = torch.where(known, logits - torch.where(known, target, 0), 0) ** 2
        weights = known.to(logits.dtype)
        if class_weights is not None:
            weights = weights * class_weights[:, None]
        return (squares * weights).sum() / weights.sum().clamp(min=1e-12)
