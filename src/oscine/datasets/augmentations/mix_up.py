"""Two windows at once, each with its share of the truth (mix-up) [1]_.

The sound of a window becomes λ times itself and 1 − λ times that of another window of the batch, its truth likewise. λ
follows a beta distribution and is made ½ or more, so that a window remains mostly itself. Labels become shares of
labels: a frame in which *a* was true of one and *b* of the other is λ *a* and 1 − λ *b*. It is known where both were.

References
----------
.. [1] H. Zhang, M. Cisse, Y. N. Dauphin, D. Lopez-Paz (2018), mixup: beyond empirical risk minimization, ICLR.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from oscine.core.errors import InputError
from oscine.core.params import Field
from oscine.datasets.augmentation import Augmentation, Batch


class MixUp(Augmentation):
    """Mix every window with another one, and their truths in the same shares."""

    softens: ClassVar[bool] = True

    share: float = Field(0.5, ge=0, le=1)
    """Share of the windows that it changes."""

    alpha: float = Field(0.2, gt=0)
    """How even mixtures are: near 0 hardly any is mixed, at 1 every share is as likely as any other."""

    def __call__(self, batch: Batch, random: np.random.Generator) -> Batch:
        """Mixed windows; their truth is (batch, output, frame), also where it was (batch, frame)."""
        if batch.truth.ndim == 2:
            batch = replace(batch, truth=shares_of(batch.truth, batch.n_outputs))
        return super().__call__(batch, random)

    def change(self, batch: Batch, random: np.random.Generator) -> Batch:
        """Each window mixed with the one that a permutation puts beside it."""
        other = random.permutation(len(batch))
        weights = random.beta(self.alpha, self.alpha, len(batch)).astype(np.float32)
        mine = np.maximum(weights, 1 - weights)
        mixed = []
        for values in (batch.sound, batch.truth):
            result = values * mine[:, None, None]
            for window, theirs, weight in zip(result, other, 1 - mine, strict=True):
                window += weight * values[theirs]
            mixed.append(result)
        return batch.with_sound(*mixed)


def shares_of(labels: NDArray[np.int64], n_outputs: int) -> NDArray[np.float32]:
    """Labels (batch, frame) as shares (batch, label, frame), not a number where the label is unknown (-1).

    Raises
    ------
    InputError
        Where there are more labels than outputs.

    Examples
    --------
    >>> shares_of(np.array([[1, -1]]), 2).tolist()
    [[[0.0, nan], [1.0, nan]]]
    """
    if labels.max(initial=-1) >= n_outputs:
        raise InputError("mix-up has to know how many labels there are", found=n_outputs)
    shares: NDArray[np.float32] = (labels[:, None] == np.arange(n_outputs)[:, None]).astype(np.float32)
    shares[np.broadcast_to(labels[:, None] < 0, shares.shape)] = np.nan
    return shares
