"""Text tables, read and written exactly, with the line of every error.

pandas reads numbers fast but not to the last bit, takes a label "NA" for a missing one and "01" for the number
one, and cannot say in which line something is wrong. Here a number is what Python reads (the nearest float64),
a number is written so that it reads back the same, and text stays text.

- `read_lines`   fields of every line, with its number
- `Table`        columns by name, converted with errors that name the line
- `write_table`  the way back, from columns; `write_lines` from rows
"""

from __future__ import annotations

import csv
import io
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscine.core.artifacts import atomic
from oscine.core.errors import InputError


def read_text(path: Path) -> str:
    """A text file in UTF-8 or UTF-16 (by its mark), else in Latin-1, which every file can be read as.

    Raises
    ------
    InputError
        Where it cannot be read, or holds zero bytes and is no text.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise InputError("there is no such annotation file", path=path) from None
    except OSError as error:
        raise InputError(f"cannot be read ({(error.strerror or str(error)).lower()})", path=path) from None
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace")
    if b"\0" in raw[:65536]:
        raise InputError("is no text file", path=path, cure="Give an annotation file")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def read_lines(path: Path, delimiter: str = ",") -> list[tuple[int, list[str]]]:
    """Fields of each line that is not blank, with the number of the line (from 1)."""
    if delimiter == "\t":  # tab-separated tables know no quoting
        lines = read_text(path).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return [(number, line.split("\t")) for number, line in enumerate(lines, 1) if line.strip()]
    reader = csv.reader(io.StringIO(read_text(path), newline=""), delimiter=delimiter)
    try:
        return [(reader.line_num, fields) for fields in reader if fields and (len(fields) > 1 or fields[0].strip())]
    except csv.Error as error:
        raise InputError(f"is no table ({error})", path=path, line=reader.line_num) from None


def number(text: str, what: str, path: Path, line: int) -> float:
    """A finite number.

    Raises
    ------
    InputError
        Naming file and line.
    """
    try:
        value = float(text) if "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        cure = "Write a point for the decimal comma" if "," in text else None
        raise InputError(f"{what} is not a number", path=path, line=line, found=text, allowed="such as 1.25", cure=cure)
    return value


@dataclass(frozen=True)
class Table:
    """Rows of a text table by the names of their columns.

    Attributes
    ----------
    path
        The file.
    header
        Names of the columns.
    lines
        Number of each row's line.
    rows
        Fields of each row, as text.
    """

    path: Path
    header: list[str]
    lines: list[int]
    rows: list[list[str]]

    @classmethod
    def read(cls, path: Path, required: Sequence[str], delimiter: str = ",") -> Table:
        """Read a table whose first line names the columns.

        Raises
        ------
        InputError
            For a file that is empty, a required column that is missing, or a row of another length.
        """
        lines = read_lines(path, delimiter)
        example = delimiter.join(required).replace("\t", " ⇥ ")
        if not lines:
            raise InputError("is empty", path=path, allowed=f"a first line such as {example}", cure="Write one")
        header = [name.strip() for name in lines[0][1]]
        if missing := [name for name in required if name not in header]:
            raise InputError(
                f"lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}",
                path=path,
                line=lines[0][0],
                found=delimiter.join(header),
                allowed=example,
            )
        for line, fields in lines[1:]:
            if len(fields) != len(header):
                raise InputError(
                    f"has {len(fields)} columns where the header has {len(header)}",
                    path=path,
                    line=line,
                    found=delimiter.join(fields),
                    allowed=delimiter.join(header),
                )
        return cls(path, header, [line for line, _ in lines[1:]], [fields for _, fields in lines[1:]])

    def __contains__(self, column: str) -> bool:
        return column in self.header

    def __len__(self) -> int:
        return len(self.rows)

    def keep(self, wanted: Sequence[bool] | NDArray[np.bool_]) -> Table:
        """Only some of the rows."""
        places = np.flatnonzero(wanted)
        return Table(self.path, self.header, [self.lines[i] for i in places], [self.rows[i] for i in places])

    def text(self, column: str, default: str = "") -> list[str]:
        """A column as text; `default` where the column is not there or a field is blank."""
        if column not in self.header:
            return [default] * len(self)
        place = self.header.index(column)
        return [row[place].strip() or default for row in self.rows]

    def numbers(self, column: str, default: float | None = None) -> NDArray[np.float64]:
        """A column as float64 (row,).

        Parameters
        ----------
        column
            Its name.
        default
            What stands for a blank field and a missing column; without it both are errors.

        Raises
        ------
        InputError
            For what is not a finite number, naming the line.
        """
        texts = self.text(column)
        if default is None:
            values = [number(text, column, self.path, line) for text, line in zip(texts, self.lines, strict=True)]
        else:
            values = [
                number(text, column, self.path, line) if text and text.lower() != "nan" else default
                for text, line in zip(texts, self.lines, strict=True)
            ]
        return np.array(values, dtype=np.float64)

    def integers(self, column: str, default: int) -> NDArray[np.int64]:
        """A column as int64 (row,); `default` where it is blank or not there."""
        values = self.numbers(column, default)
        for place in np.flatnonzero(values != np.round(values)):
            raise InputError(
                f"{column} is not a whole number",
                path=self.path,
                line=self.lines[place],
                found=self.text(column)[place],
            )
        return values.astype(np.int64)

    def values(self, column: str) -> list[Any]:
        """A column as numbers if all its fields are blank or numbers written as we write them, else as text."""
        texts = self.text(column)
        if not any(texts):
            return texts
        for convert in (int, float):
            try:
                found = [convert(text) if text or convert is int else math.nan for text in texts]
            except ValueError:
                continue
            if all(as_text(value) == text for value, text in zip(found, texts, strict=True)):
                return found
        return texts

    def spans(self, onset: str, offset: str, scale: float = 1.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Two columns as onsets and offsets in seconds, checked (see `check_spans`).

        Parameters
        ----------
        onset, offset
            Names of the columns.
        scale
            How many of the file's units make a second.
        """
        begin, end = self.numbers(onset), self.numbers(offset)
        check_spans(begin, end, self.path, self.lines)
        return (begin, end) if scale == 1 else (begin / scale, end / scale)


