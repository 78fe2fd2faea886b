from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from oscine.figures.train_validation_loss import plot_train_validation_loss


def line(axes, label):
    return next(one for one in axes.get_lines() if one.get_label() == label)


def test_training_and_validation_are_drawn_against_the_step(one_model) -> None:
    loss, accuracy, gain = plot_train_validation_loss(one_model).axes[:3]
    np.testing.assert_allclose(line(loss, "batch").get_xydata()[:2], [[1, 1 / 2], [2, 1 / 3]])
    np.testing.assert_allclose(line(loss, "validation").get_xydata(), [[s, 2 / (1 + s)] for s in (0, 30, 60)])
    assert line(accuracy, "validation").get_ydata() == pytest.approx([0.8] * 3)
    assert line(loss, "kept: step 30").get_xdata()[0] == 30
    assert (line(gain, "gain").get_ydata() > 0).all()  # accuracy only grows here


def test_the_strong_line_is_the_mean_between_validations(one_model) -> None:
    accuracy = plot_train_validation_loss(one_model).axes[1]
    steps = np.arange(1, 31)
    assert line(accuracy, "training").get_ydata()[0] == pytest.approx(np.mean(1 - 1 / (1 + steps)))


def test_time_stands_below_steps(one_model) -> None:
    figure = plot_train_validation_loss(one_model)
    figure.draw_without_rendering()
    clock = next(child for child in figure.axes[0].child_axes if child.get_xlabel() == "minutes")
    assert clock.get_xlim()[1] == pytest.approx(2.0)  # 60 steps of 2 s


def test_epochs_stand_above_where_they_are_known(one_model) -> None:
    (model,) = one_model.models
    figure = plot_train_validation_loss(replace(one_model, models=(replace(model, steps_per_epoch=20),)))
    figure.draw_without_rendering()
    epochs = next(child for child in figure.axes[0].child_axes if child.get_xlabel() == "epoch")
    assert epochs.get_xlim()[1] == pytest.approx(3.0)


def test_every_model_has_a_row(three_models) -> None:
    figure = plot_train_validation_loss(three_models)
    titles = [axes.get_title("left") for axes in figure.axes]
    assert titles[::3] == ["replicate-1 · loss", "replicate-2 · loss", "replicate-3 · loss"]


def test_models_of_which_nothing_was_measured_are_left_out(one_model) -> None:
    (model,) = one_model.models
    figure = plot_train_validation_loss(replace(one_model, models=(replace(model, metrics=[]),)))
    assert not any(axes.get_visible() for axes in figure.axes)
    assert any("nothing was measured" in text.get_text() for text in figure.texts)


def test_after_a_short_run_there_is_no_empty_panel_of_gains(one_model) -> None:
    (model,) = one_model.models
    early = [one for one in model.metrics if one["step"] <= 30]  # validated twice
    figure = plot_train_validation_loss(replace(one_model, models=(replace(model, metrics=early),)))
    assert [axes.get_title("left") for axes in figure.axes] == ["Loss", "Accuracy"]
