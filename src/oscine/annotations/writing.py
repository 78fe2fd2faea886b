"""Writing annotations: in which format, into one file or one for each recording, and with their provenance.

A format that holds one recording per file is given one; several go to a folder, which then gets one file for each
recording, kind and annotator. The story of results goes to `X_predicted.provenance.json` beside `X_predicted.csv`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from oscine.annotations import naming
from oscine.annotations.annotations import Annotations
from oscine.annotations.formats import FORMATS, Format
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
    for name, part in pieces(annotations):
        written += _write(part, path / chosen.file_name(*name), chosen, sources)
    return written


def by_name(path: Path) -> Format:
    """The format that a file of this name should have.

    Raises
    ------
    InputError
        Where the name's end belongs to no format, or to several.
    """
    convention = naming.parse(path).convention
    if convention:
        return FORMATS.get(convention)()
    if path.suffix.lower() == ".csv":
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


def pieces(annotations: Annotations) -> list[tuple[tuple[str, str, str], Annotations]]:
    """One part for each recording, kind and annotator; recordings without rows are there, too."""
    found = []
    for recording in annotations.recordings or [""]:
        rows = annotations.select(recordings=[recording])
        groups = sorted({(row.kind, row.annotator) for row in rows}) or [("annotated", "")]
        for kind, annotator in groups:
            part = rows.select(kinds=[kind])
            found.append(((recording, kind, annotator), part.select(annotators=[annotator])))
    return found


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
