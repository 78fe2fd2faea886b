"""Whether sounds begin and end where people say they do, whatever they are called.

A *boundary* is the onset or the offset of a segment. A predicted boundary is right where it stands for an annotated
one of its sort, one to one, no more than a tolerance away (`matching`): an onset never stands for an offset, even
where one syllable ends as the next begins. Three views:

- `onsets`, `offsets`   each among themselves
- `pooled`              the sum of both: precision, recall and F1 of boundaries

The *R-value* [1]_ is for those who are tempted by recall: with an over-segmentation OS = n_predicted / n_true − 1,

    r₁ = √((1 − recall)² + OS²)            distance from the ideal, recall 1 at OS 0
    r₂ = (recall − 1 − OS) / √2            distance from the line on which more boundaries buy more recall
    R  = 1 − (|r₁| + |r₂|) / 2

so that boundaries strewn everywhere, which raise recall and cost F1 little, are punished. It is 1 where all is right,
and has no lower end.

Two traps, and what is done here:

- Tolerances are inclusive, and 4 ms are 4 ms. Times that were rounded to milliseconds, as annotations are, differ by
  "0.004" only roughly in binary, and a bare `<= 0.004` loses half of those pairs. `matching.ROUNDING` is granted.
- At the edge of what somebody has looked at, a boundary has a side that nobody knows. It counts where the coverage
  reaches at least the tolerance beyond it on either side, or to the end of the recording. A segment marked by itself,
  with nothing known around it, says nothing of where it begins; and a prediction near such an edge is wrong only if
  it is none of the boundaries there.

References
----------
.. [1] Räsänen, Laine, Altosaar (2009), An improved speech segmentation quality measure: the R-value, Interspeech,
       1851–1854.
.. [2] Cohen, Nicholson, Sanchioni, Mallaber, Skidanova, Gardner (2022), Automated annotation of birdsong with a
       neural network that segments spectrograms, eLife 11:e63853.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscine.metrics.counts import Counts, plain
from oscine.metrics.events import EventScore
from oscine.metrics.matching import ROUNDING, Pairs, intervals, match_times, seconds, times


@dataclass(frozen=True, eq=False)
class BoundaryScores:
    """How well onsets and offsets are found.

    Attributes
    ----------
    onsets, offsets
        Counts and timing errors of either.
    """

    onsets: EventScore
    offsets: EventScore

    def __add__(self, other: BoundaryScores) -> BoundaryScores:
        return BoundaryScores(self.onsets + other.onsets, self.offsets + other.offsets)

    @property
    def pooled(self) -> EventScore:
        """Onsets and offsets together: the sum of their counts."""
        return self.onsets + self.offsets

    @property
    def tolerance(self) -> float:
        """Greatest distance of a pair in seconds."""
        return self.onsets.tolerance

    def to_dict(self) -> dict[str, Any]:
        """Counts, rates, R-values and timing errors of onsets, offsets and both, as plain values, ready for JSON."""
        views = {"onsets": self.onsets, "offsets": self.offsets, "pooled": self.pooled}
        return {name: {**score.to_dict(), "r_value": plain(r_value(score.counts))} for name, score in views.items()}


def score_boundaries(
    truth: ArrayLike,
    predicted: ArrayLike,
    tolerance: float,
    *,
    coverage: ArrayLike | None = None,
    duration: float | None = None,
) -> BoundaryScores:
    """Score the onsets and the offsets of segments, labels not compared.

    Parameters
    ----------
    truth, predicted
        Onset and offset in seconds, (segment, 2), in any order.
    tolerance
        Greatest distance of a pair in seconds, inclusive.
    coverage
        Where somebody has looked: sorted, disjoint intervals in seconds, (interval, 2); `None` is everywhere.
    duration
        Of the recording in seconds, beyond which there is nothing to know; only of use with a coverage.

    Raises
    ------
    ValueError
        Where times are not finite, a segment ends before it begins, or the coverage is not sorted.

    Examples
    --------
    >>> scores = score_boundaries([[0.1, 0.2], [0.2, 0.3]], [[0.104, 0.2], [0.21, 0.3], [0.5, 0.6]], 0.004)
    >>> scores.onsets.counts, scores.offsets.counts
    (Counts(tp=1, n_true=2, n_predicted=3), Counts(tp=2, n_true=2, n_predicted=3))
    >>> scores.pooled.f1
    0.6
    """
    first, second = intervals(truth), intervals(predicted)
    onsets, offsets = (
        _score(first[:, side], second[:, side], seconds(tolerance), coverage, duration) for side in (0, 1)
    )
    return BoundaryScores(onsets, offsets)


def r_value(counts: Counts) -> float:
    """Recall, tempered by how many more (or fewer) boundaries were predicted than there are; `nan` without truth.

    Parameters
    ----------
    counts
        Matched, annotated and predicted boundaries.

    Examples
    --------
    All right; all found, and as many again invented; all found among ten times as many:

    >>> [round(r_value(Counts(10, 10, n)), 2) for n in (10, 20, 100)]
    [1.0, 0.15, -6.68]
    """
    if not counts.n_true:
        return math.nan
    surplus = counts.n_predicted / counts.n_true - 1
    missed = 1 - counts.recall
    return 1 - (math.hypot(missed, surplus) + abs(missed + surplus) / math.sqrt(2)) / 2


def boundaries_inside(
    boundaries: ArrayLike, coverage: ArrayLike | None, margin: float, duration: float | None = None
) -> NDArray[np.bool_]:
    """Whether somebody has looked on both sides of each boundary, as far as `margin` or the end of the recording.

    Parameters
    ----------
    boundaries
        Times in seconds, (boundary,).
    coverage
        Sorted, disjoint intervals in seconds, (interval, 2); `None` is everything.
    margin
        In seconds.
    duration
        Of the recording in seconds; `None` where it is not known.

    Examples
    --------
    >>> boundaries_inside([0.0, 0.985, 0.995, 2.0, 3.0], [[0.0, 1.0], [1.5, 3.0]], 0.010, duration=3.0)
    array([ True, True, False, True, True])
    """
    instants = times(boundaries)
    if coverage is None:
        return np.ones(len(instants), dtype=np.bool_)
    edges = intervals(coverage)
    if (np.diff(edges.ravel()) < 0).any():
        raise ValueError("a coverage must be sorted and disjoint, as Coverage.intervals gives it")
    if not len(edges):
        return np.zeros(len(instants), dtype=np.bool_)
    # beyond the ends of a recording there is nothing to look at
    low = np.where(edges[:, 0] <= ROUNDING, -np.inf, edges[:, 0] + margin)
    last = np.inf if duration is None else duration - ROUNDING
    high = np.where(edges[:, 1] >= last, np.inf, edges[:, 1] - margin)
    index = np.searchsorted(low, instants + ROUNDING, side="right") - 1
    inside: NDArray[np.bool_] = (index >= 0) & (instants <= high[index] + ROUNDING)
    return inside


def _score(
    truth: NDArray[np.float64],
    predicted: NDArray[np.float64],
    tolerance: float,
    coverage: ArrayLike | None,
    duration: float | None,
) -> EventScore:
    """Boundaries of one sort: those that count are matched first, and with predictions inside before those outside."""
    judged = boundaries_inside(truth, coverage, tolerance, duration)
    counted = boundaries_inside(predicted, coverage, tolerance, duration)
    true, free = np.flatnonzero(judged), np.ones(len(predicted), dtype=np.bool_)

    def match(rows: NDArray[np.intp], columns: NDArray[np.bool_]) -> Pairs:
        chosen = np.flatnonzero(columns & free)
        pairs = match_times(truth[rows], predicted[chosen], tolerance)
        free[chosen[pairs[:, 1]]] = False
        return np.column_stack([rows[pairs[:, 0]], chosen[pairs[:, 1]]])

    pairs = match(true, counted)
    if not counted.all():
        pairs = np.concatenate([pairs, match(np.setdiff1d(true, pairs[:, 0]), ~counted)])
    if not judged.all():  # a prediction that stands for a boundary which does not count does not count either
        counted[match(np.flatnonzero(~judged), counted)[:, 1]] = False
    counted[pairs[:, 1]] = True
    counts = Counts(len(pairs), len(true), int(counted.sum()))
    return EventScore(counts, predicted[pairs[:, 1]] - truth[pairs[:, 0]], tolerance)