def check_spans(
    onset: NDArray[np.float64], offset: NDArray[np.float64], path: Path, lines: Sequence[int] | None = None
) -> None:
    """Refuse times that are negative, and starts after their stops.

    Raises
    ------
    InputError
        Naming the line, where lines are known.
    """
    for wrong, problem, allowed in (
        (~np.isfinite(onset) | ~np.isfinite(offset), "a time is not a number", "finite numbers"),
        (onset < 0, "starts before the recording", "times from 0 on"),
        (onset > offset, "starts after it stops", "start no later than stop"),
    ):
        for place in np.flatnonzero(wrong)[:1]:
            found = f"{as_text(onset[place])} to {as_text(offset[place])}"
            line = lines[place] if lines is not None else None
            raise InputError(problem, path=path, line=line, found=found, allowed=allowed, cure="Correct it")


def as_text(value: Any) -> str:
    """A value as it is written: numbers so that they read back the same, nothing for nan.

    Examples
    --------
    >>> as_text(np.float64(0.1) + 0.2), as_text(float("nan")), as_text(np.int64(3)), as_text("a")
    ('0.30000000000000004', '', '3', 'a')
    """
    if isinstance(value, (float, np.floating)):
        return "" if math.isnan(value) else repr(float(value))
    return str(value)


def write_table(path: Path, columns: Mapping[str, Iterable[Any]], *, delimiter: str = ",", header: bool = True) -> Path:
    """Write columns as a text table, atomically, row by row: half a million rows take no memory."""
    rows: Iterable[Sequence[str]] = zip(*(map(as_text, values) for values in columns.values()), strict=True)
    return write_lines(path, itertools.chain([list(columns)] if header else [], rows), delimiter)


def write_lines(path: Path, rows: Iterable[Sequence[str]], delimiter: str = ",") -> Path:
    """Write rows of fields, atomically; fields are quoted where the delimiter is a comma.

    Raises
    ------
    InputError
        Where another delimiter, or a line end, stands in a field other than the last.
    """
    with atomic(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        if delimiter == ",":
            csv.writer(stream, lineterminator="\n").writerows(rows)
        else:
            stream.writelines(_joined(row, delimiter, path) for row in rows)
    return path


def _joined(row: Sequence[str], delimiter: str, path: Path) -> str:
    """A line of fields that cannot be quoted."""
    for place, field in enumerate(row):
        last = place == len(row) - 1 and delimiter == " "
        if "\n" in field or "\r" in field or (delimiter in field and not last):
            cure = "Relabel it, or choose a CSV format"
            raise InputError("a tab, blank or line end cannot stand here", path=path, found=field, cure=cure)
    return delimiter.join(row) + "\n"
