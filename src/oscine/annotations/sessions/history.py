"""The history: who did what and when; from it come undo and redo, and recovery after a kill.

An *edit* is an immutable value: the changes that it made to lines of files. Its inverse is the same changes the other
way round, in reverse order. So undo is an edit, too, and the history is one list of what happened.

It is kept in a file to which lines of JSON are only ever added (`.oscine/history/<layout>[-<annotator>].jsonl`):

    {"type": "session", "stamp": "20201231T235959", …}   undo begins anew here
    {"type": "edit", "what": "add", "time": …, "by": "ann", "changes": […], "files": {"a.csv": [before, after]}}
    {"type": "saved"}                                    the files hold what the line before says
    {"type": "undo" | "redo", …}                         the same, made by undo or redo
    {"type": "merge", "report": […], …}                  what another program had changed was kept up with

An edit is written in three steps: its line is appended and flushed to the disk; the annotation files are put in
place; "saved" is appended. A program killed before the first step is done leaves half a line, which is ignored and
cut off by the next; killed later, it leaves a line that is not "saved", which is carried out when the history is
next opened, file by file, by the fingerprints of the file before and after. Nothing acknowledged is ever lost, and
an annotation file that somebody put back to an older state afterwards is left as it is.
"""

from __future__ import annotations

import dataclasses
import getpass
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from oscine.annotations.sessions.rows import Row
from oscine.core.artifacts import unwritable

Type = Literal["edit", "undo", "redo", "merge", "session"]
_SAVED = b'{"type": "saved"}\n'


class Change(NamedTuple):
    """One line of a file: replaced, removed (`after` is `None`), or inserted (`before` is `None`).

    Attributes
    ----------
    file
        The file, relative to the session's folder.
    place
        The line, from 0, not counting a header.
    before, after
        Its row before and after.
    """

    file: str
    place: int
    before: Row | None
    after: Row | None

    @property
    def inverse(self) -> Change:
        """The change that takes this one back."""
        return Change(self.file, self.place, self.after, self.before)


