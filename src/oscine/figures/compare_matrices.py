"""`<prefix>-compare-confusion-matrices.pdf`: of each run the sum of its models' confusion matrices, side by side.

Few labels are drawn as everywhere (`confusion_matrix`); with many of them a cell holds one number, the share of the
annotated frames of its row, %. Where labels may overlap there is a row of panels for each label, and one for their sum.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from oscine.evaluation.comparison import Comparison
from oscine.figures.compare_overall import colours_of, shortened
from oscine.figures.confusion_matrix import ROW_COLOUR, draw_matrix
from oscine.figures.overlapping_confusion import labels_apart, matrices_apart
from oscine.figures.panels import heading, panel_grid, panels
from oscine.figures.style import INK, NORMAL, PAPER, SMALL, dress, percent
from oscine.metrics.frames import ConfusionMatrix, mean

_SPLIT = 4
"""Labels up to which a cell has its two halves."""
_NUMBERED = 16
"""Labels up to which a cell has a number."""
_LEAST = 0.005
"""Shares below are not written, so that one sees those that count."""
_UPRIGHT = 3
"""Letters of a label beyond which the names of columns stand on end."""


def plot_compare_matrices(result: Comparison) -> Figure:
    """Draw the confusion matrices of several runs.

    Parameters
    ----------
    result
        Of `compare`.
    """
    tones = colours_of(result)
    whole = {one.name: one.confusion for one in result.candidates}
    if labels_apart(next(iter(whole.values()))):
        return _overlapping(result, {name: matrices_apart(matrix) for name, matrix in whole.items()}, tones)
    labels = next(iter(whole.values())).labels
    longest = max(len(label) for label in labels)
    side = 0.95 * len(labels) if len(labels) <= _SPLIT else float(np.clip(0.34 * len(labels), 2.6, 6.0))
    left = 0.5 + 0.08 * min(longest, 20)
    n_rows, n_columns = panel_grid(len(whole))
    names = 0.35 + (0.06 * min(longest, 20) if len(labels) > _SPLIT and longest > _UPRIGHT else 0)
    figure, axes = panels(
        n_rows,
        n_columns,
        size=(side, side),
        gap=(left + 0.1, 0.55 + names),
        margins=(left + 0.1, 0.3, 1.15, names),
        share=False,
    )
    below = "rows: annotated; columns: predicted; " + (
        "upper halves: % of the row, lower: % of the column" if len(labels) <= _SPLIT else "% of the row's frames"
    )
    heading(figure, "Which labels are taken for which", below=below, left=left + 0.1)
    for place, one in enumerate(axes.flat):
        if place >= len(whole):
            one.set_visible(False)
            continue
        name, matrix = list(whole.items())[place]
        if len(labels) <= _SPLIT:
            draw_matrix(one, matrix)
        else:
            _one_number(one, matrix)
        _name(one, name, matrix, tones[name])
    return figure


def _overlapping(result: Comparison, apart: dict[str, dict[str, ConfusionMatrix]], tones: dict[str, str]) -> Figure:
    """A column for each run, a row for each label."""
    rows = list(next(iter(apart.values())))
    figure, axes = panels(
        len(rows), len(apart), size=(1.9, 1.9), gap=(0.75, 0.75), margins=(1.1, 0.3, 1.15, 0.5), share=False
    )
    heading(figure, "Every label: there or not", left=1.1)
    for column, (name, matrices) in enumerate(apart.items()):
        for row, label in enumerate(rows):
            draw_matrix(axes[row, column], matrices[label])
            _name(axes[row, column], f"{shortened(name)}\n{label}", matrices[label], tones[name], rates=False)
    return figure


def _one_number(axes: Axes, matrix: ConfusionMatrix) -> None:
    """Cells coloured by the share of their row."""
    n = len(matrix.labels)
    dress(axes)
    ramp = LinearSegmentedColormap.from_list("share", [PAPER, ROW_COLOUR])
    axes.imshow(np.nan_to_num(matrix.rows), cmap=ramp, vmin=0, vmax=1, aspect="equal")
    if n <= _NUMBERED:
        for (i, j), share in np.ndenumerate(matrix.rows):
            if share >= _LEAST:
                axes.text(j, i, percent(float(share)), ha="center", va="center", fontsize=SMALL - 1,
                          color="#ffffff" if share > 0.55 else INK)  # fmt: skip
    crowded = max(len(label) for label in matrix.labels) > _UPRIGHT
    axes.set_xticks(range(n), matrix.labels, rotation=90 if crowded else 0, fontsize=SMALL)
    axes.set_yticks(range(n), matrix.labels, fontsize=SMALL)
    axes.tick_params(length=0, labelcolor=INK)
    axes.spines[:].set_visible(False)


def _name(axes: Axes, name: str, matrix: ConfusionMatrix, colour: str, *, rates: bool = True) -> None:
    """Of which run, with its mean precision and recall."""
    shown = name if "\n" in name else shortened(name, 30)
    if rates:
        shown += f"\nprecision {percent(mean(matrix.precision))} %, recall {percent(mean(matrix.recall))} %"
    axes.set_title(shown, loc="left", fontsize=NORMAL, color=colour, pad=6, linespacing=1.35)
