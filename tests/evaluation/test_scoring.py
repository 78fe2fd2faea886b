"""Judging a model: only what is known counts, on the scale of prediction, with rows, segments and probabilities."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from oscine.evaluation import pieces as tiled
from oscine.evaluation.evaluate import EvaluateParams, evaluate
from oscine.networks.architecture import ARCHITECTURES
from oscine.networks.model import Model
from oscine.networks.specification import Specification
from oscine.networks.targets.overlapped import Overlapped
from oscine.prediction.predict import predict

PULSE = np.float32([0.1, 0.9, 0.2, 0.1, 0.4, 0.8, 0.1, 0.3, 0.2, 0.6])
SCORES = np.stack([PULSE, 1 - PULSE])
ALL = [(0.0, 0.25, "pulse"), (0.25, 0.55, "sine"), (0.55, 0.75, "pulse"), (0.75, 1.0, "sine")]


def test_unknown_frames_are_no_negatives(oracle, dataset):
    """SongExplorer takes them for negatives of every label, so that thresholds rise with what nobody annotated."""
    rows = [(0.1, 0.1, "pulse"), (0.2, 0.38, "sine")]
    sparse = evaluate(oracle(), dataset(a=(SCORES, rows, [(a, b) for a, b, _ in rows])))
    assert sparse.confusion_matrix.counts.sum() == 3
    for label in ("pulse", "sine"):
        curve = sparse.curves[label]
        assert curve.n_true + curve.n_false == 3
    assert sparse.densities.counts.sum() == 2 * 3
    assert sparse.calibration.n_frames.sum() == 3


def test_thresholds_are_on_the_scale_of_prediction(oracle, dataset):
    """As many frames are predicted at a threshold by `predict` as the evaluation says."""
    data = dataset(a=(SCORES, ALL, [(0.0, 1.0)]))
    model = oracle()
    result = evaluate(model, data, EvaluateParams(ratios=(0.5, 1.0, 2.0, 4.0)))
    values = predict(model, data.recordings[0]).values
    for chosen in result.thresholds_at.values():
        for row, label in enumerate(model.labels):
            assert 0 <= chosen[label].value <= 1
            assert (values[row] >= chosen[label].value).sum() == chosen[label].counts.n_predicted


def test_precision_is_recall_at_the_threshold_for_one(oracle, dataset):
    random = np.random.default_rng(0)
    truth = np.repeat(random.random(300) < 0.3, 4)
    scores = np.clip(random.normal(0.35 + 0.3 * truth, 0.2), 0, 1).astype(np.float32)
    edges = np.flatnonzero(np.diff(truth.astype(int), prepend=2, append=2)) / 10 - 0.05
    sounds = [
        (max(a, 0), min(b, 120), "pulse" if truth[round((a + 0.05) * 10)] else "sine")
        for a, b in itertools.pairwise(edges.tolist())
    ]
    result = evaluate(oracle(), dataset(a=(np.stack([scores, 1 - scores]), sounds, [(0.0, 120.0)])))
    for threshold in result.thresholds.values():
        assert abs(threshold.precision - threshold.recall) <= 0.01
    for ratio in (0.5, 2.0):
        threshold = result.thresholds_at[ratio]["pulse"]
        assert threshold.precision / threshold.recall == pytest.approx(ratio, rel=0.02)
    everywhere = result.thresholds_at[0.5]["sine"]  # three quarters of all frames: no threshold has less precision
    assert everywhere.recall == 1
    assert 0 <= everywhere.value <= 1


def test_rows_are_called_by_a_label(oracle, dataset):
    judged = evaluate(oracle(), dataset(a=(SCORES, ALL, [(0.0, 1.0)]))).judged
    assert judged["annotated"].tolist() == ["pulse", "sine", "pulse", "sine"]
    assert judged["kind"].tolist() == ["mistaken", "correct", "mistaken", "correct"]
    assert judged["score"].iloc[1] == pytest.approx((0.9 + 0.6 + 0.2) / 3)


def test_every_row_once_whatever_the_pieces(oracle, dataset, monkeypatch):
    random = np.random.default_rng(1)
    pulse = random.random(600).astype(np.float32)
    sounds = [(float(a), float(a) + 1.3, ("pulse", "sine")[i % 2]) for i, a in enumerate(np.arange(0, 58, 2.1))]
    data = dataset(a=(np.stack([pulse, 1 - pulse]), sounds, [(a, b) for a, b, _ in sounds]))
    whole = evaluate(oracle(), data).judged
    monkeypatch.setattr("oscine.networks.network.Network.tile", 16)
    monkeypatch.setattr(tiled, "_TILES", 1)
    pieces = evaluate(oracle(), data).judged
    assert len(pieces) == len(sounds)
    assert pieces.drop(columns="score").equals(whole.drop(columns="score"))
    np.testing.assert_allclose(pieces["score"], whole["score"], rtol=1e-6)


def test_segments_are_scored_where_somebody_looked_for_all(oracle, dataset):
    dense = evaluate(oracle(), dataset(a=(SCORES, ALL, [(0.0, 1.0)]))).segmentation
    assert dense.pooled.sequences.n_true == 4
    rows = evaluate(oracle(), dataset(a=(SCORES, ALL[:2], [(a, b) for a, b, _ in ALL[:2]]))).segmentation
    assert rows is None, "rows that cover themselves tell nothing of what is between"


def test_events_alone_have_no_segmentation(oracle, dataset):
    pulses = [(0.1, 0.1, "pulse"), (0.5, 0.5, "sine")]
    result = evaluate(oracle(events=("pulse", "sine")), dataset(a=(SCORES, pulses, [(0.0, 1.0)])))
    assert result.segmentation is None
    assert "event_f1" in result.intervals


def test_densities_and_calibration_of_labels_that_overlap(dataset):
    architecture = ARCHITECTURES.make(str(Path(__file__).parents[1] / "prediction" / "oracle.py"))
    task = Specification(labels=("pulse", "sine"), sample_rate=10.0, n_channels=2)
    model = Model(architecture.build(task), architecture, Overlapped())
    rows = [(0.0, 0.25, "pulse"), (0.55, 1.0, "sine")]
    data = dataset(a=(SCORES, rows, [(a, b) for a, b, _ in rows]))
    result = evaluate(model, data)
    assert result.densities.truths == ("pulse", "not_pulse", "sine", "not_sine")
    assert result.densities.outputs == ("pulse", "sine")
    known = result.confusion_matrix.counts.sum()
    assert result.calibration.n_frames.sum() == known, "every decision about a label in a frame of which it is known"
    assert result.segmentation is None
    assert result.fitted_temperature > 0
