r"""The most probable song: how long sounds last, and what follows what, beside what each frame says.

A network judges frames; that a syllable lasts 80 ms and is never 6 ms long, that *b* follows *a* and never *d*, it
knows only as far as its window shows it. A hidden semi-Markov model [1]_ knows just that. A recording is taken for a
series of segments, each a sound or a gap of background, and of all such series the one is found that maximises

      Σ  log p(label | frame)     over frames, as the network says
    + v Σ log P(duration | label) over segments, `duration_weight` v
    + w Σ log P(label | previous sound), and whether there is a gap between them, `transition_weight` w

Each P is taken relative to the most usual duration, or step: what is usual costs nothing. Else every segment would
have a price, and the fewer there were the better, the more so as weights grow. Durations within `slack` spreads of
the median are all as usual as another, or bounds would be drawn away from where the scores have them. Weights must be
above one, since frames of a network are no independent witnesses; `oscine postprocess` finds them. Statistics are
learnt from the annotations that the network was trained with (`prediction/statistics.py`) and are options here, so
that a model's file holds them. With both weights at 0, or without statistics, each frame has its most probable label.

Durations are log-normal, mixed with a share of `outliers`: stretches of any length, which end with equal probability
in every frame. So nothing is impossible, and beyond `max_duration` only that tail is left, which costs no memory of
when a segment began. A gap remembers the sound before it; so does the syntax. Transitions that were never counted have
a share as well (half a count each). The first and the last segment of a recording are cut off, and only as improbable
as to be at least that long.

The search is Viterbi's with explicit durations [2]_: for every frame and state the best of all segments that end
there, in O(frames × states × longest duration), states being the sounds and their gaps. What is certain already, since
the best ways to all states that are possible agree on it, is given out as the search goes, so that memory is bounded by
how far ahead one must hear to be sure, and not by the recording. Frames whose score nobody has computed
end a recording.

References
----------
.. [1] Yu (2010), Hidden semi-Markov models, Artificial Intelligence 174: 215-243.
.. [2] Rabiner (1989), A tutorial on hidden Markov models and selected applications in speech recognition, Proceedings
       of the IEEE 77: 257-286, section IV.D.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from oscine.annotations.labels import BACKGROUND
from oscine.core.params import Field, Seconds
from oscine.prediction.decoder import Decoder
from oscine.prediction.runs import Runs
from oscine.prediction.scores import Scores

_LEAST = 1e-7
"""Probability below which a network's doubt says nothing; float32 knows no more near 1."""

_UNSEEN = 0.5
"""Counts that every transition has beforehand."""

_SETTLE = 1024
"""Frames after which is looked for what is certain."""

_WIDE = 4.0
"""Spreads beyond the median after which a duration is an outlier."""

