"""The folder that a comparison of annotators and a machine is written to.

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
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from oscine.annotations.delimited import as_text, write_lines
from oscine.core.artifacts import atomic_folder, write_json, write_text
from oscine.evaluation.agreement_result import Agreement, LabelAgreement
from oscine.metrics.agreement import AgreementCounts, to_seconds
from oscine.prediction.thresholds import save_threshold_table


def save_agreement_folder(result: Agreement, path: Path) -> Path:
    """Write a folder of tables (see the module's docstring); those of an earlier comparison in it are replaced."""
    card = {"oscine": "agreement", "version": 1, **result.summary()}
    card["provenance"] = result.provenance.model_dump(mode="json") if result.provenance else None
    stale = set(_own_files(path)) if (path / "agreement.json").is_file() else set()
    with atomic_folder(path) as folder:
        names = file_names(result.labels)
        for label, one in result.labels.items():
            for measure in result.measures:
                write_text(folder / f"agreement.{measure}.{names[label]}.csv", _table(result, one, measure))
        write_text(folder / "agreement.pairs.csv", _pairs_table(result))
        for name, lines in _disjoint(result):
            write_lines(folder / name, [("name", "start_seconds", "stop_seconds", "kind", "recording"), *lines])
        save_dense_thresholds(result, folder)
        write_json(folder / "agreement.json", card)
        kept = {path / item.relative_to(folder) for item in folder.rglob("*")}
    for item in stale - kept:
        item.unlink(missing_ok=True)
    return path


def save_dense_thresholds(result: Agreement, folder: Path, prefix: str = "") -> list[Path]:
    """Write the dense thresholds of each measure, a column for each wished ratio; nothing where there are none."""
    written = []
    for measure in result.measures:
        found = {label: one.dense[measure] for label, one in result.labels.items() if measure in one.dense}
        if found:
            ratios = [item.ratio for item in next(iter(found.values()))]
            columns = {
                ratio: {label: items[i].value for label, items in found.items()} for i, ratio in enumerate(ratios)
            }
            written.append(save_threshold_table(columns, folder / f"{prefix}thresholds-dense-{measure}.csv"))
    return written


def _table(result: Agreement, one: LabelAgreement, measure: str) -> str:
    """Sizes and rates, of all that is said, then with each threshold of the machine."""
    rows = [["", *result.header], [result.machine or "everyone", *_row(result, one.counts(measure))]]
    rows += [[as_text(value), *_row(result, counts[measure])] for value, counts in one.curve]
    return _csv(rows)


def _pairs_table(result: Agreement) -> str:
    columns = ("label", "first", "second", "recordings", "matched", "n_first", "n_second")
    rates = [f"{name}{end}" for name in ("f1", "kappa") for end in ("", "_low", "_high")]
    times = [f"{bound}_{what}_seconds" for bound in ("onset", "offset") for what in ("bias", "median", "within_95")]
    rows: list[Sequence[Any]] = [[*columns, *rates, *times]]
    for label, one in result.labels.items():
        for a, b in result.pairs:
            if (score := one.pair(a, b)) is None:
                continue
            told = score.to_dict()
            sizes = (len(one.pairs[a, b]), score.counts.tp, score.counts.n_true, score.counts.n_predicted)
            late = [told[bound][what] for bound in ("onset", "offset") for what in ("bias", "median", "within_95")]
            found = one.pair_intervals(a, b)
            limits = [x for name in ("f1", "kappa") for x in (told[name], found[name].low, found[name].high)]
            rows.append([label, a, b, *sizes, *limits, *late])
    return _csv([["" if value is None else as_text(value) for value in row] for row in rows])


def _disjoint(result: Agreement) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """Names and rows of the files of sets, recording by recording."""
    everyone, names = result.parties, file_names(result.parties)
    kinds = [("everyone", "everyone", "tic", everyone), ("label-everyone", "label-everyone", "label", everyone)]
    for measure in ("tic", "label"):
        for word in ("only", "not") if len(everyone) > 2 else ("only",):
            for name in everyone:
                parties = (name,) if word == "only" else tuple(other for other in everyone if other != name)
                kind, ending = (f"{measure}-{word}{one}" for one in (name, names[name]))
                kinds.append((kind, ending, measure, parties))
    for recording in result.recordings:
        for kind, ending, measure, parties in kinds:
            if measure in result.measures:
                yield f"{recording}-disjoint-{ending}.csv", _rows(result, recording, kind, measure, parties)


def _rows(result: Agreement, recording: str, kind: str, measure: str, parties: Sequence[str]) -> list[tuple[str, ...]]:
    """What exactly these parties say in a recording."""
    found = []
    for label, one in result.labels.items():
        if recording in one.sets[measure]:
            tics = one.sets[measure][recording].of(*parties)
            for onset, offset in to_seconds(tics, result.sample_rates[recording]).tolist():
                found.append((onset, offset, label))
    own = Path(recording).name
    return [(label, as_text(onset), as_text(offset), kind, own) for onset, offset, label in sorted(found)]


def _row(result: Agreement, counts: AgreementCounts) -> list[str]:
    """Sizes, precision and recall; blank where there is none."""
    rates = result.rates_of(counts)
    values = [rates.precision, rates.recall] if rates else [float("nan")] * 2
    return [*map(str, result.sizes_row(counts)), *map(as_text, values)]


def file_names(texts: Iterable[str]) -> dict[str, str]:
    """Labels or parties as they may stand in the names of files, no two alike.

    Examples
    --------
    >>> file_names(["song/a b", "song-a b", "pulse"])
    {'song-a b': 'song-a b', 'pulse': 'pulse', 'song/a b': 'song-a b-2'}
    """
    found: dict[str, str] = {}
    for text in sorted(texts, key=lambda one: _plain(one) != one):  # those that may stay as they are come first
        name, number = _plain(text), 2
        while name in found.values():
            name, number = f"{_plain(text)}-{number}", number + 1
        found[text] = name
    return found


def _plain(text: str) -> str:
    return text.replace("/", "-").replace("\\", "-")


def _own_files(folder: Path) -> Iterator[Path]:
    """What an earlier comparison has left in a folder."""
    for pattern in ("agreement.*", "*-disjoint-*.csv", "thresholds-dense-*.csv"):
        yield from folder.rglob(pattern)


def _csv(rows: Iterable[Sequence[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()
