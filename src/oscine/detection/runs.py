"""Runs: stretches of consecutive true samples of a mask, and the morphology that cleans them.

A run is half-open, `[start, stop)`, in samples (or in windows: whatever the mask counts). A mask of ten hours
does not fit in memory, its runs do, so that masks are turned into runs block by block and cleaned as runs:

- *closing* fills gaps shorter than a size, *opening* removes runs shorter than a size, both with a flat element;
- beyond its two ends the mask goes on as in a mirror, so that a run (or a gap) that touches an end counts as
  twice as long: what is cut off by the end of the recording is not taken for short.

    mask          . X . X X . . . X      runs [1, 2) [3, 5) [8, 9)
    closing by 2  . X X X X . . . X      the gap of 1 is shorter than 2
    opening by 2  . X X X X . . . X      the last run of 1 touches the end and counts as 2

References
----------
Serra J (1982). Image Analysis and Mathematical Morphology. Academic Press.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Runs = NDArray[np.int64]
"""Runs of one mask, shape (run, 2): first sample, and the one after the last; ascending and apart."""


class RunCollector:
    """Joins the masks of successive blocks into the runs of the whole.

    Parameters
    ----------
    closing
        Gaps shorter than so many samples are filled on the way, also across blocks; 1 fills none.

    Examples
    --------
    >>> collector = RunCollector(closing=2)
    >>> collector.feed([False, True, False], start=0)
    >>> collector.feed([True, True, False], start=3)
    >>> collector.runs()
    array([[1, 5]])
    """

    def __init__(self, closing: int = 1) -> None:
        self.closing = closing
        self._finished: list[Runs] = []
        self._open: tuple[int, int] | None = None

    def feed(self, mask: ArrayLike, start: int) -> None:
        """Add the mask of a block, shape (sample,), whose first sample is number `start`; blocks come in order."""
        hits = np.flatnonzero(mask)
        if not hits.size:
            return
        hits += start
        breaks = np.flatnonzero(np.diff(hits) > self.closing)
        runs = np.column_stack([hits[np.r_[0, breaks + 1]], hits[np.r_[breaks, hits.size - 1]] + 1])
        if self._open is not None:
            if runs[0, 0] - self._open[1] < self.closing:
                runs[0, 0] = self._open[0]
            else:
                self._finished.append(np.array([self._open]))
        self._open = (int(runs[-1, 0]), int(runs[-1, 1]))
        self._finished.append(runs[:-1])

    def runs(self) -> Runs:
        """All runs so far."""
        if self._open is None:
            return np.empty((0, 2), np.int64)
        joined = np.concatenate([*self._finished, [self._open]])
        self._finished = [joined[:-1]]  # not twice in memory
        return joined


def runs_of(mask: ArrayLike) -> Runs:
    """Runs of a mask that fits in memory.

    Examples
    --------
    >>> runs_of([0, 1, 1, 0, 1]).tolist()
    [[1, 3], [4, 5]]
    """
    collector = RunCollector()
    collector.feed(mask, 0)
    return collector.runs()


def closed(runs: Runs, size: int, length: int) -> Runs:
    """Fill gaps shorter than `size` in a mask of `length`; a gap at either end counts twice.

    Examples
    --------
    >>> closed(runs_of([0, 0, 0, 1, 0, 1, 0]), 3, 7).tolist()
    [[3, 7]]
    """
    if not len(runs):
        return runs
    apart = runs[1:, 0] - runs[:-1, 1] >= size
    result = np.column_stack([runs[np.r_[True, apart], 0], runs[np.r_[apart, True], 1]])
    if 2 * result[0, 0] < size:
        result[0, 0] = 0
    if 2 * (length - result[-1, 1]) < size:
        result[-1, 1] = length
    return result


def opened(runs: Runs, size: int, length: int) -> Runs:
    """Remove runs shorter than `size` from a mask of `length`; a run at either end counts twice.

    Examples
    --------
    >>> opened(runs_of([1, 0, 1, 0, 1, 1]), 2, 6).tolist()
    [[0, 1], [4, 6]]
    """
    at_end = (runs[:, 0] == 0) | (runs[:, 1] == length)
    return runs[(runs[:, 1] - runs[:, 0]) * np.where(at_end, 2, 1) >= size]


def quiet_between(*intervals: NDArray[np.int64]) -> NDArray[np.int64]:
    """Stretches between the first and the last of several sets of intervals that none of them touches.

    Intervals and result are closed, `[first, last]`, shape (interval, 2); the intervals may overlap. What lies
    before the first interval and after the last is no quiet *between* sounds and is left out.

    Examples
    --------
    >>> quiet_between(np.array([[2, 5], [10, 12]]), np.array([[4, 7]])).tolist()
    [[8, 9]]
    """
    first = np.concatenate([each[:, 0] for each in intervals])
    order = np.argsort(first)
    first = first[order]
    last = np.maximum.accumulate(np.concatenate([each[:, 1] for each in intervals])[order])
    gaps = np.flatnonzero(first[1:] - last[:-1] > 1)
    return np.column_stack([last[gaps] + 1, first[gaps + 1] - 1])
