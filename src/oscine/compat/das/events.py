"""Events from probabilities, as DAS finds them, and how well they were found.

An event is a local maximum of the probability of its class, above a threshold; of a plateau its middle. Of several
within a distance the highest stays. Then intervals are looked at: an event that is far from both neighbours, or near
to either, may be left out. Times are samples divided by the rate; an event has no length.

Examples
--------
>>> values = np.array([0, 0.6, 0.1, 0.9, 0.9, 0.9, 0.0])
>>> find_peaks(values, 0.5, 1).tolist(), find_peaks(values, 0.5, 4).tolist()
([1, 4], [4])
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

BLOCK = 1_000_000
"""Samples looked at together, as in DAS."""

Read = Callable[[int, int], NDArray[np.floating]]
"""`read(start, stop)`: the probability of one class in samples [start, stop)."""


def find_peaks(values: NDArray[np.floating], threshold: float, distance: int) -> NDArray[np.int64]:
    """Local maxima above a threshold, the highest of those within `distance` of each other.

    A plateau between a rise and a fall counts as a maximum in its middle; the ends of the values never do.

    Parameters
    ----------
    values
        Probability of each sample (sample,).
    threshold
        What a peak exceeds.
    distance
        Samples on either side of a peak in which no lower one stays; 0 and 1 leave all.

    Returns
    -------
    NDArray
        Samples, in order (peak,).
    """
    if len(values) < 3:
        return np.empty(0, np.int64)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(values) != 0) + 1])  # of stretches of equal values
    heights = values[starts]
    ends = np.append(starts[1:], len(values)) - 1
    summit = np.zeros(len(starts), bool)
    summit[1:-1] = (heights[1:-1] > heights[:-2]) & (heights[1:-1] > heights[2:])
    peaks: NDArray[np.int64] = (starts + (ends - starts) // 2)[summit & (heights > threshold)]
    if len(peaks) < 2 or distance < 2:
        return peaks
    kept = np.ones(len(peaks), bool)
    for place in np.argsort(values[peaks], kind="stable")[::-1]:
        if kept[place]:
            low, high = np.searchsorted(peaks, [peaks[place] - distance, peaks[place] + distance + 1])
            kept[low:high] = False
            kept[place] = True
    found: NDArray[np.int64] = peaks[kept]
    return found


def find_events(
    read: Read, n_samples: int, sample_rate: float, *, threshold: float, distance: float
) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
    """Events of one class in a recording of any length, block by block.

    Parameters
    ----------
    read
        Its probability.
    n_samples
        Of the recording.
    sample_rate
        Of the probability, Hz.
    threshold
        What a peak exceeds.
    distance
        Shortest distance of two peaks, s.

    Returns
    -------
    samples, heights
        Of each event (event,).
    """
    overlap = int(distance * sample_rate + 1)
    samples: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
    heights: list[NDArray[np.floating]] = [np.empty(0)]
    for start in range(0, n_samples, BLOCK):
        stop = min(start + BLOCK, n_samples)
        first = max(0, start - overlap)
        values = read(first, min(n_samples, stop + overlap))
        peaks = find_peaks(values, threshold, int(distance * sample_rate))
        inside = (peaks + first >= start) & (peaks + first < stop)
        samples.append(peaks[inside] + first)
        heights.append(values[peaks[inside]])
    return np.concatenate(samples), np.concatenate(heights)


def keep_intervals(seconds: NDArray[np.float64], least: float = 0.0, most: float = math.inf) -> NDArray[np.bool_]:
    """Which events stay, by their intervals: none with both neighbours farther than `most`, or one nearer than `least`.

    As in DAS the first one stays whatever is near it.

    Parameters
    ----------
    seconds
        In order (event,).
    least, most
        Intervals, s.

    Examples
    --------
    >>> keep_intervals(np.array([0.0, 0.1, 0.5, 0.51, 9.0]), least=0.05, most=1.0).tolist()
    [True, True, False, False, False]
    """
    before, after = np.diff(seconds, prepend=np.inf), np.diff(seconds, append=np.inf)
    lonely = (np.abs(before) > most) & (after > most)
    crowded = (np.abs(before) < least) | (after < least)
    if len(crowded):
        crowded[0] = False
        lonely[0] = False  # DAS's first interval is minus infinity, never too long
    return ~(lonely | crowded)


def score_events(
    true: NDArray[np.float64], found: NDArray[np.float64], sample_rate: float, tolerance: float = 0.01
) -> dict[str, float]:
    """Precision, recall and F1 of events, as DAS counts them: by the nearest, not by the best pairs.

    Parameters
    ----------
    true, found
        Times, s (event,).
    sample_rate
        Hz; distances are cut to whole samples.
    tolerance
        Largest distance of a true event and a found one, s.

    Examples
    --------
    >>> score_events(np.array([1.0, 2.0]), np.array([1.001, 1.002, 5.0]), 1000.0)["TP"]
    1.0
    """
    tolerance = tolerance * sample_rate
    hits = _matched(true * sample_rate, found * sample_rate, tolerance)
    wrong, right = float((~hits).sum()), float(hits.sum())
    missed = float((~_matched(found * sample_rate, true * sample_rate, tolerance)).sum())
    precision = 1.0 if wrong == 0 else right / (right + wrong)
    recall = 1.0 if missed == 0 else right / (right + missed)
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"TP": right, "FP": wrong, "FN": missed, "precision": precision, "recall": recall, "f1_score": f1}


def _matched(references: NDArray[np.float64], events: NDArray[np.float64], tolerance: float) -> NDArray[np.bool_]:
    """Which events are the nearest to some reference, of all for which that one is the nearest."""
    if not len(references) or not len(events):
        return np.zeros(len(events), bool)
    distances = np.abs(np.subtract.outer(references, events).astype(np.int64))
    nearest, distance = distances.argmin(axis=0), distances.min(axis=0)
    matched = distance <= tolerance
    for reference in np.unique(nearest[matched]):
        rivals = np.flatnonzero(matched & (nearest == reference))
        matched[rivals] = False
        matched[rivals[distance[rivals].argmin()]] = True
    return np.asarray(matched, bool)
