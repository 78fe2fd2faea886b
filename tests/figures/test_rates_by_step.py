from __future__ import annotations

import numpy as np
import pytest

from oscine.figures.average_rates import plot_average_rates
from oscine.figures.rates_by_step import plot_rates_by_label, plot_rates_by_model
from oscine.figures.trajectories import Trajectories, Trajectory, trajectories


def visible(figure):
    return [axes for axes in figure.axes if axes.get_visible()]


def line(axes, label):
    return next(one for one in axes.get_lines() if one.get_label() == label)


def many(n_labels: int, n_models: int) -> Trajectories:
    random = np.random.default_rng(0)
    labels, steps = tuple(f"label {i}" for i in range(n_labels)), np.array([0, 10, 20])
    rates = [{name: random.random((n_labels, 3)) for name in ("precision", "recall", "F1")} for _ in range(n_models)]
    return Trajectories(labels, tuple(Trajectory(f"m{i}", 10, steps, each) for i, each in enumerate(rates)))


def test_of_each_label_there_are_three_panels_with_a_line_for_each_model(three_models) -> None:
    figure = plot_rates_by_label(three_models)
    axes = visible(figure)
    assert len(axes) == 3 * 4
    paths = trajectories(three_models).paths
    precision_of_b = axes[1]
    np.testing.assert_allclose(line(precision_of_b, "replicate-3").get_ydata(), paths[2].rates["precision"][1])
    mean = np.mean([path.rates["precision"][1] for path in paths], axis=0)
    np.testing.assert_allclose(line(precision_of_b, "mean").get_ydata(), mean)
    assert line(precision_of_b, "mean").get_linewidth() > line(precision_of_b, "replicate-3").get_linewidth()
    assert [one.get_ylabel() for one in axes if one.get_ylabel()] == ["precision", "recall", "F1"]


def test_of_each_model_there_are_three_panels_with_a_line_for_each_label(three_models) -> None:
    axes = visible(plot_rates_by_model(three_models))
    assert len(axes) == 3 * 3
    path = trajectories(three_models).paths[1]
    np.testing.assert_allclose(line(axes[1], "c").get_ydata(), path.rates["precision"][2])
    np.testing.assert_allclose(line(axes[1], "mean").get_ydata(), path.average("precision"))


@pytest.mark.parametrize("n", [1, 6, 14])
def test_many_labels_are_broken_into_bands_that_do_not_overlap(n: int) -> None:
    figure = plot_rates_by_label(many(n, 2))
    axes = visible(figure)
    assert len(axes) == 3 * n
    boxes = [one.get_position() for one in axes]
    for i, first in enumerate(boxes):
        assert 0 <= first.x0 < first.x1 <= 1
        assert 0 <= first.y0 < first.y1 <= 1
        assert not any(first.overlaps(other) for other in boxes[i + 1 :])


def test_averages_have_a_line_for_each_model_and_their_mean(three_models) -> None:
    axes = plot_average_rates(three_models).axes
    assert [one.get_title("left") for one in axes] == ["Precision", "Recall", "F1"]
    paths = trajectories(three_models).paths
    np.testing.assert_allclose(line(axes[1], "replicate-1").get_ydata(), paths[0].average("recall"))
    np.testing.assert_allclose(
        line(axes[1], "mean").get_ydata(), np.mean([path.average("recall") for path in paths], axis=0)
    )


def test_more_than_ten_models_are_error_bars() -> None:
    axes = plot_average_rates(many(2, 11)).axes[0]
    assert len(axes.containers) == 1
    assert not any(one.get_label() == "m3" for one in axes.get_lines())


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_models_fill_the_page(n: int) -> None:
    places = [axes.get_position() for axes in visible(plot_rates_by_model(many(2, n)))]
    assert max(place.x1 for place in places) - min(place.x0 for place in places) > 0.7
