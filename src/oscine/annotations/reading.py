"""Reading annotations: which format a file is of, a folder of them, and a report of what was found.

Whatever looks wrong without being impossible is a warning, not an error: sounds beyond the end of the recording,
times that look like milliseconds, labels that the project does not know, two recordings of one name. Where these lie
in several folders beside their annotations they are called by their paths, as in `day1/ch1.wav`.
In a folder, what cannot be used is named with the reason and left out, and the rest is read.

What a folder's files cover together: where people have annotated a recording, their files alone tell; what was
detected or predicted tells only of recordings that nobody has annotated.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from oscine.annotations import naming
from oscine.annotations.annotations import Annotations, Unit
from oscine.annotations.coverage import Coverage
from oscine.annotations.formats import FORMATS, Format, Sniff
from oscine.annotations.project import Project
from oscine.annotations.sources import Sources, wholes
from oscine.core.artifacts import Provenance
from oscine.core.errors import InputError, nearest
from oscine.core.folders import did_you_mean, is_passed_over, is_recording
from oscine.core.monitor import SILENT, Monitor

if TYPE_CHECKING:
    from oscine.recordings.recordings import Recordings

_MILLISECONDS = "these look like milliseconds: convert them with --unit ms, or load them with unit='ms'"

_SYLLABLE = 10.0
"""Seconds: where half of all segments last longer, they are likely given in milliseconds."""


def load(
    path: Path,
    *,
    format: str | Format | None = None,  # noqa: A002
    recordings: Recordings | None = None,
    unit: Unit = "s",
    monitor: Monitor = SILENT,
) -> Annotations:
    """Read a file or a folder; see `Annotations.load`."""
    insisted = None if format is None else with_unit(FORMATS.make(format), unit)
    if path.is_dir():
        return _load_folder(path, insisted, recordings, unit, monitor)
    if not path.exists():
        raise InputError("there is no such annotation file or folder", path=path, cure=did_you_mean(path))
    project = Project.find(path.parent)
    found = _load_file(path, insisted or with_unit(recognise(path), unit), Sources(path.parent, recordings), project)
    return _finished(found, [f"{path.name}: {_counts(found)}"], project, path, monitor)


def recognise(path: Path) -> Format:
    """The format of a file, by its name and its beginning.

    Raises
    ------
    InputError
        Where no format knows it.
    """
    file = Sniff(path)
    best = max((member() for member in FORMATS.members().values()), key=lambda member: member.matches(file))
    if best.matches(file) <= 0 and is_recording(path):
        raise InputError(
            "this is a recording, where annotations are wanted",
            path=path,
            cure="Give its annotation files, or the folder",
        )
    if best.matches(file) <= 0:
        raise InputError(
            "is of no annotation format that is known",
            path=path,
            found=file.first[:60] or None,
            allowed=FORMATS.names(),
            cure="Where you know which it is: oscine convert FILE --from-format NAME",
        )
    return best


def with_unit(chosen: Format, unit: Unit) -> Format:
    """A format that reads times in this unit.

    Raises
    ------
    InputError
        Where the format's times have a unit of their own.
    """
    if unit == "s":
        return chosen
    if "unit" not in type(chosen).model_fields:
        raise InputError(f"times of format {chosen.plugin_name} have a unit of their own", found=f"unit {unit!r}")
    return chosen.model_copy(update={"unit": unit})


def _load_file(path: Path, chosen: Format, sources: Sources, project: Project) -> Annotations:
    found = _named(chosen.read(path, sources), path, chosen, sources)
    if project.coverage is not None:
        found = found.with_coverage(project.coverage)
        if project.coverage == "whole":  # of these recordings only
            found = found.with_coverage(found.coverage.select(found.recordings))
    story = Provenance.load(naming.provenance_path(path))
    report = [*found.report, *_suspicions(found, path, sources)]
    return found.with_provenance(story).with_report(report, source=path)


def _named(found: Annotations, path: Path, chosen: Format, sources: Sources) -> Annotations:
    """With the kind and the annotator that the file's name tells, where the format has no place for them."""
    kind = "annotated" if "kind" in chosen.holds else naming.parse(path).kind
    annotator = "" if "annotator" in chosen.holds else sources.annotator_for(path)
    if kind == "annotated" and not annotator:
        return found
    table = found.to_pandas()
    if kind != "annotated":
        table["kind"] = kind
    table["annotator"] = np.where(table["kind"] == "annotated", annotator, "")
    return found.with_rows(table)


