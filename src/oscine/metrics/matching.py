"""Which prediction stands for which annotation: maximum one-to-one matching in time.

A prediction may stand for one annotation only, and an annotation may be found once only; else one broad guess would
be right many times. Among all such pairings we take one with as many pairs as possible, because the nearest
neighbour, taken greedily, can spoil a pairing that is there:

    truth          1.000   1.008              tolerance 10 ms
    predicted  0.992   1.000                  nearest first: 1.000–1.000, and both others are left over
                                              maximum:       1.000–0.992 and 1.008–1.000

- `match_times`        events: |dt| within a tolerance. Both lists sorted, the two foremost are paired if they are
                       close enough, else the earlier one is dropped: since all tolerances are equal, the earlier one
                       can match nothing that comes later, so this is a maximum matching, in linear time.
- `match_intervals`    segments: onsets and offsets each within a tolerance, labels equal on request.
- `match_overlapping`  segments that share any time.
- `match_iou`          segments that share enough: intersection over union at or above a threshold.

The latter three find who may be paired with whom, and leave the choice to `bipartite`.

Tolerances are inclusive, and times that come from whole samples are compared as if they still were whole samples:
0.31 s lies within 10 ms of 0.30 s although `0.31 - 0.30 > 0.01` in binary. `ROUNDING` is what makes it so: far
more than float64 or a CSV of seven decimals loses, less than half a sample below 5 MHz.

References
----------
.. [1] Raffel et al. (2014), mir_eval: a transparent implementation of common MIR metrics, ISMIR, uses the same
       kind of matching for musical onsets.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscine.metrics.bipartite import Indices, edges_between, match_edges

ROUNDING = 1e-7
"""Seconds by which two times may differ and still be the same time."""

_SLACK = 1e-9
"""Share by which binary times may fall short of a threshold and still reach it."""

Judge = Callable[[Indices, Indices], tuple[NDArray[np.bool_], NDArray[np.float64]]]
"""Says of candidates (edge,), rows and columns, whether they may be paired, and at what cost."""

Edges = tuple[Indices, Indices, NDArray[np.bool_], NDArray[np.float64]]
"""Rows and columns that may be paired, whether their labels differ, and the cost, each (edge,)."""

Pairs = NDArray[np.intp]
"""Matched pairs (match, 2): index into the truth, index into the predictions; in order of the truth's time."""


def match_times(truth: ArrayLike, predicted: ArrayLike, tolerance: float) -> Pairs:
    """Pair events one to one, as many as possible, at most `tolerance` apart.

    Parameters
    ----------
    truth, predicted
        Times in seconds, (event,), in any order.
    tolerance
        Greatest distance in seconds, inclusive.

    Returns
    -------
    Pairs
        (match, 2) indexes into `truth` and `predicted`, in order of time.

    Examples
    --------
    >>> match_times([1.0, 1.008], [0.992, 1.0], tolerance=0.010)
    array([[0, 0], [1, 1]])
    """
    first, second = times(truth), times(predicted)
    order, other = np.argsort(first, kind="stable"), np.argsort(second, kind="stable")
    a, b = first[order].tolist(), second[other].tolist()
    reach = seconds(tolerance) + ROUNDING
    i = j = 0
    found = []
    while i < len(a) and j < len(b):
        difference = b[j] - a[i]
        if abs(difference) <= reach:
            found.append((i, j))
            i += 1
            j += 1
        elif difference < 0:
            j += 1
        else:
            i += 1
    pairs = np.array(found, dtype=np.intp).reshape(-1, 2)
    return np.column_stack([order[pairs[:, 0]], other[pairs[:, 1]]])


def match_intervals(
    truth: ArrayLike,
    predicted: ArrayLike,
    *,
    onset_tolerance: float,
    offset_tolerance: float,
    truth_labels: ArrayLike | None = None,
    predicted_labels: ArrayLike | None = None,
    same_label: bool = True,
) -> Pairs:
    """Pair segments one to one, as many as possible, whose onsets and whose offsets are close.

    Parameters
    ----------
    truth, predicted
        Onset and offset in seconds, (segment, 2), in any order.
    onset_tolerance, offset_tolerance
        Greatest distances in seconds, inclusive.
    truth_labels, predicted_labels
        Label of each segment, (segment,); `None` where labels play no part.
    same_label
        Whether labels must be equal. If not, equal ones are tried first, then the nearest in time.

    Returns
    -------
    Pairs
        (match, 2) indexes into `truth` and `predicted`, in order of the truth's onset.

    Examples
    --------
    >>> match_intervals([[1.0, 1.1]], [[0.9, 1.1], [1.01, 1.09]], onset_tolerance=0.02, offset_tolerance=0.02)
    array([[0, 1]])
    """
    both = _Sides(truth, predicted, truth_labels, predicted_labels)
    onset_reach, offset_reach = seconds(onset_tolerance) + ROUNDING, seconds(offset_tolerance) + ROUNDING
    low = np.searchsorted(both.second[:, 0], both.first[:, 0] - onset_reach, side="left")
    high = np.searchsorted(both.second[:, 0], both.first[:, 0] + onset_reach, side="right")

    def close(rows: Indices, columns: Indices) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        distance = np.abs(both.second[columns] - both.first[rows])
        return distance[:, 1] <= offset_reach, distance.sum(axis=1)

    return both.match(low, high, close, same_label)


