"""Precision, recall and F1 of each label, as points on one scale.

Points rather than bars: three values per label are compared along a line, and nothing is claimed by an area.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from matplotlib.figure import Figure

from oscine.figures.style import (
    FULL_WIDTH,
    GRID,
    INK,
    MUTED,
    NORMAL,
    PAPER,
    SMALL,
    colours_for,
    dress,
    new_figure,
    title,
)


class Rates(Protocol):
    """What has the three rates: `Counts`, `EventScore` and the like."""

    @property
    def precision(self) -> float:
        """Share of the predictions that are right."""

    @property
    def recall(self) -> float:
        """Share of the annotations that were found."""

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""


MARKERS = {"precision": "<", "recall": ">", "F1": "o"}


def plot_rates(
    by_label: Mapping[str, Rates], *, colours: Mapping[str, str] | None = None, heading: str = "", low: float = 0.0
) -> Figure:
    """Draw precision, recall and F1, one row per label.

    Parameters
    ----------
    by_label
        Rates of each label, from above to below.
    colours
        Colour of each label; by default the house's, by order.
    heading
        Title.
    low
        Where the scale begins.

    Examples
    --------
    >>> from oscine.metrics.counts import Counts
    >>> figure = plot_rates({"pulse": Counts(8, 10, 9), "sine": Counts(3, 4, 6)})
    >>> [text.get_text() for text in figure.axes[0].get_yticklabels()]
    ['pulse', 'sine']
    """
    ink = colours_for(by_label, colours)
    figure = new_figure(0.7 * FULL_WIDTH, 1.2 + 0.32 * max(len(by_label), 1))
    axes = dress(figure.add_subplot(), grid="x")
    for row, (label, rates) in enumerate(by_label.items()):
        values = {"precision": rates.precision, "recall": rates.recall, "F1": rates.f1}
        axes.plot([values["precision"], values["recall"]], [row, row], color=ink[label], linewidth=2, alpha=0.35)
        for name, value in values.items():
            face = ink[label] if name == "F1" else PAPER
            axes.plot(value, row, MARKERS[name], color=ink[label], markerfacecolor=face, markersize=6.5, clip_on=False)
        shown = f"{rates.f1:.3f}" if np.isfinite(rates.f1) else "–"
        axes.annotate(shown, (1, row), xycoords=("axes fraction", "data"), xytext=(14, 0), textcoords="offset points",
                      va="center", fontsize=NORMAL, color=INK)  # fmt: skip
    axes.annotate("F1", (1, 1), xycoords="axes fraction", xytext=(14, 3), textcoords="offset points",
                  fontsize=SMALL, color=MUTED)  # fmt: skip
    axes.set_yticks(range(len(by_label)), list(by_label))
    axes.tick_params(axis="y", length=0, labelsize=NORMAL, labelcolor=INK, pad=9)
    axes.set(xlim=(low, 1), ylim=(len(by_label) - 0.5, -0.5))
    axes.set_xlabel("◁ precision    ▷ recall    ● F1")
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_color(GRID)
    if heading:
        title(axes, heading)
    return figure
