from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oscine.evaluation.dense_thresholds import dense_threshold
from oscine.metrics.counts import Counts
from oscine.metrics.curves import threshold_for_ratio


def evaluator(scores, truth):
    tried = []

    def evaluate(threshold):
        tried.append(threshold)
        found = scores > threshold
        return Counts(int((found & truth).sum()), int(truth.sum()), int(found.sum()))

    return evaluate, tried


cases = st.lists(st.tuples(st.integers(1, 99), st.booleans()), min_size=1, max_size=60)


@settings(max_examples=200, deadline=None)
@given(cases, st.sampled_from([0.25, 0.5, 1.0, 2.0, 4.0]))
def test_it_is_as_near_as_any_threshold(found, ratio):
    """Where raising the threshold can only lower what is predicted, bisection finds what trying all finds."""
    scores = np.array([score / 100 for score, _ in found])
    truth = np.array([there for _, there in found])
    evaluate, _ = evaluator(scores, truth)
    chosen = dense_threshold(evaluate, scores, ratio)
    if not truth.any():
        assert math.isnan(chosen.value)
        assert chosen.reason
        return
    exact = threshold_for_ratio(scores, truth, ratio=ratio)
    assert 0 <= chosen.value <= 1
    assert chosen.counts.tp
    assert evaluate(chosen.value) == chosen.counts
    assert distance(chosen.counts, ratio) == pytest.approx(distance(exact.counts, ratio))


def distance(counts, ratio):
    return abs(math.log(counts.n_true / (ratio * counts.n_predicted)))


def test_few_of_many_thresholds_are_tried():
    rng = np.random.default_rng(0)
    scores, truth = rng.random(100_000), rng.random(100_000) < 0.3
    evaluate, tried = evaluator(scores, truth)
    chosen = dense_threshold(evaluate, scores)
    assert chosen.counts.n_predicted == truth.sum()
    assert len(tried) < 30


@pytest.mark.parametrize(
    ("scores", "truth", "reason"),
    [([], [], "no scores"), ([0.5], [False], "nowhere"), ([np.nan], [True], "no scores")],
)
def test_there_may_be_none(scores, truth, reason):
    evaluate, _ = evaluator(np.array(scores), np.array(truth, bool))
    chosen = dense_threshold(evaluate, scores)
    assert math.isnan(chosen.value)
    assert reason in chosen.reason


def test_a_machine_that_is_never_right_has_none():
    chosen = dense_threshold(lambda threshold: Counts(0, 5, int(threshold < 0.5)), [0.2, 0.8])
    assert "no threshold finds anything" in chosen.reason
