"""Focal loss: cross-entropy in which what is known well counts little [1]_.

With p the probability of what is true, an entry's loss is ``−(1 − p)^γ ln p``. With γ = 0 that is cross-entropy; the
larger γ, the less the many easy frames (silence, mostly) drown the few hard ones::

    p            0.1     0.5     0.9     0.99
    γ = 0       2.30    0.69    0.105   0.0101
    γ = 2       1.87    0.17    0.001   0.000001

References
----------
.. [1] T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollár (2017), Focal loss for dense object detection, ICCV,
   2980-2988, equations 4 and 5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from oscine.core.params import Field
from oscine.networks.loss import Loss
from oscine.networks.target import UNKNOWN

if TYPE_CHECKING:
    from torch import Tensor

_LEAST = 1e-6
"""Of the probability of being wrong, whose power has no finite slope at zero for γ below one."""


class Focal(Loss):
    """Focal loss, for labels that exclude each other and those that overlap: hard frames count, easy ones do not."""

    judges: ClassVar[tuple[str, ...]] = ("labels", "presences")

    gamma: float = Field(2.0, ge=0)
    """How little the easy frames count; 0 is cross-entropy."""

    alpha: float | None = Field(None, gt=0, lt=1)
    """Weight of presence, that of absence being what is left to 1, where labels overlap; none: both weigh 1.

    The paper has 0.25 with a gamma of 2.
    """

    def __call__(self, logits: Tensor, target: Tensor, class_weights: Tensor | None = None) -> Tensor:
        """The mean over known frames, or entries where labels overlap; zero, with a gradient of zeros, without any.

        Parameters
        ----------
        logits
            (batch, output, frame).
        target
            Labels (batch, frame), int64, -1 where unknown: p is the softmax's. Or whether each label is there,
            (batch, output, frame), float, not a number where unknown: p is the logistic function's.
        class_weights
            Weight of each output (output,).

        Examples
        --------
        >>> import torch
        >>> round(Focal()(torch.zeros(1, 2, 3), torch.tensor([[0, -1, 1]])).item(), 4)  # ln 2 / 4
        0.1733
        """
        judge = self._of_presences if target.is_floating_point() else self._of_labels
        return judge(logits, target, class_weights)

    def _of_labels(self, logits: Tensor, target: Tensor, class_weights: Tensor | None) -> Tensor:
        """As `__call__`, of labels (batch, frame)."""
        known = target != UNKNOWN
        label = target.clamp(min=0)
        log_p = logits.log_softmax(dim=1).gather(1, label.unsqueeze(1)).squeeze(1)
        weights = known.to(logits.dtype)
        if class_weights is not None:
            weights = weights * class_weights[label]
        return (weights * self._cost(log_p)).sum() / weights.sum().clamp(min=1e-12)

    def _of_presences(self, logits: Tensor, target: Tensor, class_weights: Tensor | None) -> Tensor:
        """As `__call__`, of presences (batch, output, frame)."""
        import torch
        from torch.nn import functional

        known = ~target.isnan()
        truth = torch.where(known, target, 0).to(logits.dtype)
        there, absent = (1.0, 1.0) if self.alpha is None else (self.alpha, 1 - self.alpha)
        costs = there * truth * self._cost(functional.logsigmoid(logits))
        costs = costs + absent * (1 - truth) * self._cost(functional.logsigmoid(-logits))
        weights = known.to(logits.dtype)
        if class_weights is not None:
            weights = weights * class_weights[:, None]
        return (weights * costs).sum() / weights.sum().clamp(min=1e-12)

    def _cost(self, log_p: Tensor) -> Tensor:
        """−(1 − p)^γ ln p."""
        return -log_p if self.gamma == 0 else -(-log_p.expm1()).clamp(min=_LEAST).pow(self.gamma) * log_p
