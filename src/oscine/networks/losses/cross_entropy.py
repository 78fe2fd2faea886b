"""Cross-entropy of the softmax over labels, for targets of which each frame has one label, or shares of several.

With p the softmax of a frame's logits, q what is true (one for its label, or the share of each), w the weights of
labels and ε the label smoothing, a frame's loss is ``−Σ w ((1 − ε) q + ε / n) ln p`` over its n labels, and the loss
of a batch the sum over known frames divided by that of their weights ``Σ w q``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from oscine.core.params import Field
from oscine.networks.loss import Loss
from oscine.networks.target import UNKNOWN

if TYPE_CHECKING:
    from torch import Tensor


class CrossEntropy(Loss):
    """Cross-entropy, the mean over known frames; by default each label of a batch weighs the same.

    Its gradient is that of the mean; SongExplorer's is that of the sum over frames and batch.
    """

    judges: ClassVar[tuple[str, ...]] = ("labels", "shares")

    balanced: bool = True
    """Let every label that occurs in a batch weigh the same, however many of its frames are in it."""

    label_smoothing: float = Field(0.0, ge=0, lt=1)
    """Share of the probability that is spread evenly over all labels, against over-confidence [1]_.

    [1] C. Szegedy et al. (2016), Rethinking the Inception architecture for computer vision, CVPR, 2818-2826.
    """

    def __call__(self, logits: Tensor, target: Tensor, class_weights: Tensor | None = None) -> Tensor:
        """The mean over known frames, each weighted by its label; zero, with a gradient of zeros, without any.

        Parameters
        ----------
        logits
            (batch, label, frame).
        target
            (batch, frame), int64, -1 where it is not known; or shares (batch, label, frame), float, of a frame of which
            any is not a number nothing is known.
        class_weights
            Weight of each label (label,).

        Examples
        --------
        >>> import torch
        >>> loss = CrossEntropy()(torch.zeros(1, 2, 3), torch.tensor([[0, -1, 1]]))
        >>> round(loss.item(), 4)  # ln 2
        0.6931
        """
        from torch.nn import functional

        if target.is_floating_point():
            return self._of_shares(logits, target, class_weights)
        if self.balanced:
            balance = _balance(target, logits.shape[1])
            class_weights = balance if class_weights is None else balance * class_weights
        if class_weights is not None:
            class_weights = class_weights.to(logits.dtype)
        total = functional.cross_entropy(
            logits,
            target,
            class_weights,
            ignore_index=UNKNOWN,
            reduction="sum",
            label_smoothing=self.label_smoothing,
        )
        known = target != UNKNOWN
        weight = known.sum() if class_weights is None else (class_weights[target.clamp(min=0)] * known).sum()
        return total / weight.clamp(min=1e-12)

    def _of_shares(self, logits: Tensor, shares: Tensor, class_weights: Tensor | None) -> Tensor:
        """As `__call__`, of shares (batch, label, frame)."""
        import torch

        known = ~shares.isnan().any(dim=1, keepdim=True)
        shares = torch.where(known, shares, 0).to(logits.dtype)
        weights = logits.new_ones(logits.shape[1]) if class_weights is None else class_weights.to(logits.dtype)
        if self.balanced:
            weights = weights * _inverse(shares.sum(dim=(0, 2)))
        smooth = (1 - self.label_smoothing) * shares + self.label_smoothing / logits.shape[1] * known
        total = -(weights[:, None] * smooth * logits.log_softmax(dim=1)).sum()
        return total / (weights[:, None] * shares).sum().clamp(min=1e-12)


def _balance(target: Tensor, n_labels: int) -> Tensor:
    """Weight of each label: inverse to the number of its frames, mean one over the known frames."""
    import torch

    return _inverse(torch.bincount(target[target != UNKNOWN].flatten(), minlength=n_labels))


def _inverse(counts: Tensor) -> Tensor:
    """Weight of each label (label,) of which there is so much: inverse to that, none for what there is nothing of."""
    import torch

    weights = torch.where(counts > 0, counts.sum() / counts.clamp(min=1e-12), torch.zeros((), device=counts.device))
    return weights / (counts > 0).sum().clamp(min=1)
