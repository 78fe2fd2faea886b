"""The median of a stream of float32 values, exactly, in constant memory.

Sorting ten hours of sound needs gigabytes, and the usual streaming estimates (P², t-digest) depend on the order
of the values. A float32 has only 32 bits, so that two passes of counting suffice, whatever the file's format:

1. count the values by their upper 16 bits (65 536 bins); the ranks sought lie in one or two of these bins;
2. within those bins, count by the lower 16 bits: that is the value itself.

The bit patterns of positive floats are ordered as their values are, those of negative ones the other way round.

References
----------
Knuth DE (1998). The Art of Computer Programming, vol. 3, §5.2.5 (radix sorting).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Stream = Callable[[], Iterable[Sequence[NDArray[np.float32]] | NDArray[np.float32]]]
"""Starts a pass: gives blocks, each an array (channel, sample), or one array of any length per channel."""

_N_BINS = 1 << 16
_NEGATIVE = _N_BINS >> 1  # the sign is the highest bit
_UPPER_IN_ORDER = np.r_[_N_BINS - 1 : _NEGATIVE - 1 : -1, 0:_NEGATIVE]


def medians(stream: Stream, n_channels: int) -> NDArray[np.float64]:
    """Median of each channel of a stream that can be gone through twice.

    Parameters
    ----------
    stream
        Called once per pass; must give the same values both times, none of them NaN.
    n_channels
        Number of arrays in each block.

    Returns
    -------
    medians
        Shape (channel,); the mean of the two middle values for an even count, NaN for no values at all.

    Examples
    --------
    >>> medians(lambda: [np.float32([[3, -1], [5, 5]]), np.float32([[2, 8], [5, 5]])], 2)
    array([2.5, 5. ])
    """
    upper = np.zeros((n_channels, _N_BINS), np.int64)
    for block in stream():
        for counts, values in zip(upper, block, strict=True):
            counts += np.bincount(_bits(values) >> 16, minlength=_N_BINS)
    totals = upper.sum(axis=1)
    bins = [
        {rank: _find(counts[_UPPER_IN_ORDER], rank) for rank in _middle(total)}
        for counts, total in zip(upper, totals, strict=True)
    ]
    lower = [
        {int(_UPPER_IN_ORDER[place]): np.zeros(_N_BINS, np.int64) for place, _ in ranks.values()} for ranks in bins
    ]
    for block in stream():
        for histograms, values in zip(lower, block, strict=True):
            bits = _bits(values)
            for prefix, counts in histograms.items():
                counts += np.bincount(bits[bits >> 16 == prefix] & 0xFFFF, minlength=_N_BINS)
    return np.array([_median(ranks, histograms) for ranks, histograms in zip(bins, lower, strict=True)], np.float64)


def _bits(values: NDArray[np.float32]) -> NDArray[np.uint32]:
    return np.ascontiguousarray(values, np.float32).view(np.uint32)


def _middle(total: int) -> set[int]:
    """Ranks, from 0, of the one or two middle values."""
    return {(total - 1) // 2, total // 2} if total else set()


def _find(counts: NDArray[np.int64], rank: int) -> tuple[int, int]:
    """The bin that holds a rank, and the rank within that bin."""
    below = np.cumsum(counts)
    place = int(np.searchsorted(below, rank, side="right"))
    return place, rank - int(below[place] - counts[place])


def _median(ranks: dict[int, tuple[int, int]], histograms: dict[int, NDArray[np.int64]]) -> float:
    if not ranks:
        return float("nan")
    found = []
    for place, rank in ranks.values():
        prefix = int(_UPPER_IN_ORDER[place])
        counts = histograms[prefix]
        negative = prefix >= _NEGATIVE
        suffix = _N_BINS - 1 - _find(counts[::-1], rank)[0] if negative else _find(counts, rank)[0]
        found.append(float(np.array([prefix << 16 | suffix], np.uint32).view(np.float32)[0]))
    return sum(found) / len(found)
