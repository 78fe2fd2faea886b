"""Operating curves of many recordings as one, in memory that does not grow with them.

A curve (`oscine.metrics.curves`) has a point for every score that occurs, which for hours of sound are millions. Where
there are more than `MOST_POINTS`, neighbouring ones are put together. What a curve says of the thresholds that remain
stays exact; only what lies between two of them is no longer told apart, so that a curve that is added afterwards finds
counts off by as many frames at the most as were put together: one in a hundred thousand or so.
"""

from __future__ import annotations

import numpy as np

from oscine.metrics.counts import pool
from oscine.metrics.curves import OperatingCurve

MOST_POINTS = 2**17
"""Points that a curve keeps while recordings are added."""


class CurvePool:
    """The sum of curves that are added one by one.

    Examples
    --------
    >>> from oscine.metrics.curves import operating_curve
    >>> pool = CurvePool()
    >>> pool.add(operating_curve([0.9, 0.2], [True, False]))
    >>> pool.add(operating_curve([0.9, 0.4], [False, True]))
    >>> pool.curve().thresholds.tolist(), pool.curve().n_true_at.tolist()
    ([0.9, 0.4, 0.2], [1, 1, 0])
    """

    def __init__(self, most: int = MOST_POINTS) -> None:
        self.most = most
        self._curves: list[OperatingCurve] = []
        self._n_points = 0

    def add(self, curve: OperatingCurve) -> None:
        """Add the curve of a recording."""
        self._curves.append(curve)
        self._n_points += len(curve.thresholds)
        if self._n_points > 4 * self.most:
            self._curves = [self.curve()]
            self._n_points = len(self._curves[0].thresholds)

    def curve(self) -> OperatingCurve:
        """All that was added, as one curve.

        Raises
        ------
        ValueError
            Where nothing was.
        """
        if not self._curves:
            raise ValueError("nothing to pool: no curves were added")
        return thinned(_merged(self._curves), self.most)


def _merged(curves: list[OperatingCurve]) -> OperatingCurve:
    """The sum of curves: two at a time, so that long ones are not merged again and again."""
    while len(curves) > 1:
        curves = [pool(curves[i : i + 2]) for i in range(0, len(curves), 2)]
    return curves[0]


def thinned(curve: OperatingCurve, most: int) -> OperatingCurve:
    """A curve of at most so many points, exact at those that remain.

    Points are kept evenly by rank and by the true frames found, so that no part of the precision–recall curve is lost;
    the first and the last point stay.

    Examples
    --------
    >>> from oscine.metrics.curves import operating_curve
    >>> curve = operating_curve(np.linspace(0, 1, 1001), np.arange(1001) % 7 == 0)
    >>> few = thinned(curve, 100)
    >>> len(few.thresholds) <= 100, few.n_true == curve.n_true
    (True, True)
    >>> threshold = few.thresholds[40]
    >>> few.counts_at(threshold) == curve.counts_at(threshold)
    True
    """
    n = len(curve.thresholds)
    if n <= most:
        return curve
    by_rank = np.linspace(0, n - 1, most // 2).astype(np.int64)
    levels = np.linspace(0, curve.n_true, most - most // 2)
    by_found = np.minimum(np.searchsorted(curve.tp, levels), n - 1)
    stops = np.union1d(by_rank, by_found)
    tp, fp = (np.diff(np.concatenate([[0], counts[stops]])) for counts in (curve.tp, curve.fp))
    return OperatingCurve(curve.thresholds[stops], tp, fp)
