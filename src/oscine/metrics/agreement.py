"""What several people, and perhaps a machine, say alike of the same sound: sets that everyone shares, or only one has.

Each *party* gives its sounds of one label in one recording. What they say is counted in two measures [1]_, [2]_:

- `tic_sets`    by time: every tic (sample) belongs to the set of those parties who say that the sound is there.
- `sound_sets`  by sounds: sounds of several parties that stand for the same one make a *group*, with at most one of
                each party; a group belongs to the set of those who have a sound in it.

    P1   |----|      |--|                        tics                             sounds
    P2     |-----|           |--|        P1 P2   2nd half of P1's first           1 (their first ones)
                                         P1      1st half, and its second         1 (its second)
                                         P2      the rest of P2's first, ...      1 (its second)

So both split everything among the subsets of parties, and the sizes of those that hold a party add up to what that
party says. *Everyone* is the set of all, *only X* that of X alone, *not X* that of all but X. With a machine among
people, everyone counts as true positives, only the machine as false positives, and as false negatives what all people
say and the machine does not.

How sounds are grouped
----------------------
Sounds may stand for the same one where they share an instant or, with a `reach`, where the last of them to begin
begins no later than `reach` after the first to end. First as many groups as possible are made of one sound of each
party; then, of what is left over, as many as possible of one party fewer, and so on down to pairs. A party's own
sounds are disjoint and hence in order of time, so that a sweep finds such groups: the sound that ends first is grouped
with the foremost sounds of the others that it reaches, or else with none. That is a maximum matching for groups of all
(whatever else such a group could be replaced by ends later) and for pairs (maximum matching in an interval graph
[3]_), hence on every level for two and for three parties. Nothing depends on the order or on the names of the parties:
of sounds that one level leaves over, no more than the next level wants can reach each other, so there is no choice.

SongExplorer matches greedily instead, and counts "not X" from an arbitrary reference among the others, so that its own
numbers may differ from run to run. Where they do not, ours are the same.

Intervals are pairs of tics (interval, 2), int64, first and last, both inclusive; a point is one tic. So a sample at a
bound belongs to a sound, as in SongExplorer, but for a sound that begins where another one of its party ends: that
sample is the latter's.

References
----------
.. [1] Arthur et al. (2021), SongExplorer: a deep learning workflow for discovery and segmentation of animal acoustic
       communication signals, bioRxiv, "congruence".
.. [2] Venn (1880), On the diagrammatic and mechanical representation of propositions and reasonings, Phil. Mag. 10.
.. [3] Moitra & Johnson (1989), A parallel algorithm for maximum matching on interval graphs, ICPP, 114–120.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscine.metrics.counts import Counts, ratio
from oscine.metrics.matching import intervals

Tics = NDArray[np.int64]
"""Array (interval, 2): first and last tic, both inclusive."""

_NEAR = 1e-4
"""Tics by which a time may miss a tic and still be meant to lie on it."""


# -- tics ------------------------------------------------------------------------------------------------------------


def to_tics(spans: ArrayLike, rate: float) -> Tics:
    """The tics of sounds, overlapping ones united.

    Parameters
    ----------
    spans
        Onset and offset in seconds, (sound, 2), in any order; a point has both alike.
    rate
        Tics per second.

    Returns
    -------
    Tics
        Disjoint and in order. Sounds that overlap or share a point are one; those that only touch remain two.

    Examples
    --------
    >>> to_tics([[0.5, 0.5], [0.1, 0.3], [0.3, 0.4], [0.85, 1.0], [0.9, 1.2]], rate=10)
    array([[ 1, 2], [ 3, 4], [ 5, 5], [ 9, 12]])
    """
    times = intervals(spans)
    times = times[np.lexsort((times[:, 1], times[:, 0]))] * rate
    first = np.ceil(times[:, 0] - _NEAR).astype(np.int64)
    last = np.floor(times[:, 1] + _NEAR).astype(np.int64)
    slim = last < first  # between two tics
    first[slim] = last[slim] = np.rint(times[slim].mean(axis=1)).astype(np.int64)
    lasts = times[:, 1] - times[:, 0] > _NEAR
    touching = (np.abs(times[1:, 0] - times[:-1, 1]) < _NEAR) & lasts[1:] & lasts[:-1] & (last[:-1] > first[:-1])
    last[:-1][touching & (first[1:] == last[:-1])] -= 1
    return unite(np.column_stack([first, last]))


def to_seconds(tics: Tics, rate: float) -> NDArray[np.float64]:
    """Onset and offset in seconds (interval, 2) of the first and the last tic: a single tic is a point again."""
    return np.asarray(tics, np.float64) / rate


def unite(tics: ArrayLike) -> Tics:
    """Intervals in order, those that share a tic made one; those that are merely next to each other stay two.

    Examples
    --------
    >>> unite([[5, 7], [1, 3], [3, 4]])
    array([[1, 4], [5, 7]])
    """
    array = np.asarray(tics, np.int64).reshape(-1, 2)
    if len(array) == 0:
        return array
    array = array[np.lexsort((array[:, 1], array[:, 0]))]
    reach = np.maximum.accumulate(array[:, 1])
    first = np.r_[True, array[1:, 0] > reach[:-1]]
    return np.column_stack([array[first, 0], reach[np.r_[first[1:], True]]])


def widen(tics: Tics, by: int) -> Tics:
    """Every interval longer by so many tics on either side, those that then share a tic united.

    Examples
    --------
    >>> widen(np.array([[5, 5], [9, 9], [20, 30]]), 2)
    array([[ 3, 11], [18, 32]])
    """
    return unite(tics + np.array([-by, by])) if by else tics


def crop(tics: Tics, portion: Tics) -> Tics:
    """What of the intervals lies within a portion, both disjoint and in order.

    Examples
    --------
    >>> crop(np.array([[0, 4], [6, 9]]), np.array([[2, 7]]))
    array([[2, 4], [6, 7]])
    """
    return tic_sets({"tics": tics, "portion": portion}).everyone


# -- sets ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class AgreementSets:
    """What each set of parties says, and nobody else, in one recording.

    Attributes
    ----------
    parties
        All of them, sorted.
    pieces
        Intervals of each set that is not empty.
    """

    parties: tuple[str, ...]
    pieces: Mapping[frozenset[str], Tics]

    def of(self, *parties: str) -> Tics:
        """What exactly these parties say."""
        return self.pieces.get(frozenset(parties), np.empty((0, 2), np.int64))

    @property
    def everyone(self) -> Tics:
        """What all parties say."""
        return self.of(*self.parties)

    def only(self, party: str) -> Tics:
        """What one party says, and no other."""
        return self.of(party)

    def without(self, party: str) -> Tics:
        """What all parties say but one ("not X")."""
        return self.of(*(name for name in self.parties if name != party))

    def count_tics(self) -> AgreementCounts:
        """How many tics each set has."""
        sizes = {key: int((tics[:, 1] - tics[:, 0] + 1).sum()) for key, tics in self.pieces.items()}
        return AgreementCounts(self.parties, sizes)

    def count_sounds(self) -> AgreementCounts:
        """How many intervals each set has."""
        return AgreementCounts(self.parties, {key: len(tics) for key, tics in self.pieces.items()})


@dataclass(frozen=True)
class AgreementCounts:
    """How many tics, or sounds, each set of parties has, and nobody else; those of recordings can be added.

    Attributes
    ----------
    parties
        All of them, sorted.
    sizes
        Of each set that is not empty.

    Examples
    --------
    >>> counts = AgreementCounts(("ann", "model"), {frozenset({"ann"}): 1, frozenset({"ann", "model"}): 3})
    >>> counts.everyone, counts.only("ann"), counts.only("model"), counts.said_by("ann")
    (3, 1, 0, 4)
    >>> counts.against("model")
    Counts(tp=3, n_true=4, n_predicted=3)
    """

    parties: tuple[str, ...]
    sizes: Mapping[frozenset[str], int]

    def __add__(self, other: AgreementCounts) -> AgreementCounts:
        if self.parties != other.parties:
            raise ValueError(f"counts of other parties cannot be added: {self.parties} and {other.parties}")
        keys = [*self.sizes, *(key for key in other.sizes if key not in self.sizes)]
        return AgreementCounts(self.parties, {key: self.of(*key) + other.of(*key) for key in keys})

    def of(self, *parties: str) -> int:
        """What exactly these parties say."""
        return self.sizes.get(frozenset(parties), 0)

    @property
    def everyone(self) -> int:
        """What all parties say."""
        return self.of(*self.parties)

    def only(self, party: str) -> int:
        """What one party says, and no other."""
        return self.of(party)

    def without(self, party: str) -> int:
        """What all parties say but one ("not X")."""
        return self.of(*(name for name in self.parties if name != party))

    def said_by(self, party: str) -> int:
        """All that a party says, whoever else does."""
        return sum(size for key, size in self.sizes.items() if party in key)

    @property
    def total(self) -> int:
        """All that anybody says."""
        return sum(self.sizes.values())

    @property
    def share(self) -> float:
        """Share of all that anybody says that everyone says (Jaccard's index); `nan` where nobody says anything."""
        return ratio(self.everyone, self.total)

    def against(self, machine: str) -> Counts:
        """A machine's counts against people: right where it agrees with all of them, wrong where with none.

        What it says together with some people and against others is neither (SongExplorer's rule).
        """
        missed = self.without(machine) if len(self.parties) > 1 else 0
        return Counts(self.everyone, self.everyone + missed, self.everyone + self.only(machine))

    def to_dict(self) -> dict[str, int]:
        """Sizes of all sets that are not empty, named by their parties, ready for JSON."""
        return {" & ".join(sorted(key)): self.sizes[key] for key in sorted(self.sizes, key=sorted)}


def tic_sets(parties: Mapping[str, Tics]) -> AgreementSets:
    """By time: the stretches that each set of parties, and nobody else, says to be the sound.

    Parameters
    ----------
    parties
        Intervals of each party in tics, disjoint and in order (`to_tics`, `unite`).

    Returns
    -------
    AgreementSets
        A stretch ends where any party's interval does, so neighbouring points stay two.

    Examples
    --------
    >>> sets = tic_sets({"P1": unite([[1, 5]]), "P2": unite([[3, 9]]), "M": unite([[4, 4], [5, 5]])})
    >>> sets.everyone, sets.only("P2"), sets.without("M")
    (array([[4, 4], [5, 5]]), array([[6, 9]]), array([[3, 3]]))
    """
    names = sorted(parties)
    cuts = [np.empty(0, np.int64), *((tics + np.array([0, 1])).ravel() for tics in parties.values())]
    edges = np.unique(np.concatenate(cuts))
    begin, end = edges[:-1], edges[1:] - 1
    says = np.zeros((len(begin), len(names)), bool)
    for i, name in enumerate(names):
        tics = parties[name]
        if len(tics):
            index = np.maximum(np.searchsorted(tics[:, 0], begin, side="right") - 1, 0)
            says[:, i] = (tics[index, 0] <= begin) & (begin <= tics[index, 1])
    found, which = np.unique(says, axis=0, return_inverse=True)
    stretches = np.column_stack([begin, end])
    pieces = {
        frozenset(name for name, there in zip(names, row, strict=True) if there): stretches[which.ravel() == i]
        for i, row in enumerate(found)
        if row.any()
    }
    return AgreementSets(tuple(names), pieces)


def sound_sets(parties: Mapping[str, Tics], reach: int = 0) -> AgreementSets:
    """By sounds: those that stand for the same one, by the set of parties who have it (see the module's docstring).

    Parameters
    ----------
    parties
        Intervals of each party in tics, disjoint and in order.
    reach
        Tics that may lie between two sounds which stand for the same; 0: they share a tic.

    Returns
    -------
    AgreementSets
        An interval for each group: what its sounds share, or the middle between them where they share nothing.

    Examples
    --------
    >>> sets = sound_sets({"P1": unite([[1, 1], [11, 11]]), "P2": unite([[1, 1], [21, 21]]), "M": unite([[1, 23]])})
    >>> sets.everyone, sets.only("P1"), sets.only("P2"), sets.only("M")
    (array([[1, 1]]), array([[11, 11]]), array([[21, 21]]), array([], shape=(0, 2), dtype=int64))
    """
    pieces: dict[frozenset[str], list[tuple[int, int]]] = {}
    for group in match_sounds(parties, reach):
        members = [parties[name][index].tolist() for name, index in group.items()]
        begin, end = max(first for first, _ in members), min(last for _, last in members)
        span = (begin, end) if begin <= end else ((begin + end) // 2,) * 2
        pieces.setdefault(frozenset(group), []).append(span)
    arrays = {key: np.array(sorted(found), np.int64) for key, found in pieces.items()}
    return AgreementSets(tuple(sorted(parties)), arrays)


def match_sounds(parties: Mapping[str, Tics], reach: int = 0) -> list[dict[str, int]]:
    """Which sounds of several parties stand for the same: groups with at most one of each, as many of all as possible.

    Parameters
    ----------
    parties
        Intervals of each party in tics, disjoint and in order.
    reach
        Tics that may lie between two sounds of a group.

    Returns
    -------
    list of dict
        For each group the index of each member's interval; every interval of every party is in exactly one group.
        Large groups come first, in order of time.

    Examples
    --------
    >>> match_sounds({"P1": unite([[1, 1], [5, 5]]), "P2": unite([[6, 6]])}, reach=1)
    [{'P1': 1, 'P2': 0}, {'P1': 0}]
    """
    left = {
        name: [(first, last, index) for index, (first, last) in enumerate(parties[name].tolist())]
        for name in sorted(parties)
    }
    groups: list[dict[str, int]] = []
    for size in range(len(left), 1, -1):
        found = list(_groups(left, size, reach))
        for name, sounds in left.items():
            taken = {group[name] for group in found if name in group}
            left[name] = [sound for sound in sounds if sound[2] not in taken]
        groups += found
    alone = sorted((*sound, name) for name, sounds in left.items() for sound in sounds)
    return groups + [{name: index} for _, _, index, name in alone]


def _groups(left: Mapping[str, Sequence[tuple[int, int, int]]], size: int, reach: int) -> Iterator[dict[str, int]]:
    """Groups of so many parties, those that end first formed first. A sound is (first tic, last tic, index)."""
    foremost = dict.fromkeys(left, 0)
    taken: dict[str, set[int]] = {name: set() for name in left}
    for end, _, name, index in sorted(
        (last, first, name, index) for name, sounds in left.items() for first, last, index in sounds
    ):
        if index in taken[name]:
            continue
        near: list[tuple[int, int, str, int]] = []
        for other, sounds in left.items():
            if other == name:
                continue
            place = foremost[other]
            while place < len(sounds) and (sounds[place][1] < end or sounds[place][2] in taken[other]):
                place += 1
            foremost[other] = place
            if place < len(sounds) and sounds[place][0] <= end + reach:
                first, last, there = sounds[place]
                near.append((last, first, other, there))
        if len(near) + 1 < size:
            continue
        group = {name: index, **{other: there for _, _, other, there in sorted(near)[: size - 1]}}
        for member, there in group.items():
            taken[member].add(there)
        yield dict(sorted(group.items()))
