"""Gaps between segments: a little background between neighbours, so that a network can tell them apart.

Two syllables that touch are one run of frames to whoever reads a network's scores, if they bear the same label, or if
all labels share one mask, as in DAS [1]_. So room is made in what a network learns: between any two neighbours that are
nearer than `gap`, both give way by the same amount until they are `gap` apart.

Worked example, a gap of 0.2 s, onsets and offsets in seconds::

    annotated     a 1.0–2.0     b 2.0–3.0      b 3.1–4.0     c 5.0–6.0
    learnt        a 1.0–1.9     b 2.1–2.95     b 3.15–4.0    c 5.0–6.0

DAS means to do this and differs: it takes half a gap from every onset and none from any offset, whether there is a
neighbour or not, and punches the same hole around every event. Here a segment that stands alone keeps its bounds, and
events neither make gaps nor have any.

References
----------
.. [1] Steinfath, Palacios-Muñoz, Rottschäfer, Yuezak, Clemens (2021), Fast and accurate annotation of acoustic signals
   with deep neural networks, eLife 10:e68837.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscine.networks.target import UNKNOWN, Timeline

_MOST = 0.25
"""Share of its length that a segment gives way by at either end at most, so that none is lost."""

HORIZON = 3.0
"""Gaps after which annotations do not matter to a gap."""


def separate(
    onsets: ArrayLike, offsets: ArrayLike, gap: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Segments with room between them.

    Of segments that overlap, the one that starts later is seen, and what is left of the other on either side of it.

    Parameters
    ----------
    onsets, offsets
        Bounds of the segments, s, in any order.
    gap
        How far they are to be apart, s; less only where a segment would lose more than a quarter at one end.

    Returns
    -------
    onsets, offsets, rows
        Of what is seen of the segments, in order of time, s, and which of them each piece is of, axes (piece,).

    Examples
    --------
    >>> onsets, offsets, rows = separate([1.0, 2.0, 3.1, 5.0], [2.0, 3.0, 4.0, 6.0], 0.2)
    >>> onsets.round(2).tolist(), offsets.round(2).tolist(), rows.tolist()
    ([1.0, 2.1, 3.15, 5.0], [1.9, 2.95, 4.0, 6.0], [0, 1, 2, 3])
    """
    seen = Timeline.paint(onsets, offsets, np.arange(np.size(onsets)))
    owners = seen.values[1:-1]
    starts = np.flatnonzero(np.concatenate([[True], owners[1:] != owners[:-1]])[: len(owners)])
    stops = np.append(starts[1:], len(owners))
    pieces = owners[starts] != UNKNOWN
    rows, lows, highs = owners[starts][pieces], seen.edges[starts[pieces]], seen.edges[stops[pieces]]
    wanted = np.maximum(0.0, (gap - (lows[1:] - highs[:-1])) / 2)
    most = _MOST * (highs - lows)
    lows[1:] += np.minimum(wanted, most[1:])
    highs[:-1] -= np.minimum(wanted, most[:-1])
    return lows, highs, rows
