"""An annotation file as lines, of which an edit changes only its own.

The formats read a file into a table and write a table into a file. A person who corrects one row of twenty thousand
wants the others left alone, to the letter: their order, their digits, columns and lines that are not ours. So a
*document* keeps every line as it stands there, with the row that it means, if it means one; coverage rows,
rows that keep a label alive and blank lines mean none and are kept as they are. A row that is taken back (undo)
gets back the very text that it had.

- `OscineDocument`       Oscine's own format (see `formats.oscine`)
- `SongExplorerDocument` SongExplorer's five or six columns, in samples (see `formats.songexplorer`)
"""

from __future__ import annotations

import copy
import csv
import hashlib
import io
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

from oscine.annotations import naming
from oscine.annotations.delimited import as_text, number
from oscine.annotations.formats.oscine import NAMES, REQUIRED
from oscine.annotations.sessions.rows import Row
from oscine.annotations.sources import Sources
from oscine.core.errors import InputError

_OURS = frozenset(NAMES.values())
_NUMBERS = ("onset", "offset", "channel", "low", "high", "score")


class Line(NamedTuple):
    """A line with its end, and the row that it means; `None` where it means none and is only kept."""

    text: str
    row: Row | None


def fingerprint(text: str | None) -> str | None:
    """A short digest of a text; `None` for a file that is not there."""
    return None if text is None else hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


class Document(ABC):
    """An annotation file in memory.

    Parameters
    ----------
    path
        Where it is, or will be.
    text
        What stands in it; `None` where there is no such file yet.
    sources
        The recordings beside it.

    Raises
    ------
    InputError
        For a line that cannot be read, naming it.
    """

    def __init__(self, path: Path, text: str | None, sources: Sources) -> None:
        self.path, self.sources = path, sources
        self._removed: dict[Row, str] = {}
        self.lines = list(self._parse(text or ""))

    @abstractmethod
    def _parse(self, text: str) -> Iterator[Line]:
        raise NotImplementedError

    @abstractmethod
    def _fields(self, row: Row) -> list[str]:
        """The row as fields of a line."""
        raise NotImplementedError

    def copy(self) -> Self:
        """One that can be changed without changing this one."""
        twin = copy.copy(self)
        twin.lines = list(self.lines)
        return twin

    @property
    def rows(self) -> list[Row]:
        """Its rows, in the file's order."""
        return [line.row for line in self.lines if line.row is not None]

    @property
    def empty(self) -> bool:
        """Whether nothing is left in it but a header."""
        return not any(line.text.strip() for line in self.lines)

    def text(self) -> str:
        """All of it."""
        return "".join(line.text for line in self.lines)

    def find(self, row: Row, near: int = 0) -> int | None:
        """Which line means this row: line `near` if it does, else the first that does, else none."""
        if near < len(self.lines) and self.lines[near].row == row:
            return near
        return next((place for place, line in enumerate(self.lines) if line.row == row), None)

    def place_for(self, row: Row) -> int:
        """Before which line a new row goes: behind the last that begins no later."""
        for place in range(len(self.lines), 0, -1):
            other = self.lines[place - 1].row
            if other is not None and other.onset <= row.onset:
                return place
        return next((place for place, line in enumerate(self.lines) if line.row is not None), len(self.lines))

    def set(self, place: int, before: Row | None, after: Row | None) -> None:
        """Replace the row of a line, remove it (`after` is `None`), or insert one before it (`before` is `None`)."""
        if before is not None:
            assert self.lines[place].row == before
            self._removed[before] = self.lines[place].text
        new = [self._line(after)] if after is not None else []
        self.lines[place : place + (before is not None)] = new

    def _line(self, row: Row) -> Line:
        fields = self._fields(row)
        return Line(self._removed.get(row) or _joined(fields), row)


