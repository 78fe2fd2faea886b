"""How good a network is on a batch of windows, added up batch by batch.

Two kinds of truth are told apart, as targets encode them (`oscine.networks.target`). Where each frame has one label,
rates come of the confusion matrix, and all labels count as if they were equally common. Where each output is true or
false by itself, each has its own counts of right and wrong. In both, `frame_error` is the share of known frames of
which anything is said wrongly, as common as labels are.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from oscine.metrics.frames import ConfusionMatrix, confusion_matrix, mean
from oscine.networks.target import UNKNOWN, Target


class Tally:
    """Counts of what a network says rightly and wrongly.

    Parameters
    ----------
    target
        What a frame can be.
    n_outputs
        Scores per frame.

    Examples
    --------
    >>> from oscine.networks.targets.exclusive import Exclusive
    >>> tally = Tally(Exclusive(), n_outputs=2)
    >>> tally.add(np.array([[[2.0, 0.0, 5.0], [0.0, 1.0, 0.0]]], np.float32), np.array([[0, 1, -1]]))
    >>> tally.rates()["f1"]
    1.0
    """

    def __init__(self, target: Target, n_outputs: int) -> None:
        self.target, self.n_outputs = target, n_outputs
        self._matrix = np.zeros((n_outputs, n_outputs), np.int64)
        self._counts = np.zeros((3, n_outputs), np.int64)  # found, mistaken, missed
        self._n_frames = self._n_wrong = 0

    def add(self, logits: NDArray[np.float32], truth: NDArray[np.int64] | NDArray[np.float32]) -> None:
        """Count a batch.

        Parameters
        ----------
        logits
            (batch, output, frame).
        truth
            Labels (batch, frame), or values (batch, output, frame).
        """
        if np.issubdtype(truth.dtype, np.integer):
            known = truth != UNKNOWN
            guess, true = logits.argmax(axis=1)[known], truth[known]
            self._matrix += confusion_matrix(true, guess, map(str, range(self.n_outputs))).counts
            self._n_frames += true.size
            self._n_wrong += int((guess != true).sum())
            return
        present, known = self.target.judge(truth, self.n_outputs)
        said = self.target.is_present(self.target.decode(logits)) & known
        for row, cells in enumerate((said & present, said & ~present, present & known & ~said)):
            self._counts[row] += cells.sum(axis=(0, 2))
        self._n_frames += int(known.any(axis=1).sum())
        self._n_wrong += int(((said != (present & known)) & known).any(axis=1).sum())

    def rates(self) -> dict[str, float]:
        """Precision, recall and F1, means over labels, and frame error; nothing where nothing is known."""
        if not self._n_frames:
            return {}
        if self._matrix.any():
            names = tuple(map(str, range(self.n_outputs)))
            matrix = ConfusionMatrix(self._matrix, names)
            values = (mean(matrix.balanced_precision), mean(matrix.recall), mean(matrix.balanced_f1))
        else:
            found, mistaken, missed = self._counts.astype(float)
            there = found + missed > 0  # an output that is never true has no recall
            with np.errstate(invalid="ignore"):
                values = (
                    mean((found / (found + mistaken))[there]),
                    mean((found / (found + missed))[there]),
                    mean((2 * found / (2 * found + mistaken + missed))[there]),
                )
        rates = dict(zip(("precision", "recall", "f1"), values, strict=True))
        rates["frame_error"] = self._n_wrong / self._n_frames
        return {name: value for name, value in rates.items() if math.isfinite(value)}
