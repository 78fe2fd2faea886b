"""Where somebody has looked: what lies elsewhere is unknown, and does not count.

A *coverage* is an array (interval, 2) of onsets and offsets in seconds, half-open, sorted and disjoint, within which
the annotations are complete; `None` is the whole recording. An interval without length covers just its instant.

An annotation counts where it lies inside. A prediction counts where it lies inside, or where it is matched with an
annotation that counts: at the edge of what was looked at, a pulse found 2 ms outside is a pulse found, whereas a
prediction out there that matches nothing is neither right nor wrong. So predictions inside are matched first, and
what they leave over may be matched by those outside.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscine.metrics.matching import ROUNDING, intervals, times


def events_inside(events: ArrayLike, coverage: ArrayLike | None) -> NDArray[np.bool_]:
    """Whether each event lies in the coverage.

    Parameters
    ----------
    events
        Times in seconds, (event,).
    coverage
        Sorted, disjoint intervals in seconds, (interval, 2); `None` is everything.

    Examples
    --------
    >>> events_inside([0.5, 1.0, 2.0, 7.0], [[1.0, 2.0], [7.0, 7.0]])
    array([False, True, False, True])
    """
    instants = times(events)
    if coverage is None:
        return np.ones(len(instants), dtype=np.bool_)
    edges = _checked(coverage)
    if not len(edges):
        return np.zeros(len(instants), dtype=np.bool_)
    index = np.searchsorted(edges[:, 0], instants + ROUNDING, side="right") - 1
    onset, offset = edges[index, 0], edges[index, 1]
    inside: NDArray[np.bool_] = (index >= 0) & ((instants < offset - ROUNDING) | (instants <= onset + ROUNDING))
    return inside


def segments_inside(segments: ArrayLike, coverage: ArrayLike | None) -> NDArray[np.bool_]:
    """Whether each segment lies wholly in one interval of the coverage.

    Parameters
    ----------
    segments
        Onset and offset in seconds, (segment, 2).
    coverage
        Sorted, disjoint intervals in seconds, (interval, 2); `None` is everything.

    Examples
    --------
    >>> segments_inside([[1.0, 2.0], [1.5, 2.5]], [[1.0, 2.0]])
    array([ True, False])
    """
    spans = intervals(segments)
    if coverage is None:
        return np.ones(len(spans), dtype=np.bool_)
    edges = _checked(coverage)
    if not len(edges):
        return np.zeros(len(spans), dtype=np.bool_)
    index = np.searchsorted(edges[:, 0], spans[:, 0] + ROUNDING, side="right") - 1
    inside: NDArray[np.bool_] = (index >= 0) & (spans[:, 1] <= edges[index, 1] + ROUNDING)
    return inside


def _checked(coverage: ArrayLike) -> NDArray[np.float64]:
    edges = intervals(coverage)
    if (edges[1:, 0] < edges[:-1, 1]).any() or (np.diff(edges[:, 0]) < 0).any():
        raise ValueError("a coverage must be sorted and disjoint, as Coverage.intervals gives it")
    return edges
