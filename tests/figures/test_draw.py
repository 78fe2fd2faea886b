"""The figures of a result, drawn into its folder."""

from __future__ import annotations

import numpy as np

from oscine.evaluation.evaluation import Evaluation
from oscine.figures.draw import draw, figures_of
from oscine.metrics.curves import best_threshold, operating_curve
from oscine.metrics.events import score_events
from oscine.metrics.frames import confusion_matrix
from oscine.metrics.segments import score_segments
from oscine.training.metrics_file import METRICS, MetricsFile
from oscine.training.run import Run


def evaluation():
    truth, scores = np.array([0, 0, 1, 1]), np.array([[0.9, 0.4, 0.3, 0.1], [0.1, 0.6, 0.7, 0.9]])
    curves = {label: operating_curve(scores[i], truth == i) for i, label in enumerate("ab")}
    return Evaluation(
        labels=("a", "b"),
        confusion_matrix=confusion_matrix(truth, scores.argmax(0), "ab"),
        curves=curves,
        thresholds={label: best_threshold(curve) for label, curve in curves.items()},
        events=score_events([], [], [], [], 0.01),
        segments=score_segments(np.empty((0, 2)), [], np.empty((0, 2)), []),
        part="validation",
    )


def test_an_evaluation_has_two(tmp_path):
    paths = draw(evaluation(), tmp_path)
    assert [path.name for path in paths] == ["confusion_matrix.pdf", "precision_recall.pdf"]
    assert all(path.read_bytes().startswith(b"%PDF") for path in paths)


def test_a_run_has_its_learning_curves(tmp_path):
    (tmp_path / "replicate-1").mkdir()
    with MetricsFile(tmp_path / "replicate-1" / METRICS) as metrics:
        for step in (1, 2, 3):
            metrics.write({"step": step, "loss": 1 / step, "accuracy": 0.5})
    run = Run(tmp_path, {}, ("a", "b"), {"replicate-1": {"step": 3.0}})
    assert [name for name, _ in figures_of(run)] == ["learning_curves"]


def test_other_results_have_none(tmp_path):
    assert draw("anything", tmp_path) == []
