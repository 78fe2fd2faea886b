"""The threshold at which a machine's precision against people's dense annotations has the wished ratio to its recall.

Thresholds are tried by decoding with them and comparing what comes out. Nothing changes between two neighbouring
scores, so there are only so many thresholds: one half-way between each two neighbours. As precision / recall = (what
people say) / (what the machine says), it rises with the threshold but for what decoding does (short sounds dropped,
gaps filled, sounds split in two). So bisection finds where it crosses the wished ratio, exactly, and of all thresholds
that were tried, and the nearest ones to the crossing, the best is taken that finds anything right. It lies in [0, 1]
and is never extrapolated.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from oscine.metrics.counts import Counts
from oscine.metrics.curves import Threshold

_BESIDE = 2
"""Neighbours on either side of the crossing that are tried as well."""


def dense_threshold(evaluate: Callable[[float], Counts], scores: ArrayLike, ratio: float = 1.0) -> Threshold:
    """The threshold at which precision / recall is nearest to `ratio`.

    Parameters
    ----------
    evaluate
        What comes of a threshold: right, annotated and predicted sounds (or tics).
    scores
        Every score that a threshold could tell apart, (score,), in any order.
    ratio
        Wished precision / recall.

    Returns
    -------
    Threshold
        With value `nan` and a reason where there is none.

    Examples
    --------
    >>> scores, truth = np.array([0.1, 0.3, 0.6, 0.9]), np.array([False, True, False, True])
    >>> def evaluate(threshold):
    ...     found = scores > threshold
    ...     return Counts(int((found & truth).sum()), int(truth.sum()), int(found.sum()))
    >>> dense_threshold(evaluate, scores).value
    0.45
    """
    levels = np.unique(np.asarray(scores, np.float64))
    levels = levels[np.isfinite(levels)]
    if not len(levels):
        return Threshold(math.nan, Counts(), ratio, "there are no scores")
    values = np.clip((np.r_[min(0.0, levels[0]), levels[:-1]] + levels) / 2, 0.0, 1.0)
    tried: dict[int, Counts] = {}

    def at(place: int) -> Counts:
        if place not in tried:
            tried[place] = evaluate(float(values[place]))
        return tried[place]

    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        counts = at(middle)
        if counts.n_true >= ratio * counts.n_predicted:
            high = middle
        else:
            low = middle + 1
    for place in range(max(0, low - _BESIDE - 1), min(len(values), low + _BESIDE)):
        at(place)
    if not any(counts.tp for counts in tried.values()):  # nothing right near the crossing: the highest that finds any
        low, high = 0, low
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if middle < len(values) and at(middle).tp else (low, middle - 1)
        at(low)
    distance, _, place = min((_distance(counts, ratio), -_f1(counts), -place) for place, counts in tried.items())
    chosen = tried[-place]
    if not chosen.n_true:
        return Threshold(math.nan, Counts(), ratio, "people say nowhere that it is there")
    if math.isinf(distance):
        return Threshold(math.nan, Counts(), ratio, "no threshold finds anything that people say")
    return Threshold(float(values[-place]), chosen, ratio)


def _distance(counts: Counts, ratio: float) -> float:
    """How far precision / recall is from the wished ratio: that of logarithms, as in `metrics.curves`."""
    return round(abs(math.log(counts.n_true / (ratio * counts.n_predicted))), 12) if counts.tp else math.inf


def _f1(counts: Counts) -> float:
    return 0.0 if math.isnan(counts.f1) else counts.f1
