"""The list: kinds in order, spread over time, recordings and labels."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from oscine.evaluation.review_choice import choose
from oscine.evaluation.review_result import KINDS, Item


def item(onset, score=0.9, kind="mistaken", label="sine", recording="a.wav", length=0.0):
    return Item(recording, onset, onset + length, label, "", kind, score, "")


def listed(items, **more):
    chosen = choose(items, **{"most": 100, "apart": 0.5, "per_recording": 100, **more})
    return [(each.kind, each.recording, each.onset) for each in chosen]


def test_kinds_come_in_their_order():
    items = [item(float(place), kind=kind) for place, kind in enumerate(reversed(KINDS))]
    assert [kind for kind, _, _ in listed(items)] == list(KINDS)


def test_the_surest_first_and_what_has_no_score_last_the_longest_first():
    items = [item(1, math.nan, length=0.1), item(2, 0.7), item(3, math.nan, length=0.4), item(4, 0.8)]
    assert [onset for _, _, onset in listed(items)] == [4, 2, 3, 1]


def test_near_duplicates_are_passed_over_whatever_their_kind():
    items = [item(1.0, 0.9), item(1.4, 0.8), item(1.2, 1.0, "uncertain"), item(1.2, 0.9, recording="b.wav")]
    assert listed(items) == [("mistaken", "a.wav", 1.0), ("mistaken", "b.wav", 1.2)]
    assert len(listed(items, apart=0.0)) == 4


def test_a_long_sound_keeps_others_away_at_both_ends():
    items = [item(5.0, 0.9, length=2.0), item(7.4, 0.8), item(7.6, 0.7), item(4.6, 0.6)]
    assert [onset for _, _, onset in listed(items)] == [5.0, 7.6]


def test_each_recording_has_its_share_before_one_has_all():
    items = [item(float(place), 0.9) for place in range(6)] + [item(1.0, 0.5, recording="b.wav")]
    chosen = listed(items, per_recording=2, most=4)
    assert [recording for _, recording, _ in chosen] == ["a.wav", "a.wav", "b.wav", "a.wav"]


def test_uncertain_ones_of_rare_labels_come_first():
    items = [item(float(place), 0.9 - place / 100, "uncertain", "common") for place in range(4)]
    items += [item(10.0 + place, 0.6 - place / 100, "uncertain", "rare") for place in range(2)]
    chosen = choose(items, most=9, apart=0.1, per_recording=9, frequency={"common": 500, "rare": 3})
    assert [each.label for each in chosen] == ["rare", "common", "rare", "common", "common", "common"]


spans = st.tuples(st.floats(0, 20), st.floats(0, 2), st.sampled_from(KINDS), st.sampled_from(["a.wav", "b.wav"]))


@settings(max_examples=50, deadline=None)
@given(st.lists(spans, max_size=30), st.floats(0, 1), st.integers(1, 10), st.integers(1, 40))
def test_what_holds_of_every_list(found, apart, share, most):
    items = [item(onset, 0.5, kind, recording=name, length=length) for onset, length, kind, name in found]
    chosen = choose(items, most=most, apart=apart, per_recording=share)
    assert len(chosen) <= most
    assert [KINDS.index(each.kind) for each in chosen] == sorted(KINDS.index(each.kind) for each in chosen)
    for place, one in enumerate(chosen):
        for other in chosen[:place]:
            gap = max(one.onset - other.offset, other.onset - one.offset)
            assert one.recording != other.recording or gap >= apart - 1e-9
    again = choose(list(reversed(items)), most=most, apart=apart, per_recording=share)
    assert again == chosen, "whatever the order of the candidates"
