"""What each threshold buys: precision against recall, one curve per label, the chosen threshold marked.

Curves are drawn in steps, as they are: between two points of a precision–recall curve there is no straight line. The
faint arcs join points of equal F1; the dotted line is where precision and recall have the wished ratio, so a chosen
threshold lies where its curve crosses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from oscine.figures.style import GRID, INK, MUTED, NORMAL, PAPER, SMALL, colours_for, dress, new_figure, title
from oscine.metrics.curves import OperatingCurve, Threshold

_MOST_POINTS = 1500
_SIZES = (6.2, 4.25, 0.6, 0.95, 2.9)  # inches: width, height, left and lower margin, side of the axes


def plot_precision_recall(
    result: Mapping[str, OperatingCurve] | Any,
    thresholds: Mapping[str, Threshold] | None = None,
    *,
    colours: Mapping[str, str] | None = None,
    heading: str = "Precision and recall at every threshold",
) -> Figure:
    """Draw precision against recall for each label.

    Parameters
    ----------
    result
        Curve of each label; or any result that holds them as `curves`, and perhaps the chosen ones as `thresholds`.
    thresholds
        Chosen threshold of each label.
    colours
        Colour of each label; by default the house's, by order.
    heading
        Title.

    Examples
    --------
    >>> from oscine.metrics.curves import operating_curves
    >>> figure = plot_precision_recall(operating_curves([[0.9, 0.6, 0.4]], [[1, 0, 1]], None, ["pulse"]))
    >>> figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()
    ('recall', 'precision')
    """
    curves: Mapping[str, OperatingCurve] = getattr(result, "curves", result)
    chosen: Mapping[str, Threshold] = thresholds or getattr(result, "thresholds", None) or {}
    ink = colours_for(curves, colours)
    width, height, left, bottom, side = _SIZES
    figure = new_figure(width, height, constrained=False)
    place = (left / width, bottom / height, side / width, side / height)
    axes = dress(figure.add_axes(place), grid="both")
    _background(axes, chosen)
    for label, curve in curves.items():
        if curve.n_true:
            recall, precision = _points(curve)
            axes.plot(recall, precision, drawstyle="steps-pre", color=ink[label], linewidth=1.6, label=label)
    for label, threshold in chosen.items():
        if label in curves and threshold.counts.n_predicted:
            axes.plot(threshold.recall, threshold.precision, "o", markersize=7, color=ink[label],
                      markeredgecolor=PAPER, markeredgewidth=1.4, clip_on=False, zorder=5)  # fmt: skip
    axes.set(xlim=(0, 1), ylim=(0, 1.01), aspect="equal", xlabel="recall", ylabel="precision")
    title(axes, heading)
    _legend(axes, curves, chosen, ink)
    return figure


def _points(curve: OperatingCurve) -> tuple[np.ndarray, np.ndarray]:
    """The curve from recall 0 on, thinned to what a figure can show."""
    recall, precision = curve.recall, curve.precision
    if len(recall) > _MOST_POINTS:
        levels = np.linspace(0, 1, _MOST_POINTS)
        keep = np.unique(np.minimum(np.searchsorted(recall, levels), len(recall) - 1))
        recall, precision = recall[keep], precision[keep]
    return np.concatenate([[0.0], recall]), np.concatenate([precision[:1], precision])


def _background(axes: Axes, chosen: Mapping[str, Threshold]) -> None:
    for f1 in (0.5, 0.7, 0.9):
        recall = np.linspace(f1 / (2 - f1), 1, 100)
        precision = f1 * recall / (2 * recall - f1)
        axes.plot(recall, precision, color=GRID, linewidth=1.0, zorder=0.5)
        axes.annotate(f"F1 {f1:g}", (1, precision[-1]), xytext=(4, 0), textcoords="offset points", va="center",
                      fontsize=SMALL - 0.5, color=MUTED, annotation_clip=False)  # fmt: skip
    for ratio in {threshold.ratio for threshold in chosen.values()}:
        end = min(1.0, 1.0 / ratio)
        axes.plot([0, end], [0, end * ratio], color=MUTED, linewidth=0.8, linestyle=(0, (1, 3)), zorder=0.6)


def _legend(
    axes: Axes, curves: Mapping[str, OperatingCurve], chosen: Mapping[str, Threshold], ink: Mapping[str, str]
) -> None:
    """A table right of the axes: label, average precision, threshold."""
    places = (32, 110, 154)
    size = NORMAL if len(curves) <= 12 else SMALL
    step = min(17.0, 235.0 / (len(curves) + 2))

    def write(column: int, row: float, text: str, colour: str, weight: str = "normal") -> None:
        axes.annotate(text, (1, 1), xycoords="axes fraction", xytext=(places[column], -step * row), va="top",
                      textcoords="offset points", fontsize=size, color=colour, fontweight=weight)  # fmt: skip

    write(1, 0, "average\nprecision", MUTED)
    if chosen:
        write(2, 0, "●\nthreshold", MUTED)
    for row, (label, curve) in enumerate(curves.items(), start=2):
        write(0, row, label if len(label) <= 12 else label[:11] + "…", ink[label], "bold")
        write(1, row, f"{curve.average_precision:.3f}" if curve.n_true else "–", INK)
        if label in chosen and not chosen[label].reason:
            write(2, row, f"{chosen[label].value:.3f}", INK)
