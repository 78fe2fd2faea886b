"""What a dataset holds of each label, part by part: number, seconds, share, duration.

One row for each label, the same in all four panels. Numbers, seconds and durations are dots on logarithmic axes (bars
have no zero there), one shape and colour for each part; what a part lacks altogether is a hollow mark at the left
edge. The share panel shows at once whether the parts are alike: then all of its bars are divided at the same places,
which a dotted line marks for all labels together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from oscine.figures.style import (
    BACKGROUND_LABELS,
    FULL_WIDTH,
    GRID,
    INK,
    LARGE,
    MUTED,
    NORMAL,
    PALETTE,
    PAPER,
    SMALL,
    dress,
    new_figure,
)

PART_COLOURS = {"train": PALETTE[0], "validation": PALETTE[5], "test": PALETTE[2]}
"""Okabe & Ito's blue, orange and green, which differ in lightness, too."""
_SHAPES = {"train": "o", "validation": "s", "test": "D"}
_ROW, _TOP, _BOTTOM, _RIGHT = 0.34, 0.85, 0.55, 0.2  # inches
_WIDTHS, _GAP = (1.0, 1.0, 0.85, 1.35), 0.22
_SPREAD = 0.22  # of the parts around the middle of a label's row


def plot_dataset_labels(inspection: Any) -> Figure:
    """Draw number, seconds, share and duration of each label in each part.

    Parameters
    ----------
    inspection
        What `oscine.inspect` gives.

    Examples
    --------
    >>> import numpy as np
    >>> from oscine.datasets.inspect import Inspection
    >>> found = Inspection(
    ...     labels=("a",), events=(), counts={"train": {"a": 3}}, seconds={"train": {"a": 1.5}},
    ...     durations={"a": {"train": np.array([0.4, 0.5, 0.6])}}, n_recordings={"train": 1}, covered={"train": 9.0},
    ... )
    >>> [axes.get_xlabel() for axes in plot_dataset_labels(found).axes]
    ['annotations', 'seconds', 'share of each part (%)', 'duration (s)']
    """
    labels, parts = list(inspection.labels), list(inspection.parts)
    left = 0.35 + 0.085 * max([len(label) for label in labels] + [4])
    height = _TOP + _ROW * max(2, len(labels)) + _BOTTOM
    figure = new_figure(FULL_WIDTH, height, constrained=False)
    panels = _panels(figure, left, height)
    offsets = dict(zip(parts, np.linspace(-_SPREAD, _SPREAD, len(parts)) if len(parts) > 1 else [0.0], strict=True))
    implied = {label for label in labels if not any(inspection.counts[part][label] for part in parts)}
    _dots(panels[0], labels, inspection.counts, offsets, "annotations", without=implied & BACKGROUND_LABELS)
    _dots(panels[1], labels, inspection.seconds, offsets, "seconds", without=set(inspection.events))
    _shares(panels[2], inspection, labels, parts)
    _durations(panels[3], inspection, labels, offsets)
    for place, axes in enumerate(panels):
        axes.set_ylim(len(labels) - 0.5, -0.5)
        axes.set_yticks(range(len(labels)), labels if place == 0 else [""] * len(labels))
        axes.tick_params(axis="y", length=0, labelsize=NORMAL, labelcolor=INK, pad=6)
        axes.spines["left"].set_visible(False)
        for row in range(1, len(labels)):
            axes.axhline(row - 0.5, color=GRID, linewidth=0.6, zorder=0)
    _head(figure, inspection, parts, left, height)
    return figure


def _panels(figure: Figure, left: float, height: float) -> list[Axes]:
    """Four axes side by side, of set widths."""
    room = FULL_WIDTH - left - _RIGHT - _GAP * (len(_WIDTHS) - 1)
    x, panels = left, []
    for share in _WIDTHS:
        width = room * share / sum(_WIDTHS)
        box = (x / FULL_WIDTH, _BOTTOM / height, width / FULL_WIDTH, (height - _TOP - _BOTTOM) / height)
        panels.append(dress(figure.add_axes(box), grid="x"))
        x += width + _GAP
    return panels


def _dots(
    axes: Axes,
    labels: Sequence[str],
    values: Mapping[str, Mapping[str, float]],
    offsets: Mapping[str, float],
    name: str,
    without: set[str] | None = None,
) -> None:
    """A dot for each label and part, but for labels `without` such a thing: events last for no seconds."""
    there = [values[part][label] for part in offsets for label in labels if values[part][label] > 0]
    low, high = (min(there), max(there)) if there else (1.0, 1.0)
    axes.set_xscale("log")
    axes.set_xlim(low / 2.2, high * 1.8)
    for part, offset in offsets.items():
        rows = [(row, values[part][label]) for row, label in enumerate(labels) if label not in (without or ())]
        filled = [(value, row + offset) for row, value in rows if value > 0]
        hollow = [(axes.get_xlim()[0], row + offset) for row, value in rows if value <= 0]
        style: dict[str, Any] = {
            "color": _colour(part),
            "marker": _SHAPES.get(part, "o"),
            "linestyle": "",
            "markersize": 4.5,
        }
        if filled:
            axes.plot(*zip(*filled, strict=True), **style)
        if hollow:
            axes.plot(*zip(*hollow, strict=True), **style, markerfacecolor=PAPER, clip_on=False, zorder=5)
    _ticks(axes)
    axes.set_xlabel(name)


