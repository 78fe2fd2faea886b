"""Figures of a comparison: every run in its place, whatever its labels are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from oscine.evaluation.comparison import Compared, Comparison
from oscine.figures.compare_classes import plot_compare_classes
from oscine.figures.compare_matrices import plot_compare_matrices
from oscine.figures.compare_overall import plot_compare_overall, shown_count
from oscine.metrics.bootstrap import Interval
from oscine.metrics.frames import ConfusionMatrix

MANY = ("background", *"0123456789")
OVERLAPPING = ("pulse", "not_pulse", "sine", "not_sine")


def made(labels, names=("one", "other"), n_models=2) -> Comparison:
    random = np.random.default_rng(0)
    candidates = []
    for place, name in enumerate(names):
        matrices = {}
        for model in range(n_models):
            counts = random.poisson(3, (len(labels),) * 2) + np.diag(random.integers(100, 900, len(labels)))
            matrices[f"replicate-{model + 1}"] = ConfusionMatrix(counts, labels)
        candidates.append(
            Compared(
                name,
                Path(name),
                "tcn",
                {"f1": Interval(0.9, 0.8, 0.95)},
                {},
                matrices,
                1000 * (place + 1),
                dict.fromkeys(matrices, 60.0),
                {model: ([10, 20, 400], [0.3, 0.6, 0.9]) for model in matrices},
                float("nan") if place else 30.0,
                labels,
            )
        )
    return Comparison("x", tuple(candidates), ("a.wav",), "validation", "f1", {"f1": ()})


@pytest.mark.parametrize("labels", [("a", "b"), MANY, OVERLAPPING])
@pytest.mark.parametrize("plot", [plot_compare_overall, plot_compare_matrices, plot_compare_classes])
def test_every_figure_can_be_drawn_for_any_labels(plot, labels):
    plot(made(labels)).draw_without_rendering()


def test_overall_has_a_point_a_line_and_bars_for_every_run():
    rates, validation, parameters, speed = plot_compare_overall(made(("a", "b"))).axes
    assert rates.get_legend_handles_labels()[1] == ["one", "other"]
    assert sum(line.get_linewidth() == 2 for line in validation.get_lines()) == 2
    assert validation.get_xlabel() == "minutes of training"
    assert [bar.get_width() for bar in parameters.patches] == [1000, 2000]
    assert [text.get_text() for text in speed.texts] == ["30 ×", "–"]  # what was not measured has no bar
    assert shown_count(2_000_000) == "2 M"


def test_matrices_are_the_sum_over_models_one_panel_a_run():
    figure = plot_compare_matrices(made(MANY, names=("one", "other", "third")))
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_title(loc="left").splitlines()[0] for axes in shown] == ["one", "other", "third"]
    assert len(shown[0].get_xticklabels()) == len(MANY)


def test_labels_that_may_overlap_have_a_row_each_and_one_for_all():
    figure = plot_compare_matrices(made(OVERLAPPING))
    titles = [axes.get_title(loc="left").splitlines() for axes in figure.axes]
    assert [title[1] for title in titles[::2]] == ["all labels", "pulse", "sine"]


def test_classes_have_a_panel_for_every_label_and_a_point_for_every_model():
    figure = plot_compare_classes(made(OVERLAPPING, n_models=3))
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_title(loc="left") for axes in shown] == ["pulse", "sine"]
    assert sorted(len(line.get_xdata()) for line in shown[0].get_lines()) == [1, 1, 3, 3]
