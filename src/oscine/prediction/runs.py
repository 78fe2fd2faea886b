"""Runs: stretches of consecutive frames that belong together, found block by block.

A run is `[start, stop)` in frames with the highest score in it. `find_runs` takes blocks of scores in order and
gives the same runs whatever the size of the blocks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Runs:
    """Runs of one label in order, axes (run,): first frame, last frame + 1, and highest score."""

    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    peak: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.start)

    def where(self, chosen: NDArray[np.bool_]) -> Runs:
        """Some of the runs."""
        return Runs(self.start[chosen], self.stop[chosen], self.peak[chosen])

    def hold(self, frames: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each of some frames lies in a run, axes (frame,).

        Examples
        --------
        >>> runs = Runs(np.array([2, 7]), np.array([4, 9]), np.ones(2, np.float32))
        >>> runs.hold(np.array([1, 2, 3, 4, 8, 20])).tolist()
        [False, True, True, False, True, False]
        """
        if len(self) == 0:
            return np.zeros(len(frames), bool)
        latest = np.searchsorted(self.start, frames, side="right") - 1
        return np.asarray((latest >= 0) & (frames < self.stop[latest]))

    def joined(self, bridged: NDArray[np.bool_]) -> Runs:
        """Runs joined over those of the gaps between them, axes (run - 1,), that are to be bridged.

        Examples
        --------
        >>> runs = Runs(np.array([0, 3, 8]), np.array([2, 5, 9]), np.array([0.7, 0.9, 0.6], np.float32))
        >>> joined = runs.joined(np.array([True, False]))
        >>> joined.start.tolist(), joined.stop.tolist()
        ([0, 8], [5, 9])
        """
        if len(self) == 0:
            return self
        firsts = np.flatnonzero(np.concatenate([[True], ~bridged]))
        lasts = np.append(firsts[1:], len(self)) - 1
        return Runs(self.start[firsts], self.stop[lasts], np.maximum.reduceat(self.peak, firsts))


def find_runs(blocks: Iterable[tuple[int, NDArray[np.bool_], NDArray[np.float32]]]) -> Runs:
    """Runs of true frames.

    Parameters
    ----------
    blocks
        First frame, mask (frame,) and scores (frame,) of consecutive blocks.

    Examples
    --------
    >>> mask, scores = np.array([True, True, False, True]), np.array([0.6, 0.9, 0.1, 0.7], np.float32)
    >>> runs = find_runs([(0, mask[:1], scores[:1]), (1, mask[1:], scores[1:])])
    >>> runs.start.tolist(), runs.stop.tolist(), runs.peak.round(1).tolist()
    ([0, 3], [2, 4], [0.9, 0.7])
    """
    starts, stops, peaks = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0, np.float32)]
    for first, mask, scores in blocks:
        edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).view(np.int8)))
        if len(edges) == 0:
            continue
        inside = edges[:-1] if edges[-1] == len(scores) else edges  # reduceat goes to the end by itself
        starts.append(edges[::2] + first)
        stops.append(edges[1::2] + first)
        peaks.append(np.maximum.reduceat(scores, inside)[::2])
    runs = Runs(np.concatenate(starts), np.concatenate(stops), np.concatenate(peaks))
    return runs.joined(runs.start[1:] == runs.stop[:-1])
