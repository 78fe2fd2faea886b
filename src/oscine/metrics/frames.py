"""Which labels are taken for which: the confusion matrix of frames.

Every frame that somebody has annotated is counted in the cell of its true label (row) and its predicted label
(column). Frames of unknown truth (−1) are not counted at all, whatever was predicted there.

A worked example: 100 frames of `pulse`, of which 90 are found, and 1000 of `ambient`, of which 50 are mistaken.

    M                pulse  ambient        rows, R             columns, C            balanced columns, Q
    pulse               90       10        0.90   0.10         0.64   0.01           0.95   0.10
    ambient             50      950        0.05   0.95         0.36   0.99           0.05   0.90

- `rows`, R_ij = M_ij / Σ_j M_ij: of the true frames of a label, where they went. Its diagonal is the recall.
- `columns`, C_ij = M_ij / Σ_i M_ij: of the frames predicted to be a label, what they are. Its diagonal is the
  precision, *in these data*: `pulse` is right 64 % of the time because `ambient` is ten times as frequent.
- `balanced_columns`, Q_ij = R_ij / Σ_i R_ij: the same as if all labels were equally frequent. Its diagonal is the
  `balanced_precision` (95 %), which does not depend on how many examples of each label somebody chose to annotate.
  This is what SongExplorer reports; C is what its lower triangles are often thought to show.

Rates of a label without frames are `nan`, and means over labels leave them out.

References
----------
.. [1] Arthur et al. (2021), SongExplorer: a deep learning workflow for discovery and segmentation of animal
       acoustic communication signals, bioRxiv 2021.03.26.437280.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscine.metrics.counts import plain, ratio

Array = NDArray[np.float64]

UNKNOWN = -1
"""Frame label of a frame that nobody has annotated."""


@dataclass(frozen=True, eq=False)
class ConfusionMatrix:
    """Number of frames of each true label that were predicted to be each label.

    Attributes
    ----------
    counts
        M (true label, predicted label), int64.
    labels
        Names, in the order of both axes.
    """

    counts: NDArray[np.int64]
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.counts.shape != (len(self.labels), len(self.labels)):
            raise ValueError(f"{len(self.labels)} labels need a square matrix, found shape {self.counts.shape}")

    def __add__(self, other: ConfusionMatrix) -> ConfusionMatrix:
        if self.labels != other.labels:
            raise ValueError(f"cannot pool matrices of different labels, {self.labels} and {other.labels}")
        return ConfusionMatrix(self.counts + other.counts, self.labels)

    @property
    def rows(self) -> Array:
        """R: each row divided by its sum; `nan` for a label without true frames."""
        return _divided(self.counts, self.counts.sum(axis=1, keepdims=True))

    @property
    def columns(self) -> Array:
        """C: each column divided by its sum; `nan` for a label that was never predicted."""
        return _divided(self.counts, self.counts.sum(axis=0, keepdims=True))

    @property
    def balanced_columns(self) -> Array:
        """Q: each column of R divided by its sum, as if all labels were equally frequent."""
        shares = self.rows
        quotients = _divided(np.nan_to_num(shares), np.nansum(shares, axis=0, keepdims=True))
        return np.where(np.isnan(shares), np.nan, quotients)

    @property
    def recall(self) -> Array:
        """Share of each label's true frames that were found, (label,)."""
        return np.diagonal(self.rows).copy()

    @property
    def precision(self) -> Array:
        """Share of the frames predicted to be each label that are, (label,), at the frequencies in these data."""
        return np.diagonal(self.columns).copy()

    @property
    def balanced_precision(self) -> Array:
        """Precision as if all labels were equally frequent, (label,)."""
        return np.diagonal(self.balanced_columns).copy()

    @property
    def f1(self) -> Array:
        """Harmonic mean of precision and recall, (label,)."""
        found = np.diagonal(self.counts)
        return _divided(2 * found, self.counts.sum(axis=0) + self.counts.sum(axis=1))

    @property
    def balanced_f1(self) -> Array:
        """Harmonic mean of balanced precision and recall, (label,)."""
        shares = self.rows
        total = np.nansum(shares, axis=0) + 1.0  # every row of R with frames sums to one
        return np.where(np.isnan(self.recall), np.nan, 2 * self.recall / total)

    @property
    def accuracy(self) -> float:
        """Share of all frames that are right."""
        return ratio(float(np.trace(self.counts)), float(self.counts.sum()))

    @property
    def frame_error(self) -> float:
        """Share of all frames that are wrong."""
        return 1.0 - self.accuracy

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall over labels that have true frames."""
        return mean(self.recall)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        names = ("precision", "balanced_precision", "recall", "f1", "balanced_f1")
        rates = {name: getattr(self, name) for name in names}
        return {
            "labels": list(self.labels),
            "counts": self.counts.tolist(),
            "accuracy": plain(self.accuracy),
            "frame_error": plain(self.frame_error),
            "balanced_accuracy": plain(self.balanced_accuracy),
            "by_label": {
                label: {name: plain(values[i]) for name, values in rates.items()} for i, label in enumerate(self.labels)
            },
            "mean": {name: plain(mean(values)) for name, values in rates.items()},
        }


def confusion_matrix(truth: ArrayLike, predicted: ArrayLike, labels: Iterable[str]) -> ConfusionMatrix:
    """Count the frames of each true label that were predicted to be each label.

    Parameters
    ----------
    truth
        Index of each frame's true label, (frame,), integers; −1 where it is unknown.
    predicted
        Index of each frame's predicted label, (frame,), integers; any value where the truth is unknown.
    labels
        Names of the labels 0, 1, …

    Raises
    ------
    ValueError
        Where shapes differ, values are not whole numbers, or an index is no label.

    Examples
    --------
    >>> matrix = confusion_matrix([0, 0, 1, -1], [0, 1, 1, 0], ["pulse", "ambient"])
    >>> matrix.counts
    array([[1, 1], [0, 1]])
    >>> matrix.recall, matrix.precision
    (array([0.5, 1. ]), array([1. , 0.5]))
    """
    names = tuple(labels)
    true, guess = np.asarray(truth), np.asarray(predicted)
    if true.ndim != 1 or true.shape != guess.shape:
        raise ValueError(f"truth and predictions must both be (frame,), found {true.shape} and {guess.shape}")
    if true.size and not (np.issubdtype(true.dtype, np.integer) and np.issubdtype(guess.dtype, np.integer)):
        raise ValueError(f"frame labels must be integers, found {true.dtype} and {guess.dtype}")
    known = true != UNKNOWN
    true, guess = true[known].astype(np.int64), guess[known].astype(np.int64)
    for what, values in (("true", true), ("predicted", guess)):
        if values.size and (values.min() < 0 or values.max() >= len(names)):
            raise ValueError(f"{what} frame labels must be within 0 and {len(names) - 1} (true ones also -1: unknown)")
    counts = np.bincount(true * len(names) + guess, minlength=len(names) ** 2)
    return ConfusionMatrix(counts.astype(np.int64).reshape(len(names), len(names)), names)


def mean(rates: ArrayLike) -> float:
    """Mean over labels, those without a rate left out; `nan` where none has one.

    Examples
    --------
    >>> mean([0.5, float("nan"), 1.0])
    0.75
    """
    values = np.asarray(rates, dtype=np.float64)
    values = values[~np.isnan(values)]
    return float(values.mean()) if values.size else float("nan")


def _divided(numerator: ArrayLike, denominator: ArrayLike) -> Array:
    """Elementwise quotient, `nan` where the denominator is zero."""
    top, bottom = np.broadcast_arrays(np.asarray(numerator, np.float64), np.asarray(denominator, np.float64))
    quotient: Array = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom != 0)
    return quotient
