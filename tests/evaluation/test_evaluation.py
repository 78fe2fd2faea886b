"""Evaluations: intervals over recordings, and several pooled to one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from oscine.evaluation.evaluate import EvaluateParams, evaluate
from oscine.evaluation.evaluation import pool_evaluations

GOOD = np.float32([0.9, 0.8, 0.9, 0.1, 0.2, 0.1, 0.9, 0.8, 0.1, 0.2])
POOR = np.float32([0.9, 0.2, 0.9, 0.1, 0.8, 0.1, 0.4, 0.8, 0.1, 0.2])
SOUNDS = [(0.0, 0.25, "pulse"), (0.25, 0.55, "sine"), (0.55, 0.75, "pulse"), (0.75, 1.0, "sine")]


def both(pulse):
    return np.stack([pulse, 1 - pulse])


def of(oracle, dataset, *scores, **params):
    recordings = {name: (both(one), SOUNDS, [(0.0, 1.0)]) for name, one in zip("abcdefgh", scores, strict=False)}
    return evaluate(oracle(), dataset(**recordings), EvaluateParams(**params))


def test_intervals_hold_the_figures(oracle, dataset):
    result = of(oracle, dataset, GOOD, POOR, GOOD, POOR, GOOD, GOOD)
    intervals = result.intervals
    assert intervals["frame_error"].value == pytest.approx(result.confusion_matrix.frame_error)
    assert intervals["f1/pulse"].value == pytest.approx(result.confusion_matrix.f1[0])
    assert intervals["segment_error_rate"].value == pytest.approx(result.segmentation.pooled.syllable_error_rate)
    assert intervals["segment_f1"].value == pytest.approx(result.segments.labelled.f1)
    for name in ("frame_error", "f1", "precision", "recall", "f1/sine", "segment_error_rate", "boundary_f1/0.004"):
        assert intervals[name].low <= intervals[name].value <= intervals[name].high
        assert intervals[name].low < intervals[name].high
    assert result.intervals == of(oracle, dataset, GOOD, POOR, GOOD, POOR, GOOD, GOOD).intervals, "draws have a seed"


def test_of_one_recording_nothing_can_be_said(oracle, dataset):
    result = of(oracle, dataset, GOOD)
    assert all(math.isnan(interval.low) for interval in result.intervals.values())
    assert "nan" not in str(result)


def test_of_a_label_in_one_recording_nothing_can_be_said(oracle, dataset):
    data = dataset(
        a=(both(GOOD), SOUNDS, [(0.0, 1.0)]),
        b=(both(POOR), [(0.0, 1.0, "sine")], [(0.0, 1.0)]),
        c=(both(GOOD), [(0.0, 1.0, "sine")], [(0.0, 1.0)]),
    )
    intervals = evaluate(oracle(), data).intervals
    assert math.isnan(intervals["recall/pulse"].low)
    assert intervals["recall/pulse"].value == 1.0
    assert intervals["recall/sine"].low < intervals["recall/sine"].high


def test_pooled_as_if_judged_at_once(oracle, dataset):
    parts = [of(oracle, dataset, GOOD), of(oracle, dataset, POOR)]
    pooled, whole = pool_evaluations(parts), of(oracle, dataset, GOOD, POOR)
    assert (pooled.confusion_matrix.counts == whole.confusion_matrix.counts).all()
    assert pooled.thresholds == whole.thresholds
    assert pooled.segments.labelled == whole.segments.labelled
    assert (pooled.densities.counts == whole.densities.counts).all()
    assert (pooled.calibration.n_frames == whole.calibration.n_frames).all()
    assert len(pooled.judged) == len(whole.judged)
    assert len(pooled.by_recording) == 1, "both are of a.wav, whose counts are added"
    assert pool_evaluations(parts[:1]) is parts[0]
    with pytest.raises(ValueError, match="nothing to pool"):
        pool_evaluations([])


def test_models_of_other_labels_are_pooled(oracle, dataset):
    one = of(oracle, dataset, GOOD)
    more = evaluate(
        oracle(("pulse", "sine", "click")),
        dataset(a=(np.stack([GOOD, 1 - GOOD, 0 * GOOD]), SOUNDS, [(0.0, 1.0)])),
    )
    pooled = pool_evaluations([one, more])
    assert pooled.labels == pooled.confusion_matrix.labels == ("pulse", "sine", "click")
    assert pooled.confusion_matrix.counts.sum() == 20


def test_probabilities_are_judged(oracle, dataset):
    """Ten frames: those called 0.8 or 0.9 sure are all right, so the model is too modest."""
    result = of(oracle, dataset, GOOD)
    assert result.calibration.n_frames.sum() == 10
    assert result.calibration.bias < 0
    assert result.fitted_temperature < 1
    assert of(oracle, dataset, np.float32([0.9] * 3 + [0.1] * 3 + [0.1] * 2 + [0.9] * 2)).fitted_temperature > 1
