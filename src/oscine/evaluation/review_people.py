"""Where two tables of one recording differ: two annotators, or annotations and what a model predicted.

A sound of one is compared with what overlaps it in the other; events that are within a tolerance count as overlapping.

    Ann   |- sine -|   |- sine -|      | pulse      |---- sine ----|
    Bob   |- pulse -|                  | pulse      |- sine -|
          other label  Bob: nothing      agreed     bounds differ (they share less than half)

People who annotate sparsely say nothing of what they leave out. So "nothing" counts only between the first and the last
sound that the other one marked in the recording, and only for labels that the other one uses there. `not_pulse`
contradicts *pulse*, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oscine.annotations.labels import BACKGROUND
from oscine.evaluation.review_result import Item
from oscine.evaluation.verdicts import ABSENT

_SHARED = 0.5
"""Two segments of one label that share less than this of their union have different bounds."""


class Overlaps:
    """The rows of a table (one recording) that overlap a stretch, found quickly."""

    def __init__(self, rows: pd.DataFrame, tolerance: float) -> None:
        ordered = rows.sort_values(["onset", "offset"], kind="stable")
        self.onsets, self.offsets = ordered["onset"].to_numpy(float), ordered["offset"].to_numpy(float)
        self.labels, self.scores = ordered["label"].tolist(), ordered["score"].to_numpy(float)
        self._longest = float((self.offsets - self.onsets).max(initial=0.0))
        self._tolerance = tolerance

    def of(self, onset: float, offset: float) -> NDArray[np.intp]:
        """Places of the rows that overlap a stretch, or are within the tolerance where either is an event."""
        reach = self._tolerance
        first = np.searchsorted(self.onsets, onset - self._longest - reach, side="left")
        stop = np.searchsorted(self.onsets, offset + reach, side="right")
        onsets, offsets = self.onsets[first:stop], self.offsets[first:stop]
        near = np.where((onsets == offsets) | (onset == offset), reach + 1e-9, 0.0)
        return np.flatnonzero((onsets < offset + near) & (offsets > onset - near)) + first

    def most(self, places: NDArray[np.intp], onset: float, offset: float) -> int:
        """Of some rows the one that shares most with a stretch."""
        return int(places[np.argmax(self._shared(places, onset, offset))])

    def share(self, place: int, onset: float, offset: float) -> float:
        """What a row and a stretch share, of their union; 1 where either is an event."""
        union = max(offset, self.offsets[place]) - min(onset, self.onsets[place])
        if onset == offset or self.onsets[place] == self.offsets[place] or union <= 0:
            return 1.0
        return float(self._shared(np.array([place]), onset, offset)[0] / union)

    def _shared(self, places: NDArray[np.intp], onset: float, offset: float) -> NDArray[np.float64]:
        """Seconds shared with some rows, less how far away their middles are where none are."""
        onsets, offsets = self.onsets[places], self.offsets[places]
        shared = np.minimum(offset, offsets) - np.maximum(onset, onsets)
        return np.asarray(np.where(shared > 0, shared, -np.abs((onsets + offsets) - (onset + offset))))


def contradicts(label: str, other: str) -> bool:
    """Whether two labels of the same sound cannot both be right.

    Examples
    --------
    >>> contradicts("pulse", "sine"), contradicts("pulse", "not_pulse"), contradicts("pulse", "not_sine")
    (True, True, False)
    """
    if label.startswith(ABSENT) != other.startswith(ABSENT):
        return label.removeprefix(ABSENT) == other.removeprefix(ABSENT)
    return label != other and not label.startswith(ABSENT)


def is_sound(label: str) -> bool:
    """Whether a label names a sound, not that there is none, or not a certain one.

    Examples
    --------
    >>> is_sound("pulse"), is_sound("not_pulse"), is_sound("background")
    (True, False, False)
    """
    return label != BACKGROUND and not label.startswith(ABSENT)


def disagreements(recording: str, tables: Mapping[str, pd.DataFrame], tolerance: float) -> list[Item]:
    """Where annotators of one recording say different things.

    Parameters
    ----------
    recording
        Its name.
    tables
        The rows of each annotator in it.
    tolerance
        How far apart two events are still the same, in seconds.

    Examples
    --------
    >>> ann = pd.DataFrame({"onset": [1.0, 3.0], "offset": [1.0, 4.0], "label": ["pulse", "sine"], "score": 1.0})
    >>> bob = ann.assign(label=["pulse", "pulse"])
    >>> [item.why for item in disagreements("a.wav", {"Ann": ann, "Bob": bob}, 0.01)]
    ['Ann says sine, Bob says pulse']
    """
    found: list[Item] = []
    finders = {name: Overlaps(rows, tolerance) for name, rows in tables.items() if len(rows)}
    for first, second in combinations(sorted(finders), 2):
        told: set[tuple[int, int]] = set()
        found += _seen_from(recording, first, finders[first], second, finders[second], told)
        told = {(theirs, mine) for mine, theirs in told}
        found += _seen_from(recording, second, finders[second], first, finders[first], told)
    return found


def _seen_from(
    recording: str, name: str, mine: Overlaps, other: str, theirs: Overlaps, told: set[tuple[int, int]]
) -> Iterator[Item]:
    """What one says and another does not; `told` are pairs of rows of which it is said already, and it grows."""
    begin, end = theirs.onsets[0], float(theirs.offsets.max())
    vocabulary, own = set(theirs.labels), set(mine.labels)
    spans = zip(mine.onsets.tolist(), mine.offsets.tolist(), mine.labels, strict=True)
    for row, (onset, offset, label) in enumerate(spans):
        places = theirs.of(onset, offset)
        same = np.array([place for place in places if theirs.labels[place] == label], np.intp)
        against = np.array([place for place in places if contradicts(label, theirs.labels[place])], np.intp)
        if len(same):
            place = theirs.most(same, onset, offset)
            share = theirs.share(place, onset, offset)
            if share < _SHARED and (row, place) not in told:
                told.add((row, place))
                why = f"{name} and {other} agree on {label}, but not on where it begins and ends"
                yield Item(recording, onset, offset, label, label, "disagreeing", 1 - share, why)
        elif len(against):
            place = theirs.most(against, onset, offset)
            said = theirs.labels[place]
            share_words = label in vocabulary or said in own or label.startswith(ABSENT) != said.startswith(ABSENT)
            if share_words and (row, place) not in told:
                told.add((row, place))
                why = f"{name} says {label}, {other} says {said}"
                yield Item(recording, onset, offset, said, label, "disagreeing", 1.0, why)
        elif len(places) == 0 and label in vocabulary and onset >= begin and offset <= end:
            why = f"{name} marks {label} here, {other} marks nothing"
            yield Item(recording, onset, offset, label, label, "disagreeing", 1.0, why)
