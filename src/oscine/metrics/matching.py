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
- `maximum_matching`   of any bipartite graph, by augmenting paths [1]_, for the two above.

Tolerances are inclusive, and times that come from whole samples are compared as if they still were whole samples:
0.31 s lies within 10 ms of 0.30 s although `0.31 - 0.30 > 0.01` in binary. `ROUNDING` is what makes it so: far
more than float64 or a CSV of seven decimals loses, less than half a sample below 5 MHz.

References
----------
.. [1] Kuhn (1955), The Hungarian method for the assignment problem, Naval Research Logistics Quarterly 2, 83–97.
.. [2] Raffel et al. (2014), mir_eval: a transparent implementation of common MIR metrics, ISMIR, uses the same
       kind of matching for musical onsets.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

ROUNDING = 1e-7
"""Seconds by which two times may differ and still be the same time."""

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
    first, second = intervals(truth), intervals(predicted)
    onset_reach, offset_reach = seconds(onset_tolerance) + ROUNDING, seconds(offset_tolerance) + ROUNDING
    agree = _comparison(truth_labels, predicted_labels, len(first), len(second))
    order = np.lexsort((first[:, 1], first[:, 0]))
    other = np.lexsort((second[:, 1], second[:, 0]))
    onsets = second[other, 0]
    low = np.searchsorted(onsets, first[order, 0] - onset_reach, side="left")
    high = np.searchsorted(onsets, first[order, 0] + onset_reach, side="right")
    candidates = []
    for i, start, stop in zip(order, low, high, strict=True):
        near = other[start:stop]
        distance = np.abs(second[near] - first[i])
        fits = distance[:, 1] <= offset_reach
        alike = agree(i, near)
        if same_label:
            fits &= alike
        best = np.lexsort((distance[fits].sum(axis=1), ~alike[fits]))
        candidates.append(near[fits][best].tolist())
    return _pairs(candidates, order)


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
    first, second = intervals(truth), intervals(predicted)
    agree = _comparison(truth_labels, predicted_labels, len(first), len(second))
    order = np.lexsort((first[:, 1], first[:, 0]))
    other = np.lexsort((second[:, 1], second[:, 0]))
    latest = np.maximum.accumulate(second[other, 1]) if len(other) else np.zeros(0)
    low = np.searchsorted(latest, first[order, 0], side="left")  # all before this one have ended
    high = np.searchsorted(second[other, 0], first[order, 1], side="right")  # all from this one on are later
    candidates = []
    for i, start, stop in zip(order, low, high, strict=True):
        near = other[start:stop]
        onset, offset = np.maximum(second[near, 0], first[i, 0]), np.minimum(second[near, 1], first[i, 1])
        is_point = (second[near, 0] == second[near, 1]) | (first[i, 0] == first[i, 1])
        # a point shares its instant, unless that is the open end of the other
        outer = np.maximum(second[near, 1], first[i, 1])
        both = (second[near, 0] == first[i, 0]) & (second[near, 1] == first[i, 1])
        fits = (offset > onset) | (is_point & (onset == offset) & ((onset < outer) | both))
        fits &= agree(i, near)
        best = np.argsort(onset[fits] - offset[fits], kind="stable")
        candidates.append(near[fits][best].tolist())
    return _pairs(candidates, order)


def maximum_matching(candidates: Sequence[Sequence[int]]) -> dict[int, int]:
    """As many pairs as possible in a bipartite graph, each row and each column used at most once.

    A row without a free column asks the owner of an occupied one to move, who may ask another, and so on: an
    augmenting path. Rows are served in order, columns tried in the order given, and a row once served stays served.

    Parameters
    ----------
    candidates
        For each row, the columns that it may be paired with, the preferred one first.

    Returns
    -------
    dict
        Column of each matched row.

    Examples
    --------
    >>> maximum_matching([[0], [0, 1]])
    {0: 0, 1: 1}
    >>> maximum_matching([[0, 1], [0]])
    {0: 1, 1: 0}
    """
    owner: dict[int, int] = {}
    for root, wished in enumerate(candidates):
        seen: set[int] = set()
        rows: list[tuple[int, Iterator[int]]] = [(root, iter(wished))]
        taken: list[int] = []  # the column that each row but the last would take from the next one
        while rows:
            column = next((c for c in rows[-1][1] if c not in seen), None)
            if column is None:
                rows.pop()
                del taken[-1:]
                continue
            seen.add(column)
            taken.append(column)
            if column not in owner:
                owner.update((c, row) for (row, _), c in zip(rows, taken, strict=True))
                break
            rows.append((owner[column], iter(candidates[owner[column]])))
    return dict(sorted((row, column) for column, row in owner.items()))


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


class _comparison:  # noqa: N801 - used as a function that remembers the labels
    """Whether one true label equals each of some predicted ones; always, where there are no labels."""

    def __init__(self, truth: ArrayLike | None, predicted: ArrayLike | None, n_true: int, n_predicted: int) -> None:
        if (truth is None) != (predicted is None):
            raise ValueError("labels must be given for both the truth and the predictions, or for neither")
        self.truth = None if truth is None else np.asarray(truth, dtype=object)
        self.predicted = None if predicted is None else np.asarray(predicted, dtype=object)
        if self.truth is not None and self.predicted is not None:
            found = (self.truth.shape, self.predicted.shape)
            if found != ((n_true,), (n_predicted,)):
                raise ValueError(f"one label per segment is needed, {n_true} and {n_predicted}, found {found}")

    def __call__(self, i: int, near: NDArray[np.intp]) -> NDArray[np.bool_]:
        if self.truth is None or self.predicted is None:
            return np.ones(len(near), dtype=np.bool_)
        return np.asarray(self.predicted[near] == self.truth[i], dtype=np.bool_)


def _pairs(candidates: Sequence[Sequence[int]], order: NDArray[np.intp]) -> Pairs:
    matching = maximum_matching(candidates)
    found = [(order[row], column) for row, column in matching.items()]
    return np.array(found, dtype=np.intp).reshape(-1, 2)
