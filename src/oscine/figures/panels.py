"""Many small axes of one size: the grid that SongExplorer's rule wants, placed by inches.

Margins and gaps are given in inches, so that a figure of three panels and one of a hundred have type, gaps and panels
of the same size; matplotlib's own layout takes seconds where there are many panels.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator
from numpy.typing import ArrayLike, NDArray

from oscine.figures.style import INK, MUTED, NORMAL, SMALL, dress, new_figure

Panels = NDArray[Any]
"""Axes (row, column)."""

LEFT, RIGHT, TOP, BOTTOM = 0.75, 0.35, 0.75, 0.65
"""Margins in inches."""


def panel_grid(n: int) -> tuple[int, int]:
    """Rows and columns for `n` panels: 2 × 5 for ten, 3 × 7 for 21, else ⌊√n⌋ rows (SongExplorer's rule).

    Examples
    --------
    >>> [panel_grid(n) for n in (1, 3, 6, 10, 21, 30)]
    [(1, 1), (1, 3), (2, 3), (2, 5), (3, 7), (5, 6)]
    """
    special = {10: (2, 5), 21: (3, 7)}
    if n in special:
        return special[n]
    rows = max(1, math.isqrt(max(n, 1)))
    return rows, math.ceil(max(n, 1) / rows)


def panels(
    n_rows: int,
    n_columns: int,
    *,
    size: tuple[float, float],
    gap: tuple[float, float] = (0.25, 0.35),
    margins: tuple[float, float, float, float] = (LEFT, RIGHT, TOP, BOTTOM),
    share: bool = True,
) -> tuple[Figure, Panels]:
    """A figure of equal panels.

    Parameters
    ----------
    n_rows, n_columns
        Number of panels.
    size
        Width and height of a panel, in inches.
    gap
        Between columns and between rows, in inches.
    margins
        Left, right, above and below, in inches.
    share
        Whether all panels share their axes, so that only the outer ones need ticks with numbers.

    Returns
    -------
    figure, axes
        Axes (row, column), undressed.
    """
    left, right, top, bottom = margins
    width = left + right + n_columns * size[0] + (n_columns - 1) * gap[0]
    height = top + bottom + n_rows * size[1] + (n_rows - 1) * gap[1]
    figure = new_figure(width, height, constrained=False)
    axes = np.empty((n_rows, n_columns), object)
    for row, column in np.ndindex(n_rows, n_columns):
        x = left + column * (size[0] + gap[0])
        y = height - top - row * (size[1] + gap[1]) - size[1]
        first = axes[0, 0] if share else None
        place = (x / width, y / height, size[0] / width, size[1] / height)
        axes[row, column] = figure.add_axes(place, sharex=first, sharey=first)
    return figure, axes


def heading(figure: Figure, text: str, *, below: str = "", left: float = LEFT) -> None:
    """A figure's title above all panels, and a quieter line below it."""
    height, width = figure.get_figheight(), figure.get_figwidth()
    figure.text(left / width, 1 - 0.2 / height, text, fontsize=NORMAL + 3, color=INK, va="top", ha="left")
    if below:
        figure.text(left / width, 1 - 0.44 / height, below, fontsize=SMALL + 0.5, color=MUTED, va="top", ha="left")


def unit_square(axes: Axes) -> Axes:
    """Axes for two rates: from 0 to 1 both ways, equally long, few ticks."""
    dress(axes, grid="both")
    axes.set(xlim=(-0.015, 1.015), ylim=(-0.015, 1.015))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(FixedLocator([0, 0.5, 1]))
        axis.set_major_formatter("{x:g}")
    return axes


def few_steps(axes: Axes) -> None:
    """At most four whole numbers along the axis of steps, large ones in thousands."""
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.xaxis.set_major_formatter(lambda value, _: thousands(value))


def thousands(value: float) -> str:
    """A step as a tick.

    Examples
    --------
    >>> thousands(300), thousands(2500), thousands(20000)
    ('300', '2.5k', '20k')
    """
    return f"{value / 1000:g}k" if abs(value) >= 2000 else f"{value:g}"


def only_outer(axes: Panels, n: int | None = None) -> None:
    """Take away numbers of all but the left and lowest panels, and the panels from number `n` on altogether."""
    n_rows, n_columns = axes.shape
    n = n_rows * n_columns if n is None else n
    for number, one in enumerate(axes.flat):
        row, column = divmod(number, n_columns)
        if number >= n:
            one.set_visible(False)
            continue
        one.tick_params(labelleft=column == 0, labelbottom=number + n_columns >= n or row == n_rows - 1)
        if column:
            one.set_ylabel("")
        if number + n_columns < n:
            one.set_xlabel("")


def second_axis(axes: Axes, place: float | str, factor: float, label: str = "") -> None:
    """Another axis for x, at `place` ("top", or a height in parts of the axes), whose values are `factor` times x."""

    def there(x: ArrayLike) -> NDArray[np.float64]:
        return np.asarray(x, np.float64) * factor

    def back(x: ArrayLike) -> NDArray[np.float64]:
        return np.asarray(x, np.float64) / factor

    second = axes.secondary_xaxis(place, functions=(there, back))  # type: ignore[arg-type]
    second.tick_params(colors=MUTED, labelsize=SMALL - 1, length=2, width=0.6, pad=1)
    second.spines[:].set(color=MUTED, linewidth=0.6)
    second.xaxis.set_major_locator(MaxNLocator(4))
    if label:
        second.set_xlabel(label, fontsize=NORMAL - 1, color=MUTED, labelpad=3 if place == "top" else 1)
