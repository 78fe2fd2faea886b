"""Formats of annotation files: one file each, found by name.

To add one, put a file into this folder (or into a folder named in `OSCINE_PLUGINS`) with one subclass of `Format`:
say in `matches` how sure you are that a file is yours, give `Annotations` from `read`, and write them in `write` if
the format can be written. Options are fields. Say in `losses` what the format cannot hold; never round a time.
`tests/contracts/test_formats.py` puts every member through the same closed loop.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from oscine.annotations import naming
from oscine.core.plugins import Plugin, PluginKind

if TYPE_CHECKING:
    from oscine.annotations.annotations import Annotations
    from oscine.annotations.sources import Sources

NO_LABEL = "-"
"""Label of a sound that was marked without saying what it is, in formats that allow it."""


class Sniff:
    """A file about to be recognised: its path, and its beginning, read once and only if somebody looks."""

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, path.name

    @cached_property
    def head(self) -> str:
        """The first 8 KiB as text; "" where it is no text."""
        try:
            with self.path.open("rb") as stream:
                raw = stream.read(8192)
        except OSError:
            return ""
        if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return raw[: len(raw) // 2 * 2].decode("utf-16", errors="ignore")
        return "" if b"\0" in raw else raw.decode("utf-8-sig", errors="replace")

    @cached_property
    def lines(self) -> list[str]:
        """Its first lines that are not blank, of which the last may be cut off."""
        return [line for line in self.head.splitlines() if line.strip()]

    @property
    def first(self) -> str:
        """Its first line that is not blank."""
        return self.lines[0] if self.lines else ""

    def header(self, delimiter: str = ",") -> set[str]:
        """Its first line as names of columns."""
        return {field.strip().strip('"') for field in self.first.split(delimiter)}


def said(annotations: Annotations) -> Iterator[tuple[str, str]]:
    """What annotations say beyond onset, offset and label: the word that `holds` has for it, and a phrase."""
    table = annotations.to_pandas()
    for name, phrase in (("channel", "channels"), ("low", "low frequencies"), ("high", "high frequencies")):
        if bool((table[name] != -1).any() if name == "channel" else table[name].notna().any()):
            yield name, phrase
    if annotations.kinds not in ([], ["annotated"]):
        yield "kind", f"kinds ({', '.join(annotations.kinds)}), but in the file's name"
    if annotations.annotators:
        yield "annotator", f"annotators ({', '.join(annotations.annotators)}), but in the file's name"
    if bool(table["score"].notna().any()):
        yield "score", "scores"
    for name in table.columns[10:]:
        yield "more", f"column {name}"
    if not all(annotations.coverage.is_whole(name) for name in annotations.recordings):
        yield "coverage", "coverage (where somebody has looked)"
    if idle := [label for label, count in annotations.count().items() if count == 0]:
        yield "labels", f"labels without a row ({', '.join(idle)})"


class Format(Plugin):
    """How annotations stand in a file."""

    suffixes: ClassVar[tuple[str, ...]] = ()
    """Ends of file names, the usual one first."""
    writable: ClassVar[bool] = True
    """Whether `write` works."""
    many: ClassVar[bool] = False
    """Whether one file can hold several recordings."""
    gathers: ClassVar[bool] = False
    """Whether it usually does."""
    holds: ClassVar[frozenset[str]] = frozenset()
    """What it can hold beyond onset, offset and label: columns, "coverage", "labels" (without a row), "more" (any
    other column)."""

    @abstractmethod
    def matches(self, file: Sniff) -> float:
        """How sure it is that a file is of this format, from 0 (it is not) to 1, by its name and its beginning."""
        raise NotImplementedError

    @abstractmethod
    def read(self, path: Path, sources: Sources) -> Annotations:
        """Read a file.

        Raises
        ------
        InputError
            With file, line, what was found and what is allowed.
        """
        raise NotImplementedError

    def write(self, annotations: Annotations, path: Path, sources: Sources) -> list[Path]:
        """Write to a file, atomically; gives the files written."""
        raise NotImplementedError

    def losses(self, annotations: Annotations, sources: Sources) -> list[str]:
        """What of these annotations the format cannot hold, one phrase each."""
        return [phrase for name, phrase in said(annotations) if name not in self.holds]

    def file_name(self, recording: str, kind: str = "annotated", annotator: str = "") -> str:
        """What a file of this format is called."""
        word = "" if kind == "annotated" else f"_{kind}"
        return f"{naming.stem(recording)}{word}{'-' * bool(annotator)}{annotator}{self.suffixes[0]}"


FORMATS: PluginKind[Format] = PluginKind("formats", Format, "oscine.annotations.formats")  # type: ignore[type-abstract]
"""Every format."""
