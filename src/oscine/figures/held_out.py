"""Folds of a cross-validation, and recordings that were withheld: a panel for each figure, a row for each of them.

The band is the 95 % interval of all of them pooled, the line its value. Rings are what the same model does on new
sounds of recordings that it knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from oscine.evaluation.cross_validation import CrossValidation
from oscine.evaluation.generalization import Generalization
from oscine.evaluation.main_rates import ERRORS, NAMES, main_rates
from oscine.figures.style import FULL_WIDTH, GRID, INK, MUTED, NORMAL, PAPER, SMALL, dress, new_figure
from oscine.metrics.bootstrap import Interval

_FOUND, _KNOWN = "#0072b2", "#67707c"
_MOST = 4
"""Panels beside each other."""


def plot_cross_validation(result: CrossValidation) -> Figure:
    """Draw the main figures of each fold, and of all of them pooled."""
    table = result.table
    columns = {str(name): table[name].to_numpy(float) for name in table.columns}
    roles = f"learning from one of {abs(result.k)}" if result.k < 0 else f"{abs(result.k)} folds"
    return _rows([str(name) for name in table.index], columns, {}, main_rates(result.pooled), f"{roles} by {result.by}")


def plot_generalization(result: Generalization) -> Figure:
    """Draw the main figures on each withheld recording, beside those on recordings that its model knows."""
    table = result.table
    names = [name for name in NAMES if name in table]
    columns = {name: table[name].to_numpy(float) for name in names}
    known = {name: table[f"known {name}"].to_numpy(float) for name in names if f"known {name}" in table}
    rows = [str(name) for name in table["recording"]]
    return _rows(rows, columns, known, main_rates(result.pooled), "recordings that were withheld from the model")


def _rows(
    rows: Sequence[str],
    columns: Mapping[str, np.ndarray],
    known: Mapping[str, np.ndarray],
    pooled: Mapping[str, Interval],
    heading: str,
) -> Figure:
    n_rows = -(-len(columns) // _MOST)
    n_columns = min(_MOST, len(columns))
    width = min(FULL_WIDTH, 1.8 + 2.0 * n_columns)
    figure = new_figure(width, 0.55 + n_rows * (0.85 + 0.27 * len(rows)))
    grid = figure.subplots(n_rows, n_columns, squeeze=False, sharey=True)
    height = np.arange(len(rows))
    for axes, name in zip(grid.flat, columns, strict=False):
        dress(axes, grid="x")
        axes.margins(x=0.08)
        interval = pooled.get(name)
        if interval is not None:
            if np.isfinite(interval.low):
                axes.axvspan(interval.low, interval.high, color=_FOUND, alpha=0.10, linewidth=0)
            axes.axvline(interval.value, color=_FOUND, linewidth=1)
        if name in known:
            axes.hlines(height, columns[name], known[name], color=GRID, linewidth=2)
            axes.plot(known[name], height, "o", color=_KNOWN, markerfacecolor=PAPER, markersize=6, clip_on=False)
        axes.plot(columns[name], height, "o", color=_FOUND, markersize=6, clip_on=False)
        axes.set_title(NAMES[name] + (", %" if name in ERRORS else ""), loc="left", fontsize=NORMAL, color=INK, pad=5)
        if name in ERRORS:
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}"))
            axes.set_xlim(left=0)
        else:
            axes.set_xlim(right=1)
        axes.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
        axes.set_yticks(height, rows)
        axes.tick_params(axis="y", length=0, labelsize=NORMAL, labelcolor=INK)
        axes.spines["left"].set_visible(False)
        axes.set_ylim(len(rows) - 0.5, -0.5)
    for axes in list(grid.flat)[len(columns) :]:
        axes.set_visible(False)
    figure.suptitle(heading, x=0.01, ha="left", fontsize=NORMAL + 1, color=INK)
    key = "● each   ▮ pooled, 95 % interval over recordings" + ("   ○ new sounds of known recordings" if known else "")
    figure.supxlabel(key, fontsize=SMALL, color=MUTED, x=0.01, ha="left")
    return figure
