"""Sets of what parties say alike: by hand, and what must hold for any of them."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oscine.metrics.agreement import (
    AgreementCounts,
    crop,
    match_sounds,
    sound_sets,
    tic_sets,
    to_seconds,
    to_tics,
    unite,
    widen,
)
from oscine.metrics.matching import match_overlapping, match_times

spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 6)).map(lambda p: (p[0], p[0] + p[1])), max_size=12)
parties = st.integers(2, 4).flatmap(lambda n: st.lists(spans, min_size=n, max_size=n)).map(
    lambda found: {f"p{i}": unite(one) for i, one in enumerate(found)}
)  # fmt: skip
reaches = st.integers(0, 4)


def rename(found, order):
    return {order[name]: tics for name, tics in found.items()}


def as_sets(counts, back):
    return {frozenset(back[name] for name in key): size for key, size in counts.sizes.items()}


@settings(max_examples=150, deadline=None)
@given(parties, reaches, st.randoms(use_true_random=False))
def test_the_order_and_the_names_of_parties_do_not_matter(found, reach, random):
    names = list(found)
    shuffled = names[:]
    random.shuffle(shuffled)
    order = dict(zip(names, shuffled, strict=True))
    back = {new: old for old, new in order.items()}
    turned = dict(reversed(rename(found, order).items()))
    assert as_sets(tic_sets(turned).count_tics(), back) == tic_sets(found).count_tics().sizes
    assert as_sets(sound_sets(turned, reach).count_sounds(), back) == sound_sets(found, reach).count_sounds().sizes


@settings(max_examples=150, deadline=None)
@given(parties, reaches)
def test_sizes_add_up_to_what_each_party_says(found, reach):
    tics, sounds = tic_sets(found).count_tics(), sound_sets(found, reach).count_sounds()
    for name, one in found.items():
        assert tics.said_by(name) == (one[:, 1] - one[:, 0] + 1).sum()
        assert sounds.said_by(name) == len(one)
    if len(found) == 3:
        for name in found:
            others = [other for other in found if other != name]
            parts = tics.everyone + tics.only(name) + sum(tics.without(other) for other in others)
            assert parts == tics.said_by(name)


@settings(max_examples=100, deadline=None)
@given(parties)
def test_stretches_are_what_counting_tic_by_tic_says(found):
    sets = tic_sets(found)
    for tic in range(70):
        saying = frozenset(name for name, one in found.items() if ((one[:, 0] <= tic) & (tic <= one[:, 1])).any())
        for key, pieces in sets.pieces.items():
            inside = ((pieces[:, 0] <= tic) & (tic <= pieces[:, 1])).sum()
            assert inside == (key == saying)


@settings(max_examples=100, deadline=None)
@given(parties, reaches)
def test_groups_hold_sounds_that_reach_each_other_and_each_sound_once(found, reach):
    groups = match_sounds(found, reach)
    used = [(name, index) for group in groups for name, index in group.items()]
    assert sorted(used) == sorted((name, i) for name, one in found.items() for i in range(len(one)))
    for group in groups:
        members = np.array([found[name][index] for name, index in group.items()])
        assert members[:, 0].max() - members[:, 1].min() <= reach


def most_groups(found, size, reach):
    """As many groups of `size` parties as can be formed of all sounds at all, by trying everything."""
    names = sorted(found)

    def best(left):
        sounds = sorted((last, first, name, i) for name, rest in left.items() for i, (first, last) in rest)
        if not sounds:
            return 0
        last, _, name, index = sounds[0]
        rest = {other: [item for item in items if (other, item[0]) != (name, index)] for other, items in left.items()}
        most = best(rest)
        near = {
            other: [item for item in items if item[1][0] <= last + reach]
            for other, items in rest.items()
            if other != name
        }
        for others in combinations_of(near, size - 1):
            kept = {other: [item for item in items if (other, item[0]) not in others] for other, items in rest.items()}
            most = max(most, 1 + best(kept))
        return most

    return best({name: list(enumerate(map(tuple, found[name].tolist()))) for name in names})


def combinations_of(near, n):
    if n == 0:
        yield ()
        return
    for i, name in enumerate(sorted(near)):
        later = {other: near[other] for other in sorted(near)[i + 1 :]}
        for item in near[name]:
            for rest in combinations_of(later, n - 1):
                yield ((name, item[0]), *rest)


short = st.lists(st.tuples(st.integers(0, 14), st.integers(0, 4)).map(lambda p: (p[0], p[0] + p[1])), max_size=4)


@settings(max_examples=80, deadline=None)
@given(short, short, short, st.integers(0, 2))
def test_groups_of_all_are_as_many_as_there_can_be_and_then_pairs(a, b, c, reach):
    found = {"a": unite(a), "b": unite(b), "c": unite(c)}
    groups = match_sounds(found, reach)
    assert sum(len(group) == 3 for group in groups) == most_groups(found, 3, reach)
    taken = {(name, index) for group in groups if len(group) == 3 for name, index in group.items()}
    left = {
        name: np.array([span for i, span in enumerate(one.tolist()) if (name, i) not in taken]).reshape(-1, 2)
        for name, one in found.items()
    }
    assert sum(len(group) == 2 for group in groups) == most_groups(left, 2, reach)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 80), max_size=20, unique=True), st.lists(st.integers(0, 80), max_size=20, unique=True))
def test_pairs_of_events_are_those_of_events_within_a_tolerance(first, second):
    sets = sound_sets({"a": unite([(t, t) for t in first]), "b": unite([(t, t) for t in second])}, reach=3)
    assert len(sets.everyone) == len(match_times(first, second, tolerance=3))


@settings(max_examples=100, deadline=None)
@given(spans, spans)
def test_pairs_of_segments_are_a_maximum_matching(first, second):
    a, b = unite(first), unite(second)
    half_open = [one + np.array([0, 1]) for one in (a, b)]
    assert len(sound_sets({"a": a, "b": b}).everyone) == len(match_overlapping(*half_open))


def test_the_foremost_is_not_always_taken():
    """Greedily by party, P1's first would take M's only one; but P2's lies elsewhere."""
    found = {"P1": unite([(0, 4), (6, 9)]), "P2": unite([(6, 9)]), "M": unite([(3, 7)])}
    groups = {frozenset(group): group for group in match_sounds(found)}
    assert groups[frozenset(found)] == {"M": 0, "P1": 1, "P2": 0}


