"""A search for good parameters: how good each trial was, which options matter, and what was tried of each.

Trials that were pruned are drawn where they stood when they were stopped, failed ones below all others. The line is the
best so far: a search that has found what there is to find is flat at its end.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from oscine.figures.style import (
    BACKGROUND_COLOUR,
    FULL_WIDTH,
    INK,
    MUTED,
    NORMAL,
    PALETTE,
    SMALL,
    dress,
    new_figure,
    title,
)
from oscine.training.search import Search, Trial

_MOST = 6  # options that are drawn by themselves
_COLUMNS = 3
_FEW = 6  # values up to which each is written down
_DONE, _BEST = PALETTE[0], PALETTE[1]


def plot_tuning(search: Search) -> Figure:
    """Draw the trials of a search against their number, and against the values of the options that matter most.

    Parameters
    ----------
    search
        Finished or not.

    Examples
    --------
    >>> from pathlib import Path
    >>> trials = tuple(Trial(n, "done", 0.5 + n / 10, 30, 1.0, {"learning-rate": 10.0**-n}) for n in (1, 2, 3))
    >>> figure = plot_tuning(Search(Path("x"), {}, "f1", trials, {"learning-rate": 1.0}))
    >>> [axes.get_xlabel() for axes in figure.axes]
    ['trial', 'share of the differences', 'learning-rate']
    """
    shown = [trial.values for trial in search.trials if trial.value is not None]
    tried = {name: {str(values[name]) for values in shown if name in values} for name in _by_importance(search)}
    varied = [name for name, values in tried.items() if len(values) > 1]
    names = varied[:_MOST]
    n_columns = _COLUMNS
    n_rows = 1 + -(-len(names) // n_columns)
    figure = new_figure(FULL_WIDTH, 0.4 + 2.6 * n_rows)
    grid = figure.add_gridspec(n_rows, n_columns)
    history = dress(figure.add_subplot(grid[0, : n_columns - 1]), grid="y")
    _draw_history(history, search)
    _draw_importance(dress(figure.add_subplot(grid[0, n_columns - 1]), grid="x"), search)
    for number, name in enumerate(names):
        row, column = divmod(number, n_columns)
        _draw_option(dress(figure.add_subplot(grid[1 + row, column]), grid="y"), search, name, first=column == 0)
    return figure


def _by_importance(search: Search) -> list[str]:
    names = dict.fromkeys(name for trial in search.trials for name in trial.values)
    return sorted(names, key=lambda name: -search.importance.get(name, 0.0))


def _values(trials: Sequence[Trial]) -> NDArray[np.float64]:
    return np.array([trial.value for trial in trials], np.float64)


def _draw_history(axes: Axes, search: Search) -> None:
    done = search.done
    if done:
        best = np.maximum.accumulate if search.criterion == "f1" else np.minimum.accumulate
        values = best(_values(done))
        numbers = [trial.number for trial in done]
        axes.step(numbers, values, where="post", color=MUTED, linewidth=1.2, label="best so far")
        axes.scatter(numbers, _values(done), s=22, color=_DONE, label="done", zorder=3)
    pruned = [trial for trial in search.trials if trial.state == "pruned" and trial.value is not None]
    if pruned:
        numbers, worth = [trial.number for trial in pruned], _values(pruned)
        axes.scatter(numbers, worth, s=20, marker="x", linewidths=1, color=BACKGROUND_COLOUR, label="pruned", zorder=3)
    failed = [trial.number for trial in search.trials if trial.state == "failed"]
    if failed:
        axes.scatter(
            failed,
            np.zeros(len(failed)),
            s=26,
            marker="|",
            color=_BEST,
            label="failed",
            transform=axes.get_xaxis_transform(),
            clip_on=False,
            zorder=3,
        )
    if search.best is not None:
        axes.scatter([search.best.number], _values([search.best]), s=90, facecolors="none", edgecolors=INK, zorder=4)
        axes.annotate(
            f"best: {search.best.value:.3g}",
            (search.best.number, search.best.value or 0.0),
            xytext=(0, -16 if search.criterion == "f1" else 10),
            textcoords="offset points",
            ha="center",
            fontsize=SMALL,
            color=INK,
        )
    axes.set(xlabel="trial", ylabel=search.criterion)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.margins(x=0.03, y=0.15)
    title(axes, "Trials")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(
            loc="lower right",
            bbox_to_anchor=(1, 1),
            frameon=False,
            fontsize=SMALL,
            ncols=4,
            labelcolor=MUTED,
            handletextpad=0.4,
            columnspacing=1.2,
        )


def _draw_importance(axes: Axes, search: Search) -> None:
    names = [name for name in _by_importance(search) if name in search.importance][:_MOST]
    title(axes, "What matters")
    axes.set(xlabel="share of the differences")
    if not names:
        axes.text(
            0.5, 0.5, "too few trials to tell", transform=axes.transAxes, ha="center", fontsize=SMALL, color=MUTED
        )
        axes.set(xticks=[], yticks=[])
        return
    places = np.arange(len(names))
    axes.barh(places, [search.importance[name] for name in names], height=0.6, color=_DONE)
    axes.set_yticks(places, names, fontsize=NORMAL)
    axes.invert_yaxis()


def _draw_option(axes: Axes, search: Search, name: str, *, first: bool) -> None:
    shown = [trial for trial in search.trials if trial.value is not None and name in trial.values]
    values = [trial.values[name] for trial in shown]
    numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)
    if numbers and len(set(values)) > _FEW:
        places = np.array(values, np.float64)
        if places.min() > 0 and places.max() >= 10 * places.min():
            axes.set_xscale("log")
        axes.margins(x=0.08)
    else:
        names = [str(value) for value in sorted(set(values))] if numbers else sorted({str(value) for value in values})
        places = np.array([names.index(str(value)) for value in values], np.float64)
        axes.set_xticks(range(len(names)), [text if len(text) < 16 else text[:14] + "…" for text in names])
        axes.set_xlim(-0.5, max(0.5, len(names) - 0.5))
    for state, marker, colour in (("pruned", "x", BACKGROUND_COLOUR), ("done", "o", _DONE)):
        mine = [number for number, trial in enumerate(shown) if trial.state == state]
        worth = _values([shown[number] for number in mine])
        axes.scatter(places[mine], worth, s=18, marker=marker, color=colour, linewidths=1, zorder=3)
    if search.best is not None and name in search.best.values:
        where = places[[trial.number for trial in shown].index(search.best.number)]
        axes.scatter([where], _values([search.best]), s=80, facecolors="none", edgecolors=INK, zorder=4)
    axes.set_xlabel(name)
    if first:
        axes.set_ylabel(search.criterion)
    axes.margins(y=0.15)
