"""What each threshold buys: precision–recall, ROC, and the threshold for a wished ratio.

A label is predicted in a frame where its score reaches a threshold. Lowering the threshold finds more (recall rises)
and invents more (precision falls, on the whole). All that any threshold can do is told by one table: the distinct
scores in descending order, and how many true and how many false frames have each. It is exact, costs one sort, and
two tables merge to a third, so recordings pool exactly, too.

    score   truth            threshold   tp  fp   precision  recall
     0.9    yes                    0.9    1   0      1.00     0.5
     0.6    no          →          0.6    1   1      0.50     0.5
     0.6    –  (unknown)           0.4    2   1      0.67     1.0
     0.4    yes
     0.2    no                     0.2    2   2      0.50     1.0

Frames of unknown truth are left out: that nobody has annotated a frame says nothing against a label. Scores must be
those that prediction emits (the softmax's, where labels are exclusive), for a threshold is worth nothing on another
scale.

The *wished ratio* of precision to recall says which error hurts more: 1 balances them, above 1 prefers certainty,
below 1 completeness. As precision is tp/n_predicted and recall tp/n_positive, their ratio is n_positive/n_predicted,
whatever tp is: it falls steadily with the threshold, so there is one nearest answer, and ratio 1 simply predicts as
many frames as are annotated.

References
----------
.. [1] Davis & Goadrich (2006), The relationship between precision-recall and ROC curves, ICML, 233–240, on why
       precision–recall points must not be joined by straight lines: `average_precision` is the sum of steps.
.. [2] Hanley & McNeil (1982), The meaning and use of the area under a ROC curve, Radiology 143, 29–36: it is the
       probability that a true frame scores higher than a false one, ties counting half.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscine.metrics.counts import Counts, plain

Array = NDArray[np.float64]


_SLACK = 1e-6  # what float32 may add to a probability


@dataclass(frozen=True, eq=False)
class OperatingCurve:
    """What every threshold does: the distinct scores of the known frames, and how many true and false frames have each.

    Attributes
    ----------
    thresholds
        Distinct scores, (threshold,), descending: a frame is predicted where its score is at least that.
    n_true_at, n_false_at
        Number of true and of false frames that have each score, (threshold,), int64.
    """

    thresholds: Array
    n_true_at: NDArray[np.int64]
    n_false_at: NDArray[np.int64]

    def __add__(self, other: OperatingCurve) -> OperatingCurve:
        merged, place = np.unique(np.concatenate([self.thresholds, other.thresholds]), return_inverse=True)
        true, false = (
            np.bincount(place, weights=np.concatenate(counts), minlength=len(merged)).astype(np.int64)
            for counts in ((self.n_true_at, other.n_true_at), (self.n_false_at, other.n_false_at))
        )
        return OperatingCurve(merged[::-1], true[::-1], false[::-1])

    @property
    def n_true(self) -> int:
        """Number of true frames ("positives")."""
        return int(self.n_true_at.sum())

    @property
    def n_false(self) -> int:
        """Number of false frames ("negatives")."""
        return int(self.n_false_at.sum())

    @property
    def tp(self) -> NDArray[np.int64]:
        """True frames that are predicted at each threshold, (threshold,)."""
        return np.cumsum(self.n_true_at)

    @property
    def fp(self) -> NDArray[np.int64]:
        """False frames that are predicted at each threshold, (threshold,)."""
        return np.cumsum(self.n_false_at)

    @property
    def precision(self) -> Array:
        """Share of the predicted frames that are true, at each threshold, (threshold,)."""
        precision: Array = self.tp / np.maximum(self.tp + self.fp, 1)
        return precision

    @property
    def recall(self) -> Array:
        """Share of the true frames that are predicted, at each threshold, (threshold,); `nan` without true frames."""
        return self.tp / self.n_true if self.n_true else np.full(len(self.thresholds), np.nan)

    @property
    def f1(self) -> Array:
        """Harmonic mean of precision and recall at each threshold, (threshold,); `nan` without true frames."""
        return 2 * self.tp / (self.tp + self.fp + self.n_true) if self.n_true else np.full(len(self.thresholds), np.nan)

    @property
    def false_positive_rate(self) -> Array:
        """Share of the false frames that are predicted, at each threshold, (threshold,); `nan` without false frames."""
        return self.fp / self.n_false if self.n_false else np.full(len(self.thresholds), np.nan)

    @property
    def average_precision(self) -> float:
        """Area under the precision–recall curve, as the sum of its steps; `nan` without true frames."""
        return float(np.sum(self.precision * self.n_true_at) / self.n_true) if self.n_true else math.nan

    @property
    def auc(self) -> float:
        """Area under the ROC curve; `nan` where either true or false frames are absent."""
        if not (self.n_true and self.n_false):
            return math.nan
        ranked = self.n_false_at * (self.tp - self.n_true_at / 2)  # each false frame against the true ones above it
        return float(ranked.sum() / (self.n_true * self.n_false))

    def counts_at(self, threshold: float) -> Counts:
        """Counts of frames where those that score at least `threshold` are predicted."""
        n = int(np.searchsorted(-self.thresholds, -threshold, side="right"))
        tp, fp = int(self.n_true_at[:n].sum()), int(self.n_false_at[:n].sum())
        return Counts(tp, self.n_true, tp + fp)


@dataclass(frozen=True)
class Threshold:
    """A chosen threshold, and what it does.

    Attributes
    ----------
    value
        Threshold within [0, 1]; `nan` where none can be chosen.
    counts
        Known frames that are true, predicted, and both, at this threshold.
    ratio
        Ratio of precision to recall that was wished for.
    reason
        Why there is no threshold; empty where there is one.
    """

    value: float
    counts: Counts
    ratio: float
    reason: str = ""

    @property
    def precision(self) -> float:
        """Share of the predicted frames that are true."""
        return self.counts.precision

    @property
    def recall(self) -> float:
        """Share of the true frames that are predicted."""
        return self.counts.recall

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "value": plain(self.value),
            "wished_ratio": self.ratio,
            **self.counts.to_dict(),
            "reason": self.reason,
        }


def operating_curve(scores: ArrayLike, truth: ArrayLike, known: ArrayLike | None = None) -> OperatingCurve:
    """What every threshold does for one label.

    Parameters
    ----------
    scores
        Score of the label in each frame, (frame,).
    truth
        Whether the label is there, (frame,), boolean.
    known
        Whether somebody has annotated the frame, (frame,), boolean; by default all.

    Raises
    ------
    ValueError
        Where shapes differ, truth is not boolean, or a known frame's score is not a number.

    Examples
    --------
    >>> curve = operating_curve([0.9, 0.6, 0.6, 0.4, 0.2], [1, 0, 1, 1, 0], known=[1, 1, 0, 1, 1])
    >>> curve.thresholds, curve.precision.round(2), curve.recall
    (array([0.9, 0.6, 0.4, 0.2]), array([1. , 0.5 , 0.67, 0.5 ]), array([0.5, 0.5, 1. , 1. ]))
    """
    values, true = np.asarray(scores, dtype=np.float64), _boolean(truth)
    mask = np.ones(values.shape, dtype=np.bool_) if known is None else _boolean(known)
    if values.ndim != 1 or not values.shape == true.shape == mask.shape:
        raise ValueError(f"all must be (frame,), found {values.shape}, {true.shape} and {mask.shape}")
    values, true = values[mask], true[mask]
    if np.isnan(values).any():
        raise ValueError("a known frame has no score (nan)")
    thresholds, place = np.unique(values, return_inverse=True)
    n_true = np.bincount(place[true], minlength=len(thresholds)).astype(np.int64)
    n_all = np.bincount(place, minlength=len(thresholds)).astype(np.int64)
    return OperatingCurve(thresholds[::-1], n_true[::-1], (n_all - n_true)[::-1])


def operating_curves(
    scores: ArrayLike, truth: ArrayLike, known: ArrayLike | None, labels: Iterable[str]
) -> dict[str, OperatingCurve]:
    """What every threshold does, for each label.

    Parameters
    ----------
    scores
        (label, frame).
    truth
        Whether each label is there, (label, frame), boolean; or, where labels are exclusive, the index of each frame's
        label, (frame,), integers, −1 where unknown.
    known
        Whether somebody has annotated each label there, (label, frame), or the frame, (frame,), boolean; or `None`.
    labels
        Names of the labels, in order.

    Examples
    --------
    >>> curves = operating_curves([[0.9, 0.3, 0.5], [0.1, 0.7, 0.5]], [0, 1, -1], None, ["pulse", "sine"])
    >>> {label: curve.average_precision for label, curve in curves.items()}
    {'pulse': 1.0, 'sine': 1.0}
    """
    names, values, true = tuple(labels), np.asarray(scores), np.asarray(truth)
    mask = np.ones(values.shape[-1:], dtype=np.bool_) if known is None else _boolean(known)
    if true.ndim == 1 and not (true.dtype == np.bool_ and len(names) == 1):
        if not np.issubdtype(true.dtype, np.integer):
            raise ValueError(f"the labels of exclusive frames must be integers, found {true.dtype}")
        mask = mask & (true >= 0)
        true = true == np.arange(len(names))[:, np.newaxis]
    shape = (len(names), values.shape[-1])
    true = np.broadcast_to(true, shape)
    mask = np.broadcast_to(mask, shape)
    if values.shape != shape:
        raise ValueError(f"{len(names)} labels need scores of shape (label, frame), found {values.shape}")
    return {name: operating_curve(values[i], true[i], mask[i]) for i, name in enumerate(names)}


def best_threshold(curve: OperatingCurve, ratio: float = 1.0) -> Threshold:
    """The threshold at which precision / recall is nearest to `ratio`, among all that find anything.

    Nearness is that of logarithms: twice and half the ratio are equally far; of two equally near the better F1 counts,
    then the higher threshold. The value lies half-way between the lowest score that is accepted and the next one, so
    that `score >= value` and `score > value` decide alike (but where it is 0), and rounding a score does not matter.

    Parameters
    ----------
    curve
        What every threshold does.
    ratio
        Wished precision / recall, above 0.

    Returns
    -------
    Threshold
        With value `nan` and a reason where the label has no true frame.

    Raises
    ------
    ValueError
        Where the ratio is not above 0, or the scores are not probabilities (a threshold on logits would be worth
        nothing for what prediction emits).
    """
    if not (math.isfinite(ratio) and ratio > 0):
        raise ValueError(f"the ratio of precision to recall must be a finite number above 0, found {ratio!r}")
    if len(curve.thresholds) and not -_SLACK <= curve.thresholds[-1] <= curve.thresholds[0] <= 1 + _SLACK:
        raise ValueError(f"scores must be within 0 and 1, found {curve.thresholds[-1]:g} to {curve.thresholds[0]:g}")
    if not curve.n_true:
        n = curve.n_false
        where = "no frame has been annotated" if n == 0 else f"none of the {n} annotated frames has this label"
        return Threshold(math.nan, Counts(), ratio, where)
    tp, n_predicted = curve.tp, curve.tp + curve.fp
    distance = np.where(tp > 0, np.abs(np.log(curve.n_true / (ratio * n_predicted))), np.inf)
    distance = np.round(distance, 12)  # two sides of a tie must compare equal
    chosen = int(np.lexsort((-curve.f1, distance))[0])
    lowest = curve.thresholds[chosen]
    below = curve.thresholds[chosen + 1] if chosen + 1 < len(curve.thresholds) else min(0.0, lowest)
    value = float(np.clip((lowest + below) / 2, 0.0, 1.0))
    return Threshold(value, Counts(int(tp[chosen]), curve.n_true, int(n_predicted[chosen])), ratio)


def threshold_for_ratio(
    scores: ArrayLike, truth: ArrayLike, known: ArrayLike | None = None, ratio: float = 1.0
) -> Threshold:
    """`best_threshold` of one label's scores; see `operating_curve` for the arrays.

    Examples
    --------
    >>> chosen = threshold_for_ratio([0.9, 0.8, 0.6, 0.3, 0.1], [1, 1, 0, 1, 0], ratio=1.0)
    >>> chosen.value, chosen.counts
    (0.45, Counts(tp=2, n_true=3, n_predicted=3))
    >>> threshold_for_ratio([0.9, 0.1], [0, 0]).reason
    'none of the 2 annotated frames has this label'
    """
    return best_threshold(operating_curve(scores, truth, known), ratio)


def _boolean(values: ArrayLike) -> NDArray[np.bool_]:
    """Booleans from booleans or from zeros and ones; −1 is no "yes"."""
    array = np.asarray(values)
    if array.dtype == np.bool_:
        return array
    if array.size and not np.isin(array, (0, 1)).all():
        raise ValueError("truth and known must be boolean (or 0 and 1)")
    return array.astype(np.bool_)
