r"""Bounds that snap: onsets and offsets of segments moved to where a network says that something begins or ends.

The score of a label changes slowly where a sound fades in, and where it crosses the threshold is chance; a network that
was trained on boundaries (the target `boundaries`) has a peak at the bound itself.

    score of the label      ___________/‾‾‾‾‾‾‾‾‾‾
    score of "onset"        _______/\_____________
    segment                            |‾‾‾‾‾‾‾‾‾‾
    snapped                         |‾‾‾‾‾‾‾‾‾‾‾‾‾

No bound moves beyond the middle of its segment, or of the gap to the next one, so that segments neither vanish nor
overlap.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]

_ROUNDING = 1e-9


def snap(onsets: Times, offsets: Times, begins: Times, ends: Times, reach: float) -> tuple[Times, Times]:
    """Segments whose bounds are at peaks, as far as there are any near them.

    Parameters
    ----------
    onsets, offsets
        Of segments that do not overlap, ascending, s.
    begins, ends
        Times of the peaks of the scores of onset and offset, ascending, s.
    reach
        How far a bound moves at most, s.

    Returns
    -------
    onsets, offsets
        (segment,), s.

    Examples
    --------
    >>> onsets, offsets = snap(np.array([1.0, 3.0]), np.array([2.0, 4.0]), np.array([0.9, 3.3]), np.array([2.1]), 0.2)
    >>> onsets.tolist(), offsets.tolist()
    ([0.9, 3.0], [2.1, 4.0])
    """
    middles = (onsets + offsets) / 2
    gaps = (offsets[:-1] + onsets[1:]) / 2
    before, after = np.append(-np.inf, gaps)[: len(onsets)], np.append(gaps, np.inf)[: len(onsets)]
    return (
        _nearest(onsets, begins, before, middles, reach),
        _nearest(offsets, ends, middles, after, reach),
    )


def _nearest(times: Times, peaks: Times, after: Times, before: Times, reach: float) -> Times:
    """The peak nearest to each time, between two others; the time itself where there is none within reach."""
    if len(peaks) == 0:
        return times
    places = np.searchsorted(peaks, times)
    around = np.stack([peaks[np.maximum(places - 1, 0)], peaks[np.minimum(places, len(peaks) - 1)]])
    distance = np.abs(around - times)
    distance[(around <= after) | (around >= before) | (distance > reach + _ROUNDING)] = np.inf
    best = distance.argmin(axis=0)
    chosen = np.arange(len(times))
    return np.where(np.isfinite(distance[best, chosen]), around[best, chosen], times)
