"""Dice loss: how little what is said and what is true overlap, as sets of frames.

With p the probability of a label in a frame and q whether it is true, the loss of a window is
``1 − 2 Σ p q / Σ (p + q)``, both sums over labels and known frames; that of a batch is the mean over its windows, those
of which nothing is known left out. It is the soft form of one minus the F1 of frames [1]_, as vak ships it [2]_.

Worked example, one window, two labels, softmax::

    p(a)        0.8   0.4          truth: a in both frames
    p(b)        0.2   0.6          1 − 2 · (0.8 + 0.4) / (2 + 2) = 0.4

What differs from vak: unknown frames are left out, and a true label is 1, not 1.000001.

References
----------
.. [1] F. Milletari, N. Navab, S.-A. Ahmadi (2016), V-Net: fully convolutional neural networks for volumetric medical
   image segmentation, 3DV, 565-571.
.. [2] D. Nicholson, Y. Cohen: vak, https://github.com/vocalpy/vak.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from oscine.networks.loss import Loss
from oscine.networks.target import UNKNOWN

if TYPE_CHECKING:
    from torch import Tensor

_LEAST = 1e-8  # vak's, so that a window without anything divides by something


class Dice(Loss):
    """One minus the overlap of what is said and what is true in each window."""

    judges: ClassVar[tuple[str, ...]] = ("labels", "presences")

    def __call__(self, logits: Tensor, target: Tensor, class_weights: Tensor | None = None) -> Tensor:
        """The mean over windows of which something is known; zero, with a gradient of zeros, without any.

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
        >>> logits = torch.tensor([[[0.8, 0.4], [0.2, 0.6]]]).log()
        >>> round(Dice()(logits, torch.tensor([[0, 0]])).item(), 4)
        0.4
        """
        import torch

        if target.is_floating_point():
            known = ~target.isnan()
            truth = torch.where(known, target, 0)
            said = logits.sigmoid()
        else:
            known = (target != UNKNOWN).unsqueeze(1).expand_as(logits)
            truth = target.unsqueeze(1) == torch.arange(logits.shape[1], device=target.device)[:, None]
            said = logits.softmax(dim=1)
        weights = known.to(logits.dtype)
        if class_weights is not None:
            weights = weights * class_weights[:, None]
        shared = (weights * said * truth).sum(dim=(1, 2))
        either = (weights * (said + truth)).sum(dim=(1, 2))
        some = known.any(dim=2).any(dim=1)
        return ((1 - 2 * shared / (either + _LEAST)) * some).sum() / some.sum().clamp(min=1)
