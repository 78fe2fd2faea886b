from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.intervals import intersect, merge
from oscine.core.errors import InputError
from oscine.datasets.splitter import draw_parts, label_counts, only_rows, only_within, reaching


def shares(weights, drawn):
    total = sum(weights.values())
    return {part: sum(weights[name] for name in weights if drawn[name] == part) / total for part in drawn.values()}


def test_few_units_come_as_near_as_they_can():
    weights = {"long": 100.0, "b": 10.0, "c": 5.0, "d": 5.0, "e": 5.0}
    for seed in range(10):
        assert shares(weights, draw_parts(weights, validation=20, test=0, seed=seed))["validation"] == 25 / 125


def test_many_units_come_near():
    random = np.random.default_rng(0)
    weights = {f"{i:05d}": float(random.integers(0, 10)) for i in range(3000)}
    got = shares(weights, draw_parts(weights, validation=20, test=10, seed=0))
    assert got["validation"] == pytest.approx(0.2, abs=0.003)
    assert got["test"] == pytest.approx(0.1, abs=0.003)


def test_every_wished_part_gets_a_unit_training_first():
    one = draw_parts({"a": 1.0}, validation=60, test=20, seed=3)
    assert one == {"a": "train"}
    two = draw_parts({"a": 1.0, "b": 9.0}, validation=5, test=0, seed=3)
    assert two == {"a": "validation", "b": "train"}
    three = draw_parts({"a": 0.0, "b": 0.0, "c": 0.0}, validation=1, test=1, seed=0)
    assert sorted(three.values()) == ["test", "train", "validation"]


def test_the_seed_decides_and_order_does_not():
    weights = dict.fromkeys("abcdefghijkl", 1.0)
    backward = dict(reversed(weights.items()))
    drawn = [draw_parts(weights, validation=25, test=0, seed=seed) for seed in range(5)]
    assert drawn == [draw_parts(backward, validation=25, test=0, seed=seed) for seed in range(5)]
    assert len({tuple(sorted(one.items())) for one in drawn}) > 1


def test_shares_that_leave_nothing_are_refused():
    with pytest.raises(InputError, match=r"nothing to train on; found 'validation 60 %, test 40 %'"):
        draw_parts({"a": 1.0}, validation=60, test=40, seed=0)


spans = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 4)), max_size=8)


@given(spans, spans)
def test_reaching_is_an_intersection_that_is_not_empty(annotated, stretches):
    annotated = np.array([(a, a + n) for a, n in annotated], float).reshape(-1, 2)
    stretches = merge([(a, a + n) for a, n in stretches])
    expected = [len(intersect(span[None], stretches)) > 0 for span in annotated]
    assert reaching(annotated, stretches).tolist() == expected


def test_rows_alone_cover_themselves_and_keep_the_story(silence, rows):
    song = Annotations(
        rows("a.wav", (1, 2, "x"), (3, 3, "y")), labels=["y", "x"], report=["so many"], coverage=Coverage()
    )
    part = only_rows(song, np.array([True, False]))
    assert part.coverage.intervals("a.wav", 10).tolist() == [[1, 2]]
    assert (part.label_names, part.report) == (["y", "x"], ("so many",))


def test_within_keeps_whole_rows_but_cuts_coverage(silence, rows):
    song = Annotations(rows("a.wav", (0, 1, "x"), (1, 4, "x"), (4, 4, "y"), (4, 5, "x"), (8, 8, "y")))
    part = only_within(song, Coverage({"a.wav": [(3, 4), (7, 9)]}, whole=False), silence(a=8.5))
    assert part.to_pandas()[["onset", "offset"]].to_numpy().tolist() == [[1, 4], [8, 8]]
    assert part.coverage.intervals("a.wav", 8.5).tolist() == [[3, 4], [7, 8.5]]


def test_every_label_is_shared_out_not_only_their_sum():
    """Pulses are in the first half of the units, sines in the second; a share of units alone could miss either."""
    weights = {f"{i:02d}": [5.0, 0.0] if i < 10 else [0.0, 1.0] for i in range(20)}
    for seed in range(20):
        drawn = draw_parts(weights, validation=20, test=0, seed=seed)
        held = [unit for unit, part in drawn.items() if part == "validation"]
        assert sum(weights[unit][0] for unit in held) == 10
        assert sum(weights[unit][1] for unit in held) == 2


def test_counts_of_labels_by_unit():
    rows = [{"recording": "a.wav", "onset": 1.0, "offset": 1.0, "label": label} for label in "xyx"]
    counts = label_counts(Annotations(rows), ["one", "one", "two"])
    assert {name: list(count) for name, count in counts.items()} == {"one": [1, 1], "two": [1, 0]}
