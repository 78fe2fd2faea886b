"""Confusion where labels may overlap: each is there or not, so each has a matrix of its own.

The first panel is their sum, *song* against *not song*; then one follows for each label. A cell is drawn as in
`confusion_matrix`. This is SongExplorer's form of `confusion-matrix.pdf` for networks with independent outputs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from oscine.figures.confusion_matrix import draw_matrix
from oscine.figures.panels import heading, only_outer, panel_grid, panels
from oscine.figures.style import INK, NORMAL, percent
from oscine.metrics.frames import ConfusionMatrix, mean

NOT = "not_"
"""How the name of a row begins that says that a label is absent."""


def labels_apart(matrix: ConfusionMatrix) -> tuple[str, ...]:
    """The labels of a matrix that has two rows for each of several, one where it is and one where it is not.

    Examples
    --------
    >>> labels_apart(ConfusionMatrix(np.eye(4, dtype=int), ("pulse", "not_pulse", "sine", "not_sine")))
    ('pulse', 'sine')
    >>> labels_apart(ConfusionMatrix(np.eye(2, dtype=int), ("pulse", "ambient")))
    ()
    """
    there, absent = matrix.labels[::2], matrix.labels[1::2]
    paired = len(there) > 1 and len(there) == len(absent) and all(map(str.__eq__, absent, (NOT + it for it in there)))
    return there if paired else ()


def matrices_apart(matrix: ConfusionMatrix) -> dict[str, ConfusionMatrix]:
    """The matrix of each label by itself, the sum of all first, as "song"."""
    alone = {
        label: ConfusionMatrix(matrix.counts[2 * i : 2 * i + 2, 2 * i : 2 * i + 2], ("is", "is not"))
        for i, label in enumerate(labels_apart(matrix))
    }
    total = ConfusionMatrix(np.sum([one.counts for one in alone.values()], axis=0), ("song", "not song"))
    return {"all labels": total, **alone}


def plot_overlapping_confusion(result: ConfusionMatrix | Any, *, balanced: bool = False) -> Figure:
    """Draw the confusion of labels that may overlap.

    Parameters
    ----------
    result
        The matrix, of two rows for each label; or any result that holds one as `confusion_matrix`.
    balanced
        As in `plot_confusion_matrix`.

    Examples
    --------
    >>> counts = np.kron(np.eye(2, dtype=int), [[8, 2], [1, 89]])
    >>> matrix = ConfusionMatrix(counts, ("pulse", "not_pulse", "sine", "not_sine"))
    >>> [axes.get_title("left") for axes in plot_overlapping_confusion(matrix).axes]
    ['all labels', 'pulse', 'sine']
    """
    matrix: ConfusionMatrix = getattr(result, "confusion_matrix", result)
    matrices = matrices_apart(matrix)
    rows, columns = panel_grid(len(matrices))
    figure, axes = panels(rows, columns, size=(1.8, 1.8), gap=(0.85, 0.75), margins=(0.95, 0.4, 0.95, 0.6), share=False)
    for (name, one), panel in zip(matrices.items(), axes.flat, strict=False):
        draw_matrix(panel, one, balanced=balanced)
        panel.set(anchor="C", xlabel="predicted", ylabel="annotated")
        panel.set_title(name, loc="left", fontsize=NORMAL + 1, color=INK, pad=5)
    only_outer(axes, len(matrices))
    for panel in axes.flat[: len(matrices)]:
        panel.tick_params(labelleft=True, labelbottom=True)
    places = [matrix.labels.index(label) for label in matrices if label in matrix.labels]
    precision = matrix.balanced_precision if balanced else matrix.precision
    text = f"Mean precision {percent(mean(precision[places]))} %, recall {percent(mean(matrix.recall[places]))} %"
    figure.set_figwidth(max(figure.get_figwidth(), 4.2))
    heading(figure, text, below="◥ % of the row  ◣ % of the column" + (", as if equally frequent" if balanced else ""))
    return figure
