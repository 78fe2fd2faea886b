"""What everyone, only one and all but one say, recording by recording and altogether.

One bar for each recording, and one for all, in shares of what anybody says there; how many that are stands at its end.
Where there are four parties or more, a rest remains that more than one and fewer than all but one say.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from oscine.evaluation.agreement_result import Agreement
from oscine.figures.agreement_venn import UNITS, party_colours
from oscine.figures.style import BACKGROUND_COLOUR, FULL_WIDTH, INK, MUTED, PAPER, SMALL, dress, new_figure, title
from oscine.metrics.agreement import AgreementCounts

EVERYONE = "#3b4450"
"""Colour of what all say."""

_PILL = {"boxstyle": "round,pad=0.15", "facecolor": PAPER, "edgecolor": "none", "alpha": 0.85}
_MOST = 40


def plot_agreement_bars(result: Agreement, label: str, measure: str = "label") -> Figure:
    """Draw the sizes of the sets of a label in every recording.

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
    >>> figure = plot_agreement_bars(agreement(Annotations([row, {**row, "annotator": "ben"}])), "pulse")
    >>> [text.get_text() for text in figure.axes[0].get_yticklabels()]
    ['a.wav', 'all']
    """
    one = result.labels[label]
    by_recording = one.by_recording(measure)
    names = list(by_recording)[:_MOST]
    bars = {**{name: by_recording[name] for name in names}, "all": one.counts(measure)}
    figure = new_figure(FULL_WIDTH, 1.6 + 0.3 * len(bars))
    axes = dress(figure.subplots(), grid="x")
    colours = party_colours(result.parties)
    places = np.r_[np.arange(len(names)), len(names) + 0.4]
    left = np.zeros(len(bars))
    for name, colour, hatch, sizes in _series(list(bars.values()), result.parties, colours):
        shares = sizes / np.maximum([counts.total for counts in bars.values()], 1)
        if not shares.any():
            continue
        axes.barh(places, shares, left=left, height=0.72, color=colour, hatch=hatch, edgecolor=PAPER, linewidth=0.8,
                  label=name)  # fmt: skip
        for place, start, share, size in zip(places, left, shares, sizes, strict=True):
            if share > 0.012 * len(f"{size}") + 0.012:
                axes.text(start + share / 2, place, f"{size}", ha="center", va="center", fontsize=SMALL,
                          color="#ffffff" if colour == EVERYONE else INK, bbox=_PILL if hatch else None)  # fmt: skip
        left = left + shares
    for place, counts in zip(places, bars.values(), strict=True):
        axes.annotate(f"{counts.total}", (1, place), xytext=(6, 0), textcoords="offset points", va="center",
                      fontsize=SMALL, color=MUTED)  # fmt: skip
    axes.set_yticks(places, list(bars))
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.set(xlim=(0, 1), ylim=(places[-1] + 0.6, -0.6), xlabel=f"share of all {UNITS[measure]} that anybody says")
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    more = f" (the first {_MOST} of {len(by_recording)} recordings)" if len(by_recording) > _MOST else ""
    title(axes, f"{label}: who says what, in {UNITS[measure]}{more}")
    if axes.get_legend_handles_labels()[0]:
        figure.legend(loc="outside lower left", ncols=5, fontsize=SMALL, frameon=False, labelcolor=INK,
                      handlelength=1.4, columnspacing=1.4)  # fmt: skip
    return figure


def _series(
    counts: list[AgreementCounts], parties: tuple[str, ...], colours: dict[str, str]
) -> list[tuple[str, str, str, np.ndarray]]:
    """Name, colour, hatch and sizes of each part of the bars."""

    def sizes(value: list[int]) -> np.ndarray:
        return np.array(value)

    series = [("everyone", EVERYONE, "", sizes([one.everyone for one in counts]))]
    if len(parties) > 2:
        series += [
            (f"not {name}", colours[name], "////", sizes([one.without(name) for one in counts])) for name in parties
        ]
    series += [(f"only {name}", colours[name], "", sizes([one.only(name) for one in counts])) for name in parties]
    rest = sizes([one.total for one in counts]) - sum(part for *_, part in series)
    return [*series, ("some", BACKGROUND_COLOUR, "", rest)]
