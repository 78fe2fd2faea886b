"""`probability-density.ckpt-<step>.pdf`: how probable each label is where it is there, and where others are.

One panel per output label; in it one curve per true label, the distribution of the output's probability over the frames
of that label, each with the same area. A good output has its own label (filled) far right and all others far left; a
label whose curve lies right of the threshold (dashed) is taken for it. Densities are drawn on a root scale, so that the
few frames that go wrong are seen beside the many that do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from oscine.evaluation.densities import Densities
from oscine.figures.panels import heading, only_outer, panel_grid, panels
from oscine.figures.precision_recall_by_label import say_nothing
from oscine.figures.style import BACKGROUND_COLOUR, INK, MUTED, NORMAL, SMALL, colours_for, dress
from oscine.metrics.curves import Threshold

_SIZE, _GAP = (1.9, 1.35), (0.3, 0.48)
_MOST_NAMES = 15


def plot_probability_density(result: Any, *, colours: Mapping[str, str] | None = None) -> Figure:
    """Draw the distributions of probabilities.

    Parameters
    ----------
    result
        An `Evaluation`: its `densities` and `thresholds`; or such densities.
    colours
        Colour of each label; by default the house's, by order.
    """
    densities: Densities = getattr(result, "densities", result)
    thresholds: Mapping[str, Threshold] = getattr(result, "thresholds", {})
    labels = densities.outputs
    ink = colours_for(labels, colours)
    few = len(labels) <= _MOST_NAMES  # more than can be told apart by colour: the others are one curve
    rows, columns = panel_grid(len(labels))
    figure, axes = panels(rows, columns, size=_SIZE, gap=_GAP, margins=(0.75, 1.5 if few else 0.35, 1.0, 0.6))
    for i, (label, one) in enumerate(zip(labels, axes.flat, strict=False)):
        dress(one, grid="x")
        one.set(xlim=(-0.01, 1.01), ylim=(0, 1.02), xlabel="probability", ylabel="share of frames")
        one.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
        one.set_yticks([0, 0.1, 0.32, 0.71, 1], ["0", "1 %", "10 %", "50 %", "100 %"])
        name = label if len(label) <= 22 else label[:21] + "…"
        one.set_title(name, loc="left", fontsize=NORMAL, color=INK, fontweight="bold", pad=5)
        curves = _curves(densities, i, apart=few)
        if not curves:
            say_nothing(one, "no frame is known")
        for truth, frames in curves.items():
            heights = np.sqrt(frames / frames.sum())
            tone, own = ink.get(truth, BACKGROUND_COLOUR), truth == label
            if own:
                one.stairs(heights, densities.edges, color=tone, fill=True, alpha=0.22, linewidth=0)
            one.stairs(heights, densities.edges, color=tone, linewidth=1.6 if own else 0.9, label=truth)
        threshold = thresholds.get(label)
        if threshold is not None and np.isfinite(threshold.value):
            one.axvline(threshold.value, color=MUTED, linewidth=1, linestyle=(0, (3, 2)), label="threshold")
    only_outer(axes, len(labels))
    heading(figure, "Probability of each label, by what is there",
            below="filled: frames of the label itself; lines: of the others; dashed: threshold")  # fmt: skip
    width, height = figure.get_figwidth(), figure.get_figheight()
    for row, label in enumerate(labels if few else ()):
        figure.text(1 - 1.35 / width, 1 - (1.0 + 0.18 * row) / height, label if len(label) < 18 else label[:17] + "…",
                    fontsize=SMALL, color=ink[label], fontweight="bold", va="top")  # fmt: skip
    return figure


def _curves(densities: Densities, place: int, *, apart: bool) -> dict[str, NDArray[np.int64]]:
    """Frames (bin,) of each true label at an output, its own last, above the others; or of all others together."""
    label, counts = densities.outputs[place], densities.counts[place]
    found = {truth: frames for truth, frames in zip(densities.truths, counts, strict=True) if _concerns(truth, label)}
    own = {label: found.pop(label)} if label in found else {}
    others = found if apart or not found else {"others": np.sum(list(found.values()), axis=0)}
    return {truth: frames for truth, frames in {**others, **own}.items() if frames.any()}


def _concerns(truth: str, label: str) -> bool:
    """Whether a true label tells something of an output: that another is not there does not."""
    return not truth.startswith("not_") or truth == f"not_{label}"
