from __future__ import annotations

from pathlib import Path

import numpy as np

from oscine.figures.draw import figures_of
from oscine.figures.tuning import plot_tuning
from oscine.training.search import Search, Trial

VALUES = {"learning-rate": 0.001, "optimizer": "adam"}


def search(criterion: str = "f1", **changed: object) -> Search:
    trials = (
        Trial(1, "done", 0.5, 30, 1.0, {"learning-rate": 0.001, "optimizer": "adam"}),
        Trial(2, "failed", None, None, 0.0, {"learning-rate": 0.1, "optimizer": "sgd"}, "no"),
        Trial(3, "pruned", 0.2, 10, 1.0, {"learning-rate": 0.2, "optimizer": "sgd"}),
        Trial(4, "done", 0.8, 30, 1.0, {"learning-rate": 0.01, "optimizer": "adam"}),
    )
    return Search(Path("x"), {}, criterion, **{"trials": trials, "importance": {"optimizer": 0.7}, **changed})


def test_the_line_is_the_best_so_far():
    for criterion, expected in (("f1", [0.5, 0.8]), ("loss", [0.5, 0.5])):
        (line,) = plot_tuning(search(criterion)).axes[0].get_lines()
        assert np.array_equal(line.get_xdata(), [1, 4])
        assert np.array_equal(line.get_ydata(), expected)


def test_each_option_that_varies_has_axes_the_most_important_first():
    axes = plot_tuning(search()).axes
    assert [item.get_xlabel() for item in axes[2:]] == ["optimizer", "learning-rate"]
    assert [text.get_text() for text in axes[2].get_xticklabels()] == ["adam", "sgd"]


def test_nothing_but_failures_can_be_drawn():
    failed = (Trial(1, "failed", None, None, 0.0, VALUES, "no"),)
    figure = plot_tuning(search(trials=failed, importance={}))
    assert len(figure.axes) == 2


def test_drivers_draw_it():
    assert [name for name, _ in figures_of(search())] == ["tuning"]
    assert list(figures_of(search(trials=()))) == []
