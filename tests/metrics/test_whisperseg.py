"""WhisperSeg's counts: first fit, frames on a grid, and never more than the best pairing."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscine.metrics.counts import Counts
from oscine.metrics.segments import score_segments
from oscine.metrics.whisperseg import score_whisperseg

SEGMENTS = st.lists(st.tuples(st.integers(0, 120), st.integers(0, 30), st.sampled_from("ab")), max_size=8)


def arrays(segments, shift=0):
    return np.array([[a + shift, a + shift + d] for a, d, _ in segments]).reshape(-1, 2) / 1000, [
        x for *_, x in segments
    ]


def test_by_hand():
    truth, predicted = [[0.1, 0.2], [0.3, 0.4]], [[0.105, 0.195], [0.3, 0.35], [0.35, 0.4]]
    score = score_whisperseg(truth, "ab", predicted, "abb", 0.010)
    assert score.segments == score.segments_nolabel == Counts(1, 2, 3)
    assert score.frames == Counts(190, 200, 190)
    assert score_whisperseg(truth, "ab", predicted, "bbb", 0.010).segments == Counts(0, 2, 3)
    assert score_whisperseg(truth, "ab", predicted, "bbb", 0.010).frames == Counts(100, 200, 190)
    card = score.to_dict()
    assert json.loads(json.dumps(card, allow_nan=False)) == card


def test_the_first_that_fits_may_be_the_wrong_one():
    truth, predicted = [[0.000, 0.110], [0.004, 0.100]], [[0.005, 0.105], [0.006, 0.115]]
    assert score_whisperseg(truth, "aa", predicted, "aa", 0.0101).segments.tp == 1
    best = score_segments(truth, "aa", predicted, "aa", onset_tolerance=0.0101, offset_tolerance=0.0101)
    assert best.labelled.tp == 2


def test_nothing():
    assert score_whisperseg([], "", [], "") == score_whisperseg([], "", [], "") + score_whisperseg([], "", [], "")
    assert score_whisperseg([], "", [[0, 1]], "a").frames == Counts(0, 0, 1000)
    with pytest.raises(ValueError, match="one label"):
        score_whisperseg([[0, 1]], "", [], "")


@given(SEGMENTS, SEGMENTS)
def test_never_more_than_the_best_pairing(truth, predicted):
    score = score_whisperseg(*arrays(truth), *arrays(predicted), 0.0105)
    best = score_segments(*arrays(truth), *arrays(predicted), onset_tolerance=0.0105, offset_tolerance=0.0105)
    assert best.labelled.tp / 2 <= score.segments.tp <= best.labelled.tp
    assert score.segments_nolabel.tp <= best.unlabelled.tp


@given(SEGMENTS, SEGMENTS, SEGMENTS, SEGMENTS)
def test_pooling_is_concatenation(truth, predicted, more_truth, more_predicted):
    one = score_whisperseg(*arrays(truth), *arrays(predicted), 0.0105)
    two = score_whisperseg(*arrays(more_truth), *arrays(more_predicted), 0.0105)
    later = [[(a + 1000, d, x) for a, d, x in side] for side in (more_truth, more_predicted)]
    assert one + two == score_whisperseg(*arrays(truth + later[0]), *arrays(predicted + later[1]), 0.0105)
