from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from oscine.figures.learning_curves import plot_learning_curves

STEPS = np.arange(1, 101)
TRAINING = {"step": STEPS, "loss": 1 / STEPS, "accuracy": 1 - 1 / (1 + STEPS)}
VALIDATION = {"step": [50, 100], "loss": [0.3, 0.2], "accuracy": [0.8, 0.9]}


def test_two_panels_with_two_lines_each() -> None:
    loss, accuracy = plot_learning_curves(TRAINING, VALIDATION).axes
    for axes, name in ((loss, "loss"), (accuracy, "accuracy")):
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("step", name)
        assert [line.get_label() for line in axes.lines] == ["training", "validation"]
        np.testing.assert_array_equal(axes.lines[1].get_ydata(), VALIDATION[name])
    assert accuracy.get_legend() is not None


def test_loss_is_logarithmic_where_it_falls_far() -> None:
    assert plot_learning_curves(TRAINING).axes[0].get_yscale() == "log"
    assert plot_learning_curves({"step": [1, 2], "loss": [1.0, 0.5]}).axes[0].get_yscale() == "linear"


def test_the_model_that_was_kept_is_marked() -> None:
    axes = plot_learning_curves(TRAINING, VALIDATION, best_step=50).axes[0]
    assert [text.get_text() for text in axes.texts] == ["kept: step 50"]


def test_missing_and_infinite_values_do_no_harm() -> None:
    figure = plot_learning_curves({"step": [1, 2, 3], "loss": [1.0, np.nan, np.inf]}, best_step=2)
    assert not figure.axes[1].lines
    assert plot_learning_curves({"step": [], "loss": []}).axes


def test_a_result_that_holds_both() -> None:
    figure = plot_learning_curves(SimpleNamespace(training=TRAINING, validation=VALIDATION))
    assert len(figure.axes[0].lines) == 2
