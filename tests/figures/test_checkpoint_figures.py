"""Figures of one checkpoint: curves by label, densities, reliability, confusion of labels that overlap."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from oscine.figures.overlapping_confusion import labels_apart, matrices_apart, plot_overlapping_confusion
from oscine.figures.precision_recall_by_label import plot_precision_recall_by_label
from oscine.figures.probability_density import plot_probability_density
from oscine.figures.reliability import calibrations_of, plot_reliability
from oscine.figures.sensitivity_specificity import plot_sensitivity_specificity
from oscine.metrics.curves import best_threshold, operating_curve
from oscine.metrics.frames import ConfusionMatrix

LABELS = ("pulse", "sine", "ambient")


@pytest.fixture(scope="module")
def result(evaluation):
    return evaluation(LABELS, 1.5)


def line(axes, label):
    return next(one for one in axes.get_lines() if one.get_label() == label)


def dot(axes):
    (found,) = [one for one in axes.get_lines() if one.get_marker() == "o"]
    return found.get_xydata()[0]


def test_precision_and_recall_of_each_label_in_a_panel(result) -> None:
    figure = plot_precision_recall_by_label(result)
    for label, axes in zip(LABELS, figure.axes, strict=True):
        curve, chosen = result.curves[label], result.thresholds[label]
        assert axes.get_title("left") == f"{label} · area {curve.average_precision:.3f}"
        drawn = line(axes, label).get_xydata()[1:]
        on_curve = set(zip(curve.recall.round(9), curve.precision.round(9), strict=True))
        assert {(x, y) for x, y in drawn.round(9).tolist()} <= on_curve
        assert dot(axes) == pytest.approx((chosen.recall, chosen.precision))
        assert f"{chosen.value:.3g}" in [text.get_text() for text in axes.texts]


def test_sensitivity_and_specificity_are_a_mirrored_roc_curve(result) -> None:
    figure = plot_sensitivity_specificity(result)
    axes, curve = figure.axes[0], result.curves["pulse"]
    assert axes.get_title("left") == f"pulse · area {curve.auc:.3f}"
    points = line(axes, "pulse").get_xydata()
    assert points[0].tolist() == [1, 0]
    assert points[-1].tolist() == [0, 1]
    assert (np.diff(points[:, 0]) <= 0).all()
    area = np.trapezoid(points[::-1, 1], points[::-1, 0])
    assert area == pytest.approx(curve.auc, abs=0.005)
    counts = result.thresholds["pulse"].counts
    assert dot(axes) == pytest.approx((1 - counts.fp / curve.n_false, counts.recall))


def test_a_label_without_frames_says_so(result) -> None:
    curves = {**result.curves, "absent": operating_curve([0.1, 0.2], [False, False])}
    result = replace(
        result, curves=curves, thresholds={**result.thresholds, "absent": best_threshold(curves["absent"])}
    )
    for plot in (plot_precision_recall_by_label, plot_sensitivity_specificity):
        axes = [one for one in plot(result).axes if one.get_visible()][3]
        assert axes.get_title("left") == "absent · area –"
        assert "no frame has this label" in [text.get_text() for text in axes.texts]


def test_densities_are_shares_of_the_frames_of_each_label(result) -> None:
    axes = plot_probability_density(result).axes[1]
    assert axes.get_title("left") == "sine"
    steps = {patch.get_label(): patch.get_data() for patch in axes.patches if patch.get_label() in LABELS}
    assert set(steps) == set(LABELS)
    counts = result.densities.counts[1, 0]
    np.testing.assert_allclose(steps["pulse"].values ** 2, counts / counts.sum())
    assert line(axes, "threshold").get_xdata()[0] == pytest.approx(result.thresholds["sine"].value)


def test_more_labels_than_colours_are_one_curve(evaluation) -> None:
    many = evaluation([f"syllable {i}" for i in range(16)], 2.0)
    axes = plot_probability_density(many).axes[3]
    assert {patch.get_label() for patch in axes.patches} == {"syllable 3", "others", ""}


def test_reliability_shows_what_came_true(result) -> None:
    figure = plot_reliability({"before": result.calibration, "after": result.calibration})
    titles = [axes.get_title("left") for axes in figure.axes]
    assert titles == ["before", "", "after", ""]
    there = result.calibration.n_frames > 0
    drawn = line(figure.axes[0], "before")
    np.testing.assert_allclose(drawn.get_xdata(), result.calibration.mean_probability[there])
    np.testing.assert_allclose(drawn.get_ydata(), result.calibration.share_right[there])
    error = f"calibration error {100 * result.calibration.expected_error:.1f} %"
    assert any(error in text.get_text() for text in figure.axes[0].texts)
    assert list(calibrations_of(result)) == ["as the model gives them"]
    fitted = replace(result, calibrated=result.calibration, fitted_temperature=1.5)
    assert list(calibrations_of(fitted)) == ["as the model gives them", "at temperature 1.5"]


def test_labels_that_overlap_have_a_matrix_each_and_their_sum() -> None:
    counts = np.zeros((4, 4), int)
    counts[:2, :2], counts[2:, 2:] = [[8, 2], [1, 89]], [[5, 5], [0, 90]]
    matrix = ConfusionMatrix(counts, ("pulse", "not_pulse", "sine", "not_sine"))
    assert labels_apart(matrix) == ("pulse", "sine")
    apart = matrices_apart(matrix)
    assert list(apart) == ["all labels", "pulse", "sine"]
    assert apart["all labels"].counts.tolist() == [[13, 7], [1, 179]]
    figure = plot_overlapping_confusion(matrix)
    assert "179" in [text.get_text() for text in figure.axes[0].texts]
    assert figure.texts[0].get_text() == "Mean precision 94 %, recall 65 %"
    assert labels_apart(ConfusionMatrix(np.eye(3, dtype=int), LABELS)) == ()
