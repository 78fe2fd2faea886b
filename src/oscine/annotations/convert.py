"""Annotations from any format to any other.

    oscine convert may01_annotations.csv --to raven --out may01.txt
    oscine convert may01.TextGrid --to oscine                  # writes may01_annotations.csv
    oscine convert bird7/ --to songexplorer --out bird7-songexplorer/

Formats differ in what they can hold; what is left out is said. Without `--out`, files are called as the format has it
and lie beside what was read; none that exists is overwritten,
nor is one in a folder. Only a file that `--out` names is replaced.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
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

_DERIVED = ".*"
"""End of a path that nobody has given: it stands for files with the format's own names."""


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

    A path that ends as the format's files do is that file, which somebody has named: it may be replaced. A folder gets
    one file for each recording, kind and annotator, and any other path (`may01.*`, the default) stands for files with
    the format's own names beside it; of these, none is replaced unless it would stay the same.

    Raises
    ------
    InputError
        Where the file that was read would be overwritten, or another one that nobody has named.
    """
    recordings = Recordings(params.recordings) if params.recordings else None
    source = result.source
    derived = path.name.endswith(_DERIVED)
    if derived:
        path = path.with_name(path.name.removesuffix(_DERIVED))
    if source is not None and path.exists() and path.samefile(source):
        raise InputError("is what is read", path=path, cure="Write to another place with --out")
    if not derived and _is_file_name(path, params.to) and not path.is_dir():
        return save(result, path, format=params.to, recordings=recordings)
    if source is not None and source.is_dir():
        path.mkdir(parents=True, exist_ok=True)
    into_folder = path.is_dir() and (not derived or (source is not None and source.is_dir()))
    folder = path if into_folder else path.parent
    together = "annotations" if into_folder else naming.parse(f"{path.name}.csv").stem
    targets = [(folder / name, part) for name, part in pieces(result, params.to, together)]
    for target, part in targets:
        if target.exists() and (_is_one(target, source) or not _would_be_same(part, target, params, recordings)):
            cure = "Put it aside, or say where to write with --out"
            raise InputError("exists already", path=target, cure=cure)
    return [file for target, part in targets for file in save(part, target, format=params.to, recordings=recordings)]


def _is_one(target: Path, source: Path | None) -> bool:
    return source is not None and source.exists() and target.samefile(source)


def _would_be_same(part: Annotations, target: Path, params: ConvertParams, recordings: Recordings | None) -> bool:
    """Whether writing would leave a file as it is, told by writing elsewhere; what cannot be told is no."""
    with TemporaryDirectory() as place:
        trial = Path(place, target.name)
        try:
            save(part, trial, format=params.to, recordings=recordings)
            return trial.read_bytes() == target.read_bytes()
        except (InputError, OSError):
            return False


def _is_file_name(path: Path, to: Format) -> bool:
    return path.name.lower().endswith(tuple(end.lower() for end in to.suffixes))


@operation(each="annotations", out=f"{{folder}}/{{stem}}{_DERIVED}", save=write_as)
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
