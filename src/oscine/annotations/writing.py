"""Writing annotations: in which format, into one file or one for each recording, and with their provenance.

A format that holds one recording per file is given one; several go to a folder, which then gets one file for each
recording, kind and annotator. The story of results goes to `X_predicted.provenance.json` beside `X_predicted.csv`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from oscine.annotations import naming
from oscine.annotations.annotations import Annotations
from oscine.annotations.formats import FORMATS, Format
from oscine.annotations.labels import LabelSet
from oscine.annotations.project import Project
from oscine.annotations.sources import Sources
from oscine.core.errors import InputError

if TYPE_CHECKING:
    from oscine.recordings.recordings import Recordings

_WITH_PROVENANCE = ("oscine", "songexplorer")


def save(
    annotations: Annotations,
    path: Path,
    *,
    format: str | Format | None = None,  # noqa: A002
    recordings: Recordings | None = None,
) -> list[Path]:
    """Write to a file or a folder; gives the files written (see `Annotations.save`).

    Raises
    ------
    InputError
        Where the format cannot be written, cannot be told from the name, or cannot hold these annotations.
    """
    folder = path.is_dir()
    if format is not None:
        chosen = FORMATS.make(format)
    else:
        chosen = Project.find(path).annotation_format if folder else by_name(path)
    if not chosen.writable:
        able = [name for name, member in FORMATS.members().items() if member.writable]
        raise InputError(f"format {chosen.plugin_name} can only be read", path=path, allowed=able)
    sources = Sources(path if folder else path.parent, recordings, annotations.source)
    if not folder:
        return _write(annotations, path, chosen, sources)
    written = []
    for name, part in pieces(annotations, chosen):
        target = path / name
        place = sources if target.parent == path else Sources(target.parent, recordings, part.source)
        written += _write(part, target, chosen, place)
    return written


def by_name(path: Path) -> Format:
    """The format that a file of this name should have.

    Raises
    ------
    InputError
        Where the name's end belongs to no format, or to several.
    """
    if path.suffix.lower() == ".csv":
        if convention := naming.parse(path).convention:
            return FORMATS.get(convention)()
        return Project.find(path.parent).annotation_format
    able = {name: member for name, member in FORMATS.members().items() if member.writable}
    ends = {
        name: max((len(end) for end in member.suffixes if path.name.lower().endswith(end.lower())), default=0)
        for name, member in able.items()
    }
    longest = max(ends.values())
    fitting = [name for name, length in ends.items() if length == longest > 0]
    if len(fitting) != 1:
        raise InputError(
            "the name does not tell the format", path=path, allowed=fitting or list(able), cure="Name the format"
        )
    return able[fitting[0]]()


def pieces(annotations: Annotations, to: Format, together: str = "annotations") -> list[tuple[str, Annotations]]:
    """Parts for files of their own, with the files' names: one for each recording, kind and annotator.

    Recordings without rows are there, too. One that is called by its path, `day1/ch1.wav`, gets a file in that folder,
    which calls it `ch1.wav` again. A format that gathers recordings gets one file, named after `together`.

    Raises
    ------
    InputError
        For rows without a recording.
    """
    if to.gathers:
        return [(f"{together}{to.suffixes[0]}", annotations)]
    table = annotations.to_pandas()
    if (table["recording"] == "").any():
        raise InputError("rows name no recording that a file could be named after", cure="Save them to a file")
    rows = list(zip(table["recording"], table["kind"], table["annotator"], strict=True))
    names = {row: _file_name(to, *row) for row in dict.fromkeys(rows)}
    file_of = pd.Series([names[row] for row in rows], table.index, dtype=str)
    silent = [name for name in annotations.recordings if name not in set(table["recording"])]
    found = []
    for file in dict.fromkeys([*names.values(), *(_file_name(to, name) for name in silent)]):
        part = table[file_of == file]
        recordings = {*part["recording"], *(name for name in silent if _file_name(to, name) == file)}
        idle = [label for label in annotations.labels if label not in set(table["label"])]
        categories = {label: annotations.labels.category(label) for label in idle}
        labels = LabelSet([label for label in annotations.labels if label in {*part["label"], *idle}], categories)
        coverage = annotations.coverage.select(recordings)
        mine = annotations.with_rows(part, coverage=coverage, labels=labels)
        found.append((file, within(Path(file).parent, mine)))
    return found


def _file_name(to: Format, recording: str, kind: str = "annotated", annotator: str = "") -> str:
    path = Path(recording)
    return (path.parent / to.file_name(path.name, kind, annotator)).as_posix()


def within(folder: Path, annotations: Annotations) -> Annotations:
    """As a file in this folder says it: recordings called by their names, not by their paths."""
    if folder == Path():
        return annotations
    source = annotations.source
    if source is not None and (source / folder).is_dir():
        annotations = annotations.with_report(annotations.report, source=source / folder)
    return annotations.rename_recordings({name: Path(name).name for name in annotations.recordings})


def _write(annotations: Annotations, path: Path, chosen: Format, sources: Sources) -> list[Path]:
    if not chosen.many and len(annotations.recordings) > 1:
        raise InputError(
            f"a file of format {chosen.plugin_name} holds one recording, and these are {len(annotations.recordings)}",
            path=path,
            cure="Give a folder that exists: it gets a file for each",
        )
    written = chosen.write(annotations, path, sources)
    if chosen.plugin_name in _WITH_PROVENANCE:
        beside = naming.provenance_path(path)
        if annotations.provenance is not None:
            written.append(annotations.provenance.save(beside))
        else:
            beside.unlink(missing_ok=True)  # a story of other rows would be a lie
    return written
