"""A comparison of annotators and a machine as text: sizes of sets, every two parties, dense thresholds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from oscine.evaluation.agreement_result import Agreement, LabelAgreement
from oscine.metrics.agreement import AgreementCounts
from oscine.metrics.agreement_pairs import PairScore


def describe_agreement(result: Agreement) -> str:
    """What a comparison has found, in lines for a terminal."""
    n = len(result.recordings)
    lines = [f"{', '.join(result.parties)} on {n} recording{'s' * (n != 1)}"]
    for measure in result.measures:
        unit = "samples" if measure == "tic" else f"sounds, events within {1000 * result.tolerance:g} ms"
        wide = f"; all widened by {1000 * result.convolve:g} ms" if result.convolve else ""
        told = {name: one for name, one in result.labels.items() if _says(result, one, measure)}
        rows = [[name, *_row(result, one.counts(measure))] for name, one in told.items()]
        if rows:
            table = [["", *result.header], *rows]
            if result.machine is None:  # precision and recall are those of a machine
                table = [row[:-2] for row in table]
            lines += [f"by {unit}{wide}:", *_columns(table)]
    rows = [["", "F1", "kappa", "onset ±", "late by", "of", "in"]]
    for label, one in result.labels.items():
        for a, b in result.pairs:
            if (score := one.pair(a, b)) is not None and score.counts.n_true + score.counts.n_predicted:
                rows.append(_pair_row(f"{label}: {a} – {b}", score, len(one.pairs[a, b])))
    lines += ["two by two, sounds matched one to one (onset: median difference; late: the second of the two):"]
    lines += _columns(rows)
    for label, one in result.labels.items():
        if one.votes is not None and len(result.parties) > 2 and np.isfinite(one.votes.kappa):
            lines.append(f"{label}: Fleiss' kappa of all {len(result.parties)} {_rate(one.votes.kappa)}")
        for measure, found in one.dense.items():
            for item in found if _says(result, one, measure) else ():
                text = f"precision {_rate(item.precision)}, recall {_rate(item.recall)}"
                shown = item.reason or f"{item.value:.3f} ({text}); in use {_rate(one.in_use)}"
                lines.append(f"{label}: threshold by {measure} for precision / recall {item.ratio:g}: {shown}")
    return "\n".join(lines)


def _says(result: Agreement, one: LabelAgreement, measure: str) -> bool:
    """Whether a measure is worth telling: which samples points are says little where they may differ in time."""
    points = one.is_event and result.tolerance > 0 and not result.convolve
    return measure == "label" or "label" not in result.measures or not points


def _row(result: Agreement, counts: AgreementCounts) -> list[str]:
    """Sizes, precision and recall."""
    rates = result.rates_of(counts)
    values = [rates.precision, rates.recall] if rates else [float("nan")] * 2
    return [*map(str, result.sizes_row(counts)), *map(_rate, values)]


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of text with columns aligned, the first to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    ]


def _pair_row(name: str, score: PairScore, n_recordings: int) -> list[str]:
    if score.onset_errors.size:
        size, late = np.median(np.abs(score.onset_errors)), np.median(score.onset_errors)
        times = [f"{1000 * size:.1f} ms", f"{1000 * late:+.1f} ms"]
    else:
        times = ["–", "–"]
    sounds = f"{score.counts.n_true}, {score.counts.n_predicted}"
    recordings = f"{n_recordings} recording{'s' * (n_recordings != 1)}"
    return [name, _rate(score.f1), _rate(score.kappa), *times, sounds, recordings]


def _rate(value: float) -> str:
    """A rate, or a dash where there is none."""
    return f"{value:.3f}" if np.isfinite(value) else "–"
