"""Peaks of a stream: local maxima above a threshold, none nearer to a higher one than a minimum distance.

A local maximum is a value, or a plateau of equal values (then its middle), that is risen to and fallen from; the
first and the last value of the stream are none. Of maxima that are too near to each other the highest stays, then
the next highest that is far enough from all that stay, and so on; of equal ones the first.

Whether a maximum stays may depend on a chain of others that is still to come. But nothing passes a *summit*, a
maximum that is the highest within the minimum distance on both sides: it stays, its neighbours go, and those left of
it are decided. So only the maxima since the last summit are kept in memory.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


class PeakCollector:
    """Gathers the peaks of successive blocks.

    Parameters
    ----------
    threshold
        Peaks are higher than this.
    distance
        In samples: peaks less than this apart exclude each other.

    Examples
    --------
    >>> collector = PeakCollector(threshold=1, distance=3)
    >>> for start, block in ((0, [0, 2, 0, 0, 3]), (5, [0, 4, 4, 0, 1, 0])):
    ...     collector.feed(np.array(block), start)
    >>> collector.peaks()
    array([1, 6])
    """

    def __init__(self, threshold: float, distance: float) -> None:
        self.threshold, self.distance = threshold, distance
        self._maxima = _Maxima()
        self._waiting: Indices = np.empty(0, np.int64)
        self._heights: NDArray[np.floating] = np.empty(0)
        self._decided: list[Indices] = []

    def feed(self, values: NDArray[np.floating], start: int) -> None:
        """Add a block, shape (sample,), whose first value is number `start`; blocks come in order, without gaps."""
        if not len(values):
            return
        indices, heights = self._maxima.feed(values, start)
        high = heights > self.threshold
        self._waiting = np.concatenate([self._waiting, indices[high]])
        self._heights = np.concatenate([self._heights, heights[high]])
        summit = self._last_summit(self._maxima.plateau)
        if summit >= 0:
            self._decide(summit + 1)

    def peaks(self) -> Indices:
        """All peaks, ascending; nothing may be fed afterwards."""
        self._decide(len(self._waiting))
        return np.concatenate([np.empty(0, np.int64), *self._decided])

    def _decide(self, count: int) -> None:
        """Settle the first `count` maxima, and drop those behind that the last of them excludes."""
        if not count:
            return
        decided = self._waiting[:count][thinned(self._waiting[:count], self._heights[:count], self.distance)]
        self._decided.append(decided)
        rest = self._waiting[count:] - decided[-1] >= self.distance
        self._waiting, self._heights = self._waiting[count:][rest], self._heights[count:][rest]

    def _last_summit(self, known: int) -> int:
        """Place of the last summit among those waiting; -1 for none. All maxima before sample `known` are there."""
        indices, heights = self._waiting, self._heights
        for place in range(int(np.searchsorted(indices, known - self.distance, side="right")) - 1, -1, -1):
            left = np.searchsorted(indices, indices[place] - self.distance, side="right")
            right = np.searchsorted(indices, indices[place] + self.distance, side="left")
            higher = (heights[left:place] >= heights[place]).any() or (heights[place:right] > heights[place]).any()
            if not higher:
                return place
        return -1


class _Maxima:
    """Local maxima of a stream; a plateau is one maximum even where it goes over the edge of a block."""

    def __init__(self) -> None:
        self._started = False
        self._value = 0.0
        self._risen = False
        self.plateau = 0
        """First sample of the plateau at the end of what was fed: all maxima before it are known."""

    def feed(self, values: NDArray[np.floating], start: int) -> tuple[Indices, NDArray[np.floating]]:
        """Indices and heights of the maxima that this block completes."""
        if not self._started:
            self._started, self._value, self.plateau = True, values[0], start
        joined = np.concatenate([np.array([self._value], values.dtype), values])  # joined[i] is sample start + i - 1
        steps = np.flatnonzero(joined[1:] != joined[:-1]) + 1
        starts = np.concatenate([[self.plateau], steps + (start - 1)])
        risen = np.concatenate([[self._risen], joined[steps] > joined[steps - 1]])
        is_maximum = risen[:-1] & ~risen[1:]
        middles = (starts[:-1] + starts[1:] - 1) // 2
        self.plateau, self._risen, self._value = int(starts[-1]), bool(risen[-1]), joined[-1]
        return middles[is_maximum], joined[steps - 1][is_maximum]


def thinned(indices: Indices, heights: NDArray[np.floating], distance: float) -> NDArray[np.bool_]:
    """Which peaks stay when the highest excludes all those less than `distance` away, then the next highest, ….

    Examples
    --------
    >>> thinned(np.array([0, 2, 4]), np.array([1.0, 2.0, 3.0]), 3)
    array([ True, False,  True])
    """
    stays = np.ones(len(indices), bool)
    first = np.searchsorted(indices, indices - distance, side="right")
    last = np.searchsorted(indices, indices + distance, side="left")
    for place in np.lexsort((indices, -heights)).tolist():
        if stays[place] and last[place] - first[place] > 1:
            stays[first[place] : last[place]] = False
            stays[place] = True
    return stays