def _ticks(axes: Axes) -> None:
    """Plain numbers at powers of ten, or more where the axis spans less."""
    low, high = axes.get_xlim()
    dense = high / low < 100
    axes.xaxis.set_major_locator(LogLocator(10, subs=(1, 2, 5) if dense else (1,), numticks=6 if dense else 5))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}".replace(",", "\u202f")))


def _shares(axes: Axes, inspection: Any, labels: Sequence[str], parts: Sequence[str]) -> None:
    """How much of each label is in which part: seconds of what lasts, number of what does not."""
    held = np.zeros((len(parts), len(labels)))
    for row, label in enumerate(labels):
        of = inspection.counts if label in inspection.events else inspection.seconds
        held[:, row] = [of[part][label] for part in parts]
    totals = held.sum(axis=0)
    shares = np.divide(held, totals, out=np.zeros_like(held), where=totals > 0)
    begin = np.zeros(len(labels))
    for part, share in zip(parts, shares, strict=True):
        axes.barh(range(len(labels)), share, left=begin, height=0.56, color=_colour(part), edgecolor=PAPER, linewidth=1)
        begin = begin + share
    mean = np.cumsum([inspection.covered[part] for part in parts]) / max(sum(inspection.covered.values()), 1e-12)
    for edge in mean[:-1]:
        axes.axvline(edge, color=INK, linewidth=1, linestyle=(0, (1, 2)), zorder=4)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.5, 1], ["0", "50", "100"])
    axes.set_xlabel("share of each part (%)")


def _durations(axes: Axes, inspection: Any, labels: Sequence[str], offsets: Mapping[str, float]) -> None:
    """Median (dot), quartiles (thick) and the middle nine tenths (thin) of the durations."""
    axes.set_xscale("log")
    ends = []
    for row, label in enumerate(labels):
        for part, offset in offsets.items():
            values = inspection.durations.get(label, {}).get(part, np.zeros(0))
            values = values[values > 0]
            if len(values) == 0:
                continue
            low, first, middle, third, high = np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95])
            colour, y = _colour(part), row + offset
            axes.plot([low, high], [y, y], color=colour, linewidth=0.9, solid_capstyle="butt")
            axes.plot([first, third], [y, y], color=colour, linewidth=3.2, alpha=0.55, solid_capstyle="butt")
            axes.plot([middle], [y], color=colour, marker=_SHAPES.get(part, "o"), markersize=4)
            ends += [low, high]
    if ends:
        axes.set_xlim(min(ends) / 1.3, max(ends) * 1.3)
    if inspection.events:
        axes.set_xlabel("duration, of events the interval (s)")
    else:
        axes.set_xlabel("duration (s)")
    _ticks(axes)


def _head(figure: Figure, inspection: Any, parts: Sequence[str], left: float, height: float) -> None:
    y = 1 - 0.3 / height
    figure.text(0.12 / FULL_WIDTH, y, inspection.name or "Labels", fontsize=LARGE, color=INK, va="center", ha="left")
    facts = [f"{part}: {inspection.n_recordings[part]} recordings, {_time(inspection.covered[part])}" for part in parts]
    handles = [
        Line2D([], [], color=_colour(part), marker=_SHAPES.get(part, "o"), linestyle="", markersize=5, label=fact)
        for part, fact in zip(parts, facts, strict=True)
    ]
    figure.legend(
        handles=handles, loc="center right", bbox_to_anchor=(1 - _RIGHT / FULL_WIDTH, y), ncols=len(parts),
        frameon=False, fontsize=NORMAL, labelcolor=INK, handletextpad=0.3, columnspacing=1.6, borderpad=0,
        borderaxespad=0,
    )  # fmt: skip
    figure.text(
        left / FULL_WIDTH, 1 - 0.62 / height,
        "hollow: the part has none     dotted: share of each part in the time that is known     "
        "lines: 5 to 95 %, thick 25 to 75 %, dot the median",
        fontsize=SMALL, color=MUTED, va="center", ha="left",
    )  # fmt: skip


def _time(seconds: float) -> str:
    """A length of time in words.

    >>> _time(42.31), _time(754), _time(7300)
    ('42 s', '12.6 min', '2.03 h')
    """
    if seconds < 120:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.3g} min" if seconds < 7200 else f"{seconds / 3600:.3g} h"


def _colour(part: str) -> str:
    return PART_COLOURS.get(part, MUTED)