def _suspicions(annotations: Annotations, path: Path, sources: Sources) -> list[str]:
    """What is possible but hardly meant."""
    table = annotations.to_pandas()
    lines = []
    for name, rows in table.groupby("recording"):
        duration = sources.duration(str(name))
        offset = rows["offset"].to_numpy()
        if duration is None:
            lengths = (rows["offset"] - rows["onset"]).to_numpy()
            if np.median(lengths) > _SYLLABLE and offset.max() > 1000:
                half = f"half of the sounds last over {np.median(lengths):.4g} s"
                lines.append(f"{path.name}: {half}; {_MILLISECONDS}")
            continue
        recording = sources.find(str(name))
        assert recording is not None
        late = offset > duration + 1 / recording.sample_rate
        if late.any():
            text = f"{path.name}: {late.sum()} of {len(rows)} sounds end after {name} ({duration:.6g} s)"
            if late.mean() > 0.5 and offset.max() / 1000 <= duration:
                lines.append(f"{text}; {_MILLISECONDS}")
            else:
                lines.append(f"{text}, the first at {rows['onset'].to_numpy()[late][0]:.6g} s")
    return lines


def _load_folder(
    folder: Path, insisted: Format | None, recordings: Recordings | None, unit: Unit, monitor: Monitor
) -> Annotations:
    project = Project.find(folder)
    ends = tuple({suffix.lower() for member in FORMATS.members().values() for suffix in member.suffixes})
    sources: dict[Path, Sources] = {}
    parts: list[Annotations] = []
    unused: list[InputError] = []
    formats: Counter[str] = Counter()
    with monitor.task("reading annotations", unit="files") as task:
        for path in _files(folder):
            if not path.name.lower().endswith(ends) or path.name.endswith("_definitions.csv"):
                continue
            beside = sources.setdefault(path.parent, Sources(path.parent, recordings))
            try:
                chosen = insisted or recognise(path)
                chosen = with_unit(chosen, unit) if "unit" in type(chosen).model_fields else chosen
                parts.append(_load_file(path, chosen, beside, project))
                formats[chosen.plugin_name] += 1
            except InputError as error:
                unused.append(error)
            task.advance()
    if not parts and len(unused) == 1:
        raise unused[0]
    if not parts and unused:
        raise InputError(f"none of {len(unused)} annotation files can be read; the first one: {unused[0]}", path=folder)
    if not parts:
        raise InputError(
            "holds no annotations that can be read",
            path=folder,
            allowed=f"files of the formats {', '.join(FORMATS.names())}",
        )
    parts, copies = _without_copies(_told_apart(parts, folder.absolute(), recordings))
    together = parts[0].concat(*parts[1:]).with_provenance(None).with_coverage(_covered(parts))
    files = ", ".join(f"{count} {name}" for name, count in formats.most_common())
    report = [
        f"{folder}: {len(parts)} files ({files}); {_counts(together)}",
        *(f"not used: {error}" for error in unused),
        *copies,
        *_namesakes(parts),
    ]
    return _finished(together, report, project, folder, monitor)