def test_every_permutation_of_many_parties_gives_the_same():
    found = {"a": unite([(0, 5), (8, 9)]), "b": unite([(4, 8)]), "c": unite([(5, 6), (9, 12)]), "d": unite([(12, 14)])}
    sizes = {
        tuple(sorted((tuple(sorted(key)), size) for key, size in sound_sets(dict(order)).count_sounds().sizes.items()))
        for order in permutations(found.items())
    }
    assert len(sizes) == 1


def test_a_group_without_common_time_is_a_point_between():
    sets = sound_sets({"a": unite([(10, 10)]), "b": unite([(16, 16)])}, reach=6)
    assert sets.everyone.tolist() == [[13, 13]]
    assert sound_sets({"a": unite([(10, 10)]), "b": unite([(16, 16)])}, reach=5).everyone.tolist() == []


def test_tics_of_seconds():
    rate = 2500
    tics = np.array([[1, 1], [5, 9], [11, 40]])
    assert to_tics(to_seconds(tics, rate), rate).tolist() == tics.tolist()
    assert to_tics([[0.1001, 0.1002]], 1000).tolist() == [[100, 100]]  # between two tics
    assert to_tics([[0.1, 0.2], [0.2, 0.3]], 1000).tolist() == [[100, 199], [200, 300]]  # they touch, and stay two
    assert to_tics([[0.1, 0.2], [0.2, 0.2]], 1000).tolist() == [[100, 200]]
    assert to_tics([], 1000).shape == (0, 2)


def test_widening_unites_and_cropping_cuts():
    assert widen(unite([(10, 10), (14, 14), (30, 31)]), 2).tolist() == [[8, 16], [28, 33]]
    assert widen(unite([(10, 10), (15, 15)]), 2).tolist() == [[8, 12], [13, 17]]  # neighbours stay two
    assert crop(unite([(0, 9), (20, 29)]), unite([(5, 22)])).tolist() == [[5, 9], [20, 22]]
    assert crop(unite([(0, 9)]), np.empty((0, 2), np.int64)).tolist() == []


def test_counts_of_recordings_add_up_only_for_the_same_parties():
    one = AgreementCounts(("a", "b"), {frozenset("a"): 1})
    both = one + AgreementCounts(("a", "b"), {frozenset("ab"): 2, frozenset("a"): 4})
    assert (both.only("a"), both.everyone, both.total) == (5, 2, 7)
    assert both.share == pytest.approx(2 / 7)
    with pytest.raises(ValueError, match="other parties"):
        one + AgreementCounts(("a", "c"), {})


def test_what_a_machine_says_with_some_people_is_neither_right_nor_wrong():
    sizes = {"ann ben model": 10, "ann ben": 3, "model": 2, "ann model": 50, "ann": 7}
    counts = AgreementCounts(("ann", "ben", "model"), {frozenset(key.split()): n for key, n in sizes.items()})
    found = counts.against("model")
    assert (found.tp, found.fp, found.fn) == (10, 2, 3)
    sole = AgreementCounts(("ann", "model"), {frozenset(["ann", "model"]): 10, frozenset(["ann"]): 3})
    assert (sole.against("model").tp, sole.against("model").fn) == (10, 3)


def test_twenty_thousand_sounds_take_no_long_time():
    import time

    rng = np.random.default_rng(0)
    found = {name: unite(np.sort(rng.integers(0, 10**7, 20_000))[:, None] + [0, 50]) for name in "abc"}
    started = time.monotonic()
    sets = sound_sets(found, reach=10)
    assert tic_sets(found).count_tics().total > 0
    assert sets.count_sounds().total > 20_000
    assert time.monotonic() - started < 5
