from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from oscine.figures.precision_recall import plot_precision_recall
from oscine.figures.style import label_colours
from oscine.metrics.curves import best_threshold, operating_curves

LABELS = ("pulse", "sine", "ambient")


@pytest.fixture(scope="module")
def curves():
    rng = np.random.default_rng(0)
    truth = rng.integers(-1, 3, 4000)
    scores = rng.normal(size=(3, 4000))
    scores[truth.clip(0), np.arange(4000)] += 2
    scores = np.exp(scores) / np.exp(scores).sum(axis=0)
    return operating_curves(scores, truth, None, LABELS)


def test_one_curve_per_label_in_its_colour(curves) -> None:
    axes = plot_precision_recall(curves).axes[0]
    lines = {line.get_label(): line for line in axes.lines if line.get_label() in LABELS}
    assert {label: line.get_color() for label, line in lines.items()} == label_colours(LABELS)
    assert all(line.get_drawstyle() == "steps-pre" for line in lines.values())
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("recall", "precision")


def test_a_drawn_curve_is_thinned_but_true(curves) -> None:
    axes = plot_precision_recall(curves).axes[0]
    line = next(line for line in axes.lines if line.get_label() == "pulse")
    recall, precision = line.get_data()
    curve = curves["pulse"]
    assert len(recall) < 1600 < len(curve.thresholds)
    assert (recall[0], recall[-1]) == (0, 1)
    points = set(zip(curve.recall.tolist(), curve.precision.tolist(), strict=True))
    assert set(zip(recall[1:].tolist(), precision[1:].tolist(), strict=True)) <= points
    area = float(np.sum(np.diff(recall) * precision[1:]))
    assert area == pytest.approx(curve.average_precision, abs=0.005)


def test_the_chosen_threshold_is_marked_on_its_curve(curves) -> None:
    chosen = {label: best_threshold(curve) for label, curve in curves.items()}
    axes = plot_precision_recall(curves, chosen).axes[0]
    dots = {(line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines if line.get_marker() == "o"}
    assert dots == {(threshold.recall, threshold.precision) for threshold in chosen.values()}
    written = [text.get_text() for text in axes.texts]
    assert f"{chosen['sine'].value:.3f}" in written
    assert f"{curves['sine'].average_precision:.3f}" in written


def test_a_label_without_annotations_has_a_dash_instead_of_a_curve(curves) -> None:
    empty = operating_curves([[0.5, 0.2]], np.array([[False, False]]), None, ["click"])
    everything = {"pulse": curves["pulse"], **empty}
    axes = plot_precision_recall(everything, {"click": best_threshold(empty["click"])}).axes[0]
    assert "click" not in {line.get_label() for line in axes.lines}
    assert "–" in [text.get_text() for text in axes.texts]


def test_a_result_that_holds_curves_and_thresholds(curves) -> None:
    result = SimpleNamespace(curves=curves, thresholds={"pulse": best_threshold(curves["pulse"], 2.0)})
    axes = plot_precision_recall(result).axes[0]
    assert sum(line.get_marker() == "o" for line in axes.lines) == 1
