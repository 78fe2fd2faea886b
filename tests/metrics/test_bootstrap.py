"""Intervals over recordings: known widths, the same draws for both ways of pooling, and two models compared."""

from __future__ import annotations

import math

import numpy as np
import pytest

from oscine.metrics import bootstrap as module
from oscine.metrics.bootstrap import Interval, bootstrap, bootstraps, paired_bootstrap, paired_bootstraps
from oscine.metrics.counts import Counts
from oscine.metrics.curves import operating_curve
from oscine.metrics.events import score_events
from oscine.metrics.frames import confusion_matrix
from oscine.metrics.score_tree import NoTreeError, ScoreTree
from oscine.metrics.segments import score_segments

RNG = np.random.default_rng(3)


def counted(n=100):
    true = RNG.integers(5, 30, n)
    predicted = true + RNG.integers(-3, 4, n)
    found = (np.minimum(true, predicted) * RNG.uniform(0.7, 1, n)).astype(int)
    return [Counts(*map(int, row)) for row in zip(found, true, predicted, strict=True)]


def events(n=8):
    def one():
        truth, guess = RNG.uniform(0, 5, 12), RNG.uniform(0, 5, 9)
        return score_events(truth, RNG.choice(["a", "b", "c"], 12), guess, RNG.choice(["a", "c"], 9), 0.2)

    return [one() for _ in range(n)]


def segments(n=8):
    def one():
        onsets = np.sort(RNG.uniform(0, 5, (2, 12)))
        spans = np.stack([onsets, onsets + 0.05], axis=-1)
        return score_segments(spans[0], RNG.choice(["a", "b"], 12), spans[1], ["a"] * 12)

    return [one() for _ in range(n)]


SCORES = {
    "counts": (counted(12), lambda score: score.f1),
    "events": (events(), lambda score: score.pooled.f1),
    "timing": (events(), lambda score: score.unlabelled.median_error),
    "segments": (segments(), lambda score: score.label_accuracy),
    "matrix": (
        [confusion_matrix(RNG.integers(-1, 3, 50), RNG.integers(0, 3, 50), "abc") for _ in range(8)],
        lambda score: score.balanced_accuracy,
    ),
}


@pytest.mark.parametrize("name", SCORES)
def test_a_tree_of_counts_says_what_pooling_every_draw_says(name):
    scores, statistic = SCORES[name]
    weights = module._draws(len(scores), 40, seed=1)
    quick = [statistic(score) for score in ScoreTree(scores).totals(weights)]
    slow = [statistic(module._pooled(scores, row)) for row in weights]
    assert quick == pytest.approx(slow, rel=1e-12, nan_ok=True)
    assert len(set(quick)) > 5


def test_a_score_that_does_not_add_up_is_pooled_draw_by_draw():
    curves = [operating_curve(RNG.uniform(size=30).round(2), RNG.integers(0, 2, 30)) for _ in range(5)]
    with pytest.raises(NoTreeError):
        ScoreTree(curves)
    interval = bootstrap(curves, lambda curve: curve.auc, n=30)
    assert 0 < interval.low < interval.value < interval.high < 1


def test_width_is_that_of_the_binomial():
    """One syllable a recording, found or not: the standard error of a share is known."""
    found = np.arange(400) % 10 < 8
    interval = bootstrap([Counts(int(hit), 1, 1) for hit in found], lambda score: score.recall, n=4000)
    assert interval.value == 0.8
    error = math.sqrt(0.8 * 0.2 / 400)
    assert (interval.high - interval.low) / 2 == pytest.approx(1.96 * error, rel=0.07)


def test_recordings_that_are_alike_leave_no_doubt():
    interval = bootstrap([Counts(9, 10, 10)] * 7, lambda score: score.f1)
    assert (interval.low, interval.value, interval.high) == (0.9, 0.9, 0.9)
    wide, narrow = (bootstrap(counted(30), lambda s: s.recall, level=level) for level in (0.99, 0.5))
    assert wide.high - wide.low > narrow.high - narrow.low


def test_one_recording_says_nothing_of_others():
    interval = bootstrap([Counts(9, 10, 10)], lambda score: score.f1)
    assert interval.value == 0.9
    assert math.isnan(interval.low)
    assert math.isnan(interval.high)
    assert str(interval) == "0.900"
    assert interval.to_dict() == {"value": 0.9, "low": None, "high": None, "level": 0.95}
    assert math.isnan(paired_bootstrap([Counts(1, 1, 1)], [Counts(0, 1, 1)], lambda score: score.f1).p)


def test_draws_without_a_figure_are_left_out():
    interval = bootstrap([Counts(0, 0, 1), Counts(1, 1, 1)], lambda score: score.recall)
    assert (interval.low, interval.high) == (1, 1)
    nothing = bootstrap([Counts(), Counts()], lambda score: score.recall)
    assert math.isnan(nothing.value)
    assert str(nothing) == "–"


def test_the_seed_draws():
    scores = counted(20)
    one, again, other = (bootstrap(scores, lambda s: s.f1, seed=seed) for seed in (0, 0, 1))
    assert one == again
    assert one != other
    several = bootstraps(scores, {"f1": lambda s: s.f1, "recall": lambda s: s.recall})
    assert several["f1"] == one


def test_two_models():
    first = counted(60)
    second = [Counts(max(score.tp - 2, 0), score.n_true, score.n_predicted) for score in first]
    difference = paired_bootstrap(first, second, lambda score: score.f1)
    assert difference.low > 0
    assert difference.p <= 0.01
    back = paired_bootstrap(second, first, lambda score: score.f1)
    assert (back.value, back.low, back.p) == pytest.approx((-difference.value, -difference.high, difference.p))
    assert paired_bootstrap(first, first, lambda score: score.f1).p == 1
    alone = bootstrap(first, lambda score: score.f1)
    assert difference.high - difference.low < alone.high - alone.low, "the pairing pays"


def test_what_cannot_be_drawn():
    with pytest.raises(ValueError, match="nothing to pool"):
        bootstrap([], lambda score: score.f1)
    with pytest.raises(ValueError, match="level"):
        bootstrap([Counts()], lambda score: score.f1, level=1)
    with pytest.raises(ValueError, match="at least one draw"):
        bootstrap([Counts()], lambda score: score.f1, n=0)
    with pytest.raises(ValueError, match="3 and 2"):
        paired_bootstrap([Counts()] * 3, [Counts()] * 2, lambda score: score.f1)


def test_in_words():
    assert str(Interval(0.93, 0.9, 0.95)) == "0.930 (0.900–0.950)"
    assert "p = 0.002" in str(paired_bootstrap([Counts(1, 1, 1)] * 9, [Counts(0, 1, 1)] * 9, lambda s: s.recall))


def test_several_models_are_compared_as_two_by_two():
    random = np.random.default_rng(5)
    scores = {name: [Counts(int(tp), 20, 20) for tp in random.integers(5, 20, 9)] for name in "abc"}
    found = paired_bootstraps(scores, lambda counts: counts.f1, n=200, seed=3)
    assert list(found) == [("a", "b"), ("a", "c"), ("b", "c")]
    for (one, two), difference in found.items():
        assert difference == paired_bootstrap(scores[one], scores[two], lambda counts: counts.f1, n=200, seed=3)
    with pytest.raises(ValueError, match="for each recording"):
        paired_bootstraps({**scores, "d": scores["a"][:3]}, lambda counts: counts.f1)