def match_overlapping(
    truth: ArrayLike,
    predicted: ArrayLike,
    *,
    truth_labels: ArrayLike | None = None,
    predicted_labels: ArrayLike | None = None,
) -> Pairs:
    """Pair segments one to one, as many as possible, that share any time.

    Segments are half-open, so neighbours that only touch share nothing. An event lies in a segment where
    `onset <= time < offset`, and overlaps another event where their times are equal.

    Parameters
    ----------
    truth, predicted
        Onset and offset in seconds, (segment, 2), in any order.
    truth_labels, predicted_labels
        Label of each segment, (segment,), which must be equal; `None` where labels play no part.

    Returns
    -------
    Pairs
        (match, 2) indexes into `truth` and `predicted`, in order of the truth's onset. Longer overlaps are tried first.

    Examples
    --------
    >>> match_overlapping([[0.0, 1.0], [1.0, 2.0]], [[0.9, 1.5], [0.2, 0.3]])
    array([[0, 1], [1, 0]])
    """
    both = _Sides(truth, predicted, truth_labels, predicted_labels)
    latest = np.maximum.accumulate(both.second[:, 1]) if len(both.second) else np.zeros(0)
    low = np.searchsorted(latest, both.first[:, 0], side="left")  # all before this one have ended
    high = np.searchsorted(both.second[:, 0], both.first[:, 1], side="right")  # all from this one on are later

    def overlap(rows: Indices, columns: Indices) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        one, two = both.first[rows], both.second[columns]
        onset, offset = np.maximum(one[:, 0], two[:, 0]), np.minimum(one[:, 1], two[:, 1])
        is_point = (one[:, 0] == one[:, 1]) | (two[:, 0] == two[:, 1])
        # a point shares its instant, unless that is the open end of the other
        outer = np.maximum(one[:, 1], two[:, 1])
        fits = (offset > onset) | (is_point & (onset == offset) & ((onset < outer) | (one == two).all(axis=1)))
        return fits, onset - offset

    return both.match(low, high, overlap, same_label=True)


def match_iou(
    truth: ArrayLike,
    predicted: ArrayLike,
    threshold: float,
    *,
    truth_labels: ArrayLike | None = None,
    predicted_labels: ArrayLike | None = None,
    same_label: bool = True,
) -> Pairs:
    """Pair segments one to one, as many as possible, that share enough of the time that they take up together.

    Parameters
    ----------
    truth, predicted
        Onset and offset in seconds, (segment, 2), in any order. Events share no time.
    threshold
        Least intersection over union, above 0 and at most 1, inclusive.
    truth_labels, predicted_labels
        Label of each segment, (segment,); `None` where labels play no part.
    same_label
        Whether labels must be equal. If not, equal ones are tried first, then the largest share.

    Returns
    -------
    Pairs
        (match, 2) indexes into `truth` and `predicted`, in order of the truth's onset.

    Examples
    --------
    >>> match_iou([[0.0, 1.0], [1.0, 2.0]], [[0.0, 1.2], [1.2, 2.0]], 0.8)
    array([[0, 0], [1, 1]])
    """
    near = IouCandidates(truth, predicted, threshold, truth_labels=truth_labels, predicted_labels=predicted_labels)
    return near.match(threshold, same_label=same_label)


class IouCandidates:
    """Segments that overlap enough to be paired, found once and matched at several thresholds.

    Parameters
    ----------
    truth, predicted, truth_labels, predicted_labels
        As in `match_iou`.
    least
        The lowest threshold that will be asked for.
    """

    def __init__(
        self,
        truth: ArrayLike,
        predicted: ArrayLike,
        least: float,
        *,
        truth_labels: ArrayLike | None = None,
        predicted_labels: ArrayLike | None = None,
    ) -> None:
        if not 0 < least <= 1:
            raise ValueError(f"an intersection over union must be above 0 and at most 1, found {least!r}")
        both = _Sides(truth, predicted, truth_labels, predicted_labels)
        # union ≥ intersection + |Δonset|, so that IoU ≥ t leaves |Δonset| ≤ (1/t − 1) · duration
        reach = (1 / least - 1) * (both.first[:, 1] - both.first[:, 0]) * (1 + _SLACK) + ROUNDING
        low = np.searchsorted(both.second[:, 0], both.first[:, 0] - reach, side="left")
        high = np.searchsorted(both.second[:, 0], both.first[:, 0] + reach, side="right")

        def share(rows: Indices, columns: Indices) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
            one, two = both.first[rows], both.second[columns]
            common = np.minimum(one[:, 1], two[:, 1]) - np.maximum(one[:, 0], two[:, 0])
            union = np.maximum(one[:, 1], two[:, 1]) - np.minimum(one[:, 0], two[:, 0])
            shares = common / np.where(union > 0, union, 1)
            return (common > 0) & (shares >= least * (1 - _SLACK)), -shares

        self._both, self._edges, self._least = both, both.edges(low, high, share), least

    def match(
        self, threshold: float, *, same_label: bool = True, first_columns: NDArray[np.bool_] | None = None
    ) -> Pairs:
        """Pairs at a threshold; those of some predictions first, and with the others only what these leave over."""
        if not self._least <= threshold <= 1:
            raise ValueError(f"an intersection over union must be above 0 and at most 1, found {threshold!r}")
        rows, columns, differ, cost = self._edges
        fits = -cost >= threshold * (1 - _SLACK)
        if same_label:
            fits &= ~differ
        if first_columns is None or first_columns.all():
            return self._both.pairs(rows[fits], columns[fits])
        early = first_columns[self._both.other][columns]
        pairs = match_edges(rows[fits & early], columns[fits & early])
        left = fits & ~early & ~np.isin(rows, pairs[:, 0])
        pairs = np.concatenate([pairs, match_edges(rows[left], columns[left])])
        return np.column_stack([self._both.order[pairs[:, 0]], self._both.other[pairs[:, 1]]])


