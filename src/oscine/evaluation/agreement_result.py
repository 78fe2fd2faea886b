"""The result of a comparison of annotators and a machine, and the folder that it is written to.

For a recording `a.wav` and a label `pulse`, with parties ann, ben and model:

    agreement.json                                  every figure, and the provenance
    agreement.{tic,label}.pulse.csv                 sizes of only, not, everyone; precision, recall; then by threshold
    agreement.pairs.csv                             every two parties: F1, kappa, differences in time
    a.wav-disjoint-everyone.csv                     stretches that all say alike
    a.wav-disjoint-label-everyone.csv               sounds that all say alike
    a.wav-disjoint-{tic,label}-only{ann,ben,model}.csv
    a.wav-disjoint-{tic,label}-not{ann,ben,model}.csv     (three parties or more)
    thresholds-dense-{tic,label}.csv                a column for each wished precision / recall

Disjoint files hold times in seconds, the first and the last sample of each stretch; a single sample is a point.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from oscine.annotations.delimited import as_text, write_lines
from oscine.core.artifacts import Provenance, atomic_folder, write_json, write_text
from oscine.metrics.agreement import AgreementCounts, AgreementSets, Tics, to_seconds
from oscine.metrics.agreement_pairs import PairScore
from oscine.metrics.bootstrap import Interval, bootstrap
from oscine.metrics.counts import Counts, plain, pool
from oscine.metrics.curves import Threshold
from oscine.metrics.kappa import Votes, cohen_kappa
from oscine.prediction.thresholds import save_threshold_table

Pair = tuple[str, str]


@dataclass(frozen=True, eq=False)
class LabelAgreement:
    """How far all agree on one label.

    Attributes
    ----------
    label
        The label.
    sets
        Who says what, by measure ("tic", "label") and recording.
    pairs
        Every two parties, by recording.
    votes
        How all vote frame by frame, in recordings that all have looked at; `None` where there are none.
    curve
        Thresholds of the machine, ascending, and what comes of each in each measure.
    dense
        By measure, the thresholds at the wished ratios of precision to recall.
    in_use
        The threshold that the machine decodes with; `nan` where it is not known.
    is_event
        Whether any of its sounds is a point, which has no length to be measured by samples.
    """

    label: str
    sets: Mapping[str, Mapping[str, AgreementSets]]
    pairs: Mapping[Pair, Mapping[str, PairScore]]
    votes: Votes | None = None
    curve: Sequence[tuple[float, Mapping[str, AgreementCounts]]] = ()
    dense: Mapping[str, Sequence[Threshold]] = field(default_factory=dict)
    in_use: float = float("nan")
    is_event: bool = False

    def by_recording(self, measure: str) -> dict[str, AgreementCounts]:
        """Sizes of all sets in each recording."""
        found = self.sets[measure]
        return {name: sets.count_tics() if measure == "tic" else sets.count_sounds() for name, sets in found.items()}

    def counts(self, measure: str) -> AgreementCounts:
        """Sizes of all sets, recordings pooled."""
        return pool(self.by_recording(measure).values())

    def pair_intervals(self, first: str, second: str) -> dict[str, Interval]:
        """F1 and kappa of two parties, and within which limits they would lie for other recordings."""
        scores = list(self.pairs[first, second].values())
        return {
            "f1": bootstrap([score.counts for score in scores], lambda counts: counts.f1),
            "kappa": bootstrap([score.frames for score in scores], cohen_kappa),
        }

    def pair(self, first: str, second: str) -> PairScore | None:
        """How two parties agree, recordings pooled; `None` where none has been looked at by both."""
        found = self.pairs.get((first, second), {})
        return pool(found.values()) if found else None


@dataclass(frozen=True, eq=False)
class Agreement:
    """How far annotators, and a machine, agree.

    Attributes
    ----------
    parties
        Annotators, sorted, then the machine.
    machine
        The one that precision and recall are of; `None` where there are people only.
    labels
        Of each label how far all agree.
    sample_rates
        Tics per second of each recording that was compared.
    measures
        "tic", "label", or both.
    tolerance, convolve
        How events may differ in time, and by how much all was widened, in seconds.
    remarks
        What was left out, and what to know.
    model
        File of the model, where there is one.
    """

    has_figures: ClassVar[bool] = True  # drawn by `oscine.figures.draw`

    parties: tuple[str, ...]
    machine: str | None
    labels: Mapping[str, LabelAgreement]
    sample_rates: Mapping[str, float]
    measures: tuple[str, ...]
    tolerance: float
    convolve: float
    portion: str
    remarks: tuple[str, ...] = ()
    model: Path | None = None
    provenance: Provenance | None = field(default=None, compare=False)

    @property
    def recordings(self) -> tuple[str, ...]:
        """Those that were compared, sorted."""
        return tuple(self.sample_rates)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Every two parties, in order."""
        return tuple((a, b) for i, a in enumerate(self.parties) for b in self.parties[i + 1 :])

    def rates_of(self, counts: AgreementCounts) -> Counts | None:
        """What comes of the machine against people; `None` where there is no machine."""
        return counts.against(self.machine) if self.machine is not None else None

    def with_provenance(self, provenance: Provenance) -> Self:
        """The same, saying how it came to be."""
        return replace(self, provenance=provenance)

    # -- as values and as text -------------------------------------------------------------------------------------

    def summary(self) -> dict[str, Any]:
        """Every figure, as plain values."""
        return {
            "parties": list(self.parties),
            "machine": self.machine,
            "recordings": list(self.recordings),
            "portion": self.portion,
            "tolerance": self.tolerance,
            "convolve": self.convolve,
            "labels": {label: self._summary_of(one) for label, one in self.labels.items()},
            "remarks": list(self.remarks),
        }

    def _summary_of(self, one: LabelAgreement) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for measure in self.measures:
            counts, by_recording = one.counts(measure), one.by_recording(measure)
            told[measure] = {
                **self._sizes(counts),
                "recordings": {name: self._sizes(part) for name, part in by_recording.items()},
                "dense_thresholds": [item.to_dict() for item in one.dense.get(measure, ())],
            }
        told["pairs"] = [
            {
                "first": a,
                "second": b,
                **score.to_dict(),
                "intervals": {name: found.to_dict() for name, found in one.pair_intervals(a, b).items()},
                "recordings": {name: part.to_dict() for name, part in one.pairs[a, b].items()},
            }
            for a, b in self.pairs
            if (score := one.pair(a, b)) is not None
        ]
        told["fleiss_kappa"] = plain(one.votes.kappa) if one.votes is not None else None
        told["in_use"] = plain(one.in_use)
        return told

    def _sizes(self, counts: AgreementCounts) -> dict[str, Any]:
        rates = self.rates_of(counts)
        return {
            "everyone": counts.everyone,
            "only": {name: counts.only(name) for name in self.parties},
            **({"not": {name: counts.without(name) for name in self.parties}} if len(self.parties) > 2 else {}),
            "share": plain(counts.share),
            "sets": counts.to_dict(),
            **({"precision": plain(rates.precision), "recall": plain(rates.recall)} if rates else {}),
            **({"f1": plain(rates.f1)} if rates else {}),
        }

    def __str__(self) -> str:
        n = len(self.recordings)
        lines = [f"{', '.join(self.parties)} on {n} recording{'s' * (n != 1)}"]
        for measure in self.measures:
            unit = "samples" if measure == "tic" else f"sounds, events within {1000 * self.tolerance:g} ms"
            wide = f"; all widened by {1000 * self.convolve:g} ms" if self.convolve else ""
            rows = [
                [name, *self._row(one.counts(measure))] for name, one in self.labels.items() if self._says(one, measure)
            ]
            if rows:
                table = [["", *self._header()], *rows]
                if self.machine is None:  # precision and recall are those of a machine
                    table = [row[:-2] for row in table]
                lines += [f"by {unit}{wide}:", *_columns(table)]
        rows = [["", "F1", "kappa", "onset ±", "late by", "of", "in"]]
        for label, one in self.labels.items():
            for a, b in self.pairs:
                if (score := one.pair(a, b)) is not None and score.counts.n_true + score.counts.n_predicted:
                    rows.append(_pair_row(f"{label}: {a} – {b}", score, len(one.pairs[a, b])))
        lines += ["two by two, sounds matched one to one (onset: median difference; late: the second of the two):"]
        lines += _columns(rows)
        for label, one in self.labels.items():
            if one.votes is not None and len(self.parties) > 2 and np.isfinite(one.votes.kappa):
                lines.append(f"{label}: Fleiss' kappa of all {len(self.parties)} {_rate(one.votes.kappa)}")
            for measure, found in one.dense.items():
                for item in found if self._says(one, measure) else ():
                    text = f"precision {_rate(item.precision)}, recall {_rate(item.recall)}"
                    told = item.reason or f"{item.value:.3f} ({text}); in use {_rate(one.in_use)}"
                    lines.append(f"{label}: threshold by {measure} for precision / recall {item.ratio:g}: {told}")
        return "\n".join(lines)

    def _says(self, one: LabelAgreement, measure: str) -> bool:
        """Whether a measure is worth telling: which samples points are says little where they may differ in time."""
        points = one.is_event and self.tolerance > 0 and not self.convolve
        return measure == "label" or "label" not in self.measures or not points

    def _header(self) -> list[str]:
        """Names of the columns of sizes and rates: SongExplorer's."""
        names = [f"only {name}" for name in self.parties]
        if len(self.parties) > 2:
            names += [f"not {name}" for name in self.parties]
        return [*names, "Everyone", "Precision", "Recall"]

    def _sizes_row(self, counts: AgreementCounts) -> list[int]:
        sizes = [counts.only(name) for name in self.parties]
        if len(self.parties) > 2:
            sizes += [counts.without(name) for name in self.parties]
        return [*sizes, counts.everyone]

    def _row(self, counts: AgreementCounts, digits: bool = True) -> list[str]:
        rates = self.rates_of(counts)
        values = [rates.precision, rates.recall] if rates else [float("nan")] * 2
        return [*map(str, self._sizes_row(counts)), *(_rate(value) if digits else as_text(value) for value in values)]

    # -- as files --------------------------------------------------------------------------------------------------

    def save(self, path: str | Path) -> Path:
        """Write a folder of tables (see the module's docstring); those of an earlier comparison in it are replaced."""
        path = Path(path)
        card = {"oscine": "agreement", "version": 1, **self.summary()}
        card["provenance"] = self.provenance.model_dump(mode="json") if self.provenance else None
        stale = set(_own_files(path)) if (path / "agreement.json").is_file() else set()
        with atomic_folder(path) as folder:
            for label, one in self.labels.items():
                for measure in self.measures:
                    write_text(folder / f"agreement.{measure}.{file_name(label)}.csv", self._table(one, measure))
            write_text(folder / "agreement.pairs.csv", self._pairs_table())
            for name, lines in self._disjoint():
                write_lines(folder / name, [("name", "start_seconds", "stop_seconds", "kind", "recording"), *lines])
            self.save_thresholds(folder)
            write_json(folder / "agreement.json", card)
            kept = {path / item.relative_to(folder) for item in folder.rglob("*")}
        for item in stale - kept:
            item.unlink(missing_ok=True)
        return path

    def save_thresholds(self, folder: Path, prefix: str = "") -> list[Path]:
        """Write the dense thresholds of each measure, a column for each wished ratio; nothing where there are none."""
        written = []
        for measure in self.measures:
            found = {label: one.dense[measure] for label, one in self.labels.items() if measure in one.dense}
            if found:
                ratios = [item.ratio for item in next(iter(found.values()))]
                columns = {
                    ratio: {label: items[i].value for label, items in found.items()} for i, ratio in enumerate(ratios)
                }
                written.append(save_threshold_table(columns, folder / f"{prefix}thresholds-dense-{measure}.csv"))
        return written

    def _table(self, one: LabelAgreement, measure: str) -> str:
        """Sizes and rates, of all that is said, then with each threshold of the machine."""
        rows = [["", *self._header()], [self.machine or "everyone", *self._row(one.counts(measure), digits=False)]]
        rows += [[as_text(value), *self._row(counts[measure], digits=False)] for value, counts in one.curve]
        return _csv(rows)

    def _pairs_table(self) -> str:
        columns = ("label", "first", "second", "recordings", "matched", "n_first", "n_second")
        rates = [f"{name}{end}" for name in ("f1", "kappa") for end in ("", "_low", "_high")]
        times = [f"{bound}_{what}_seconds" for bound in ("onset", "offset") for what in ("bias", "median", "within_95")]
        rows: list[Sequence[Any]] = [[*columns, *rates, *times]]
        for label, one in self.labels.items():
            for a, b in self.pairs:
                if (score := one.pair(a, b)) is None:
                    continue
                told = score.to_dict()
                sizes = (len(one.pairs[a, b]), score.counts.tp, score.counts.n_true, score.counts.n_predicted)
                late = [told[bound][what] for bound in ("onset", "offset") for what in ("bias", "median", "within_95")]
                found = one.pair_intervals(a, b)
                limits = [x for name in ("f1", "kappa") for x in (told[name], found[name].low, found[name].high)]
                rows.append([label, a, b, *sizes, *limits, *late])
        return _csv([["" if value is None else as_text(value) for value in row] for row in rows])

    def _disjoint(self) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
        """Names and rows of the files of sets, recording by recording."""
        kinds = [("everyone", "tic", "everyone"), ("label-everyone", "label", "everyone")]
        for measure in ("tic", "label"):
            kinds += [(f"{measure}-only{name}", measure, name) for name in self.parties]
            if len(self.parties) > 2:
                kinds += [(f"{measure}-not{name}", measure, f"not {name}") for name in self.parties]
        for recording in self.recordings:
            for kind, measure, which in kinds:
                if measure in self.measures:
                    yield f"{recording}-disjoint-{file_name(kind)}.csv", self._rows(recording, kind, measure, which)

    def _rows(self, recording: str, kind: str, measure: str, which: str) -> list[tuple[str, ...]]:
        found = []
        for label, one in self.labels.items():
            if recording in one.sets[measure]:
                tics = _set(one.sets[measure][recording], which)
                for onset, offset in to_seconds(tics, self.sample_rates[recording]).tolist():
                    found.append((onset, offset, label))
        own = Path(recording).name
        return [(label, as_text(onset), as_text(offset), kind, own) for onset, offset, label in sorted(found)]


def _set(sets: AgreementSets, which: str) -> Tics:
    if which == "everyone":
        return sets.everyone
    return sets.without(which.removeprefix("not ")) if which not in sets.parties else sets.only(which)


def file_name(text: str) -> str:
    """A label or a party as it may stand in the name of a file.

    Examples
    --------
    >>> file_name("song/a b")
    'song-a b'
    """
    return text.replace("/", "-").replace("\\", "-")


def _own_files(folder: Path) -> Iterator[Path]:
    """What an earlier comparison has left in a folder."""
    for pattern in ("agreement.*", "*-disjoint-*.csv", "thresholds-dense-*.csv"):
        yield from folder.rglob(pattern)


def _csv(rows: Iterable[Sequence[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()


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