def _files(folder: Path) -> Iterator[Path]:
    """Files of a folder and those below, sorted, without what is hidden, a result, or put aside."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not is_passed_over(Path(place, name)))
        yield from (Path(place, name) for name in sorted(names) if not name.startswith("."))


_SAME = ["recording", "onset", "offset", "label", "kind", "annotator", "channel"]


def _without_copies(parts: list[Annotations]) -> tuple[list[Annotations], list[str]]:
    """Parts without those of which every row stands in another one, and what to say of them.

    A table converted for another program and left beside the recordings must not count twice, nor cover what the
    original does not. The originals are sought among the formats that hold kinds: ours and SongExplorer's.
    """
    ranked = sorted(parts, key=lambda part: part.source is None or part.source.suffix.lower() != ".csv")
    seen: set[tuple[object, ...]] = set()
    dropped, copies = set(), []
    for part in ranked:
        rows = set(part.to_pandas()[_SAME].itertuples(index=False, name=None))
        if rows and rows <= seen:
            assert part.source is not None
            copies.append(f"not used: {part.source}: all of its {len(part)} sounds stand in other files, too")
            dropped.add(id(part))
        seen |= rows
    return [part for part in parts if id(part) not in dropped], copies


def _covered(parts: list[Annotations]) -> Coverage:
    """Where people have looked: what a detector or a model says covers nothing."""
    return Coverage.union([Coverage(whole=False), *(part.coverage for part in parts if _is_by_people(part))])


def _is_by_people(part: Annotations) -> bool:
    if len(part):
        return "annotated" in part.kinds
    return part.source is None or naming.parse(part.source).kind == "annotated"


def _told_apart(parts: list[Annotations], folder: Path, recordings: Recordings | None) -> list[Annotations]:
    """Parts in which recordings of one name in several folders are called by their paths: `day1/ch1.wav`.

    Only what has its recording beside it is renamed: annotations of one recording may well lie in several folders.
    """
    places: dict[str, set[Path]] = {}
    for recording in recordings or ():
        places.setdefault(recording.name, set()).add(recording.path.parent.absolute())
    beside: dict[int, list[str]] = {}
    for part in parts:
        assert part.source is not None
        home = part.source.parent.absolute()
        there = [name for name in part.recordings if any((home / whole).is_file() for whole in wholes(name) if whole)]
        beside[id(part)] = there
        for name in there:
            places.setdefault(name, set()).add(home)
    found = []
    for part in parts:
        assert part.source is not None
        home = part.source.parent.absolute()
        names = {
            name: (home.relative_to(_base(places[name], folder)) / name).as_posix()
            for name in beside[id(part)]
            if len(places[name]) > 1
        }
        found.append(part.rename_recordings(names) if names else part)
    return found


def _base(places: set[Path], folder: Path) -> Path:
    """The folder that the paths of namesakes begin in: the one that is read, or what all of them have above them."""
    base = Path(os.path.commonpath(places))
    if base in places:
        base = base.parent
    return folder if folder in base.parents else base


def _namesakes(parts: list[Annotations]) -> list[str]:
    """Recordings of one name in different folders, which would be taken for one."""
    places: dict[str, set[Path]] = {}
    for part in parts:
        for name in part.recordings:
            assert part.source is not None
            places.setdefault(name, set()).add(part.source.parent)
    return [
        f"{name} is annotated in {len(found)} folders ({', '.join(sorted(map(str, found)))}); taken for one recording"
        for name, found in sorted(places.items())
        if len(found) > 1
    ]


def _finished(found: Annotations, head: list[str], project: Project, path: Path, monitor: Monitor) -> Annotations:
    """With the project's labels, the whole report, and the monitor told."""
    warnings = [*head[1:], *found.report]
    labels = found.labels
    if project.labels:
        for label in labels:
            if label not in project.labels:
                guess = nearest(label, project.labels)
                hint = f"; did you mean {guess!r}?" if guess else ""
                warnings.append(f"label {label!r} is not one of the project's ({', '.join(project.labels)}){hint}")
        labels = type(labels)(project.labels).including(labels)
    monitor.message(head[0])
    for line in warnings:
        monitor.warning(line)
    return found.with_rows(found.to_pandas(), labels=labels).with_report([head[0], *warnings], source=path)


def _counts(annotations: Annotations) -> str:
    """Rows per kind and label, in words."""
    table = annotations.to_pandas()
    if not len(table):
        return "no rows"
    kinds = []
    for kind, rows in table.groupby("kind", sort=True):
        counts = rows["label"].value_counts().sort_index()
        kinds.append(f"{kind} " + ", ".join(f"{label}: {count}" for label, count in counts.items()))
    return f"{len(table)} row{'s' * (len(table) != 1)}: " + "; ".join(kinds)
