"""Boundaries and events as other programs counted them, defects included, so that published numbers can be compared.

Use `boundaries` and `events` for judging. What is here differs from them as follows, and is here to be differed from:

- `score_vocalpy`   VocalPy [1]_. Onsets and offsets are one list, in which the onset of a syllable that abuts the one
                    before is dropped; times are rounded to milliseconds; a difference must be `<= tolerance` in binary,
                    which a difference of just 4 ms is in half of the cases. Version 0.6.1 (of the ConvTCN poster, 2024)
                    lets every annotated boundary take the nearest prediction, *which may be taken twice*, so that
                    precision can exceed 1; nothing against nothing scores 0. Later versions accept pairs nearest first,
                    each used once, which need not be as many pairs as possible; nothing against nothing scores 1.
- `score_vak`       vak 1.1.0 [2]_. Boundaries are the first frame, and every frame whose label differs from the one
                    before, on both sides; the first frame is always a hit. Then as VocalPy's later versions, within
                    10 ms.
- `score_das`       DAS [3]_, events. Each prediction looks for the nearest annotation, its distance cut to whole
                    samples; of several that have the same one the nearest is right. Misses are counted the other way
                    round. So pairs are one to one, but not as many as possible.

Scores are of one recording each. VocalPy and vak average precision and recall over recordings, DAS has one.

References
----------
.. [1] Nicholson, VocalPy, https://github.com/vocalpy/vocalpy, issue 119 (mended in February 2024).
.. [2] Nicholson & Cohen, vak, https://github.com/vocalpy/vak, version 1.1.0.
.. [3] Steinfath, Palacios-Muñoz, Rottschäfer, Yuezak, Clemens (2021), Fast and accurate annotation of acoustic
       signals with deep neural networks, eLife 10:e68837.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscine.metrics.bipartite import edges_between
from oscine.metrics.matching import intervals, seconds, times

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LegacyScore:
    """Precision, recall and F1 of one recording as some other program has them; precision may exceed 1.

    Attributes
    ----------
    n_hits, n_true, n_predicted
        Hits, annotated and predicted boundaries (or events).
    precision, recall
        As that program defines them, also where there is nothing to divide by.
    """

    n_hits: int
    n_true: int
    n_predicted: int
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0 where both are."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    @property
    def r_value(self) -> float:
        """R-value as vak has it; `nan` where precision is 0."""
        if not self.precision:
            return float("nan")
        surplus = self.recall / self.precision - 1
        from_ideal = np.hypot(1 - self.recall, surplus)
        from_line = (self.recall - 1 - surplus) / np.sqrt(2)
        return float(1 - (abs(from_ideal) + abs(from_line)) / 2)


def vocalpy_boundaries(segments: ArrayLike) -> Array:
    """Onsets and offsets in one sorted list, an onset that is close to the offset before it dropped.

    Parameters
    ----------
    segments
        Onset and offset in seconds, (segment, 2).

    Examples
    --------
    >>> vocalpy_boundaries([[0.1, 0.2], [0.2, 0.3]])
    array([0.1, 0.2, 0.3])
    """
    spans = intervals(segments)
    spans = spans[np.argsort(spans[:, 0], kind="stable")]
    if not len(spans):
        return np.zeros(0)
    apart = np.r_[True, ~np.isclose(spans[1:, 0], spans[:-1, 1])]
    return np.sort(np.concatenate([spans[apart, 0], spans[:, 1]]))


def score_vocalpy(
    truth: ArrayLike, predicted: ArrayLike, tolerance: float = 0.004, version: Literal["0.6.1", "later"] = "0.6.1"
) -> LegacyScore:
    """Score the boundaries of segments as VocalPy does.

    Parameters
    ----------
    truth, predicted
        Onset and offset in seconds, (segment, 2).
    tolerance
        Greatest distance in seconds.
    version
        "0.6.1", in which a prediction may be right twice, or "later".

    Examples
    --------
    Two annotated boundaries, and one prediction between them, which is right twice:

    >>> score = score_vocalpy([[0.100, 0.106]], [[0.103, 0.500]], 0.004)
    >>> score.precision, score.recall
    (1.0, 1.0)
    >>> score_vocalpy([[0.100, 0.106]], [[0.103, 0.500]], 0.004, version="later").precision
    0.5
    """
    first, second = (vocalpy_boundaries(side) for side in (truth, predicted))
    if version == "later":
        return _nearest_first(first, second, tolerance)
    first, second = np.round(first, 3), np.round(second, 3)
    near = _candidates(first, second, tolerance)
    hits = len(np.unique(near[:, 0]))
    return LegacyScore(
        hits,
        len(first),
        len(second),
        hits / len(second) if len(second) else 0.0,
        hits / len(first) if len(first) else 0.0,
    )


def score_vak(truth: ArrayLike, predicted: ArrayLike, frame: float, tolerance: float = 0.010) -> LegacyScore:
    """Score the boundaries of frame labels as vak 1.1.0 does.

    Parameters
    ----------
    truth, predicted
        Index of each frame's label, (frame,).
    frame
        Length of a frame in seconds; its time is that of its centre.
    tolerance
        Greatest distance in seconds.

    Examples
    --------
    >>> score_vak([0, 0, 1, 1, 0], [0, 1, 1, 1, 1], frame=0.004).n_hits
    2
    """
    first, second = (_changes(np.asarray(side), frame) for side in (truth, predicted))
    return _nearest_first(first, second, tolerance)


def score_das(
    truth: ArrayLike, predicted: ArrayLike, tolerance: float = 0.010, sample_rate: float = 10_000.0
) -> LegacyScore:
    """Score events as DAS does.

    Parameters
    ----------
    truth, predicted
        Times in seconds, (event,).
    tolerance
        Greatest distance in seconds.
    sample_rate
        In Hz: distances are cut to whole samples.

    Examples
    --------
    >>> score = score_das([1.0, 2.0, 3.0], [1.004, 1.006, 3.2])
    >>> score.n_hits, round(score.precision, 2), round(score.recall, 2)
    (1, 0.33, 0.33)
    """
    first, second = (np.sort(times(side)) for side in (truth, predicted))
    reach = seconds(tolerance) * sample_rate
    found, missed = _das_matched(second, first, reach, sample_rate), _das_matched(first, second, reach, sample_rate)
    wrong = len(second) - found
    lost = len(first) - missed
    precision = 1.0 if wrong == 0 else found / (found + wrong)
    recall = 1.0 if lost == 0 else found / (found + lost) if found + lost else 0.0
    return LegacyScore(found, len(first), len(second), precision, recall)


def _das_matched(seekers: Array, places: Array, reach: float, sample_rate: float) -> int:
    """How many seekers have a place nearest to them that is within reach, and are the nearest one to have it."""
    if not len(places):
        return 0
    right = np.searchsorted(places, seekers).clip(1, max(len(places) - 1, 1))
    left, right = right - 1, np.minimum(right, len(places) - 1)
    nearest = np.where(np.abs(seekers - places[left]) <= np.abs(seekers - places[right]), left, right)
    distance = np.trunc(np.abs(seekers - places[nearest]) * sample_rate)
    return len(np.unique(nearest[distance <= reach]))


def _nearest_first(truth: Array, predicted: Array, tolerance: float) -> LegacyScore:
    """Pairs nearest first, each boundary used once, after rounding to milliseconds."""
    first, second = np.round(truth, 3), np.round(predicted, 3)
    if not len(first) and not len(second):
        return LegacyScore(0, 0, 0, 1.0, 1.0)
    pairs = _candidates(first, second, tolerance)
    order = np.argsort(np.abs(first[pairs[:, 0]] - second[pairs[:, 1]]), kind="stable")
    rows: set[int] = set()
    columns: set[int] = set()
    for row, column in pairs[order].tolist():
        if row not in rows and column not in columns:
            rows.add(row)
            columns.add(column)
    hits = len(rows)
    return LegacyScore(
        hits,
        len(first),
        len(second),
        hits / len(second) if len(second) else 0.0,
        hits / len(first) if len(first) else 0.0,
    )


def _candidates(truth: Array, predicted: Array, tolerance: float) -> NDArray[np.intp]:
    """Pairs (pair, 2) of which the difference is within the tolerance, compared bare."""
    low, high = (np.searchsorted(predicted, truth + shift) for shift in (-2 * tolerance - 0.001, 2 * tolerance + 0.001))
    kept = [np.zeros((0, 2), dtype=np.intp)]
    for rows, columns in edges_between(low, high):
        near = np.abs(truth[rows] - predicted[columns]) <= tolerance
        kept.append(np.column_stack([rows[near], columns[near]]))
    return np.concatenate(kept)


def _changes(labels: NDArray[np.int64], frame: float) -> Array:
    """Centres of the first frame and of those whose label differs from the one before, in seconds."""
    if not labels.size:
        return np.zeros(0)
    places = np.flatnonzero(np.r_[True, labels[1:] != labels[:-1]])
    return (places.astype(np.float64) + 0.5) * frame
