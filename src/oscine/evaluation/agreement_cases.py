"""What is compared: of one label, the sounds of every party in one recording, in tics, as far as they count.

First every sound is widened (`convolve`), a party's overlapping ones are united, and then all is cut to the portion of
the recording that counts (`opinions.looked_at`): SongExplorer's order. Annotators who have not looked at a recording
count as having found nothing in it where sets of all parties are formed, but not where two are compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscine.annotations.intervals import Intervals
from oscine.metrics.agreement import AgreementSets, Tics, crop, sound_sets, tic_sets, to_tics, unite, widen
from oscine.metrics.agreement_pairs import ANSWERS, PairScore, compare_pair, presence
from oscine.metrics.kappa import Votes, count_votes

_NEAR = 1e-4
"""Tics by which a time may miss a tic and still be meant to lie on it."""


@dataclass(frozen=True, eq=False)
class Case:
    """One label in one recording.

    Attributes
    ----------
    recording, rate
        Its name, and tics per second.
    n_tics
        How long it is.
    portion
        Tics that count; `None` is all.
    reach
        Tics that may lie between two sounds which stand for the same.
    wider
        Tics by which every sound is widened on either side.
    people
        What each annotator says, within the portion; those who have not looked say nothing.
    present
        Annotators who have looked.
    """

    recording: str
    rate: float
    n_tics: int
    portion: Tics | None
    reach: int
    wider: int
    people: Mapping[str, Tics]
    present: frozenset[str]

    @classmethod
    def of(
        cls,
        recording: str,
        spans: Mapping[str, ArrayLike | None],
        *,
        rate: float,
        duration: float,
        portion: Intervals | None,
        tolerance: float = 0.0,
        convolve: float = 0.0,
    ) -> Case:
        """Of onsets and offsets (sound, 2) in seconds of each annotator; `None` of one who has not looked."""
        reach, wider = (int(seconds * rate + _NEAR) for seconds in (tolerance, convolve / 2))
        limits = None if portion is None else _portion_in_tics(portion, rate, wider)
        empty = cls(recording, rate, round(duration * rate), limits, reach, wider, {}, frozenset())
        people = {name: empty.tics(() if given is None else given) for name, given in spans.items()}
        present = frozenset(name for name, given in spans.items() if given is not None)
        return cls(recording, rate, empty.n_tics, limits, reach, wider, people, present)

    def tics(self, spans: ArrayLike) -> Tics:
        """Sounds of seconds (sound, 2) in tics, widened, united, and cut to the portion."""
        wide = widen(to_tics(spans, self.rate), self.wider)
        return wide if self.portion is None else crop(wide, self.portion)

    def sets(self, measure: str, machines: Mapping[str, Tics]) -> AgreementSets:
        """Who says what, in either measure: "tic" or "label"."""
        parties = {**self.people, **machines}
        return tic_sets(parties) if measure == "tic" else sound_sets(parties, self.reach)

    def pairs(self, machines: Mapping[str, Tics], frame: float) -> Iterator[tuple[tuple[str, str], PairScore]]:
        """Every two parties that have looked, people first, and how they agree; frames last so many seconds."""
        length, starts = self._frames(frame)
        parties = {name: tics for name, tics in self.people.items() if name in self.present} | dict(machines)
        there = {name: presence(tics, starts, length) for name, tics in parties.items()}
        names = list(parties)
        for i, first in enumerate(names):
            for second in names[i + 1 :]:
                frames = (there[first], there[second])
                score = compare_pair(parties[first], parties[second], rate=self.rate, reach=self.reach, frames=frames)
                yield (first, second), score

    def votes(self, machines: Mapping[str, Tics], frame: float) -> Votes | None:
        """How many of the parties say in each frame that the label is there; `None` where not all have looked."""
        parties = [*self.people.values(), *machines.values()]
        if len(parties) < 2 or len(self.present) < len(self.people):
            return None
        length, starts = self._frames(frame)
        return count_votes([presence(tics, starts, length).astype(np.int64) for tics in parties], ANSWERS)

    def _frames(self, frame: float) -> tuple[int, NDArray[np.int64]]:
        """Length in tics, and first tics of the frames whose middle lies in the portion."""
        length = max(1, round(frame * self.rate))
        starts = np.arange(0, max(self.n_tics, 1), length, dtype=np.int64)
        if self.portion is None:
            return length, starts
        if not len(self.portion):
            return length, starts[:0]
        middles = starts + length // 2
        index = np.maximum(np.searchsorted(self.portion[:, 0], middles, side="right") - 1, 0)
        inside = (self.portion[index, 0] <= middles) & (middles <= self.portion[index, 1])
        return length, starts[inside]


def _portion_in_tics(portion: Intervals, rate: float, wider: int) -> Tics:
    """Stretches of seconds in tics, as much wider as the sounds are."""
    if not len(portion):
        return np.empty((0, 2), np.int64)
    first = np.ceil(portion[:, 0] * rate - _NEAR).astype(np.int64)
    last = np.floor(portion[:, 1] * rate + _NEAR).astype(np.int64)
    return unite(np.column_stack([first - wider, np.maximum(first, last) + wider]))
