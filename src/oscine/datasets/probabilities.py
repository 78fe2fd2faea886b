"""Annotations as a probability of each class in each sample, as DAS trains on them, and back.

DAS's targets [1]_ are a matrix (sample, class) whose rows sum to one; class 0 is `noise`, all that is not annotated.

- A segment is 1 from sample ⌊onset · rate⌋ to ⌊offset · rate⌋, both included.
- An event is a Gaussian with a peak of 1 at ⌊onset · rate⌋ and a standard deviation in seconds, cut off at four of
  them; without width, that sample alone.
- Where the classes together exceed 1 they are divided by their sum; noise is what is missing to 1.
- A gap, where one is wished for, is kept free between two segments that are nearer than it, half on either side of
  the middle of their pause. DAS takes it also from the beginning (and not from the end) of every segment however
  lonely, and from segments that overlap an event; that is corrected here.

The way back: a segment is a run of samples in which its class is the most probable of noise and segments (or shares
that place: overlapping segments); an event is a peak of its class. Sample `k` becomes the time k / rate; since
both bounds were rounded down, writing what was read gives the same matrix.

Both directions work block by block, so that a day of sound takes no more memory than a minute.

References
----------
.. [1] Steinfath et al. (2021), eLife 10:e68837.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import find_peaks

_REACH = 4
"""Standard deviations at which a Gaussian ends."""
_LEAST_PEAK = 0.2
_LEAST_DIP = 0.04
"""How much lower it is between two events than at the lower one; two bells 2.5 standard deviations apart dip by 0.08,
and what float16 adds is below 0.002."""
_ROUNDING = 1e-6
"""Samples: 0.3 s at 10 Hz is 2.9999999999999996 samples in floating point, and means 3."""


@dataclass(frozen=True)
class ClassMatrix:
    """The annotations of one recording, ready to be written as probabilities of any block of samples.

    Attributes
    ----------
    starts, stops, columns
        First sample, last + 1, and class (1…) of each segment.
    centres, event_columns
        Sample and class of each event.
    width
        Standard deviation of events, in samples.
    n_classes
        With noise.
    """

    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    columns: NDArray[np.int64]
    centres: NDArray[np.int64]
    event_columns: NDArray[np.int64]
    width: float
    n_classes: int

    @classmethod
    def of_rows(
        cls,
        onsets: ArrayLike,
        offsets: ArrayLike,
        columns: ArrayLike,
        is_event: Sequence[bool],
        sample_rate: float,
        *,
        event_width: float = 0.0,
        gap: float = 0.0,
    ) -> ClassMatrix:
        """Prepare the rows of a recording.

        Parameters
        ----------
        onsets, offsets
            Of each row, s.
        columns
            Class of each row, from 1.
        is_event
            Of each class, noise included.
        sample_rate
            Hz.
        event_width
            Standard deviation of an event, s.
        gap
            Time between two segments that bears no label, s.
        """
        begin, end = np.asarray(onsets, float), np.asarray(offsets, float)
        chosen = np.asarray(columns, np.int64)
        point = np.asarray(is_event, bool)[chosen]
        starts = _sample(begin, sample_rate)
        stops = _sample(end, sample_rate) + 1
        order = np.lexsort((stops, starts))
        order = order[~point[order]]
        segments = with_gaps(starts[order], stops[order], int(np.floor(gap * sample_rate + _ROUNDING)) // 2)
        middles = _sample((begin + end) / 2, sample_rate)[point]
        events = np.unique(np.column_stack([middles, chosen[point]]), axis=0)
        return cls(*segments, chosen[order], events[:, 0], events[:, 1], event_width * sample_rate, len(is_event))

    def block(self, first: int, last: int) -> NDArray[np.float32]:
        """Probabilities of the samples [first, last), axes (sample, class)."""
        found = np.zeros((last - first, self.n_classes))
        mine = (self.starts < last) & (self.stops > first)
        for start, stop, column in zip(self.starts[mine], self.stops[mine], self.columns[mine], strict=True):
            found[max(start - first, 0) : stop - first, column] = 1
        reach = int(_REACH * self.width)
        bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(self.width, 1e-12)) ** 2)
        mine = (self.centres + reach >= first) & (self.centres - reach < last)
        for centre, column in zip(self.centres[mine], self.event_columns[mine], strict=True):
            low, high = max(centre - reach, first), min(centre + reach + 1, last)
            found[low - first : high - first, column] += bell[low - centre + reach : high - centre + reach]
        return normalised(found)


def _sample(times: NDArray[np.float64], sample_rate: float) -> NDArray[np.int64]:
    return np.floor(times * sample_rate + _ROUNDING).astype(np.int64)


def normalised(classes: NDArray[np.float64]) -> NDArray[np.float32]:
    """Rows that sum to one: classes divided by their sum where it exceeds 1, noise (column 0) what is missing to 1.

    Examples
    --------
    >>> normalised(np.array([[0, 0.25, 0], [0, 1, 1], [0, 0, 0]]))
    array([[0.75, 0.25, 0.  ],
           [0.  , 0.5 , 0.5 ],
           [1.  , 0.  , 0.  ]], dtype=float32)
    """
    total = classes[:, 1:].sum(axis=1, keepdims=True)
    classes[:, 1:] /= np.maximum(total, 1)
    classes[:, :1] = np.maximum(1 - np.minimum(total, 1), 0)
    return classes.astype(np.float32)


def with_gaps(
    starts: NDArray[np.int64], stops: NDArray[np.int64], half: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Segments, in the order of their starts, with at least 2 · `half` samples between any two that do not overlap.

    A lone segment keeps its bounds; one that the gaps would swallow keeps its middle sample.

    Examples
    --------
    >>> [bounds.tolist() for bounds in with_gaps(np.array([0, 10, 50]), np.array([10, 20, 60]), 2)]
    [[0, 12, 50], [8, 20, 60]]
    """
    starts, stops = starts.copy(), stops.copy()
    if half < 1 or len(starts) < 2:
        return starts, stops
    pauses = starts[1:] - stops[:-1]
    near = (pauses >= -1) & (pauses < 2 * half)  # -1: both hold the sample at which one becomes the other
    middles = (starts[1:] + stops[:-1])[near] // 2
    first, second = starts.copy(), stops.copy()
    second[:-1][near] = middles - half
    first[1:][near] = middles + half
    swallowed = first >= second
    centre = ((starts + stops) // 2)[swallowed]
    first[swallowed], second[swallowed] = centre, centre + 1
    return first, second


# -- back ------------------------------------------------------------------------------------------------------------


def find_sounds(
    blocks: Iterable[NDArray[np.generic]], is_event: Sequence[bool], sample_rate: float
) -> list[tuple[float, float, int]]:
    """Segments and events in probabilities.

    Parameters
    ----------
    blocks
        Consecutive samples, axes (sample, class).
    is_event
        Of each class, noise included.
    sample_rate
        Hz.

    Returns
    -------
    list
        Onset and offset in seconds, and the class, by onset.

    Examples
    --------
    >>> matrix = ClassMatrix.of_rows([0.1, 0.5], [0.3, 0.5], [1, 2], [False, False, True], 100.0, event_width=0.02)
    >>> find_sounds([matrix.block(0, 40), matrix.block(40, 100)], [False, False, True], 100.0)
    [(0.1, 0.3, 1), (0.5, 0.5, 2)]
    """
    segments = [column for column, event in enumerate(is_event) if not event and column > 0]
    events = [column for column, event in enumerate(is_event) if event and column > 0]
    runs = {column: _Runs() for column in segments}
    peaks = {column: _Peaks() for column in events}
    first = 0
    for block in blocks:
        values = np.asarray(block, np.float32)
        if np.isnan(values.sum()):
            values = np.nan_to_num(values)
        most = values[:, segments].max(axis=1, initial=0)
        if segments:
            present = (values[:, segments] >= most[:, None]) & (most > values[:, 0])[:, None]
            for place, column in enumerate(segments):
                runs[column].add(present[:, place], first)
        undivided = np.where(
            most > values[:, 0], most, 1
        )  # a segment of 1 below an event shows what both were divided by
        for column in events:
            peaks[column].add(np.minimum(values[:, column] / undivided, 1), first)
        first += len(values)
    found = []
    for column in segments:
        for start, stop in runs[column].finish(first):
            found.append((start / sample_rate, max(stop - 1, start + (stop - start == 1)) / sample_rate, column))
    for column in events:
        found += [(peak / sample_rate, peak / sample_rate, column) for peak in peaks[column].finish()]
    return sorted(found)


class _Runs:
    """Runs of True, though they are told block by block."""

    def __init__(self) -> None:
        self.found: list[tuple[int, int]] = []
        self.begun: int | None = None

    def add(self, present: NDArray[np.bool_], first: int) -> None:
        turns = np.flatnonzero(np.diff(present, prepend=self.begun is not None)) + first
        for turn in turns.tolist():
            if self.begun is None:
                self.begun = turn
            else:
                self.found.append((self.begun, turn))
                self.begun = None

    def finish(self, n_samples: int) -> list[tuple[int, int]]:
        if self.begun is not None:
            self.found.append((self.begun, n_samples))
        return self.found


class _Peaks:
    """Local maxima, though they are told block by block: what rises at a block's end waits for the next."""

    def __init__(self) -> None:
        self.found: list[int] = []
        self.rest = np.zeros(0, np.float32)
        self.first = 0

    def add(self, values: NDArray[np.float32], first: int) -> None:
        joined = np.concatenate([self.rest, values])
        below = np.flatnonzero(joined < _LEAST_PEAK)
        end = int(below[-1]) + 1 if len(below) else 0  # of what is complete
        self._search(joined[:end], first - len(self.rest))
        self.rest, self.first = joined[end:], first - len(self.rest) + end

    def _search(self, values: NDArray[np.float32], first: int) -> None:
        peaks, _ = find_peaks(np.concatenate([[0], values, [0]]), height=_LEAST_PEAK, prominence=_LEAST_DIP)
        self.found += (peaks - 1 + first).tolist()

    def finish(self) -> list[int]:
        self._search(self.rest, self.first)
        return self.found


def in_blocks(array: NDArray[np.generic], size: int) -> Iterator[NDArray[np.generic]]:
    """Rows of an array on disk, `size` at a time."""
    for start in range(0, array.shape[0], size):
        yield array[start : start + size]
