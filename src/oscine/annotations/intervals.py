"""Arithmetic of intervals in time, in pure NumPy.

A set of intervals is an array (n, 2) of onsets and offsets in seconds, float64. An interval is half-open,
``[onset, offset)``; one with ``onset == offset`` is a *point* and stands for that instant alone. Points are
kept by every function here, because an event is a point and must not get lost on the way.

Results of `merge` and of everything below it are *normal*: sorted, disjoint, neither overlapping nor touching, but
for a point at the open end of an interval.

- `as_intervals`  any sequence of pairs as such an array, checked
- `merge`         the union of all, normal
- `intersect`     what two sets share
- `subtract`      what the first has and the second has not
- `complement`    what is left of ``[0, duration)``
- `clip`          what lies within ``[start, stop)``
- `total`         how long they last together
- `contains`      which instants lie inside

>>> subtract([(0, 10)], [(2, 3), (5, 5)])
array([[ 0.,  2.],
       [ 3., 10.]])
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Intervals = NDArray[np.float64]
"""Array (n, 2): onset and offset in seconds."""

Pairs = ArrayLike | Sequence[tuple[float, float]]


def as_intervals(pairs: Pairs) -> Intervals:
    """Pairs of onset and offset as an array (n, 2) of seconds.

    Raises
    ------
    ValueError
        Where they are not pairs, or one is not finite, or stops before it starts.

    Examples
    --------
    >>> as_intervals([(1, 2)])
    array([[1., 2.]])
    >>> as_intervals([]).shape
    (0, 2)
    """
    array = np.array(pairs, dtype=np.float64)
    array = array.reshape(0, 2) if array.size == 0 else array
    if array.ndim != 2 or array.shape[1] != 2:
        raise ValueError(f"intervals are pairs of onset and offset, an array (n, 2); found shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError("an interval must be finite")
    if (array[:, 0] > array[:, 1]).any():
        raise ValueError("an interval stops before it starts")
    return array


def merge(pairs: Pairs, gap: float = 0.0) -> Intervals:
    """The union of intervals: sorted, with those that overlap, touch or are at most `gap` apart joined.

    Parameters
    ----------
    pairs
        Intervals (n, 2) in seconds, in any order.
    gap
        Longest gap that is closed, in seconds. Points join only what they lie in.

    Examples
    --------
    >>> merge([(5, 6), (0, 2), (1, 3), (3, 4)])
    array([[0., 4.],
           [5., 6.]])
    >>> merge([(0, 1), (1.5, 1.5)])
    array([[0. , 1. ],
           [1.5, 1.5]])
    >>> merge([(0, 1), (1, 1)])  # 1 is not in [0, 1)
    array([[0., 1.],
           [1., 1.]])
    """
    array = as_intervals(pairs)
    if len(array) == 0:
        return array
    array = array[np.lexsort((array[:, 1], array[:, 0]))]
    reach = np.maximum.accumulate(array[:, 1])  # how far everything up to here lasts
    first = np.r_[True, array[1:, 0] > reach[:-1] + gap]
    last = np.r_[first[1:], True]
    merged = np.column_stack([array[first, 0], reach[last]])
    # a point at the open end of an interval is not in it, and stays a point of its own
    points = np.unique(array[array[:, 0] == array[:, 1], 0])
    holder = np.searchsorted(merged[:, 0], points, side="right") - 1
    spare = points[(merged[holder, 1] == points) & (merged[holder, 0] < points)]
    if len(spare) == 0:
        return merged
    merged = np.concatenate([merged, np.column_stack([spare, spare])])
    return merged[np.lexsort((merged[:, 1], merged[:, 0]))]


def intersect(first: Pairs, second: Pairs) -> Intervals:
    """What two sets of intervals share, normal.

    A point is shared where it lies in an interval of the other set, or is a point there too.

    Examples
    --------
    >>> intersect([(0, 4), (6, 9)], [(3, 7), (8, 8)])
    array([[3., 4.],
           [6., 7.],
           [8., 8.]])
    """
    a, b = merge(first), merge(second)
    # of b, those that begin before an interval of a ends and end after it begins are neighbours in b's order
    begin = np.searchsorted(b[:, 1], a[:, 0], side="left")
    end = np.searchsorted(b[:, 0], a[:, 1], side="right")
    count = np.maximum(end - begin, 0)
    i = np.repeat(np.arange(len(a)), count)
    j = np.repeat(begin, count) + _count_up(count)
    onset, offset = np.maximum(a[i, 0], b[j, 0]), np.minimum(a[i, 1], b[j, 1])
    # two intervals that only touch share nothing; a point shares itself unless it lies at an interval's open end
    is_point = (a[i, 0] == a[i, 1]) | (b[j, 0] == b[j, 1])
    inside = (_reaches(a[i], onset)) & (_reaches(b[j], onset))
    keep = (onset < offset) | (is_point & (onset == offset) & inside)
    return merge(np.column_stack([onset[keep], offset[keep]]))


def subtract(first: Pairs, second: Pairs) -> Intervals:
    """What the first set has and the second has not, normal.

    Points of the second set take away only points: nothing else has the length of an instant.

    Examples
    --------
    >>> subtract([(0, 4), (5, 5), (7, 7)], [(1, 2), (5, 6)])
    array([[0., 1.],
           [2., 4.],
           [7., 7.]])
    """
    a, b = merge(first), merge(second)
    if len(a) == 0:
        return a
    points = a[a[:, 0] == a[:, 1]]
    taken = b[b[:, 0] < b[:, 1]]
    gone = contains(b, points[:, 0])
    outside = np.column_stack([np.r_[-np.inf, taken[:, 1]], np.r_[taken[:, 0], np.inf]])
    lengths = a[a[:, 0] < a[:, 1]]
    outside = np.clip(outside, a[0, 0] - 1, a[:, 1].max() + 1)
    rest = intersect(lengths, outside[outside[:, 0] < outside[:, 1]])
    return merge(np.concatenate([rest[rest[:, 0] < rest[:, 1]], points[~gone]]))


def complement(pairs: Pairs, duration: float) -> Intervals:
    """What is left of ``[0, duration)``, normal.

    Examples
    --------
    >>> complement([(0, 1), (2, 3)], 5)
    array([[1., 2.],
           [3., 5.]])
    """
    return subtract([(0.0, duration)], pairs) if duration > 0 else as_intervals([])


def clip(pairs: Pairs, start: float, stop: float) -> Intervals:
    """What lies within ``[start, stop)``, normal; a point at `stop` is outside.

    Examples
    --------
    >>> clip([(-1, 2), (4, 9), (9, 9)], 0, 5)
    array([[0., 2.],
           [4., 5.]])
    """
    return intersect(pairs, [(start, stop)]) if stop > start else as_intervals([])


def total(pairs: Pairs) -> float:
    """How long the union of all lasts, in seconds.

    Examples
    --------
    >>> total([(0, 2), (1, 3), (7, 7)])
    3.0
    """
    array = merge(pairs)
    return float((array[:, 1] - array[:, 0]).sum())


def contains(pairs: Pairs, times: ArrayLike) -> NDArray[np.bool_]:
    """Which of the instants lie inside: an offset is outside its interval, a point contains itself.

    Parameters
    ----------
    pairs
        Intervals (n, 2) in seconds.
    times
        Instants (m,) in seconds.

    Examples
    --------
    >>> contains([(1, 2), (5, 5)], [0.5, 1, 2, 5])
    array([False,  True, False,  True])
    """
    array, times = merge(pairs), np.asarray(times, dtype=np.float64)
    if len(array) == 0:
        return np.zeros(times.shape, dtype=bool)
    index = np.maximum(np.searchsorted(array[:, 0], times, side="right") - 1, 0)
    onset, offset = array[index, 0], array[index, 1]
    return np.asarray((onset <= times) & ((times < offset) | ((onset == offset) & (times == onset))), dtype=bool)


def _count_up(counts: NDArray[np.intp]) -> NDArray[np.intp]:
    """0, 1, … within each group: counts (2, 3) give 0 1 0 1 2."""
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    return np.arange(len(starts)) - starts


def _reaches(intervals: Intervals, times: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each interval contains the instant beside it."""
    onset, offset = intervals[:, 0], intervals[:, 1]
    return np.asarray((onset <= times) & ((times < offset) | (onset == offset)), dtype=bool)
