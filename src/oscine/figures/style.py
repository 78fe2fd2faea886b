"""One house style: colours that colour-blind readers can tell apart, quiet axes, small type.

Every label keeps its colour in all figures of a report: `label_colours` gives them by the order of the label set, and
grey to background. The hues are those of Okabe & Ito [1]_, followed by Tol's "muted" [2]_; yellow and black are left
out, for they vanish on white and on dark paper.

The inks (`INK`, `MUTED`, `GRID`, `PAPER`) are single constants, so that a report can exchange them by light or dark.

References
----------
.. [1] Okabe & Ito (2008), Color universal design, https://jfly.uni-koeln.de/color/
.. [2] Tol (2021), Colour schemes, SRON technical note EPS/TN/09-002.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK = "#1b2027"
"""Text, and what matters most."""
MUTED = "#67707c"
"""Axes, their labels, and what matters less."""
GRID = "#e2e6eb"
"""Lines to read values off."""
PAPER = "#fefefe"
"""What everything is drawn on."""
BACKGROUND_COLOUR = "#9aa3ae"
"""Labels that stand for "nothing in particular"."""

PALETTE = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00",
    "#aa4499", "#44aa99", "#999933", "#cc6677", "#6f63c4", "#88ccee", "#117733", "#ddcc77", "#882255",
)  # fmt: skip
"""Colours of labels, in order."""

BACKGROUND_LABELS = frozenset({"ambient", "background", "neither", "noise", "other", "silence"})
"""Labels that are drawn in grey."""

SMALL, NORMAL, LARGE = 8.0, 9.0, 11.0
"""Sizes of type in points: ticks, labels, titles."""

FULL_WIDTH = 10.0
"""Width in inches of a figure that fills a report's column."""


def label_colours(labels: Iterable[str]) -> dict[str, str]:
    """Colour of each label, by its place in the label set.

    Examples
    --------
    >>> label_colours(["pulse", "ambient", "sine"])
    {'pulse': '#0072b2', 'ambient': '#9aa3ae', 'sine': '#d55e00'}
    """
    colours: dict[str, str] = {}
    n = 0
    for label in labels:
        if label in colours:
            continue
        if label.lower() in BACKGROUND_LABELS:
            colours[label] = BACKGROUND_COLOUR
        else:
            colours[label] = PALETTE[n % len(PALETTE)]
            n += 1
    return colours


def colours_for(labels: Iterable[str], colours: Mapping[str, str] | None) -> dict[str, str]:
    """The given colours, filled up with the house's own for labels that they leave out."""
    return {**label_colours(labels), **(colours or {})}


def new_figure(width: float, height: float, *, constrained: bool = True) -> Figure:
    """An empty figure on the house's paper.

    Parameters
    ----------
    width, height
        Size in inches.
    constrained
        Whether matplotlib finds the margins; else the caller sets them.
    """
    figure = Figure(figsize=(width, height), facecolor=PAPER, layout="constrained" if constrained else None)
    if constrained:
        figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08)  # type: ignore[union-attr,call-arg]
    return figure


def dress(axes: Axes, *, grid: str = "") -> Axes:
    """Give axes the house's look: two thin spines, small grey ticks, and a grid along "x", "y" or "both"."""
    axes.set_facecolor(PAPER)
    for side, spine in axes.spines.items():
        spine.set_visible(side in {"left", "bottom"})
        spine.set_color(MUTED)
        spine.set_linewidth(0.6)
    axes.tick_params(colors=MUTED, labelsize=SMALL, length=3, width=0.6)
    axes.xaxis.label.set(color=MUTED, fontsize=NORMAL)
    axes.yaxis.label.set(color=MUTED, fontsize=NORMAL)
    axes.set_axisbelow(True)
    if grid:
        axes.grid(visible=True, axis=grid, color=GRID, linewidth=0.7)  # type: ignore[arg-type]
    return axes


def title(axes: Axes, text: str) -> None:
    """Set a title above the left edge of axes."""
    axes.set_title(text, loc="left", fontsize=LARGE, color=INK, pad=8)


def percent(share: float) -> str:
    """A share as a whole percentage; a dash where it is `nan`, and never 0 or 100 for what is not.

    Examples
    --------
    >>> percent(0.873), percent(0.999), percent(1.0), percent(0.001), percent(float("nan"))
    ('87', '>99', '100', '<1', '–')
    """
    if math.isnan(share):
        return "–"
    rounded = round(100 * share)
    if rounded == 100 and share < 1:
        return ">99"
    if rounded == 0 and share > 0:
        return "<1"
    return str(rounded)
