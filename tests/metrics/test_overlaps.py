"""Detection by intersection over union: by hand, and what must hold of any segments."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscine.metrics.counts import Counts
from oscine.metrics.overlaps import score_overlaps

SEGMENTS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 6), st.sampled_from("ab")), max_size=8)


def spans(segments, shift=0.0):
    return np.array([[a + shift, a + d + shift] for a, d, _ in segments]).reshape(-1, 2) / 10, [x for *_, x in segments]


def score(truth, predicted, shift=0.0, **options):
    return score_overlaps(*spans(truth, shift), *spans(predicted, shift), **options)


def test_by_hand():
    truth = [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0], [6.0, 6.0]]
    predicted = [[0.0, 0.5], [2.0, 3.2], [4.0, 4.2], [4.2, 5.0]]
    scores = score_overlaps(truth, "aabp", predicted, "abbb", thresholds=[0.25, 0.5, 0.8])
    at = scores.by_threshold
    assert at[0.25].labelled == at[0.5].labelled == Counts(2, 4, 4)
    assert at[0.25].unlabelled == at[0.5].unlabelled == Counts(3, 4, 4), "half is half"
    assert at[0.8].labelled == Counts(1, 4, 4), "four fifths in binary"
    assert at[0.8].unlabelled == Counts(2, 4, 4)
    assert at[0.5].by_label == {"a": Counts(1, 2, 1), "b": Counts(1, 1, 3), "p": Counts(0, 1, 0)}
    card = scores.to_dict()
    assert json.loads(json.dumps(card, allow_nan=False)) == card


def test_only_what_somebody_has_looked_at_counts():
    truth, predicted = [[1.0, 2.0], [5.0, 6.0]], [[1.1, 2.1], [3.0, 3.5], [5.0, 6.0]]
    scores = score_overlaps(truth, "aa", predicted, "aaa", thresholds=[0.5], coverage=[[0.5, 2.0]])
    assert scores.by_threshold[0.5].labelled == Counts(1, 1, 1), "found over the edge, and nothing known beyond"
    assert score_overlaps(truth, "aa", predicted, "aaa", labels="b").by_threshold[0.5].unlabelled == Counts()


@given(SEGMENTS, SEGMENTS)
def test_what_must_hold(truth, predicted):
    scores = score(truth, predicted)
    back, shifted = score(predicted, truth), score(truth, predicted, shift=977.0)
    found = [scores.by_threshold[at] for at in (0.25, 0.5, 0.75)]
    for at, one in scores.by_threshold.items():
        assert one.labelled.tp <= one.unlabelled.tp
        assert back.by_threshold[at].unlabelled.tp == one.unlabelled.tp
        assert back.by_threshold[at].labelled.f1 == pytest.approx(one.labelled.f1, nan_ok=True)
        assert shifted.by_threshold[at].to_dict() == one.to_dict()
    assert found[0].unlabelled.tp >= found[1].unlabelled.tp >= found[2].unlabelled.tp
    alone = score(truth, truth, thresholds=[1.0]).by_threshold[1.0]
    assert alone.labelled.tp == sum(duration > 0 for _, duration, _ in truth)


@given(SEGMENTS, SEGMENTS, SEGMENTS, SEGMENTS)
def test_pooling_is_concatenation(truth, predicted, more_truth, more_predicted):
    one, two = score(truth, predicted), score(more_truth, more_predicted)
    later = [[(a + 1000, d, label) for a, d, label in side] for side in (more_truth, more_predicted)]
    together = score(truth + later[0], predicted + later[1])
    pooled = (one + two).to_dict()
    assert pooled == together.to_dict()


def test_what_cannot_be_scored():
    with pytest.raises(ValueError, match="one label"):
        score_overlaps([[0, 1]], [], [[0, 1]], "a")
    with pytest.raises(ValueError, match="thresholds"):
        score([], [], thresholds=[0.5]) + score([], [])
