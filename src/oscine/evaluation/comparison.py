"""The result of a comparison: what each candidate is worth and costs, and which differences are sure."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self

from oscine.core.artifacts import Provenance, atomic_folder, write_json, write_text
from oscine.evaluation.main_rates import ERRORS, NAMES, shown, shown_interval, text_table
from oscine.evaluation.recording_counts import RecordingCounts
from oscine.metrics.bootstrap import Difference, Interval
from oscine.metrics.counts import plain
from oscine.metrics.frames import ConfusionMatrix

CARD = "comparison.json"
FEW = 10
"""Recordings below which intervals come out too narrow (see `oscine.metrics.bootstrap`)."""


@dataclass(frozen=True)
class Compared:
    """One candidate.

    Attributes
    ----------
    name, path
        Of the run.
    architecture
        Name of its network.
    rates
        The main figures, by name, with limits over recordings.
    counts
        Of each recording that all candidates were judged on, all models of this one added up.
    models
        Of each of its models, the confusion matrix at its best step, on the same recordings.
    n_parameters
        Numbers that were learnt, of one model.
    seconds
        That the training of each model took.
    validations
        Of each model, seconds since it began, and mean recall in validation, (validation,).
    speed
        Seconds of sound that are predicted in a second, by one thread of a processor.
    labels, facts
        Its labels; batch size, dataset and whatever else two candidates may differ in.
    """

    name: str
    path: Path
    architecture: str
    rates: Mapping[str, Interval]
    counts: Mapping[str, RecordingCounts]
    models: Mapping[str, ConfusionMatrix]
    n_parameters: int
    seconds: Mapping[str, float]
    validations: Mapping[str, tuple[Sequence[float], Sequence[float]]]
    speed: float
    labels: tuple[str, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def confusion(self) -> ConfusionMatrix:
        """Of all models and recordings."""
        first, *others = self.models.values()
        for other in others:
            first = first + other
        return first

    @property
    def mean_seconds(self) -> float:
        """Of the training of a model; `nan` where it is not known."""
        times = [value for value in self.seconds.values() if math.isfinite(value)]
        return sum(times) / len(times) if times else math.nan

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "path": str(self.path),
            "architecture": self.architecture,
            "rates": {name: interval.to_dict() for name, interval in self.rates.items()},
            "confusion": self.confusion.to_dict(),
            "models": list(self.models),
            "n_parameters": self.n_parameters,
            "training_seconds": {name: plain(value) for name, value in self.seconds.items()},
            "speed": plain(self.speed),
            "labels": list(self.labels),
            **self.facts,
        }


@dataclass(frozen=True)
class Pair:
    """How two candidates differ in one figure.

    Attributes
    ----------
    first, second
        Names.
    difference
        First minus second, over the same recordings.
    p
        Probability of no difference, corrected for all pairs; `nan` where it cannot be said.
    """

    first: str
    second: str
    difference: Difference
    p: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "first": self.first, "second": self.second, **self.difference.to_dict(), "p_corrected": plain(self.p),
        }  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """Several runs set side by side.

    Attributes
    ----------
    prefix
        What the files are named after.
    candidates
        In their order.
    recordings
        Names of those that all were judged on.
    part
        Of the dataset.
    metric
        The figure by which they are ranked.
    pairs
        By figure, all pairs.
    alpha
        Probability of any false claim.
    warnings
        What may make the comparison unfair.
    missing
        What is incomplete and was left out.
    """

    has_figures: ClassVar[bool] = True  # drawn by `oscine.figures.draw`

    prefix: str
    candidates: tuple[Compared, ...]
    recordings: tuple[str, ...]
    part: str
    metric: str
    pairs: Mapping[str, tuple[Pair, ...]]
    alpha: float = 0.05
    warnings: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    provenance: Provenance | None = field(default=None, compare=False)

    @property
    def ranked(self) -> tuple[Compared, ...]:
        """The candidates, the best first."""
        sign = 1 if self.metric in ERRORS else -1

        def key(one: Compared) -> float:
            value = one.rates[self.metric].value if self.metric in one.rates else math.nan
            return math.inf if math.isnan(value) else sign * value

        return tuple(sorted(self.candidates, key=key))

    @property
    def figures(self) -> list[str]:
        """Names of the main figures that any candidate has, in their usual order."""
        return [name for name in NAMES if any(name in one.rates for one in self.candidates)]

    @property
    def verdict(self) -> list[str]:
        """Which is the best and whether that is sure, in sentences."""
        return [*self._of_best(), *self._how_sure()]

    def _of_best(self) -> list[str]:
        best, *others = self.ranked
        noun = _noun(self.metric)
        said = [f"{best.name} has the {'lowest' if self.metric in ERRORS else 'highest'} {noun}: "
                f"{shown_interval(self.metric, best.rates[self.metric])}."]  # fmt: skip
        surely, unsure, unknown = [], [], []
        for other in others:
            pair = self.pair(best.name, other.name)
            if pair is None or math.isnan(pair.p):
                unknown.append(other.name)
            elif pair.p < self.alpha:
                surely.append(f"{other.name} (by {_amount(self.metric, pair.difference)}, {_p(pair.p)})")
            else:
                unsure.append(f"{other.name} ({_p(pair.p)})")
        n = len(self.recordings)
        if surely and n < FEW:
            these = "this recording" if n == 1 else f"these {n} recordings"
            said.append(f"It is better than {_and(surely)} on {these}; too few to be sure of others.")
        elif surely:
            said.append(f"It is surely better than {_and(surely)}.")
        if unsure:
            said.append(f"Whether it is better than {_and(unsure)} is not sure.")
        if unknown:
            said.append(f"Whether it is better than {_and(unknown)} cannot be said.")
        return said

    def _how_sure(self) -> list[str]:
        n = len(self.recordings)
        pairs = len(self.candidates) * (len(self.candidates) - 1) // 2
        if n == 1:
            return ["All were judged on one recording, of which nothing can be said about others."]
        said = [f"Judged on the {n} recordings of the {self.part} part that all were judged on; p by paired bootstrap"
                + (f", corrected for {pairs} pairs (Holm)." if pairs > 1 else ".")]  # fmt: skip
        if n < FEW:
            said.append(f"With {n} recordings such tests promise too much: take them with caution.")
        return said

    def pair(self, first: str, second: str, metric: str | None = None) -> Pair | None:
        """Two candidates, in this order; `None` where they were not tested."""
        for pair in self.pairs.get(metric or self.metric, ()):
            if (pair.first, pair.second) == (first, second):
                return pair
            if (pair.first, pair.second) == (second, first):
                d = pair.difference
                return Pair(first, second, Difference(-d.value, -d.high, -d.low, d.p, d.level), pair.p)
        return None

    def summary(self) -> dict[str, Any]:
        """Everything, as plain values."""
        return {
            "part": self.part,
            "recordings": list(self.recordings),
            "metric": self.metric,
            "ranking": [one.name for one in self.ranked],
            "verdict": self.verdict,
            "candidates": {one.name: one.to_dict() for one in self.candidates},
            "pairs": {name: [pair.to_dict() for pair in pairs] for name, pairs in self.pairs.items()},
            "warnings": list(self.warnings),
            "missing": list(self.missing),
        }

    def rows(self) -> list[dict[str, Any]]:
        """A line for each candidate, the best first, for tables."""
        best = self.ranked[0].name
        rows = []
        for one in self.ranked:
            pair = self.pair(best, one.name) if one.name != best else None
            rates = {name: one.rates[name].value if name in one.rates else math.nan for name in self.figures}
            rows.append(
                {
                    "run": one.name,
                    **rates,
                    "p": math.nan if pair is None else pair.p,
                    "models": len(one.models),
                    "n_parameters": one.n_parameters,
                    "training_minutes": one.mean_seconds / 60,
                    "speed": one.speed,
                }
            )
        return rows

    def save(self, path: str | Path) -> Path:
        """Write the folder: `comparison.json`, and `<prefix>-compare.csv` with a line for each candidate."""
        path = Path(path)
        card = {
            "oscine": "comparison",
            "version": 1,
            **self.summary(),
            "provenance": self.provenance.model_dump(mode="json") if self.provenance else None,
        }
        stream = io.StringIO()
        writer = csv.DictWriter(stream, list(self.rows()[0]), lineterminator="\n")
        writer.writeheader()
        for row in self.rows():
            writer.writerow({name: "" if _is_nan(value) else value for name, value in row.items()})
        with atomic_folder(path) as folder:
            write_text(folder / f"{self.prefix}-compare.csv", stream.getvalue())
            write_json(folder / CARD, card)
        return path

    def with_provenance(self, provenance: Provenance) -> Self:
        """The same, saying how it came to be."""
        return replace(self, provenance=provenance)

    def __str__(self) -> str:
        figures = self.figures
        head = ["", *(NAMES[name] for name in figures), "parameters", "training", "speed"]
        rows = [
            [
                one.name,
                *(shown(name, one.rates[name].value) if name in one.rates else "–" for name in figures),
                f"{one.n_parameters:,}".replace(",", " "),
                shown_time(one.mean_seconds),
                "–" if math.isnan(one.speed) else shown_speed(one.speed),
            ]
            for one in self.ranked
        ]
        lines = [*text_table(head, rows), "speed: seconds of sound predicted in a second, by one thread", *self.verdict]
        if self.missing:
            lines.append(f"Left out: {'; '.join(self.missing)}.")
        return "\n".join(lines)


def shown_time(seconds: float) -> str:
    """A duration of a training.

    Examples
    --------
    >>> shown_time(42), shown_time(600), shown_time(9000), shown_time(float("nan"))
    ('42 s', '10 min', '2.5 h', '–')
    """
    if math.isnan(seconds):
        return "–"
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def shown_speed(speed: float) -> str:
    """Seconds of sound in a second.

    Examples
    --------
    >>> shown_speed(3210.4), shown_speed(28.53), shown_speed(0.5)
    ('3 210 ×', '28.5 ×', '0.5 ×')
    """
    return (f"{speed:,.0f}".replace(",", " ") if speed >= 100 else f"{speed:.3g}") + " ×"


def _noun(metric: str) -> str:
    name = NAMES[metric]
    return "F1 of frames" if metric == "f1" else name


def _amount(metric: str, difference: Difference) -> str:
    """How much better, with limits."""
    value, low, high = sorted_limits(difference)
    if metric in ERRORS:
        return f"{100 * value:.2f} percentage points, {100 * low:.2f} to {100 * high:.2f}"
    return f"{value:.3f}, {low:.3f} to {high:.3f}"


def sorted_limits(difference: Difference) -> tuple[float, float, float]:
    """Size of a difference and its limits, positive where it is in favour of the better one."""
    if difference.value < 0:
        return -difference.value, -difference.high, -difference.low
    return difference.value, difference.low, difference.high


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def _and(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)
