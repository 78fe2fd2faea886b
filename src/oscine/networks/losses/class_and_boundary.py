"""Cross-entropy of the labels and binary cross-entropy of the boundaries, for the target `boundaries`.

The last two outputs are onset and offset, all before them are labels. The loss is that of the labels plus
`boundary_weight` times that of the boundaries, each as if it were alone (see `cross_entropy`, `binary_cross_entropy`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from oscine.core.params import Field
from oscine.networks.losses.binary_cross_entropy import BinaryCrossEntropy
from oscine.networks.losses.cross_entropy import CrossEntropy
from oscine.networks.target import N_BOUNDS

if TYPE_CHECKING:
    from torch import Tensor


class ClassAndBoundary(CrossEntropy):
    """Cross-entropy of the labels, plus that of where segments begin and end."""

    judges: ClassVar[tuple[str, ...]] = ("shares-and-boundaries",)

    boundary_weight: float = Field(1.0, ge=0)
    """How much boundaries count beside the labels."""

    def __call__(self, logits: Tensor, target: Tensor, class_weights: Tensor | None = None) -> Tensor:
        """The sum of both, each a mean over what is known; zero, with a gradient of zeros, without any.

        Parameters
        ----------
        logits
            (batch, output, frame), the last two outputs onset and offset.
        target
            (batch, output, frame), float: shares of the labels, then how near onset and offset are; not a number where
            unknown.
        class_weights
            Weight of each output (output,).

        Examples
        --------
        >>> import torch
        >>> target = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [0.0, torch.nan]]])
        >>> round(ClassAndBoundary()(torch.zeros(1, 4, 2), target).item(), 4)  # ln 2 twice
        1.3863
        """
        n_labels = logits.shape[1] - N_BOUNDS
        halves = (slice(None, n_labels), slice(n_labels, None))
        weights = [None if class_weights is None else class_weights[half] for half in halves]
        labels = super().__call__(logits[:, halves[0]], target[:, halves[0]], weights[0])
        bounds = BinaryCrossEntropy(balanced=self.balanced)
        return labels + self.boundary_weight * bounds(logits[:, halves[1]], target[:, halves[1]], weights[1])
