"""All figures of a comparison of annotators and a machine, under SongExplorer's names, and a page that holds them.

agreement.{tic,label}.<label>.venn.pdf         who says what
agreement.{tic,label}.<label>.bars.pdf         the same by recording
agreement.{tic,label}.<label>.thresholds.pdf   what each threshold does, where there are scores
agreement.pairs.pdf                            every two parties
agreement.html                                 the figures and tables in one file
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from oscine.core.monitor import SILENT, Monitor
from oscine.evaluation.agreement_files import file_names
from oscine.evaluation.agreement_result import Agreement
from oscine.figures.agreement_bars import plot_agreement_bars
from oscine.figures.agreement_pairs import plot_agreement_pairs
from oscine.figures.agreement_thresholds import plot_agreement_thresholds
from oscine.figures.agreement_venn import UNITS, plot_agreement_venn
from oscine.figures.report import Report


def agreement_drawings(result: Agreement) -> Iterator[tuple[str, Callable[[], Figure]]]:
    """Name, without suffix, of every figure, and what draws it."""
    names = file_names(result.labels)
    for measure in result.measures:
        for label, one in result.labels.items():
            stem = f"agreement.{measure}.{names[label]}"
            yield f"{stem}.venn", partial(plot_agreement_venn, result, label, measure)
            yield f"{stem}.bars", partial(plot_agreement_bars, result, label, measure)
            if one.curve:
                yield f"{stem}.thresholds", partial(plot_agreement_thresholds, result, label, measure)
    yield "agreement.pairs", partial(plot_agreement_pairs, result)


def report_agreement(result: Agreement, *, monitor: Monitor = SILENT) -> Report:
    """The comparison as one page."""
    n = len(result.recordings)
    plural = "s" * (n != 1)
    page = Report("Agreement", f"{', '.join(result.parties)} on {n} recording{plural}: {', '.join(result.recordings)}")
    page.add_section(
        "Two by two",
        "Sounds of two parties are matched one to one. F1 is the share of their sounds that have a partner; kappa is "
        f"that of frames. Events stand for the same sound within {1000 * result.tolerance:g} ms.",
    )
    page.add_table(_pairs(result), rates=["F1", "kappa"])
    page.add_figure(plot_agreement_pairs(result), "Every two parties.", alt="A square for every two parties and label")
    with monitor.task("Drawing the page", total=len(result.labels), unit="labels") as task:
        for label in result.labels:
            _add_label(page, result, label)
            task.advance()
    if result.remarks:
        page.add_section("Remarks", "\n\n".join(result.remarks))
    return page


def _add_label(page: Report, result: Agreement, label: str) -> None:
    one = result.labels[label]
    page.add_section(label)
    for measure in result.measures:
        page.add_table([_sizes(result, label, measure)], f"By {UNITS[measure]}.", rates=["precision", "recall"])
        who, unit = ", ".join(result.parties), UNITS[measure]
        venn, bars = (plot(result, label, measure) for plot in (plot_agreement_venn, plot_agreement_bars))
        page.add_figure(venn, f"Who says what, in {unit}.", alt=f"How many {unit} {who} have in common, or alone")
        page.add_figure(bars, "The same by recording.", alt=f"Shares of {unit} that everyone or only some say")
        if one.curve:
            curves = plot_agreement_thresholds(result, label, measure)
            page.add_figure(curves, "What each threshold does.", alt="Counts, precision and recall by threshold")


def _pairs(result: Agreement) -> list[dict[str, Any]]:
    rows = []
    for label, one in result.labels.items():
        for first, second in result.pairs:
            score = one.pair(first, second)
            if score is None or not score.counts.n_true + score.counts.n_predicted:
                continue
            size, late = (
                (np.median(np.abs(score.onset_errors)) * 1000, np.median(score.onset_errors) * 1000)
                if score.onset_errors.size
                else (float("nan"), float("nan"))
            )
            rows.append(
                {
                    "sounds": f"{label}: {first} – {second}",
                    "F1": score.f1,
                    "kappa": score.kappa,
                    "matched": score.counts.tp,
                    "of the first": score.counts.n_true,
                    "of the second": score.counts.n_predicted,
                    "onsets differ by (ms)": size,
                    "the second is late by (ms)": late,
                }
            )
    return rows or [{"sounds": "none", "F1": float("nan")}]


def _sizes(result: Agreement, label: str, measure: str) -> dict[str, Any]:
    counts = result.labels[label].counts(measure)
    row: dict[str, Any] = {"": label, "everyone": counts.everyone}
    row |= {f"only {name}": counts.only(name) for name in result.parties}
    if len(result.parties) > 2:
        row |= {f"not {name}": counts.without(name) for name in result.parties}
    rates = result.rates_of(counts)
    if rates is not None:
        row |= {"precision": rates.precision, "recall": rates.recall}
    return row
