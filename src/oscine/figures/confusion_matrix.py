"""Which labels are taken for which: each cell tells three numbers.

A cell is split along its diagonal. Its upper right half says where the annotated frames of the row's label went (a
row sums to 100 %; the diagonal is the recall), its lower left half what the frames predicted to be the column's label
really are (a column sums to 100 %; the diagonal is the precision). The count stands in the centre. The layout is
that of SongExplorer, with the two halves in two hues.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from numpy.typing import NDArray

from oscine.figures.style import FULL_WIDTH, GRID, INK, LARGE, MUTED, NORMAL, PAPER, SMALL, dress, new_figure, percent
from oscine.metrics.frames import ConfusionMatrix

ROW_COLOUR, COLUMN_COLOUR = "#0072b2", "#e69f00"
_ON_FULL_ROW, _ON_FULL_COLUMN = "#ffffff", "#14181d"  # type on a strongly coloured half, on any paper
_STRONG = 0.55
_KEY_HEIGHT = 0.6  # inches
_MAX_COUNTS, _MAX_PERCENTAGES = 24, 12  # labels beyond which numbers would be too small to read

_CORNERS = {  # (x, y) around the centre of a cell, y downwards
    "upper right": ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5)),
    "lower left": ((-0.5, -0.5), (-0.5, 0.5), (0.5, 0.5)),
}


def plot_confusion_matrix(
    result: ConfusionMatrix | Any, *, balanced: bool = False, unit: str = "frames", heading: str = ""
) -> Figure:
    """Draw a confusion matrix.

    Parameters
    ----------
    result
        The matrix, or any result that holds one as `confusion_matrix`.
    balanced
        Whether the lower left halves (and the precision) are those of labels equally frequent, as in SongExplorer, or
        those of the frames that were counted (`metrics.frames` tells the difference).
    unit
        What was counted, in the plural.
    heading
        Title; by default mean precision and recall.

    Returns
    -------
    Figure
        Rows are annotated labels, columns predicted ones.

    Examples
    --------
    >>> import numpy as np
    >>> figure = plot_confusion_matrix(ConfusionMatrix(np.array([[90, 10], [50, 950]]), ("pulse", "ambient")))
    >>> [text.get_text() for text in figure.axes[0].get_xticklabels()]
    ['pulse', 'ambient']
    """
    matrix: ConfusionMatrix = getattr(result, "confusion_matrix", result)
    n = len(matrix.labels)
    side = float(np.clip(0.95 * n, 2.6, 8.4))
    longest = min(max((len(label) for label in matrix.labels), default=1), 30)
    width = float(np.clip(side + 0.5 + 0.07 * longest, 4.3, FULL_WIDTH))
    figure = new_figure(width, side + _KEY_HEIGHT + 0.8 + (0.055 * longest if _is_crowded(matrix.labels) else 0))
    axes, key = figure.subplots(2, 1, height_ratios=(side, _KEY_HEIGHT))
    draw_matrix(axes, matrix, balanced=balanced)
    axes.set_xlabel("predicted", fontsize=NORMAL)
    axes.set_ylabel("annotated", fontsize=NORMAL)
    axes.set_title(heading or _summary(matrix, balanced), loc="left", fontsize=LARGE, color=INK, pad=10)
    _key(key, unit, balanced)
    return figure


def draw_matrix(axes: Axes, matrix: ConfusionMatrix, *, balanced: bool = False) -> None:
    """Draw the cells of a confusion matrix, and the names of its labels."""
    n = len(matrix.labels)
    columns = matrix.balanced_columns if balanced else matrix.columns
    dress(axes)
    for shares, half, colour in ((matrix.rows, "upper right", ROW_COLOUR), (columns, "lower left", COLUMN_COLOUR)):
        _fill(axes, shares, half, colour)
    if n <= _MAX_PERCENTAGES:
        _write(axes, matrix.rows, (0.25, -0.30), _ON_FULL_ROW)
        _write(axes, columns, (-0.25, 0.30), _ON_FULL_COLUMN)
    if n <= _MAX_COUNTS:
        size = NORMAL if n <= _MAX_PERCENTAGES else 6.5
        pill = {"boxstyle": "round,pad=0.22,rounding_size=0.6", "facecolor": PAPER, "edgecolor": "none", "alpha": 0.9}
        for (i, j), count in np.ndenumerate(matrix.counts):
            if count:
                axes.text(j, i, f"{count:,}".replace(",", " "), ha="center", va="center", fontsize=size,
                          color=INK, fontweight="bold" if i == j else "normal", bbox=pill)  # fmt: skip
    _frame(axes, matrix.labels)


def _fill(axes: Axes, shares: NDArray[np.float64], half: str, colour: str) -> None:
    """Colour one half of every cell as strongly as its share."""
    corners = np.array(_CORNERS[half])
    rows, columns = np.indices(shares.shape)
    centres = np.stack([columns.ravel(), rows.ravel()], axis=1)
    faces = [(*to_rgba(colour)[:3], 0.92 * float(share)) for share in np.nan_to_num(shares).ravel()]
    triangles = centres[:, np.newaxis, :] + corners
    axes.add_collection(PolyCollection(list(triangles), facecolors=faces, edgecolors="none", label=half))


def _write(axes: Axes, shares: NDArray[np.float64], place: tuple[float, float], on_full: str) -> None:
    """Write the percentage into one half of every cell; zeros stay silent."""
    for (i, j), share in np.ndenumerate(shares):
        if share != 0:
            colour = on_full if share > _STRONG else INK
            axes.text(j + place[0], i + place[1], percent(float(share)), ha="center", va="center", fontsize=SMALL,
                      color=colour)  # fmt: skip


def _frame(axes: Axes, labels: tuple[str, ...]) -> None:
    n = len(labels)
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_color(GRID)
    for edge in np.arange(n + 1) - 0.5:
        axes.axhline(edge, color=GRID, linewidth=0.8)
        axes.axvline(edge, color=GRID, linewidth=0.8)
    crowded = _is_crowded(labels)
    axes.set_xticks(range(n), labels, rotation=45 if crowded else 0, ha="right" if crowded else "center")
    axes.set_yticks(range(n), labels)
    axes.tick_params(length=0, labelsize=NORMAL if n <= _MAX_COUNTS else 6, labelcolor=INK)
    axes.set(xlim=(-0.5, n - 0.5), ylim=(n - 0.5, -0.5), aspect="equal", anchor="W")


def _summary(matrix: ConfusionMatrix, balanced: bool) -> str:
    values = matrix.to_dict()["mean"]
    precision = values["balanced_precision" if balanced else "precision"]
    nan = float("nan")
    rates = (nan if precision is None else precision, nan if values["recall"] is None else values["recall"])
    how = ",\nas if labels were equally frequent" if balanced else ""
    return "Mean precision {} %, recall {} %".format(*map(percent, rates)) + how


def _key(axes: Axes, unit: str, balanced: bool) -> None:
    """What the halves of a cell mean, below the matrix."""
    axes.set_axis_off()
    equal = "\nas if labels were equally frequent" if balanced else ""
    lines = (
        ("◥", ROW_COLOUR, f"% of the row's {unit} (diagonal: recall)"),
        ("◣", COLUMN_COLOUR, f"% of the column's {unit} (diagonal: precision){equal}"),
    )
    for row, (sign, colour, text) in enumerate(lines):
        for x, content, ink in ((0, sign, colour), (14, text, MUTED)):
            axes.annotate(
                content,
                (0, 1),
                xycoords="axes fraction",
                xytext=(x, -15 * row),
                textcoords="offset points",
                fontsize=SMALL,
                color=ink,
                va="top",
                linespacing=1.4,
                in_layout=False,
            )


def _is_crowded(labels: tuple[str, ...]) -> bool:
    return len(labels) > 6 or max((len(label) for label in labels), default=0) > 11
