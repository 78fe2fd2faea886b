from __future__ import annotations

import json
import math

import numpy as np
import pytest

from oscine.metrics.counts import Counts, pool
from oscine.metrics.events import score_events, score_times


def test_known_truth_with_misses_inventions_and_wrong_names() -> None:
    scores = score_events(
        [0.1, 0.2, 0.3, 0.4], ["pulse", "pulse", "click", "click"],
        [0.105, 0.22, 0.3, 0.404, 0.9], ["pulse", "pulse", "pulse", "click", "pulse"],
        tolerance=0.010,
    )  # fmt: skip
    assert scores.by_label["pulse"].counts == Counts(1, 2, 4)
    assert scores.by_label["click"].counts == Counts(1, 2, 1)
    assert scores.pooled.counts == Counts(2, 4, 5)
    assert scores.unlabelled.counts == Counts(3, 4, 5)


def test_timing_errors_are_signed_and_summarised() -> None:
    truth = np.arange(100.0)
    late = np.linspace(0.001, 0.010, 100)
    score = score_times(truth, truth + late, 0.010)
    np.testing.assert_allclose(score.errors, late, atol=1e-12)
    assert score.bias == pytest.approx(np.median(late))
    assert score.median_error == pytest.approx(np.median(late))
    assert score.error_95 == pytest.approx(np.quantile(late, 0.95))
    assert score_times(truth, truth - late, 0.010).bias == pytest.approx(-np.median(late))


def test_predictions_outside_the_coverage_do_not_count() -> None:
    truth, predicted = [1.0, 5.0], [1.0, 2.0, 3.0, 5.0]
    score = score_times(truth, predicted, 0.01, coverage=[[0.5, 2.5]])
    assert score.counts == Counts(1, 1, 2)


def test_an_annotation_at_the_edge_may_be_matched_from_outside() -> None:
    found = score_times([1.0], [0.995], 0.01, coverage=[[1.0, 1.0]])
    assert found.counts == Counts(1, 1, 1)
    # but a prediction inside goes first, and the one outside then counts for nothing
    found = score_times([1.0], [0.995, 1.004], 0.01, coverage=[[1.0, 1.1]])
    assert found.counts == Counts(1, 1, 1)
    assert found.errors == pytest.approx([0.004])


def test_nothing_on_either_side() -> None:
    nothing = score_times([], [], 0.01)
    assert math.isnan(nothing.f1)
    assert math.isnan(nothing.median_error)
    assert score_events([], [], [0.1], ["pulse"], 0.01).by_label["pulse"].precision == 0
    assert json.dumps(score_events([], [], [], [], 0.01).to_dict(), allow_nan=False)


def test_only_the_labels_asked_for() -> None:
    scores = score_events([0.1, 0.2], ["a", "b"], [0.1, 0.3], ["a", "c"], 0.01, labels=["b", "a", "d"])
    assert list(scores.by_label) == ["b", "a", "d"]
    assert scores.by_label["d"].counts == Counts()
    assert scores.unlabelled.counts == Counts(1, 2, 1)


def test_pooled_recordings_are_as_one_long_recording() -> None:
    rng = np.random.default_rng(1)
    recordings = []
    for start in (0.0, 100.0, 200.0):
        truth, predicted = start + rng.uniform(0, 10, 30), start + rng.uniform(0, 10, 40)
        recordings.append((truth, rng.choice(["a", "b"], 30), predicted, rng.choice(["a", "b", "c"], 40)))
    together = score_events(*(np.concatenate(column) for column in zip(*recordings, strict=True)), 0.1)
    pooled = pool([score_events(*recording, 0.1) for recording in recordings])
    assert pooled.to_dict() == together.to_dict()


def test_different_tolerances_cannot_be_pooled() -> None:
    with pytest.raises(ValueError, match="tolerances"):
        _ = score_times([1], [1], 0.01) + score_times([1], [1], 0.02)


def test_times_without_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="one label"):
        score_events([0.1], [], [], [], 0.01)
