"""`PvR.pdf`: the way of every label of every model through precision and recall while it learns.

Columns are models, rows labels, the first of each their mean; of a single model the labels stand in a grid. The way
begins pale and ends dark; the ring is the best checkpoint of the whole model, and small numbers are steps. A way that
turns back says that training longer made this label worse.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from oscine.evaluation.run_evaluation import RunEvaluation
from oscine.figures.panels import heading, only_outer, panel_grid, panels, thousands, unit_square
from oscine.figures.style import INK, MUTED, NORMAL, SMALL
from oscine.figures.trajectories import Trajectories, Trajectory, mean_over_models, trajectories

STEPS = LinearSegmentedColormap.from_list("steps", ["#a9cfe6", "#0072b2", "#08263c"])
"""From the first step to the last."""
_SIZE, _GAP = (1.35, 1.35), (0.18, 0.18)
_APART = 0.15
"""Distance, in rates, below which two marked points share one number."""

Array = NDArray[np.float64]


def plot_precision_versus_recall(result: RunEvaluation | Trajectories) -> Figure:
    """Draw the trajectories of a `RunEvaluation`: the line of each panel bears the names of its model and label."""
    ways = trajectories(result)
    labels, paths = ways.labels, ways.paths
    rows: list[int | None] = [*([None] if len(labels) > 1 else []), *range(len(labels))]
    columns: list[Trajectory | None] = [*([None] if len(paths) > 1 else []), *paths]
    last = max((int(path.steps[-1]) for path in paths if len(path.steps)), default=0) or 1
    if len(columns) == 1:
        figure = _one_model(paths[0], labels, rows, last)
    else:
        figure = _many_models(paths, labels, rows, columns, last)
    heading(figure, "Precision against recall while it learnt",
            below="pale: first step, dark: last; ring: best; numbers: steps")  # fmt: skip
    return figure


def _one_model(path: Trajectory, labels: Sequence[str], rows: Sequence[int | None], last: int) -> Figure:
    figure, axes = panels(*panel_grid(len(rows)), size=(1.6, 1.6), gap=(0.3, 0.45), margins=(0.75, 0.35, 1.0, 0.6))
    for one in axes.flat:
        unit_square(one)
        one.set(xlabel="recall", ylabel="precision")
    for row, one in zip(rows, axes.flat, strict=False):
        name = "mean over labels" if row is None else labels[row]
        one.set_title(_short(name, 22), loc="left", fontsize=NORMAL, color=INK, pad=5)
        _way(one, path.steps, _of(path, "precision", row), _of(path, "recall", row), path.best, last, name)
    only_outer(axes, len(rows))
    return figure


def _many_models(
    paths: Sequence[Trajectory], labels: Sequence[str], rows: Sequence[int | None],
    columns: Sequence[Trajectory | None], last: int,
) -> Figure:  # fmt: skip
    longest = max(len(_short(label)) for label in (*labels, "mean over labels"))
    margins = (0.8 + 0.085 * longest, 0.35, 1.05, 0.6)
    figure, axes = panels(len(rows), len(columns), size=_SIZE, gap=_GAP, margins=margins)
    for (i, row), (j, path) in product(enumerate(rows), enumerate(columns)):
        one = unit_square(axes[i, j])
        one.set(xlabel="recall", ylabel="precision")
        label = "mean over labels" if row is None else labels[row]
        if path is not None:
            steps, precision, recall = path.steps, _of(path, "precision", row), _of(path, "recall", row)
        else:
            (steps, precision), (_, recall) = (_mean(paths, quantity, row) for quantity in ("precision", "recall"))
        name = f"{'mean over models' if path is None else path.name} · {label}"
        _way(one, steps, precision, recall, None if path is None else path.best, last, name)
        if j == 0:
            one.annotate(_short(label), (0, 0.5), xycoords="axes fraction", xytext=(-44, 0), ha="right", va="center",
                         textcoords="offset points", fontsize=NORMAL, color=INK, annotation_clip=False)  # fmt: skip
        if i == 0:
            one.set_title(_short("mean over models" if path is None else path.name), fontsize=NORMAL, color=INK, pad=6)
    only_outer(axes)
    return figure


def _of(path: Trajectory, quantity: str, row: int | None) -> Array:
    """A rate of a label, or its mean over labels, (checkpoint,)."""
    return path.average(quantity) if row is None else path.rates[quantity][row]


def _mean(paths: Sequence[Trajectory], quantity: str, row: int | None) -> tuple[NDArray[np.int64], Array]:
    """Steps and mean over models; `nan` where no model has a rate."""
    steps, means, _ = mean_over_models(paths, lambda path: _of(path, quantity, row))
    everywhere = np.unique(np.concatenate([path.steps for path in paths]))
    filled = np.full(len(everywhere), np.nan)
    filled[np.searchsorted(everywhere, steps)] = means
    return everywhere, filled


def _way(
    axes: Axes, steps: NDArray[np.int64], precision: Array, recall: Array, best: int | None, last: int, name: str
) -> None:
    known = np.isfinite(precision) & np.isfinite(recall)
    steps, points = steps[known], np.stack([recall, precision], axis=1)[known]
    if not len(steps):
        axes.text(0.5, 0.5, "–", ha="center", va="center", color=MUTED, fontsize=NORMAL)
        return
    lines = LineCollection(list(np.stack([points[:-1], points[1:]], axis=1)), cmap=STEPS, linewidth=1.3, zorder=2)
    lines.set_array(steps[1:] / last)
    lines.set_clim(0, 1)
    lines.set_label(name)
    axes.add_collection(lines, autolim=False)
    axes.scatter(
        points[:, 0],
        points[:, 1],
        c=steps / last,
        cmap=STEPS,
        vmin=0,
        vmax=1,
        s=8,
        zorder=3,
        linewidths=0,
        clip_on=False,
    )
    marked: list[NDArray[np.float64]] = []
    for step in dict.fromkeys([best, int(steps[-1]), int(steps[0])]):
        (where,) = np.nonzero(steps == step)
        if step is None or not len(where):
            continue
        point = points[where[0]]
        if step == best:
            axes.plot(
                point[0],
                point[1],
                "o",
                markersize=6.5,
                markerfacecolor="none",
                markeredgecolor=INK,
                clip_on=False,
                zorder=5,
            )
        if all(np.hypot(*(point - other)) > _APART for other in marked):
            right, high = point[0] > 0.5, point[1] > 0.25
            axes.annotate(thousands(step), point, xytext=(-6 if right else 6, -8 if high else 8), va="center",
                          textcoords="offset points", ha="right" if right else "left", fontsize=SMALL - 1,
                          color=INK if step == best else MUTED, zorder=6)  # fmt: skip
            marked.append(point)


def _short(name: str, most: int = 17) -> str:
    return name if len(name) <= most else "…" + name[1 - most :]
