"""Verdicts: by hand, block by block as at once, events within reach, labels that overlap."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oscine.evaluation.verdicts import Judge, judge_rows

OUTPUTS = ["pulse", "sine", "background"]
SCORES = np.float32(
    [
        [0.1, 0.8, 0.6, 0.1, 0.2, 0.0, 0.0, 0.3, 0.9, 0.1],
        [0.7, 0.1, 0.2, 0.8, 0.7, 0.1, 0.2, 0.3, 0.0, 0.1],
        [0.2, 0.1, 0.2, 0.1, 0.1, 0.9, 0.8, 0.4, 0.1, 0.8],
    ]
)
"""Ten frames a tenth of a second apart."""


def table(*rows):
    return pd.DataFrame(rows, columns=["onset", "offset", "label"]).assign(recording="a.wav")


def verdicts(judged):
    return [(row.annotated, row.label, row.kind, round(row.score, 3)) for row in judged.itertuples()]


def test_segments_by_hand():
    rows = table((0.1, 0.3, "sine"), (0.3, 0.5, "sine"), (0.5, 0.8, "sine"), (0.33, 0.36, "pulse"))
    assert verdicts(judge_rows(rows, SCORES, OUTPUTS, 10.0)) == [
        ("sine", "pulse", "mistaken", 0.7),  # frames 1 and 2
        ("sine", "sine", "correct", 0.75),
        ("sine", "background", "mistaken", 0.7),
        ("pulse", "sine", "mistaken", 0.8),  # shorter than a frame: the nearest one
    ]


def test_events_within_reach():
    """The annotated pulse at 0.7 s has a frame of background; 0.1 s later the model is sure of a pulse."""
    rows = table((0.7, 0.7, "pulse"), (0.4, 0.4, "pulse"))
    assert verdicts(judge_rows(rows, SCORES, OUTPUTS, 10.0))[0] == ("pulse", "background", "mistaken", 0.4)
    near = judge_rows(rows, SCORES, OUTPUTS, 10.0, reach=0.1)
    assert verdicts(near) == [("pulse", "pulse", "correct", 0.9), ("pulse", "sine", "mistaken", 0.7)]


def test_labels_that_overlap_are_judged_by_themselves():
    rows = table((0.1, 0.3, "sine"), (0.1, 0.3, "pulse"), (0.1, 0.3, "not_pulse"), (0.5, 0.7, "background"))
    judged = judge_rows(rows, SCORES[:2], OUTPUTS[:2], 10.0, thresholds={"pulse": 0.6, "sine": 0.1})
    assert verdicts(judged) == [
        ("sine", "sine", "correct", 0.15),
        ("pulse", "pulse", "correct", 0.7),
        ("not_pulse", "pulse", "mistaken", 0.7),
        ("background", "sine", "mistaken", 0.15),
    ]
    strict = judge_rows(rows, SCORES[:2], OUTPUTS[:2], 10.0, thresholds={"pulse": 0.75})
    assert verdicts(strict) == [
        ("sine", "not_sine", "mistaken", 0.85),
        ("pulse", "not_pulse", "mistaken", 0.3),
        ("not_pulse", "not_pulse", "correct", 0.3),
        ("background", "background", "correct", 0.85),
    ]


def test_what_is_not_computed_is_left_out():
    rows = table((0.1, 0.3, "pulse"), (0.85, 0.95, "pulse"), (5.0, 6.0, "pulse"))
    values = SCORES.copy()
    values[:, 2] = -np.inf
    judged = judge_rows(rows, values[:, :8], OUTPUTS, 10.0)
    assert judged.index.tolist() == [0]
    assert judged["score"].tolist() == [pytest.approx(0.8)]
    assert judge_rows(table(), SCORES, OUTPUTS, 10.0).empty


def test_a_later_piece_of_a_recording():
    rows = table((0.1, 0.3, "sine"), (0.8, 0.8, "pulse"))
    judged = judge_rows(rows, SCORES[:, 6:], OUTPUTS, 10.0, begin=6)
    assert verdicts(judged) == [("pulse", "pulse", "correct", 0.9)]


spans = st.tuples(st.integers(0, 95), st.integers(0, 30), st.sampled_from(OUTPUTS))


@settings(max_examples=40, deadline=None)
@given(st.lists(spans, max_size=8), st.integers(1, 10), st.sampled_from([0.0, 0.15]))
def test_blocks_give_what_all_at_once_does(found, size, reach):
    rows = table(*((first / 100, (first + length) / 100, label) for first, length, label in found))
    judge = Judge(rows, OUTPUTS, 10.0, reach=reach)
    for begin in range(0, 10, size):
        judge.add(begin, SCORES[:, begin : begin + size])
    pd.testing.assert_frame_equal(judge.judged(), judge_rows(rows, SCORES, OUTPUTS, 10.0, reach=reach))
