from __future__ import annotations

import json
import math

import numpy as np
import pytest

from oscine.metrics.counts import Counts, pool
from oscine.metrics.segments import score_segments

TRUTH = [[0.1, 0.2], [0.3, 0.4], [0.6, 0.7]]


def test_late_edges_and_a_wrong_label() -> None:
    predicted = [[0.105, 0.2], [0.3, 0.411], [0.6, 0.7]]
    scores = score_segments(TRUTH, "xyx", predicted, "xyz")
    assert scores.labelled == Counts(2, 3, 3)
    assert scores.by_label == {"x": Counts(1, 2, 1), "y": Counts(1, 1, 1), "z": Counts(0, 0, 1)}
    assert scores.unlabelled == Counts(3, 3, 3)
    assert scores.label_accuracy == pytest.approx(2 / 3)
    np.testing.assert_allclose(scores.onset_errors, [0.005, 0, 0], atol=1e-12)
    np.testing.assert_allclose(scores.offset_errors, [0, 0.011, 0], atol=1e-12)


def test_onset_and_offset_have_tolerances_of_their_own() -> None:
    def found(onset: float, offset: float) -> int:
        scores = score_segments([[0.1, 0.2]], "x", [[0.11, 0.22]], "x", onset_tolerance=onset, offset_tolerance=offset)
        return scores.labelled.tp

    assert found(0.010, 0.020) == 1
    assert found(0.009, 0.020) == 0
    assert found(0.010, 0.019) == 0


def test_split_syllables_are_wrong() -> None:
    scores = score_segments([[0.1, 0.2]], "x", [[0.1, 0.15], [0.15, 0.2]], "xx")
    assert scores.labelled == Counts(0, 1, 2)


def test_coverage_drops_what_nobody_has_looked_at() -> None:
    predicted = [[0.1, 0.2], [0.45, 0.55], [0.6, 0.7], [0.8, 0.9]]
    scores = score_segments(TRUTH, "xyx", predicted, "xxxx", coverage=[[0.1, 0.2], [0.3, 0.5]])
    # of the truth, the third is not covered; of the predictions, those reaching beyond are neither right nor wrong
    assert scores.labelled == Counts(1, 2, 1)
    assert scores.by_label["y"] == Counts(0, 1, 0)


def test_a_prediction_that_reaches_beyond_the_coverage_may_match() -> None:
    scores = score_segments([[0.1, 0.2]], "x", [[0.095, 0.21]], "x", coverage=[[0.1, 0.2]])
    assert scores.labelled == Counts(1, 1, 1)


def test_pooled_recordings_are_as_one_long_recording() -> None:
    rng = np.random.default_rng(1)
    recordings = []
    for start in (0.0, 100.0):
        onsets = start + np.arange(40) * 0.1
        truth = np.column_stack([onsets, onsets + 0.05])
        predicted = truth + rng.uniform(-0.024, 0.024, truth.shape)
        recordings.append((truth, rng.choice(["a", "b"], 40), predicted, rng.choice(["a", "b"], 40)))
    together = score_segments(*(np.concatenate(column) for column in zip(*recordings, strict=True)))
    assert pool([score_segments(*recording) for recording in recordings]).to_dict() == together.to_dict()


def test_nothing_on_either_side() -> None:
    scores = score_segments([], [], [], [])
    assert math.isnan(scores.label_accuracy)
    assert json.dumps(scores.to_dict(), allow_nan=False)


def test_what_does_not_belong_together_is_refused() -> None:
    with pytest.raises(ValueError, match="one label"):
        score_segments(TRUTH, "xy", [], [])
    with pytest.raises(ValueError, match="tolerances"):
        _ = score_segments([], [], [], []) + score_segments([], [], [], [], onset_tolerance=0.1)
