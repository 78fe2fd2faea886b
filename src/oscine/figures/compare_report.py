"""The page of a comparison: which run is better and whether that is sure, in words, tables that sort, and figures."""

from __future__ import annotations

import math

from oscine.evaluation.comparison import FEW, Comparison, Pair, shown_time
from oscine.evaluation.main_rates import ERRORS, NAMES, shown, shown_interval
from oscine.figures.compare_classes import plot_compare_classes
from oscine.figures.compare_matrices import plot_compare_matrices
from oscine.figures.compare_overall import colours_of, plot_compare_overall
from oscine.figures.report import Report


def report_comparison(result: Comparison) -> Report:
    """The page about a comparison.

    Parameters
    ----------
    result
        Of `compare`.

    Returns
    -------
    Report
        To be saved: `report.save("compare.html")`.
    """
    best = result.ranked[0]
    report = Report(
        "Which run is better?", f"{len(result.candidates)} runs, {len(result.recordings)} recordings of the "
        f"{result.part} part", contents=True,
    )  # fmt: skip
    report.add_facts(
        {
            "best run": best.name,
            NAMES[result.metric]: shown(result.metric, best.rates[result.metric].value),
            "parameters": best.n_parameters,
            "training of a model": shown_time(best.mean_seconds),
        }
    )
    report.add_text(" ".join(result.verdict))
    for text in result.warnings:
        report.add_text(f"Mind: {text}.")
    if result.missing:
        report.add_text("Left out: " + "; ".join(result.missing) + ".")
    _add_runs(report, result)
    report.add_section("Accuracy, size and speed")
    report.add_figure(
        plot_compare_overall(result),
        "Precision and recall; recall in validation as training went; numbers that are learnt; and speed of prediction "
        "on one thread of this machine's processor.",
        alt="Four panels: " + "; ".join(_told(result)),
    )
    report.add_section("Labels")
    report.add_figure(
        plot_compare_classes(result), "Precision against recall of each label.", alt="A panel for each label"
    )
    report.add_figure(
        plot_compare_matrices(result), "Confusion matrices, summed over the models of each run.",
        alt="A confusion matrix for each run",
    )  # fmt: skip
    _add_pairs(report, result)
    report.add_details("How this was made", _how(result))
    return report


def _add_runs(report: Report, result: Comparison) -> None:
    """The table of runs, best first; a click on a heading sorts it."""
    rows = []
    for one, row in zip(result.ranked, result.rows(), strict=True):
        shown_row: dict[str, object] = {"run": one.name, "network": one.architecture}
        for name in result.figures:
            value = one.rates[name].value if name in one.rates else math.nan
            shown_row[NAMES[name]] = 100 * value if name in ERRORS else value
        low_high = one.rates[result.metric]
        shown_row["limits"] = shown_interval(result.metric, low_high).partition("(")[2].rstrip(")") or "–"
        shown_row["p"] = row["p"]
        shown_row["parameters"] = one.n_parameters
        shown_row["minutes"] = one.mean_seconds / 60
        shown_row["speed"] = one.speed
        rows.append(shown_row)
    headings = {name: name + (", %" if name in {NAMES[item] for item in ERRORS} else "") for name in rows[0]}
    report.add_section("The runs", "Click a heading to sort by it.")
    report.add_table(
        rows,
        f"limits: of the {NAMES[result.metric]}, over recordings, 95 %; p: of no difference to the best run, corrected "
        "for the number of pairs; minutes: of the training of one model; speed: seconds of sound predicted in a "
        "second, by one thread.",
        columns=headings,
        colours=colours_of(result),
        sortable=True,
    )


def _add_pairs(report: Report, result: Comparison) -> None:
    """All tests."""
    rows = [
        _row(name, pair, result)
        for name in (result.metric, *(item for item in result.pairs if item != result.metric))
        for pair in result.pairs[name]
    ]
    report.add_section(
        "Every pair",
        "First minus second, on the same draws of recordings; p is corrected for the pairs of that figure (Holm).",
    )
    report.add_table(rows, sortable=True)


def _row(name: str, pair: Pair, result: Comparison) -> dict[str, object]:
    difference, scale = pair.difference, 100 if name in ERRORS else 1
    sure = not math.isnan(pair.p) and pair.p < result.alpha
    better = pair.first if (difference.value < 0) == (name in ERRORS) else pair.second
    return {
        "first": pair.first,
        "second": pair.second,
        "figure": NAMES[name] + (" (percentage points)" if name in ERRORS else ""),
        "difference": scale * difference.value,
        "from": scale * difference.low,
        "to": scale * difference.high,
        "p": pair.p,
        "surely better" if len(result.recordings) >= FEW else "better on these": better if sure else "–",
    }


def _told(result: Comparison) -> list[str]:
    """The figure in words."""
    return [
        f"{one.name}: {', '.join(f'{NAMES[name]} {shown(name, rate.value)}' for name, rate in one.rates.items())}, "
        f"{one.n_parameters} parameters"
        for one in result.ranked
    ]


def _how(result: Comparison) -> str:
    lines = [f"{one.name}: {one.path}" for one in result.candidates]
    lines.append("recordings: " + ", ".join(result.recordings))
    if result.provenance is not None:
        lines += [f"{key} = {value}" for key, value in result.provenance.params.items()]
    return "\n".join(lines)
