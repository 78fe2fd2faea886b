"""Annotations from any format to any other.

    oscine convert may01_annotations.csv --to raven --out may01.txt
    oscine convert may01.TextGrid --to oscine                  # writes may01_annotations.csv
    oscine convert bird7/ --to songexplorer --out bird7-songexplorer/

Formats differ in what they can hold; what is left out is said. Without `--out`, files are called as the format has it
and lie beside what was read; none that exists is overwritten.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from oscine.annotations import naming
from oscine.annotations.annotations import Annotations, Unit
from oscine.annotations.formats import FORMATS, Format
from oscine.annotations.formats.oscine import Oscine
from oscine.annotations.sources import Sources
from oscine.annotations.writing import pieces, save
from oscine.core.artifacts import digest
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import Field, OperationParams
from oscine.recordings.recordings import Recordings


class AnnotationFiles:
    """A file or a folder of annotations, not yet read: how to read it stands in the parameters."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    @classmethod
    def load(cls, path: str | Path) -> AnnotationFiles:
        """Remember the path of what is there.

        Raises
        ------
        InputError
            Where nothing is there.
        """
        if not Path(path).exists():
            raise InputError("there is no such annotation file", path=path)
        return cls(path)

    def identity(self) -> dict[str, Any]:
        """Path, digest and, where there is one, the story of how the file came to be."""
        if not self.path.is_file():
            return {"path": str(self.path)}
        return {"path": str(self.path), "digest": digest(self.path), **self._story()}

    def _story(self) -> dict[str, Any]:
        from oscine.core.artifacts import Provenance

        provenance = Provenance.load(naming.provenance_path(self.path))
        return {"provenance": provenance.model_dump(mode="json")} if provenance else {}


class ConvertParams(OperationParams):
    """From which format to which, and what of it."""

    to: Annotated[Format, FORMATS] = Oscine()
    """Format to write."""

    from_format: Annotated[Format, FORMATS] | None = None
    """Format to read. None: recognised by name and content."""

    unit: Unit = "s"
    """Unit of the times that are read: "ms" for files that hold milliseconds where seconds are expected."""

    labels: tuple[str, ...] = ()
    """Labels to keep. Blank: all."""

    kinds: tuple[str, ...] = ()
    """Kinds to keep. Blank: all."""

    relabel: dict[str, str] = Field(default_factory=dict)
    """Labels to rename, such as b1=b, b2=b."""

    recordings: Path | None = None
    """Folder of the recordings, where they do not lie beside the annotations; formats in samples need their rate."""


def write_as(result: Annotations, path: Path, params: ConvertParams) -> list[Path]:
    """Write what `convert` gave, in the format asked for; gives the files written.

    A path that ends as the format's files do is that file, a folder gets one file for each recording, kind and
    annotator, and any other path stands for files with the format's own names beside it.

    Raises
    ------
    InputError
        Where the file that was read would be overwritten, or another one that nobody has named.
    """
    recordings = Recordings(params.recordings) if params.recordings else None
    source = result.source
    if source is not None and path.exists() and path.samefile(source):
        raise InputError("is what is read", path=path, cure="Write to another place with --out")
    if source is not None and source.is_dir() and not _is_file_name(path, params.to):
        path.mkdir(parents=True, exist_ok=True)
    if path.is_dir() or _is_file_name(path, params.to):
        return save(result, path, format=params.to, recordings=recordings)
    targets = [
        (path.with_name(name), part) for name, part in pieces(result, params.to, naming.parse(f"{path.name}.csv").stem)
    ]
    for target, _ in targets:
        if target.exists():
            raise InputError("exists already", path=target, cure="Say where to write with --out")
    return [file for target, part in targets for file in save(part, target, format=params.to, recordings=recordings)]


def _is_file_name(path: Path, to: Format) -> bool:
    return path.name.lower().endswith(tuple(end.lower() for end in to.suffixes))


@operation(each="annotations", out="{folder}/{stem}", save=write_as)
def convert(
    annotations: AnnotationFiles | Annotations,
    params: ConvertParams = ConvertParams(),  # noqa: B008 - frozen
    *,
    monitor: Monitor = SILENT,
) -> Annotations:
    """Turn annotations from any format into any other.

    Parameters
    ----------
    annotations
        A file or folder that is yet to be read, or annotations.
    params
        Formats, and what to keep.
    monitor
        Is told what was found, and what the new format cannot hold.

    Returns
    -------
    Annotations
        What is written by `write_as`, or by `save(path, format=params.to)`.

    Raises
    ------
    InputError
        Where the file cannot be read, or the format cannot be written.
    """
    if not params.to.writable:
        able = [name for name, member in FORMATS.members().items() if member.writable]
        raise InputError("this format can only be read", found=params.to.plugin_name, allowed=able)
    recordings = Recordings(params.recordings) if params.recordings else None
    if isinstance(annotations, Annotations):
        found = annotations
    else:
        found = Annotations.load(
            annotations.path, format=params.from_format, recordings=recordings, unit=params.unit, monitor=monitor
        )
    if params.labels or params.kinds:
        found = found.select(labels=params.labels or None, kinds=params.kinds or None)
        left = set(found.to_pandas()["label"])  # a label whose rows were left out is not missed
        found = found.select(labels=params.labels or [label for label in found.labels if label in left])
    if params.relabel:
        found = found.relabel(params.relabel)
    source = found.source or Path()
    for phrase in params.to.losses(found, Sources(source.parent, recordings, source)):
        monitor.warning(f"{params.to.plugin_name} cannot hold {phrase}")
    return found
