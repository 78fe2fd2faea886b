"""Binary cross-entropy: each output by itself, for the target `overlapped`.

With p the logistic function of a logit and q whether its label is there, the loss of an entry is
``−q ln p − (1 − q) ln(1 − p)``. Of the outputs of one frame some may be known and others not.

Worked example, logits of zero (p = ½), so that every known entry costs ln 2 = 0.693::

    pulse       1     ?     0          three entries are known of six: (3 · 0.693) / 3
    sine        ?     ?     1
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from oscine.core.params import Field
from oscine.networks.loss import Loss

if TYPE_CHECKING:
    from torch import Tensor


class BinaryCrossEntropy(Loss):
    """Cross-entropy of each label by itself, for sounds that overlap; by default there and not there weigh the same.

    SongExplorer's gradient is that of the sum over frames and batch, this one is that of the mean.
    """

    judges: ClassVar[tuple[str, ...]] = ("presences",)

    balanced: bool = True
    """Let the presence of each label, and its absence, weigh the same in a batch, however common they are."""

    label_smoothing: float = Field(0.0, ge=0, lt=1)
    """Share of the probability that is spread evenly over presence and absence, against over-confidence."""

    def __call__(self, logits: Tensor, target: Tensor, class_weights: Tensor | None = None) -> Tensor:
        """The mean over known entries; zero, with a gradient of zeros, without any.

        Parameters
        ----------
        logits
            (batch, output, frame).
        target
            (batch, output, frame), from 0 to 1, not a number where it is not known.
        class_weights
            Weight of each output (output,).

        Examples
        --------
        >>> import torch
        >>> target = torch.tensor([[[1.0, torch.nan, 0.0], [torch.nan, torch.nan, 1.0]]])
        >>> round(BinaryCrossEntropy()(torch.zeros(1, 2, 3), target).item(), 4)
        0.6931
        """
        import torch
        from torch.nn import functional

        known = ~target.isnan()
        truth = torch.where(known, target, 0).to(logits.dtype)
        weights = known.to(logits.dtype)
        if self.balanced:
            weights = weights * balance_presences(truth, known)
        if class_weights is not None:
            weights = weights * class_weights[:, None]
        smooth = (1 - self.label_smoothing) * truth + self.label_smoothing / 2
        each = functional.binary_cross_entropy_with_logits(logits, smooth, reduction="none")
        return (each * weights).sum() / weights.sum().clamp(min=1e-12)


def balance_presences(truth: Tensor, known: Tensor) -> Tensor:
    """Weight of each entry (batch, output, frame) with which presence and absence of every output add up to the same.

    Where an output is never there, or always, that one side of it weighs as much as each side of the others.

    Parameters
    ----------
    truth, known
        How much of it is there, from 0 to 1, and whether that is known, both (batch, output, frame).
    """
    import torch

    there = (truth * known).sum(dim=(0, 2), keepdim=True)
    absent = known.sum(dim=(0, 2), keepdim=True) - there
    inverse = [torch.where(count > 0, 1 / count.clamp(min=1e-12), 0) for count in (there, absent)]
    return truth * inverse[0] + (1 - truth) * inverse[1]