@dataclass(frozen=True)
class Edit:
    """Something that was done.

    Attributes
    ----------
    what
        In a word, such as "add" or "relabel".
    changes
        To lines, in the order in which they were made.
    files
        Fingerprints of the changed files before and after; `None` where there is no file.
    type
        Whether it was done, undone, redone, merged, or begins a session.
    by, time
        Who, and when (UTC).
    stamp
        Of a session, the time that names its files.
    report
        What could not be done, and why.
    """

    what: str
    changes: tuple[Change, ...] = ()
    files: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    type: Type = "edit"
    by: str = ""
    time: str = ""
    stamp: str = ""
    report: tuple[str, ...] = ()

    @property
    def inverse(self) -> tuple[Change, ...]:
        """The changes that take this edit back, in order."""
        return tuple(change.inverse for change in reversed(self.changes))

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows that it made, or else those that it removed: where to look."""
        made = tuple(change.after for change in self.changes if change.after is not None)
        return made or tuple(change.before for change in self.changes if change.before is not None)

    def to_json(self) -> str:
        """One line of JSON without its end."""
        values: dict[str, Any] = {"type": self.type, "what": self.what, "time": self.time, "by": self.by}
        if self.stamp:
            values["stamp"] = self.stamp
        if self.changes:
            values["changes"] = [_change_to_dict(change) for change in self.changes]
        if self.files:
            values["files"] = {file: list(prints) for file, prints in self.files.items()}
        if self.report:
            values["report"] = self.report
        return json.dumps(values, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Edit:
        """The way back from a line of JSON."""
        if values["type"] not in ("edit", "undo", "redo", "merge", "session"):
            raise ValueError(f"unknown type {values['type']!r}")
        return cls(
            what=values["what"],
            changes=tuple(_change_from_dict(change) for change in values.get("changes", ())),
            files={file: (before, after) for file, (before, after) in values.get("files", {}).items()},
            type=values["type"],
            by=values["by"],
            time=values["time"],
            stamp=values.get("stamp", ""),
            report=tuple(values.get("report", ())),
        )


class History:
    """The log of a folder, and what it says can be undone and redone.

    Parameters
    ----------
    path
        The log, which need not be there yet.
    by
        Who edits; the system's name of the user where it is not given.

    Attributes
    ----------
    done, undone
        Edits that can be undone, the last one last; edits that can be redone, the next one last.
    stamp
        Of the running session.
    pending
        The last edit, where nothing says that the annotation files hold it.
    known
        Fingerprint of each file that was ever edited, after its last edit.
    report
        Lines of the log that cannot be read.
    """

    def __init__(self, path: Path, by: str = "") -> None:
        self.path, self.by = path, by or _user()
        self._forget()

    def _forget(self) -> None:
        self.done: list[Edit] = []
        self.undone: list[Edit] = []
        self.stamp = ""
        self.pending: Edit | None = None
        self.known: dict[str, str | None] = {}
        self.report: list[str] = []
        self._end, self._n_lines = 0, 0

    def read(self) -> list[Edit]:
        """Keep up with what was appended since the last time (by this program or another); gives it.

        The rest of a line that was cut off is not read. Undo begins anew after a line that cannot be read.
        """
        size = self._size()
        anew = size < self._end
        if anew:  # somebody deleted it or put back an older one
            self._forget()
        if size == self._end:
            return []
        with self.path.open("rb") as stream:
            stream.seek(self._end)
            raw = stream.read()
        complete, _, _ = raw.rpartition(b"\n")
        found = []
        for line in complete.split(b"\n") if complete else []:
            self._n_lines += 1
            self._end += len(line) + 1
            if line + b"\n" == _SAVED:
                self.pending = None
                continue
            try:
                edit = Edit.from_dict(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError):
                self.report.append(f"{self.path.name}, line {self._n_lines}: cannot be read; undo begins after it")
                self.done, self.undone, self.pending = [], [], None
                continue
            self._take(edit)
            found.append(edit)
        return [] if anew else found

    @property
    def is_behind(self) -> bool:
        """Whether there is more in the log than was read."""
        return self._size() != self._end

    def _size(self) -> int:
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, edit: Edit, save: Callable[[], None]) -> Edit:
        """Write down an edit and carry it out: all of it, or nothing.

        Parameters
        ----------
        edit
            Who and when are added to it.
        save
            Puts the annotation files in place, or raises and leaves them as they were.

        Raises
        ------
        InputError
            Where the disk is full or the folder closed.
        """
        edit = dataclasses.replace(edit, by=self.by, time=datetime.now(UTC).isoformat(timespec="milliseconds"))
        line = edit.to_json().encode() + b"\n"
        begin = self._end
        try:
            self._write(line, flush=True)
            save()
        except BaseException:
            with suppress(OSError):
                os.truncate(self.path, begin)
            raise
        self._end, self._n_lines = begin + len(line), self._n_lines + 1
        self._take(edit)
        if edit.files:
            self.settle()
        return edit

    def settle(self) -> None:
        """Write down that the annotation files hold the last edit; without it, their fingerprints will tell."""
        self.pending = None
        with suppress(OSError):
            self._write(_SAVED, flush=False)
            self._end, self._n_lines = self._end + len(_SAVED), self._n_lines + 1

    def _write(self, line: bytes, *, flush: bool) -> None:
        """Append at the end of the last whole line."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666), "r+b") as stream:
                stream.truncate(self._end)
                stream.seek(self._end)
                stream.write(line)
                stream.flush()
                if flush:
                    os.fsync(stream.fileno())
        except OSError as error:
            raise unwritable(self.path, error) from error

    def _take(self, edit: Edit) -> None:
        """What an edit means for undo and redo."""
        self.pending = edit if edit.files else None
        self.known.update({file: after for file, (_, after) in edit.files.items()})
        if edit.type == "session":
            self.done, self.undone, self.stamp = [], [], edit.stamp
        elif edit.type == "edit":
            self.done.append(edit)
            self.undone = []
        elif edit.type == "undo" and self.done:
            self.done.pop()
            self.undone.append(dataclasses.replace(edit, changes=edit.inverse))
        elif edit.type == "redo" and self.undone:
            self.undone.pop()
            self.done.append(edit)


def _user() -> str:
    """Who is logged in, as the system says; "" where it does not."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def _change_to_dict(change: Change) -> dict[str, Any]:
    values: dict[str, Any] = {"file": change.file, "place": change.place}
    if change.before is not None:
        values["before"] = change.before.to_dict()
    if change.after is not None:
        values["after"] = change.after.to_dict()
    return values


def _change_from_dict(values: Mapping[str, Any]) -> Change:
    before, after = (Row.from_dict(values[name]) if name in values else None for name in ("before", "after"))
    return Change(values["file"], values["place"], before, after)