class OscineDocument(Document):
    """A file with a header, in seconds; columns are added when a row first needs them."""

    def _parse(self, text: str) -> Iterator[Line]:
        self._name, self._own = naming.parse(self.path), self.sources.name_for(self.path)
        self.head, self.columns = _joined(list(REQUIRED)), list(REQUIRED)
        seen_header = False
        for line, raw, fields in _records(self.path, text):
            if not seen_header:
                if any(fields):
                    seen_header = True
                    self.head, self.columns = raw, self._header(line, fields)
            elif not any(fields):
                yield Line(raw, None)
            else:
                yield Line(raw, self._row(line, fields))

    def _header(self, line: int, fields: list[str]) -> list[str]:
        columns = [field.strip() for field in fields]
        if missing := [name for name in REQUIRED if name not in columns]:
            problem = f"lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}"
            raise InputError(problem, path=self.path, line=line, found=",".join(fields), allowed=",".join(REQUIRED))
        return columns

    def _row(self, line: int, fields: list[str]) -> Row | None:
        if len(fields) != len(self.columns):
            problem = f"has {len(fields)} columns where the header has {len(self.columns)}"
            allowed = ",".join(self.columns)
            raise InputError(problem, path=self.path, line=line, found=",".join(fields), allowed=allowed)
        said = dict(zip(self.columns, (field.strip() for field in fields), strict=True))
        kind = said.get("kind") or self._name.kind
        if kind == "coverage" or said["start_seconds"].lower() in ("", "nan"):
            return None
        if not said["name"]:
            raise InputError("has no name", path=self.path, line=line, allowed="any label", cure="Write one")
        numbers = {
            name: number(text, NAMES[name], self.path, line)
            for name in _NUMBERS
            if (text := said.get(NAMES[name], "")) and text.lower() != "nan"
        }
        _check_span(self.path, line, numbers.get("onset"), numbers.get("offset"))
        channel = numbers.pop("channel", -1)
        if channel != int(channel):
            raise InputError("channel is not a whole number", path=self.path, line=line, found=channel)
        return Row(
            recording=said.get("recording") or self._own,
            label=said["name"],
            kind=kind,
            annotator=said.get("annotator") or self._name.annotator,
            channel=int(channel),
            more=tuple(sorted((name, text) for name, text in said.items() if name not in _OURS and text)),
            **numbers,
        )

    def _fields(self, row: Row) -> list[str]:
        values = row._asdict()
        said = {written: as_text(values[name]) if values[name] is not None else "" for name, written in NAMES.items()}
        usual = {
            **dict.fromkeys(_OURS, ""),
            "recording": self._own,
            "kind": self._name.kind,
            "annotator": self._name.annotator,
            "channel": "-1",
        }
        said.update(row.more)
        self._widen([name for name, text in said.items() if name not in self.columns and text != usual.get(name, "")])
        return [said.get(column, "") for column in self.columns]

    def _widen(self, names: list[str]) -> None:
        """Add columns, blank in all lines that stand there."""
        if not names:
            return
        self.columns = [*self.columns, *names]
        self.head = _extended(self.head, names)
        blanks = [""] * len(names)
        self.lines = [
            Line(_extended(line.text, blanks), line.row) if line.text.strip() else line for line in self.lines
        ]
        self._removed = {}  # texts of the old width

    def text(self) -> str:
        """Header and lines."""
        return self.head + super().text()


class SongExplorerDocument(Document):
    """A file without a header, in samples; a row's times are whole samples divided by the sample rate."""

    def _parse(self, text: str) -> Iterator[Line]:
        for line, raw, fields in _records(self.path, text):
            yield Line(raw, self._row(line, [field.strip() for field in fields]) if any(fields) else None)

    def _row(self, line: int, fields: list[str]) -> Row:
        if len(fields) not in (5, 6):
            problem = f"has {len(fields)} columns where SongExplorer's files have five or six"
            raise InputError(problem, path=self.path, line=line, found=",".join(fields))
        recording, start, stop, kind, label, *more = fields
        if not (start.isdecimal() and stop.isdecimal() and recording and label):
            allowed = "recording,start tic,stop tic,kind,label; such as a.wav,5013,10972,annotated,song"
            problem = "is no annotation of SongExplorer's"
            raise InputError(problem, path=self.path, line=line, found=",".join(fields), allowed=allowed)
        rate = self.sources.sample_rate(recording, self.path)
        _check_span(self.path, line, int(start), int(stop))
        extra = tuple(("annotated_label", text) for text in more if text)
        return Row(recording, int(start) / rate, int(stop) / rate, label, kind, more=extra)

    def _fields(self, row: Row) -> list[str]:
        rate = self.sources.sample_rate(row.recording, self.path)
        tics = [str(round(row.onset * rate)), str(round(row.offset * rate))]
        return [row.recording, *tics, row.kind, row.label, *(text for _, text in row.more)]


def _records(path: Path, text: str) -> Iterator[tuple[int, str, list[str]]]:
    """Number of the line, text with its end, and fields of each record, of which one may go over several lines."""
    lines = list(io.StringIO(text, newline=""))
    reader = csv.reader(lines)
    begin = 0
    try:
        for fields in reader:
            raw = "".join(lines[begin : reader.line_num])
            begin = reader.line_num
            yield reader.line_num, raw if raw.endswith(("\n", "\r")) else raw + "\n", fields
    except csv.Error as error:
        raise InputError(f"is no table ({error})", path=path, line=reader.line_num) from None


def _check_span(path: Path, line: int, onset: float | None, offset: float | None) -> None:
    if onset is None or offset is None or not 0 <= onset <= offset:
        found = f"{onset} to {offset}"
        raise InputError("is no interval", path=path, line=line, found=found, allowed="0 ≤ start ≤ stop")


def _joined(fields: list[Any]) -> str:
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerow(fields)
    return stream.getvalue()


def _extended(text: str, fields: list[str]) -> str:
    """A line with more fields behind its own, and its own end."""
    bare = text.rstrip("\r\n")
    end = text[len(bare) :]
    more = _joined(fields).rstrip("\n") if any(fields) else "," * (len(fields) - 1)
    return f"{bare},{more}{end}"
