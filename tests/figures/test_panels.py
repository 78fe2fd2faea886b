from __future__ import annotations

import math

import pytest

from oscine.figures.panels import only_outer, panel_grid, panels, second_axis, thousands


@pytest.mark.parametrize("n", range(1, 60))
def test_the_grid_holds_all_panels_and_wastes_less_than_a_row_or_column(n: int) -> None:
    rows, columns = panel_grid(n)
    assert rows * columns >= n
    if n not in (10, 21):
        assert (rows, columns) == (math.isqrt(n), math.ceil(n / math.isqrt(n)))


def test_the_exceptions_of_songexplorer() -> None:
    assert panel_grid(10) == (2, 5)
    assert panel_grid(21) == (3, 7)


def test_panels_have_the_size_that_was_asked_for() -> None:
    figure, axes = panels(2, 3, size=(1.5, 1.0))
    width, height = figure.get_size_inches()
    for one in axes.flat:
        box = one.get_position()
        assert box.width * width == pytest.approx(1.5)
        assert box.height * height == pytest.approx(1.0)
        assert box.x1 <= 1
        assert box.y1 <= 1
    assert axes[0, 0].get_position().y0 > axes[1, 0].get_position().y1  # rows go down


def test_only_the_outer_panels_have_numbers_and_unused_ones_are_gone() -> None:
    _, axes = panels(2, 3, size=(1, 1))
    only_outer(axes, 5)
    shown = [[label.get_visible() for label in one.get_xticklabels()] for one in axes.flat]
    assert not axes[1, 2].get_visible()
    assert axes[0, 2].xaxis.get_tick_params()["labelbottom"]  # nothing is below it
    assert not axes[0, 0].xaxis.get_tick_params()["labelbottom"]
    assert not axes[1, 1].yaxis.get_tick_params()["labelleft"]
    assert shown


def test_a_second_axis_counts_in_other_units() -> None:
    figure, axes = panels(1, 1, size=(2, 2))
    axes[0, 0].set_xlim(0, 300)
    second_axis(axes[0, 0], "top", 1 / 25, "epoch")
    figure.draw_without_rendering()
    (second,) = axes[0, 0].child_axes
    assert second.get_xlim() == pytest.approx((0, 12))
    assert second.get_xlabel() == "epoch"


def test_large_steps_are_in_thousands() -> None:
    assert [thousands(step) for step in (0, 900, 2000, 12500)] == ["0", "900", "2k", "12.5k"]
