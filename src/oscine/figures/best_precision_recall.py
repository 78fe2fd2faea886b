"""`precision-recall.pdf`: precision against recall of every label and every model, each at its best checkpoint.

Left, one small point per label and model in the label's colour, the mean over models outlined: which labels are hard.
Right, the same points in the models' colours, the mean over labels outlined: which models are good, and whether they
differ by more than chance. The grey cross is mean ± standard deviation of the outlined points.

SongExplorer draws the last checkpoint here, though its legend names the best; ours draws the best.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from oscine.evaluation.run_evaluation import RunEvaluation
from oscine.figures.panels import heading, panels
from oscine.figures.style import GRID, INK, MUTED, NORMAL, SMALL, colours_for, dress
from oscine.figures.trajectories import MANY, Trajectories, model_colours, trajectories

_SIZE = (3.1, 3.1)
_MOST_NAMES = 34

Array = NDArray[np.float64]


def plot_best_precision_recall(
    result: RunEvaluation | Trajectories, *, colours: Mapping[str, str] | None = None
) -> Figure:
    """Draw precision against recall of each label and model of a `RunEvaluation`.

    Parameters
    ----------
    result
        With `models` and `labels`.
    colours
        Colour of each label; by default the house's, by order.

    Returns
    -------
    Figure
        Axes "by label" and "by model". The lines of an axes are, by their labels: each label (or model), one point per
        model (or label); ``mean <name>``, outlined; and ``mean`` with its error bars.
    """
    ways = trajectories(result)
    labels, paths = ways.labels, ways.paths
    precision, recall = (
        np.array([path.rates[quantity][:, path.best_place] for path in paths]).reshape(len(paths), len(labels))
        for quantity in ("precision", "recall")
    )
    figure, axes = panels(1, 2, size=_SIZE, gap=(1.75, 0), margins=(0.75, 1.8, 0.95, 0.65), share=False)
    low = _lowest(precision, recall)
    ink = colours_for(labels, colours)
    _draw(axes[0, 0], labels, [ink[label] for label in labels], precision.T, recall.T, low)
    names = [f"{path.name} · step {path.best}" for path in paths]
    tones = model_colours(names)
    _draw(axes[0, 1], names, [tones[name] for name in names], precision, recall, low)
    for one, text in zip(axes[0], ("by label", "by model"), strict=True):
        one.set_title(text, loc="left", fontsize=NORMAL + 1, color=INK, pad=6)
    below = "frames, as if labels were equally frequent; outlined: means; cross: mean ± SD of these"
    heading(figure, "Precision and recall of the best checkpoints", below=below)
    return figure


def _lowest(*values: Array) -> float:
    """Where both axes begin: a round number below all points."""
    finite = np.concatenate([value[np.isfinite(value)] for value in values])
    lowest = float(finite.min()) if finite.size else 0.0
    return next((start for start in (0.98, 0.95, 0.9, 0.8, 0.5) if lowest > start + 0.1 * (1 - start)), 0.0)


def _draw(axes: Axes, names: Sequence[str], inks: Sequence[str], precision: Array, recall: Array, low: float) -> None:
    """Points (name, other)."""
    dress(axes, grid="both")
    margin = 0.03 * (1 - low)
    axes.set(xlim=(low - margin, 1 + margin), ylim=(low - margin, 1 + margin), xlabel="recall", ylabel="precision")
    axes.locator_params(nbins=5)
    axes.plot([low, 1], [low, 1], color=GRID, linewidth=1, zorder=0.5)
    means = []
    several = precision.shape[1] > 1
    for name, ink, p, r in zip(names, inks, precision, recall, strict=True):
        known = np.isfinite(p) & np.isfinite(r)
        size = 4 if several else 7
        axes.plot(r[known], p[known], "o", color=ink, markersize=size, alpha=0.45 if several else 1, markeredgewidth=0,
                  label=name, clip_on=False)  # fmt: skip
        if known.any():
            x, y = r[known].mean(), p[known].mean()
            means.append((x, y))
            if several:
                axes.plot(x, y, "o", color=ink, markersize=8, markeredgecolor=INK, markeredgewidth=1,
                          label=f"mean {name}", clip_on=False, zorder=4)  # fmt: skip
    if len(means) > 1:
        centre, spread = np.mean(means, axis=0), np.std(means, axis=0)
        axes.errorbar(
            centre[0], centre[1], xerr=spread[0], yerr=spread[1], color=MUTED, linewidth=2, zorder=5, label="mean"
        )
    _names(axes, names, inks)


def _names(axes: Axes, names: Sequence[str], inks: Sequence[str]) -> None:
    """The names right of the axes, in their colours."""
    if len(set(inks)) == 1 and len(names) > MANY:
        names, inks = [f"{len(names)} models"], [MUTED]
    shown = list(zip(names, inks, strict=True))[:_MOST_NAMES]
    step = min(14.0, 72 * _SIZE[1] / max(len(shown), 1))
    size = min(SMALL, 0.95 * step)
    for row, (name, ink) in enumerate(shown):
        axes.annotate(name if len(name) <= 24 else "…" + name[-23:], (1, 1), xycoords="axes fraction",
                      xytext=(12, -step * row), textcoords="offset points", va="top", fontsize=size, color=ink,
                      fontweight="bold")  # fmt: skip
    if len(names) > len(shown):
        axes.annotate(f"and {len(names) - len(shown)} more", (1, 0), xycoords="axes fraction", xytext=(12, -6),
                      textcoords="offset points", va="top", fontsize=size, color=MUTED)  # fmt: skip
