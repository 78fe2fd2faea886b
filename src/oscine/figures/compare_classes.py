"""`<prefix>-compare-PR-classes.pdf`: precision against recall of each label, for several runs.

A panel for each label: small points are single models, large ones the mean of a run's models, in the colour of the run.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from oscine.evaluation.comparison import Comparison
from oscine.figures.compare_overall import colours_of, shortened
from oscine.figures.panels import heading, panel_grid, panels
from oscine.figures.style import INK, NORMAL, SMALL, dress

_SIZE = (2.0, 2.0)
_MOST_NAMES = 30


def plot_compare_classes(result: Comparison) -> Figure:
    """Draw precision and recall of every label of several runs.

    Parameters
    ----------
    result
        Of `compare`.
    """
    tones = colours_of(result)
    rows = result.candidates[0].confusion.labels
    labels = [label for label in rows if not (label.startswith("not_") and label.removeprefix("not_") in rows)]
    points = {
        label: {one.name: _points(result, one.name, label) for one in result.candidates} for label in labels
    }  # fmt: skip
    every = np.concatenate([found for of_runs in points.values() for found in of_runs.values()])
    lowest = float(every.min()) if len(every) else 0.0
    low = next((start for start in (0.95, 0.9, 0.8, 0.5) if lowest > start + 0.1 * (1 - start)), 0.0)
    longest = max(len(shortened(one.name)) for one in result.candidates)
    n_rows, n_columns = panel_grid(len(labels))
    right = 0.4 + 0.08 * longest
    figure, axes = panels(n_rows, n_columns, size=_SIZE, gap=(0.35, 0.5), margins=(0.75, right, 1.1, 0.65), share=True)
    heading(figure, "Precision and recall of each label", below="large: mean of a run's models; small: single models")
    margin = 0.04 * (1 - low)
    for place, one in enumerate(axes.flat):
        if place >= len(labels):
            one.set_visible(False)
            continue
        dress(one, grid="both")
        one.set(xlim=(low - margin, 1 + margin), ylim=(low - margin, 1 + margin))
        one.locator_params(nbins=4)
        one.set_title(labels[place], loc="left", fontsize=NORMAL, color=INK, pad=4)
        row, column = divmod(place, n_columns)
        outer = place + n_columns >= len(labels)
        one.tick_params(labelleft=column == 0, labelbottom=outer)
        one.set_xlabel("recall" if outer else "")
        one.set_ylabel("precision" if column == 0 else "")
        for name, found in points[labels[place]].items():
            if len(found) > 1:
                one.plot(*found.T, "o", color=tones[name], markersize=3.5, alpha=0.6, markeredgewidth=0, clip_on=False)
            if len(found):
                one.plot(*found.mean(axis=0), "o", color=tones[name], markersize=7, markeredgecolor=INK,
                         markeredgewidth=0.8, clip_on=False, label=name)  # fmt: skip
    corner = axes[0, min(n_columns, len(labels)) - 1]
    for row, one in enumerate(result.candidates[:_MOST_NAMES]):
        corner.annotate(shortened(one.name), (1, 1), xycoords="axes fraction", xytext=(12, -13 * row),
                        textcoords="offset points", va="top", fontsize=SMALL, color=tones[one.name],
                        fontweight="bold", annotation_clip=False)  # fmt: skip
    return figure


def _points(result: Comparison, name: str, label: str) -> np.ndarray:
    """Recall and precision of a label, for each model that has seen it, (model, 2)."""
    found = next(one for one in result.candidates if one.name == name)
    points = []
    for matrix in found.models.values():
        place = matrix.labels.index(label)
        points.append((matrix.recall[place], matrix.precision[place]))
    array = np.array(points, np.float64).reshape(-1, 2)
    return array[np.isfinite(array).all(axis=1)]
