"""`P-R-F1-label.pdf` and `P-R-F1-model.pdf`: precision, recall and F1 at every checkpoint, in many small panels.

Three rows of panels, one for each rate. Of each label (columns), one line per model, and their mean thick and black:
whether a label is hard for all models, and whether training longer helps it. Or of each model (columns), one line per
label, and their mean: whether a model is good at all labels at once. The dot is the model's best checkpoint.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from oscine.evaluation.run_evaluation import RunEvaluation
from oscine.figures.panels import few_steps, heading, panels
from oscine.figures.style import INK, NORMAL, SMALL, colours_for, dress
from oscine.figures.trajectories import (
    QUANTITIES,
    Trajectories,
    Trajectory,
    epoch_axis,
    mean_over_models,
    model_colours,
    trajectories,
)

_COLUMNS = 6  # panels side by side, then another three rows begin
_SIZE, _GAP = (1.42, 1.05), (0.2, 0.22)
_LEAST = 4.1  # inches that all columns take together
_BETWEEN = 0.75  # inches between bands


def plot_rates_by_label(result: RunEvaluation | Trajectories) -> Figure:
    """Draw the rates of each label against the step: one column per label, one line per model."""
    ways = trajectories(result)
    labels, paths = ways.labels, ways.paths
    tones = model_colours(path.name for path in paths)
    figure, bands = _bands(len(labels), below="one line per model; black: their mean; dots: best checkpoints")
    for row, label in enumerate(labels):
        for quantity, axes in zip(QUANTITIES, bands[:, row], strict=True):

            def of_label(path: Trajectory, row: int = row, quantity: str = quantity) -> NDArray[np.float64]:
                values: NDArray[np.float64] = path.rates[quantity][row]
                return values

            for path in paths:
                _line(axes, path, of_label(path), tones[path.name], path.name)
            if len(paths) > 1:
                steps, means, _ = mean_over_models(paths, of_label)
                axes.plot(steps, means, color=INK, linewidth=2, label="mean", zorder=4)
        _name(bands[0, row], label, ways)
    _finish(figure, bands, ways, "Precision, recall and F1 of each label")
    names = [path.name for path in paths]
    if 1 < len(names) <= 10:
        _key(figure, {name: tones[name] for name in names})
    return figure


def plot_rates_by_model(result: RunEvaluation | Trajectories, *, colours: Mapping[str, str] | None = None) -> Figure:
    """Draw the rates of each model against the step: one column per model, one line per label."""
    ways = trajectories(result)
    labels, paths = ways.labels, ways.paths
    ink = colours_for(labels, colours)
    figure, bands = _bands(len(paths), below="one line per label; black: their mean; dots: best checkpoint")
    for column, path in enumerate(paths):
        for quantity, axes in zip(QUANTITIES, bands[:, column], strict=True):
            for row, label in enumerate(labels):
                _line(axes, path, path.rates[quantity][row], ink[label], label)
            if len(labels) > 1:
                axes.plot(path.steps, path.average(quantity), color=INK, linewidth=2, label="mean", zorder=4)
        _name(bands[0, column], path.name, ways)
    _finish(figure, bands, ways, "Precision, recall and F1 of each model")
    if 1 < len(labels) <= 15:
        _key(figure, {label: ink[label] for label in labels})
    return figure


def _line(axes: Axes, path: Trajectory, values: NDArray[np.float64], ink: str, name: str) -> None:
    alone = len(path.steps) == 1
    axes.plot(path.steps, values, color=ink, linewidth=1, alpha=0.8, marker="o" if alone else "", markersize=3,
              label=name)  # fmt: skip
    if path.best_place < len(path.steps):
        axes.plot(path.best, values[path.best_place], "o", color=ink, markersize=3.2, zorder=3)


def _bands(n: int, *, below: str) -> tuple[Figure, NDArray[Any]]:
    """Axes (rate, column) for `n` columns, which are broken into bands below each other."""
    n_columns = min(_COLUMNS, max(n, 1))
    n_bands = math.ceil(max(n, 1) / n_columns)
    margins = (0.75, 0.35, 1.4, 0.6)
    size = (max(_SIZE[0], (_LEAST - (n_columns - 1) * _GAP[0]) / n_columns), _SIZE[1])  # few columns are wide ones
    figure, grid = panels(3 * n_bands, n_columns, size=size, gap=_GAP, margins=margins)
    extra = (_BETWEEN - _GAP[1]) * (n_bands - 1)  # more room between bands: everything above the last moves up
    height = figure.get_figheight()
    figure.set_figheight(height + extra)
    figure.set_figwidth(max(figure.get_figwidth(), 5.2))
    width = figure.get_figwidth()
    for (row, column), axes in np.ndenumerate(grid):
        x = margins[0] + column * (size[0] + _GAP[0])
        y = height + extra - margins[2] - row * (_SIZE[1] + _GAP[1]) - _SIZE[1] - (row // 3) * (_BETWEEN - _GAP[1])
        axes.set_position((x / width, y / (height + extra), size[0] / width, size[1] / (height + extra)))
    bands = np.stack([grid[quantity::3].ravel() for quantity in range(3)])
    for unused in bands[:, n:].ravel():
        unused.set_visible(False)
    heading(figure, "", below=below)
    return figure, bands[:, : max(n, 1)]


def _finish(figure: Figure, bands: NDArray[Any], ways: Trajectories, text: str) -> None:
    n = bands.shape[1]
    heading(figure, text)
    for (row, column), axes in np.ndenumerate(bands):
        dress(axes, grid="y")
        first, last = column % _COLUMNS == 0, column + _COLUMNS >= n
        axes.set_ylim(-0.02, 1.02)
        axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
        few_steps(axes)
        axes.xaxis.get_major_locator().set_params(nbins=3)
        axes.tick_params(labelleft=first, labelbottom=row == 2 and last)
        if row == 2 and last:
            axes.set_xlabel("step")
        if first:
            axes.set_ylabel(QUANTITIES[row])
        if row == 0:
            epoch_axis(axes, ways.steps_per_epoch, label=column == 0)


def _name(axes: Axes, name: str, ways: Trajectories) -> None:
    text = name if len(name) <= 18 else "…" + name[-17:]
    above = 22 if np.isfinite(ways.steps_per_epoch) else 4  # points, above the axis of epochs
    axes.annotate(text, (0, 1), xycoords="axes fraction", xytext=(0, above), textcoords="offset points", ha="left",
                  va="bottom", fontsize=NORMAL, color=INK, fontweight="bold", annotation_clip=False)  # fmt: skip


def _key(figure: Figure, inks: Mapping[str, str]) -> None:
    """Names in their colours, in a row below the heading."""
    width, height = figure.get_figwidth(), figure.get_figheight()
    x, y = 0.75, 0.66
    for name, ink in inks.items():
        text = name if len(name) <= 22 else "…" + name[-21:]
        if x + 0.075 * len(text) > width - 0.2:
            break
        figure.text(x / width, 1 - y / height, text, fontsize=SMALL, color=ink, va="top", fontweight="bold")
        x += 0.075 * len(text) + 0.16
