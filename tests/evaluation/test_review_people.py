"""Two people about one recording."""

from __future__ import annotations

import pandas as pd
import pytest

from oscine.evaluation.review_people import disagreements


def rows(*found):
    return pd.DataFrame(found, columns=["onset", "offset", "label"]).assign(score=float("nan"))


def whys(**tables):
    found = disagreements("a.wav", {name.title(): table for name, table in tables.items()}, 0.01)
    return sorted((round(item.onset, 3), item.why) for item in found)


ENDS = [(0.0, 0.0, "pulse"), (9.0, 9.0, "pulse")]
"""Both have looked from here to there."""


def test_the_same_sounds_agree_within_the_tolerance():
    assert whys(ann=rows(*ENDS, (2, 2, "pulse")), bob=rows(*ENDS, (2.01, 2.01, "pulse"))) == []


def test_one_marks_what_the_other_does_not():
    assert whys(ann=rows(*ENDS, (2, 2, "pulse")), bob=rows(*ENDS, (2.02, 2.02, "pulse"))) == [
        (2.0, "Ann marks pulse here, Bob marks nothing"),
        (2.02, "Bob marks pulse here, Ann marks nothing"),
    ]


def test_other_labels_are_told_once():
    ann, bob = rows(*ENDS, (2, 3, "sine"), (5, 6, "hum")), rows(*ENDS, (2.1, 3.1, "hum"), (5, 6, "sine"))
    assert whys(ann=ann, bob=bob) == [(2.0, "Ann says sine, Bob says hum"), (5.0, "Ann says hum, Bob says sine")]


def test_a_pulse_within_a_segment_that_both_mark():
    both = [*ENDS, (2, 4, "sine"), (3, 3, "pulse")]
    assert whys(ann=rows(*both), bob=rows(*both)) == []


def test_what_agrees_in_part_is_told_of_the_rest():
    ann, bob = rows((0, 4, "sine"), (8, 9, "hum")), rows((0, 2.5, "sine"), (3, 4, "hum"), (8, 9, "hum"))
    assert whys(ann=ann, bob=bob) == [(3.0, "Bob says hum, Ann says sine")]


def test_bounds_that_differ():
    (item,) = disagreements("a.wav", {"Ann": rows((0, 4, "sine")), "Bob": rows((0, 1, "sine"))}, 0.01)
    assert item.why == "Ann and Bob agree on sine, but not on where it begins and ends"
    assert item.score == pytest.approx(0.75)


def test_nobody_denies_where_he_has_not_looked_or_what_he_does_not_look_for():
    ann = rows((1, 2, "sine"), (5, 6, "sine"), (8, 9, "sine"))
    assert whys(ann=ann, bob=rows((1, 2, "sine"), (7, 7, "pulse"))) == [
        (5, "Ann marks sine here, Bob marks nothing")
    ], "what comes after Bob's last is not known, nor whether Ann looks for pulses"


def test_words_that_nobody_shares_do_not_contradict():
    assert whys(ann=rows((1, 2, "sine")), bob=rows((1, 2, "Sinus"))) == []


def test_the_absence_of_a_label_contradicts_that_label_alone():
    person = rows((1, 1, "pulse"), (5, 6, "sine"))
    notsong = rows((0.5, 1.5, "not_pulse"), (5, 6, "not_pulse"))
    assert whys(person=person, notsong=notsong) == [(0.5, "Notsong says not_pulse, Person says pulse")]


def test_the_poles_of_real_pulses(fly):
    from oscine.annotations.annotations import Annotations

    people = {
        who: Annotations.load(fly / f"20190122T093303a-7.wav-annotated-{who}.csv").to_pandas()
        for who in ("person2", "person3")
    }
    found = disagreements("a-7", people, 0.01)
    counts = [len(table) for table in people.values()]
    only = {who: sum(item.why.startswith(who) for item in found) for who in people}
    assert only["person3"] - only["person2"] == pytest.approx(counts[1] - counts[0], abs=3)
    assert 5 < len(found) < 0.1 * max(counts)