Floats = NDArray[np.float64]
Weight = Annotated[float, Field(ge=0)]
Spread = Annotated[float, Field(gt=0)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class SemiMarkov(Decoder):
    """The most probable series of sounds and gaps, given how long they last and what follows what."""

    heeds_thresholds: ClassVar[bool] = False

    duration_weight: Weight = 1.0
    """How much durations count, against one frame."""
    transition_weight: Weight = 1.0
    """How much it counts what follows what, against one frame."""
    slack: float = Field(2.0, ge=0)
    """Spreads from the median within which a duration costs nothing, so that bounds stay where the scores have them."""
    outliers: float = Field(0.01, gt=0, lt=1)
    """Share of segments that may be of any length."""
    max_duration: Seconds = Field(2.0, gt=0)
    """Longer than this, every segment is an outlier."""
    durations: dict[str, tuple[Positive, Spread]] = Field(default_factory=dict)
    """Median (s) and spread (of the natural logarithm) of each label's durations; filled in by `oscine postprocess`."""
    transitions: dict[str, dict[str, Count]] = Field(default_factory=dict)
    """How often each sound followed each other one in training; filled in by `oscine postprocess`."""
    gaps: dict[str, Share] = Field(default_factory=dict)
    """Share of each label's sounds that background followed; filled in by `oscine postprocess`."""

    def informed(self, stored: Decoder) -> SemiMarkov:
        """With the statistics of another one, where it has none of its own."""
        names = ("durations", "transitions", "gaps")
        if not isinstance(stored, SemiMarkov) or any(getattr(self, name) for name in names):
            return self
        return self.model_copy(update={name: getattr(stored, name) for name in names})

    def runs(self, scores: Scores, thresholds: Mapping[str, float]) -> dict[str, Runs]:
        """Runs of the most probable series; on a tie the label that comes first, and the longer segment."""
        chain = Chain.build(self, scores.labels, scores.frame_rate)
        found = list(_segments(scores, chain))
        label, start, stop = (np.array([segment[i] for segment in found], np.int64) for i in range(3))
        runs = Runs(start, stop, np.array([segment[3] for segment in found], np.float32))
        return {name: runs.where(label == index) for index, name in enumerate(scores.labels)}


@dataclass(frozen=True)
class Chain:
    """The model of a song, ready for a search: states are the sounds, then the gaps after each, then the first gap.

    Attributes
    ----------
    labels
        Index of the label of each state (state,).
    durations
        Weighted log-probability of a segment of 1, 2, … frames (state, duration), less that of the most usual one.
    survivals
        Weighted log-probability to last at least as long (state, duration).
    stay, leave
        Weighted log-probability to go on for a frame more, and that of ending (state,), beyond the last duration, the
        latter less that of the most usual one.
    transitions
        Weighted log-probability (from, to) less that of the most usual step; −∞ where there is no such step.
    has_gaps
        Whether there are states of background.
    """

    labels: NDArray[np.intp]
    durations: Floats
    survivals: Floats
    stay: float
    leave: Floats
    transitions: Floats
    has_gaps: bool

    @classmethod
    def build(cls, options: SemiMarkov, labels: tuple[str, ...], frame_rate: float) -> Chain:
        """From the statistics of the labels that there are."""
        sounds = [index for index, label in enumerate(labels) if label != BACKGROUND]
        n_gaps = len(sounds) + 1 if len(sounds) < len(labels) else 0
        states = np.array(sounds + [labels.index(BACKGROUND) for _ in range(n_gaps)], np.intp)
        told = {label: options.durations[label] for label in labels if label in options.durations}
        # gaps may be pauses of any length, and need no more of a memory than sounds
        usual = [values for label, values in told.items() if label != BACKGROUND] or list(told.values())
        longest = max((median * math.exp(_WIDE * spread) for median, spread in usual), default=0.0)
        n_durations = max(1, math.ceil(min(longest, options.max_duration) * frame_rate))
        density, survival = np.zeros((2, len(states), n_durations))
        for row, state in enumerate(states):
            if labels[state] in told:
                density[row], survival[row] = _durations(
                    *told[labels[state]], n_durations, frame_rate, options.outliers
                )
        free = density.max(axis=1, keepdims=True) - options.slack**2 / 2
        leave = _leave(n_durations)
        weight = options.duration_weight if told else 0.0
        return cls(
            states,
            weight * np.minimum(density - free, 0.0),
            weight * survival,
            weight * math.log1p(-leave),
            weight * np.minimum(math.log(leave) - free[:, 0], 0.0),
            _steps([labels[index] for index in sounds], bool(n_gaps), options),
            bool(n_gaps),
        )


def _leave(n_durations: int) -> float:
    """Probability that an outlier ends in a frame."""
    return 1 / (n_durations + 1)


def _durations(
    median: float, spread: float, n_durations: int, frame_rate: float, outliers: float
) -> tuple[Floats, Floats]:
    """Log-probability (duration,) of lasting 1, 2, … frames, and at least as long."""
    lengths = np.arange(1, n_durations + 1)
    leave = _leave(n_durations)
    # a duration of so many frames is one of up to half a frame less or more
    shortest = np.where(lengths > 1, (lengths - 0.5) / frame_rate, 1e-12)
    usual = norm.sf((np.log(shortest) - math.log(median)) / spread)
    survival = (1 - outliers) * usual + outliers * (1 - leave) ** (lengths - 1)
    density = -np.diff(survival, append=0.0)
    density[-1] = survival[-1] * leave  # all that is longer leaves like an outlier
    return np.log(density), np.log(survival)


def _steps(sounds: list[str], has_gaps: bool, options: SemiMarkov) -> Floats:
    """Weighted log-probability (from, to) of the states' succession."""
    n_sounds = len(sounds)
    counts = np.array(
        [[options.transitions.get(first, {}).get(second, 0.0) for second in sounds] for first in sounds], float
    ).reshape(n_sounds, n_sounds)
    with np.errstate(divide="ignore", invalid="ignore"):
        follows = np.log((counts + _UNSEEN) / (counts + _UNSEEN).max(axis=1, keepdims=True, initial=_UNSEEN))
        other = np.where(np.eye(n_sounds, dtype=bool), -np.inf, follows)  # a sound is not followed by itself at once
    if not options.transitions:
        follows, other = np.zeros_like(follows), np.where(np.isinf(other), -np.inf, 0.0)
    if not has_gaps:
        return _weighted(other, options.transition_weight)
    shares = np.array([options.gaps.get(sound, math.nan) for sound in sounds])
    known = ~np.isnan(shares)
    shares = np.where(known, np.clip(shares, 0.001, 0.999), 0.5)
    with_gap, without = (np.log(part / np.maximum(shares, 1 - shares)) for part in (shares, 1 - shares))
    steps = np.full((2 * n_sounds + 1, 2 * n_sounds + 1), -np.inf)
    steps[:n_sounds, :n_sounds] = other + without[:, None]
    steps[range(n_sounds), range(n_sounds, 2 * n_sounds)] = with_gap
    steps[n_sounds : 2 * n_sounds, :n_sounds] = follows
    steps[2 * n_sounds, :n_sounds] = 0.0  # before the first sound nothing is known
    return _weighted(steps, options.transition_weight)


def _weighted(values: Floats, weight: float) -> Floats:
    return np.where(np.isinf(values), -np.inf, weight * np.where(np.isinf(values), 0.0, values))


class Search:
    """The best way to every state, frame after frame, of one stretch of frames.

    `add` takes the next frame, `settle` gives the segments that are certain by now, and `finish` all that are left, as
    (state, first frame, last frame + 1).

    A segment that began at a frame is known by its score until then less all emissions of its state until then, so that
    adding the emissions until any later frame gives its score there: no sum runs over the frames of a segment.
    """

    def __init__(self, chain: Chain, start: int) -> None:
        n_states, n_durations = chain.durations.shape
        self._chain, self._start, self._time, self._reach = chain, start, start, n_durations
        self._rows, self._newest_last = np.arange(n_states), chain.durations[:, ::-1].copy()
        self._total = np.zeros(n_states)  # emissions of each state since the start
        # segments that began within reach, in order from `place` on, since all are laid twice; and the one before these
        self._open, self._place = np.full((n_states, 2 * n_durations), -np.inf), 0
        self._elder = np.full(n_states, -np.inf)
        self._long, self._long_begin = np.full(n_states, -np.inf), np.full(n_states, start, np.int64)
        # the segment that has been there from the start; a gap after a sound cannot have been
        may_start = np.zeros(n_states, bool)
        may_start[[state for state in range(n_states) if not self._is_inner_gap(state)]] = True
        self._may_start, self._first = may_start, np.where(may_start, 0.0, -np.inf)
        n_sounds = n_states // 2
        self._dearest = chain.transitions[n_sounds : 2 * n_sounds, :n_sounds].min(axis=1, initial=0.0)
        self._kept = start + 1  # the frame at whose beginning the rows below begin
        self._begins: list[NDArray[np.int64]] = []  # of the best segment of each state that ends there
        self._before: list[NDArray[np.intp]] = []  # the state before one that begins there

    def _is_inner_gap(self, state: int) -> bool:
        n_states = len(self._chain.labels)
        return self._chain.has_gaps and n_states // 2 <= state < n_states - 1

    def add(self, emission: Floats) -> None:
        """Log-probability of each state in the next frame, (state,)."""
        chain, reach = self._chain, self._reach
        self._total = self._total + emission
        newly = self._elder + chain.survivals[:, -1]
        is_new = newly > self._long
        self._long_begin = np.where(is_new, self._time - reach, self._long_begin)
        self._long = np.where(is_new, newly, self._long) + chain.stay
        age = self._time + 1 - self._start
        if age <= reach:
            self._first = np.where(self._may_start, chain.survivals[:, age - 1], -np.inf)
        else:
            self._first = self._first + chain.stay
            self._first[self._first <= self._rival()] = -np.inf  # it can win no longer
        self._time += 1
        ends = self._open[:, self._place : self._place + reach] + self._newest_last
        newest = ends.argmax(axis=1)
        best, begin = ends[self._rows, newest], self._time - reach + newest
        for other, its_begin in ((self._long + chain.leave, self._long_begin), (self._first, self._start)):
            wins = other >= best  # the longer segment
            best, begin = np.where(wins, other, best), np.where(wins, its_begin, begin)
        ways = (best + self._total)[:, None] + chain.transitions
        before = ways.argmax(axis=0)
        self._begins.append(begin)
        self._before.append(before)
        self._elder = self._open[:, self._place].copy()
        entered = ways[before, self._rows] - self._total
        self._open[:, self._place] = self._open[:, self._place + reach] = entered
        self._place = (self._place + 1) % reach

    def _rival(self) -> Floats:
        """What a segment from the start must exceed to win ever, (state,): a longer one than all durations.

        Nobody enters the first gap, but another gap is as good whatever sound comes next, at the worst of its steps.
        """
        chain, rival = self._chain, self._long + self._chain.leave
        n_sounds = len(rival) // 2
        if chain.has_gaps and n_sounds:
            rival[-1] = (rival[n_sounds : 2 * n_sounds] + self._dearest).max()
        return rival

    def settle(self) -> list[tuple[int, int, int]]:
        """Segments that every way that may still become the best one has in common."""
        if not self._begins or np.isfinite(self._first).any():
            return []
        alive = {(int(begin), state) for state, begin in enumerate(self._long_begin) if np.isfinite(self._long[state])}
        since = max(self._time - self._reach, self._kept)
        for time in range(since, self._time + 1):
            states = range(len(self._rows))
            alive |= {self._previous(time, state) for state in states if self._is_reached(time, state)}
        latest_first = [(-time, state) for time, state in alive]
        heapq.heapify(latest_first)
        while len(alive) > 1:
            time, state = heapq.heappop(latest_first)
            if -time < self._kept:
                return []
            alive.remove((-time, state))
            before = self._previous(-time, state)
            if before not in alive:
                alive.add(before)
                heapq.heappush(latest_first, (-before[0], before[1]))
        common = alive.pop()
        if common[0] < self._kept:
            return []
        done = self._traced(*common)
        n_done = common[0] - self._kept + 1
        del self._begins[:n_done], self._before[:n_done]
        self._kept = common[0] + 1
        return done

    def _is_reached(self, time: int, state: int) -> bool:
        return bool(np.isfinite(self._chain.transitions[self._before[time - self._kept][state], state]))

    def _previous(self, time: int, state: int) -> tuple[int, int]:
        """Beginning and state of the segment before the one of this state that begins at this time."""
        before = int(self._before[time - self._kept][state])
        return int(self._begins[time - self._kept][before]), before

    def _traced(self, time: int, state: int) -> list[tuple[int, int, int]]:
        """Segments from what is certain until the one of this state that begins at this time."""
        found = []
        while time >= self._kept:
            begin, state = self._previous(time, state)
            found.append((state, begin, time))
            time = begin
        return found[::-1]

    def finish(self) -> list[tuple[int, int, int]]:
        """All segments that `settle` has not given."""
        chain, reach = self._chain, self._reach
        if self._time == self._start:
            return []
        ends = self._open[:, self._place : self._place + reach]
        # what began just now has no frame: it is the newest, and lasts 0 frames; the others last 1, 2, …
        lasting = np.concatenate([self._elder[:, None], ends[:, :-1]], axis=1) + chain.survivals[:, ::-1]
        newest = lasting.argmax(axis=1)
        best, begin = lasting[self._rows, newest], self._time - reach + newest
        for other, its_begin in ((self._long, self._long_begin), (self._first, self._start)):
            wins = other >= best
            best, begin = np.where(wins, other, best), np.where(wins, its_begin, begin)
        last = int((best + self._total).argmax())
        return [*self._traced(int(begin[last]), last), (last, int(begin[last]), self._time)]


def _segments(scores: Scores, chain: Chain) -> Iterator[tuple[int, int, int, float]]:
    """Label, first frame, last frame + 1 and highest score of each segment in order."""
    search: Search | None = None
    held: list[NDArray[np.float32]] = []  # scores of frames that are in no segment yet
    for first, block in scores.blocks():
        known = np.asarray(np.isfinite(block).any(axis=0))
        logs = np.log(np.maximum(block, _LEAST), dtype=np.float64)[chain.labels]
        for place in range(block.shape[1]):
            if not known[place]:
                if search is not None:
                    yield from _rated(search.finish(), chain, held)
                search, held = None, []
                continue
            if search is None:
                search, n_added = Search(chain, first + place), 0
            search.add(logs[:, place])
            held.append(block[:, place])
            n_added += 1
            if n_added % _SETTLE == 0:
                yield from _rated(search.settle(), chain, held)
    if search is not None:
        yield from _rated(search.finish(), chain, held)


def _rated(
    segments: list[tuple[int, int, int]], chain: Chain, held: list[NDArray[np.float32]]
) -> Iterator[tuple[int, int, int, float]]:
    """Segments with their labels and highest scores; the scores of their frames are let go."""
    n_done = 0
    for state, start, stop in segments:
        label = int(chain.labels[state])
        values = held[n_done : n_done + stop - start]
        n_done += stop - start
        yield label, start, stop, max(float(value[label]) for value in values)
    del held[:n_done]
