"""What each threshold of the machine does to the agreement: counts and F1, and precision against recall.

Vertical lines, and dots on the right, are the threshold in use ("sparse": chosen on sparse annotations) and the dense
ones, at which precision and recall against people have the wished ratio.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from oscine.evaluation.agreement_result import Agreement, LabelAgreement
from oscine.figures.agreement_bars import EVERYONE
from oscine.figures.agreement_venn import UNITS, party_colours
from oscine.figures.style import FULL_WIDTH, GRID, INK, MUTED, NORMAL, PAPER, SMALL, dress, new_figure, title

_IN_USE, _DENSE = "#67707c", "#aa4499"
_MARKS = ("D", "s", "^", "v", "P", "X")
_STYLES: tuple[Any, ...] = ("-", (0, (6, 2)), (0, (3, 2)), (0, (1, 1)), (0, (6, 2, 1, 2)), (0, (3, 1, 1, 1)))


def plot_agreement_thresholds(result: Agreement, label: str, measure: str = "label") -> Figure:
    """Draw what the thresholds of a label do.

    Parameters
    ----------
    result
        A comparison with scores of a machine.
    label, measure
        The label, and "tic" or "label".

    Raises
    ------
    ValueError
        Where no thresholds were tried, as there are no scores.
    """
    one = result.labels[label]
    if not one.curve or result.machine is None:
        raise ValueError(f"no thresholds of {label} were tried: there are no scores")
    figure = new_figure(FULL_WIDTH, 4.3)
    left, right = figure.subplots(1, 2, width_ratios=(1.5, 1))
    _counts(left, result, one, measure)
    _rates(right, result, one, measure)
    return figure


def _counts(axes: Axes, result: Agreement, one: LabelAgreement, measure: str) -> None:
    dress(axes, grid="y")
    thresholds = [value for value, _ in one.curve]
    counts = [found[measure] for _, found in one.curve]
    colours = party_colours(result.parties)
    axes.plot(thresholds, [item.everyone for item in counts], color=EVERYONE, linewidth=2.0, label="everyone")
    for name in result.parties:
        sizes = [item.only(name) for item in counts]
        axes.plot(thresholds, sizes, color=colours[name], linewidth=1.4, label=f"only {name}")
    if len(result.parties) > 2:
        for name in result.parties:
            sizes = [item.without(name) for item in counts]
            axes.plot(thresholds, sizes, color=colours[name], linewidth=1.4, linestyle=(0, (4, 2)), label=f"not {name}")
    axes.set(xlim=(0, 1), xlabel="threshold", ylabel=UNITS[measure])
    axes.set_ylim(bottom=0)
    sets = axes.get_legend_handles_labels()[0]
    twin = axes.twinx()
    dress(twin)
    twin.spines["left"].set_visible(False)
    twin.spines["right"].set(visible=True, color=MUTED, linewidth=0.6)
    f1 = [np.nan_to_num(item.against(result.machine or "").f1) for item in counts]
    (line,) = twin.plot(thresholds, f1, color="#009e73", linewidth=1.2, linestyle=(0, (1, 1.5)), label="F1 (right)")
    twin.set(ylim=(0, 1), ylabel="F1")
    marks = _vertical(axes, one, measure)
    lines = [*sets, line, *marks]
    axes.legend(handles=lines, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=4, fontsize=SMALL, frameon=False,
                labelcolor=INK, columnspacing=1.2, handlelength=2.2)  # fmt: skip
    title(axes, f"{one.label}: agreement by threshold, in {UNITS[measure]}")


def _vertical(axes: Axes, one: LabelAgreement, measure: str) -> list[Line2D]:
    """Lines at the threshold in use and at the dense ones; gives what the legend needs."""
    marks = []
    if np.isfinite(one.in_use):
        text = f"in use {one.in_use:.3f}"
        marks.append(axes.axvline(one.in_use, color=_IN_USE, linewidth=1.0, linestyle=(0, (2, 2)), label=text))
    for item, style in zip(one.dense.get(measure, ()), _STYLES, strict=False):
        if np.isfinite(item.value):
            text = f"P/R {item.ratio:g}: {item.value:.3f}"
            marks.append(axes.axvline(item.value, color=_DENSE, linewidth=1.1, linestyle=style, label=text))
    return marks


def _rates(axes: Axes, result: Agreement, one: LabelAgreement, measure: str) -> None:
    dress(axes, grid="both")
    for f1 in (0.5, 0.7, 0.9):
        recall = np.linspace(f1 / (2 - f1), 1, 100)
        axes.plot(recall, f1 * recall / (2 * recall - f1), color=GRID, linewidth=1.0, zorder=0.5)
        axes.annotate(f"F1 {f1:g}", (1, f1 / (2 - f1)), xytext=(3, 0), textcoords="offset points", va="center",
                      fontsize=SMALL - 0.5, color=MUTED, annotation_clip=False)  # fmt: skip
    rates = [found[measure].against(result.machine or "") for _, found in one.curve]
    axes.plot([item.recall for item in rates], [item.precision for item in rates], "-o", color="#0072b2", linewidth=1.4,
              markersize=3, label="thresholds")  # fmt: skip
    now = result.rates_of(one.counts(measure))
    if now is not None and now.n_true and now.n_predicted:
        axes.plot(now.recall, now.precision, "o", color=_IN_USE, markersize=8, markeredgecolor=PAPER, zorder=5,
                  label="as predicted")  # fmt: skip
    for item, mark in zip(one.dense.get(measure, ()), _MARKS, strict=False):
        if np.isfinite(item.value):
            axes.plot(item.recall, item.precision, mark, color=_DENSE, markersize=7, markeredgecolor=PAPER, zorder=6,
                      label=f"P/R {item.ratio:g}")  # fmt: skip
    axes.set(xlim=(0, 1), ylim=(0, 1.01), aspect="equal", xlabel="recall", ylabel="precision")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2, fontsize=SMALL, frameon=False, labelcolor=INK,
                columnspacing=1.2)  # fmt: skip
    axes.xaxis.label.set_fontsize(NORMAL)
    title(axes, "Precision and recall")
