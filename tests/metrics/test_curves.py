from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscine.metrics.counts import Counts, pool
from oscine.metrics.curves import (
    OperatingCurve,
    best_threshold,
    operating_curve,
    operating_curves,
    threshold_for_ratio,
)

# few distinct scores, so that ties are common; frames are (score, truth, known)
frames = st.lists(
    st.tuples(st.integers(0, 8).map(lambda n: n / 8), st.booleans(), st.booleans()), min_size=1, max_size=25
)
ratios = st.sampled_from([0.1, 0.5, 1.0, 2.0, 10.0])


def columns(rows: list[tuple[float, bool, bool]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    scores, truth, known = zip(*rows, strict=True)
    return np.array(scores), np.array(truth, bool), np.array(known, bool)


@given(frames)
def test_every_point_against_counting(rows) -> None:
    scores, truth, known = columns(rows)
    curve = operating_curve(scores, truth, known)
    scores, truth = scores[known], truth[known]
    assert curve.thresholds.tolist() == sorted(set(scores.tolist()), reverse=True)
    for i, threshold in enumerate(curve.thresholds):
        predicted = scores >= threshold
        tp = int((predicted & truth).sum())
        assert (curve.tp[i], curve.fp[i]) == (tp, int((predicted & ~truth).sum()))
        assert curve.precision[i] == tp / predicted.sum()
        assert curve.counts_at(threshold) == Counts(tp, int(truth.sum()), int(predicted.sum()))
        if truth.any():
            assert curve.recall[i] == tp / truth.sum()
            assert curve.f1[i] == pytest.approx(2 * tp / (predicted.sum() + truth.sum()))
        if not truth.all():
            assert curve.false_positive_rate[i] == (predicted & ~truth).sum() / (~truth).sum()


@given(frames)
def test_areas_against_their_meaning(rows) -> None:
    scores, truth, known = columns(rows)
    curve = operating_curve(scores, truth, known)
    true, false = scores[known & truth], scores[known & ~truth]
    if not true.size:
        assert math.isnan(curve.average_precision)
        assert math.isnan(curve.auc)
        return
    # average precision: mean, over true frames, of the precision at that frame's own score
    precisions = [(true >= s).sum() / ((true >= s).sum() + (false >= s).sum()) for s in true]
    assert curve.average_precision == pytest.approx(np.mean(precisions))
    if false.size:
        # AUC: chance that a true frame outscores a false one, ties counting half
        wins = (true[:, None] > false).mean() + (true[:, None] == false).mean() / 2
        assert curve.auc == pytest.approx(wins)
        x, y = np.r_[0, curve.false_positive_rate], np.r_[0, curve.recall]
        assert curve.auc == pytest.approx(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2))


@given(frames, frames)
def test_pooling_is_exact(first, second) -> None:
    together = operating_curve(*columns(first + second))
    pooled = pool([operating_curve(*columns(first)), operating_curve(*columns(second))])
    for name in ("thresholds", "n_true_at", "n_false_at"):
        assert (getattr(pooled, name) == getattr(together, name)).all()


@given(frames, ratios)
def test_no_threshold_comes_nearer_to_the_wished_ratio(rows, ratio: float) -> None:
    scores, truth, known = columns(rows)
    chosen = threshold_for_ratio(scores, truth, known, ratio)
    scores, truth = scores[known], truth[known]
    if not truth.any():
        assert math.isnan(chosen.value)
        assert chosen.reason
        return
    assert 0 <= chosen.value <= 1
    assert not chosen.reason
    predicted = scores >= chosen.value
    assert chosen.counts == Counts(int((predicted & truth).sum()), int(truth.sum()), int(predicted.sum()))
    if chosen.value > 0:
        assert (predicted == (scores > chosen.value)).all()

    def distance(threshold: float) -> float:
        found = scores >= threshold
        tp = (found & truth).sum()
        if tp == 0:
            return math.inf
        return abs(math.log((tp / found.sum()) / (tp / truth.sum()) / ratio))

    best = min(distance(threshold) for threshold in scores)
    assert distance(chosen.value) == pytest.approx(best, abs=1e-9)


def test_ratio_one_predicts_as_many_as_there_are() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random(10_000) < 0.03
    scores = np.clip(rng.normal(0.3 + 0.3 * truth, 0.15), 0, 1)
    balanced = threshold_for_ratio(scores, truth)
    assert balanced.counts.n_predicted == balanced.counts.n_true
    assert balanced.precision == balanced.recall
    careful, eager = (threshold_for_ratio(scores, truth, ratio=ratio) for ratio in (2.0, 0.5))
    assert careful.value > balanced.value > eager.value
    assert careful.precision / careful.recall == pytest.approx(2, rel=0.01)
    assert eager.precision / eager.recall == pytest.approx(0.5, rel=0.01)


def test_unknown_frames_are_no_negatives() -> None:
    """In SongExplorer they are (reference §10.2, D10), which pushes thresholds up."""
    scores, truth = [0.9, 0.8, 0.7, 0.1], [1, 0, 0, 0]
    assert operating_curve(scores, truth, known=[1, 0, 0, 1]).average_precision == 1
    assert threshold_for_ratio(scores, truth, [1, 0, 0, 1]).value == pytest.approx(0.5)


def test_every_distinct_score_is_a_point() -> None:
    scores = np.random.default_rng(0).random(5000, dtype=np.float32)
    assert len(operating_curve(scores, scores > 0.5).thresholds) == len(np.unique(scores))


def test_labels_without_true_frames_have_a_reason_instead_of_a_threshold() -> None:
    none_known = threshold_for_ratio([0.1], [0], known=[0])
    assert none_known.reason == "no frame has been annotated"
    assert none_known.to_dict()["value"] is None
    all_true = threshold_for_ratio([0.9, 0.2], [1, 1])
    assert all_true.recall == 1
    assert math.isnan(operating_curve([0.9], [1]).auc)


def test_exclusive_labels_as_indexes_or_as_booleans() -> None:
    rng = np.random.default_rng(0)
    scores = rng.dirichlet([1, 1, 1], 50).T
    truth = rng.integers(-1, 3, 50)
    by_index = operating_curves(scores, truth, None, "abc")
    by_boolean = operating_curves(scores, truth == np.arange(3)[:, None], truth >= 0, "abc")
    for label in "abc":
        assert (by_index[label].n_true_at == by_boolean[label].n_true_at).all()
        assert (by_index[label].thresholds == by_boolean[label].thresholds).all()
    assert by_index["a"].n_true + by_index["a"].n_false == (truth >= 0).sum()


def test_one_label_of_booleans() -> None:
    curves = operating_curves([[0.9, 0.1]], np.array([True, False]), None, ["pulse"])
    assert curves["pulse"].auc == 1


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="frame"):
        operating_curve([0.1, 0.2], [1])
    with pytest.raises(ValueError, match="nan"):
        operating_curve([np.nan], [1])
    with pytest.raises(ValueError, match="boolean"):
        operating_curve([0.5], [-1])
    with pytest.raises(ValueError, match="above 0"):
        threshold_for_ratio([0.5], [1], ratio=0)
    with pytest.raises(ValueError, match="within 0 and 1"):
        threshold_for_ratio([3.5, -2.0], [1, 0])  # logits
    with pytest.raises(ValueError, match="label, frame"):
        operating_curves([[0.5]], [0], None, ["a", "b"])
    with pytest.raises(ValueError, match="integers"):
        operating_curves([[0.5], [0.5]], [0.0], None, ["a", "b"])


def test_an_empty_curve() -> None:
    nothing = np.zeros(0)
    curve = OperatingCurve(nothing, nothing.astype(int), nothing.astype(int))
    assert best_threshold(curve).reason
    assert curve.counts_at(0.5) == Counts()
    assert math.isnan(curve.average_precision)
