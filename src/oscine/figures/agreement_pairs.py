"""Every two parties: F1 of sounds above the diagonal, Cohen's kappa of frames below it, a panel for each label."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from oscine.evaluation.agreement_result import Agreement
from oscine.figures.style import FULL_WIDTH, GRID, INK, MUTED, NORMAL, PAPER, SMALL, dress, new_figure

_MOST_PANELS = 12
_BLUES = LinearSegmentedColormap.from_list("f1", [PAPER, "#0072b2"])
_ORANGES = LinearSegmentedColormap.from_list("kappa", [PAPER, "#e69f00"])


def plot_agreement_pairs(result: Agreement) -> Figure:
    """Draw how every two parties agree, label by label.

    Parameters
    ----------
    result
        A comparison.

    Examples
    --------
    >>> from oscine.annotations.annotations import Annotations
    >>> from oscine.evaluation.agreement import agreement
    >>> row = {"recording": "a.wav", "label": "pulse", "annotator": "ann", "onset": 1.0, "offset": 1.0}
    >>> figure = plot_agreement_pairs(agreement(Annotations([row, {**row, "annotator": "ben"}])))
    >>> figure.axes[0].get_title()
    'pulse'
    """
    labels = list(result.labels)[:_MOST_PANELS]
    n = len(result.parties)
    columns = max(1, min(len(labels), 4 if n < 4 else 3))
    rows = -(-max(len(labels), 1) // columns)
    width = float(np.clip((0.75 * n + 1.2) * columns, 4.8, FULL_WIDTH))
    figure = new_figure(width, min(width / columns, 0.75 * n + 1.2) * rows + 0.7)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, label in zip(grid, labels, strict=False):
        _panel(axes, result, label)
    for axes in grid[len(labels) :]:
        axes.set_axis_off()
    more = f" (the first {_MOST_PANELS} of {len(result.labels)} labels)" if len(result.labels) > _MOST_PANELS else ""
    figure.suptitle(f"Two by two{more}", x=0.01, ha="left", fontsize=NORMAL + 2, color=INK)
    figure.supxlabel("above the diagonal: F1 of sounds; below: Cohen's kappa of frames", fontsize=SMALL, color=MUTED)
    return figure


def _panel(axes: Axes, result: Agreement, label: str) -> None:
    dress(axes)
    one, names = result.labels[label], result.parties
    for i, first in enumerate(names):
        for j, second in enumerate(names):
            if i == j:
                _cell(axes, i, j, GRID, "", INK)
                continue
            score = one.pair(first, second) if i < j else one.pair(second, first)
            value = float("nan") if score is None else score.f1 if i < j else score.kappa
            text = f"{value:.2f}" if np.isfinite(value) else "–"
            strength = float(np.clip(np.nan_to_num(value), 0, 1))
            colour = (_BLUES if i < j else _ORANGES)(strength)
            _cell(axes, i, j, colour, text, "#ffffff" if i < j and strength > 0.6 else INK)
    axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(len(names) - 0.5, -0.5), aspect="equal")
    axes.set_xticks(range(len(names)), names, rotation=30 if max(map(len, names)) > 8 else 0,
                    ha="right" if max(map(len, names)) > 8 else "center")  # fmt: skip
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(length=0, labelcolor=INK)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_title(label, fontsize=NORMAL, color=INK, pad=4)


def _cell(axes: Axes, row: int, column: int, colour: object, text: str, ink: str) -> None:
    square = [
        (column - 0.5, row - 0.5),
        (column + 0.5, row - 0.5),
        (column + 0.5, row + 0.5),
        (column - 0.5, row + 0.5),
    ]
    axes.fill(*zip(*square, strict=True), facecolor=colour, edgecolor=PAPER, linewidth=1.5)
    axes.text(column, row, text, ha="center", va="center", fontsize=NORMAL, color=ink)