def times(values: ArrayLike) -> NDArray[np.float64]:
    """Times as a float64 vector (event,), or an error that says why they are none."""
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0:
        return np.zeros(0)
    if array.ndim != 1 or not np.isfinite(array).all():
        raise ValueError(f"times must be finite and of shape (event,), found shape {array.shape}")
    return array


def intervals(values: ArrayLike) -> NDArray[np.float64]:
    """Intervals as a float64 array (segment, 2), or an error that says why they are none."""
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0:
        return np.zeros((0, 2))
    if array.ndim != 2 or array.shape[1] != 2 or not np.isfinite(array).all():
        raise ValueError(f"intervals must be finite and of shape (segment, 2), found shape {array.shape}")
    if (array[:, 1] < array[:, 0]).any():
        raise ValueError("an interval ends before it begins")
    return array


def seconds(tolerance: float) -> float:
    """A tolerance, or an error where it is none."""
    if not (np.isfinite(tolerance) and tolerance >= 0):
        raise ValueError(f"a tolerance must be a finite number of seconds, at least 0, found {tolerance!r}")
    return float(tolerance)


class _Sides:
    """Both sides of a matching in order of time, and numbers for their labels."""

    def __init__(
        self,
        truth: ArrayLike,
        predicted: ArrayLike,
        truth_labels: ArrayLike | None,
        predicted_labels: ArrayLike | None,
    ) -> None:
        first, second = intervals(truth), intervals(predicted)
        one, two = _codes(truth_labels, predicted_labels, len(first), len(second))
        self.order, self.other = (
            np.lexsort((codes, spans[:, 1], spans[:, 0])) for codes, spans in ((one, first), (two, second))
        )
        self.first, self.second = first[self.order], second[self.other]
        self.labels = one[self.order], two[self.other]

    def edges(self, low: Indices, high: Indices, judge: Judge, same_label: bool = False) -> Edges:
        """Rows and columns, from `low` to `high`, that the judge lets pass, at the least cost first."""
        kept: list[Edges] = [(np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0, np.bool_), np.zeros(0))]
        for rows, columns in edges_between(low, high):
            fits, cost = judge(rows, columns)
            alike = self.labels[0][rows] == self.labels[1][columns]
            if same_label:
                fits &= alike
            kept.append((rows[fits], columns[fits], ~alike[fits], cost[fits]))
        rows, columns, differ, cost = (np.concatenate(parts) for parts in zip(*kept, strict=True))
        best = np.lexsort((cost, differ, rows))
        return rows[best], columns[best], differ[best], cost[best]

    def match(self, low: Indices, high: Indices, judge: Judge, same_label: bool) -> Pairs:
        """The pairs of these edges."""
        return self.pairs(*self.edges(low, high, judge, same_label)[:2])

    def pairs(self, rows: Indices, columns: Indices) -> Pairs:
        """The pairs of some edges, as indexes into what was given."""
        pairs = match_edges(rows, columns)
        return np.column_stack([self.order[pairs[:, 0]], self.other[pairs[:, 1]]])


def _codes(
    truth: ArrayLike | None, predicted: ArrayLike | None, n_true: int, n_predicted: int
) -> tuple[Indices, Indices]:
    """Labels as numbers in their sorted order; zeros, where there are none."""
    if (truth is None) != (predicted is None):
        raise ValueError("labels must be given for both the truth and the predictions, or for neither")
    if truth is None or predicted is None:
        return np.zeros(n_true, np.intp), np.zeros(n_predicted, np.intp)
    first, second = np.asarray(truth, dtype=object), np.asarray(predicted, dtype=object)
    if (first.shape, second.shape) != ((n_true,), (n_predicted,)):
        found = (first.shape, second.shape)
        raise ValueError(f"one label per segment is needed, {n_true} and {n_predicted}, found {found}")
    numbers = {label: i for i, label in enumerate(sorted({*first.tolist(), *second.tolist()}))}
    one, two = (np.array([numbers[label] for label in side.tolist()], dtype=np.intp) for side in (first, second))
    return one, two
