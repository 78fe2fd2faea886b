"""`precision-recall.ckpt-<step>.pdf`: what each threshold buys, one panel per label.

The dot is the chosen threshold, its value beside it; the title tells the area below the curve. The dotted line is where
precision and recall have the wished ratio. `precision_recall` draws all labels into one panel.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from oscine.figures.panels import heading, only_outer, panel_grid, panels, unit_square
from oscine.figures.style import GRID, INK, MUTED, NORMAL, PAPER, SMALL, colours_for
from oscine.metrics.curves import OperatingCurve, Threshold

MOST_POINTS = 400
_SIZE, _GAP, _MARGINS = (1.75, 1.75), (0.3, 0.48), (0.75, 0.35, 1.0, 0.6)


def plot_precision_recall_by_label(result: Any, *, colours: Mapping[str, str] | None = None) -> Figure:
    """Draw precision against recall, one panel for each label.

    Parameters
    ----------
    result
        An `Evaluation`: its `curves` and `thresholds`.
    colours
        Colour of each label; by default the house's, by order.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from oscine.metrics.curves import best_threshold, operating_curves
    >>> curves = operating_curves([[0.9, 0.6, 0.4]], [[1, 0, 1]], None, ["pulse"])
    >>> thresholds = {"pulse": best_threshold(curves["pulse"])}
    >>> figure = plot_precision_recall_by_label(SimpleNamespace(curves=curves, thresholds=thresholds))
    >>> figure.axes[0].get_title("left")
    'pulse · area 0.833'
    """
    figure, by_label = curve_panels(result.curves, xlabel="recall", ylabel="precision")
    heading(figure, "Precision and recall at every threshold",
            below="dot: the chosen threshold; dotted: the wished ratio of the two")  # fmt: skip
    ink = colours_for(result.curves, colours)
    for label, axes in by_label.items():
        curve, chosen = result.curves[label], result.thresholds.get(label)
        curve_title(axes, label, curve.average_precision)
        if not curve.n_true:
            say_nothing(axes, "no frame has this label")
            continue
        points = thinned(curve, curve.recall)
        recall, precision = curve.recall[points], curve.precision[points]
        axes.plot(np.concatenate([[0.0], recall]), np.concatenate([precision[:1], precision]), drawstyle="steps-pre",
                  color=ink[label], linewidth=1.6, label=label)  # fmt: skip
        if chosen is not None and chosen.counts.n_predicted:
            end = min(1.0, 1.0 / chosen.ratio)
            axes.plot([0, end], [0, end * chosen.ratio], color=MUTED, linewidth=0.8, linestyle=(0, (1, 3)), zorder=0.6)
            mark(axes, chosen.recall, chosen.precision, chosen, ink[label])
    return figure


def curve_panels(curves: Mapping[str, OperatingCurve], *, xlabel: str, ylabel: str) -> tuple[Figure, dict[str, Axes]]:
    """One panel for each label, for two rates."""
    rows, columns = panel_grid(len(curves))
    figure, axes = panels(rows, columns, size=_SIZE, gap=_GAP, margins=_MARGINS)
    if figure.get_figwidth() < 4.2:  # one panel: room for the heading
        scale = figure.get_figwidth() / 4.2
        figure.set_figwidth(4.2)
        for one in axes.flat:
            box = one.get_position()
            one.set_position((box.x0 * scale, box.y0, box.width * scale, box.height))
    for one in axes.flat:
        unit_square(one)
        one.set(xlabel=xlabel, ylabel=ylabel)
    only_outer(axes, len(curves))
    return figure, dict(zip(curves, axes.flat, strict=False))


def curve_title(axes: Axes, label: str, area: float) -> None:
    """Label and area above a panel."""
    name = label if len(label) <= 16 else label[:15] + "…"
    said = f"area {area:.3f}" if np.isfinite(area) else "area –"
    axes.set_title(f"{name} · {said}", loc="left", fontsize=NORMAL, color=INK, pad=5)


def mark(axes: Axes, x: float, y: float, threshold: Threshold, ink: str) -> None:
    """A dot at the chosen threshold, and its value towards the middle of the panel."""
    axes.plot(x, y, "o", markersize=6.5, color=ink, markeredgecolor=PAPER, markeredgewidth=1.2, clip_on=False, zorder=5)
    axes.annotate(f"{threshold.value:.3g}", (x, y), xytext=(-7 if x > 0.5 else 7, -9 if y > 0.3 else 9), fontsize=SMALL,
                  textcoords="offset points", ha="right" if x > 0.5 else "left", va="center", color=INK, zorder=6,
                  bbox={"facecolor": PAPER, "edgecolor": "none", "alpha": 0.8, "pad": 0.8})  # fmt: skip


def say_nothing(axes: Axes, why: str) -> None:
    """A panel without a curve says why."""
    axes.text(0.5, 0.5, why, ha="center", va="center", fontsize=SMALL, color=MUTED, wrap=True)
    axes.grid(visible=False)
    axes.patch.set_edgecolor(GRID)


def thinned(curve: OperatingCurve, along: NDArray[np.float64]) -> NDArray[np.intp]:
    """Places of at most `MOST_POINTS` thresholds, evenly along an ascending rate (threshold,)."""
    n = len(curve.thresholds)
    if n <= MOST_POINTS:
        return np.arange(n)
    levels = np.linspace(0, 1, MOST_POINTS)
    return np.unique(np.minimum(np.searchsorted(along, levels), n - 1))
