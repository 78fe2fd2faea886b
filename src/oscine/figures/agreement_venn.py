"""Who says what: a Venn diagram of two or three parties, bars of every set for more.

Circles are of equal size whatever is in them, so that small numbers can be read as well as large ones; how much a
region holds is told by its number and by how strongly it is coloured. The diagram of all recordings is followed by one
for each of them. With more than three parties a diagram of circles misleads, and the sets are listed as bars instead,
with a dot for each party that belongs (an "UpSet" plot [1]_).

References
----------
.. [1] Lex, Gehlenborg, Strobelt, Vuillemot & Pfister (2014), UpSet: visualization of intersecting sets, IEEE TVCG 20,
       1983–1992.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib_venn import venn2, venn3
from matplotlib_venn.layout.venn2 import DefaultLayoutAlgorithm as Layout2
from matplotlib_venn.layout.venn3 import DefaultLayoutAlgorithm as Layout3

from oscine.evaluation.agreement_result import Agreement
from oscine.figures.style import FULL_WIDTH, INK, MUTED, NORMAL, PALETTE, PAPER, SMALL, dress, new_figure, title
from oscine.metrics.agreement import AgreementCounts
from oscine.metrics.counts import ratio

UNITS = {"tic": "samples", "label": "sounds"}
"""What is counted in each measure."""

_MOST_PANELS, _MOST_SETS = 11, 20


def party_colours(parties: tuple[str, ...]) -> dict[str, str]:
    """Colour of each party, by order; the same in all figures of a comparison."""
    return {name: PALETTE[i % len(PALETTE)] for i, name in enumerate(parties)}


def plot_agreement_venn(result: Agreement, label: str, measure: str = "label") -> Figure:
    """Draw what every set of parties says of a label.

    Parameters
    ----------
    result
        A comparison.
    label, measure
        The label, and "tic" or "label".

    Examples
    --------
    >>> from oscine.annotations.annotations import Annotations
    >>> from oscine.evaluation.agreement import agreement
    >>> row = {"recording": "a.wav", "label": "pulse", "annotator": "ann", "onset": 1.0, "offset": 1.0}
    >>> figure = plot_agreement_venn(agreement(Annotations([row, {**row, "annotator": "ben"}])), "pulse")
    >>> len(figure.axes)
    1
    """
    one = result.labels[label]
    total, by_recording, left = one.counts(measure), one.by_recording(measure), 0
    heading = f"{label}: {UNITS[measure]} that each party says"
    if len(result.parties) > 3:
        return _bars_of_sets(total, result.parties, heading)
    panels = {"all recordings" if len(by_recording) > 1 else next(iter(by_recording), "none"): total}
    if len(by_recording) > 1:
        there = [name for name, counts in by_recording.items() if counts.total]
        panels |= {name: by_recording[name] for name in there[:_MOST_PANELS]}
        left = len(by_recording) - len(panels) + 1
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    figure = new_figure(FULL_WIDTH if columns > 2 else 3.6 * columns + 0.4, 3.6 * rows + 0.5)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, (name, counts) in zip(grid, panels.items(), strict=False):
        _circles(axes, counts, result.parties)
        axes.set_title(name if len(name) < 32 else f"…{name[-30:]}", fontsize=NORMAL, color=MUTED, pad=18)
    for axes in grid[len(panels) :]:
        axes.set_axis_off()
    more = f" ({left} of {len(by_recording)} recordings are not shown by themselves)" if left > 0 else ""
    figure.text(0.01, 0.01, "areas are not to scale; the numbers tell",
                fontsize=SMALL, color=MUTED, va="bottom")  # fmt: skip
    figure.suptitle(heading + more, x=0.01, ha="left", fontsize=NORMAL + 2, color=INK)
    return figure


def _circles(axes: Axes, counts: AgreementCounts, parties: tuple[str, ...]) -> None:
    """Circles of equal size; the stronger a region is coloured, the more of all is in it."""
    n = len(parties)
    regions = [parties_in for size in range(1, n + 1) for parties_in in combinations(range(n), size)]
    equal = (3, 3, 2) if n == 2 else (3, 3, 2, 3, 2, 2, 1)
    draw: Any = venn2 if n == 2 else venn3
    layout: Any = (Layout2 if n == 2 else Layout3)(fixed_subset_sizes=equal)
    names = [f"{name}\n{counts.said_by(name)}" for name in parties]
    drawn = draw(equal, set_labels=names, ax=axes, layout_algorithm=layout)
    colours = party_colours(parties)
    for members in regions:
        size = counts.of(*(parties[i] for i in members))
        key = "".join("1" if i in members else "0" for i in range(n))
        patch, text = drawn.get_patch_by_id(key), drawn.get_label_by_id(key)
        mixed = np.mean([to_rgb(colours[parties[i]]) for i in members], axis=0)
        strength = 0.10 + 0.55 * np.nan_to_num(ratio(size, counts.total)) ** 0.5
        patch.set(facecolor=(*mixed, strength), edgecolor=PAPER, linewidth=1.2, alpha=None)
        text.set(text=f"{size}", fontsize=NORMAL if size else SMALL, color=INK if size else MUTED)
    for name, text in zip(parties, drawn.set_labels, strict=True):
        text.set(fontsize=NORMAL, color=colours[name], fontweight="bold", ha="center")


def _bars_of_sets(counts: AgreementCounts, parties: tuple[str, ...], heading: str) -> Figure:
    """A bar for every set, the largest first, and below it who belongs to it."""
    sizes: Mapping[frozenset[str], int] = counts.sizes
    order = sorted((key for key in sizes if sizes[key]), key=lambda key: (-sizes[key], len(key), sorted(key)))
    shown = order[:_MOST_SETS]
    width = float(np.clip(1.8 + 0.45 * len(shown), 4.0, FULL_WIDTH))
    figure = new_figure(width, 3.0 + 0.26 * len(parties))
    bars, dots = figure.subplots(2, 1, sharex=True, height_ratios=(2.4, 0.26 * len(parties)))
    dress(bars, grid="y")
    x = np.arange(len(shown))
    bars.bar(x, [sizes[key] for key in shown], width=0.62, color=PALETTE[0])
    for place, key in zip(x, shown, strict=True):
        bars.annotate(f"{sizes[key]}", (place, sizes[key]), xytext=(0, 2), textcoords="offset points", ha="center",
                      fontsize=SMALL, color=INK)  # fmt: skip
    bars.tick_params(axis="x", length=0)
    bars.margins(y=0.12)
    more = f", the {len(shown)} largest of {len(order)} sets" if len(order) > len(shown) else ""
    title(bars, heading + more)
    dress(dots)
    for row, name in enumerate(parties):
        belongs = np.array([name in key for key in shown], bool)
        dots.plot(x[belongs], np.full(belongs.sum(), row), "o", color=INK, markersize=6)
        dots.plot(x[~belongs], np.full((~belongs).sum(), row), "o", color="#e2e6eb", markersize=6)
    for place, key in zip(x, shown, strict=True):
        rows = [row for row, name in enumerate(parties) if name in key]
        dots.plot([place, place], [min(rows), max(rows)], color=INK, linewidth=1.2)
    dots.set_yticks(range(len(parties)), parties)
    dots.set_ylim(len(parties) - 0.5, -0.5)
    dots.set_xlim(-0.6, max(len(shown), 1) - 0.4)
    dots.tick_params(axis="both", length=0, labelcolor=INK)
    dots.set_xticks([])
    for spine in dots.spines.values():
        spine.set_visible(False)
    return figure
