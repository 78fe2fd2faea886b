"""Shelf and history together: edits are committed, what others did is kept up with, what a kill interrupted finished.

All of it happens under the lock, and begins by looking at the disk:

1. What other programs of Oscine's have appended to the history is read; it is part of ours.
2. Where the last edit is not "saved", the files that are still as before it get its changes.
3. A file that is neither as it was left nor as the history says was changed by somebody else. What stands there is
   taken over, and the rows that were edited since this session was opened are put as they were: what this session
   wrote is written again if it is gone, what it removed is removed again. Each such conflict is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from oscine.annotations.sessions.documents import Document, fingerprint
from oscine.annotations.sessions.draft import Draft
from oscine.annotations.sessions.history import Change, Edit, History, Type
from oscine.annotations.sessions.layouts import new_stamp
from oscine.annotations.sessions.rows import Row
from oscine.annotations.sessions.shelf import Shelf, Signature
from oscine.core.errors import InputError
from oscine.core.lock import exclusive


class Kept:
    """What was edited since a session was opened: rows that must be there, and rows that must not."""

    def __init__(self) -> None:
        self.added: dict[Row, None] = {}
        self.removed: dict[Row, None] = {}

    def update(self, changes: Iterable[Change]) -> None:
        """Take changes into account, in order."""
        for change in changes:
            for row, here, there in (
                (change.before, self.added, self.removed),
                (change.after, self.removed, self.added),
            ):
                if row is not None:
                    here.pop(row, None)
                    there[row] = None


class Store:
    """What stands on the disk, and the way to change it.

    Parameters
    ----------
    shelf, history
        Files and log of one folder, layout and annotator.

    Attributes
    ----------
    report
        What others changed, conflicts, and what could not be used.
    """

    def __init__(self, shelf: Shelf, history: History) -> None:
        self.shelf, self.history = shelf, history
        self.report = shelf.report
        self._kept = Kept()
        if history.path.exists():
            try:
                with self.locked():
                    self._kept = Kept()  # what was done before this session was opened is nobody's in particular
            except InputError as error:
                history.read()
                self.report.append(f"can only be looked at: {error}")
            self.report += history.report
        shelf.layout.stamp = history.stamp or new_stamp()
        shelf.expected = dict(history.known)

    @property
    def is_behind(self) -> bool:
        """Whether somebody else may have written something; cheap, and needs no lock."""
        return self.history.is_behind or any(self.shelf.is_touched(file) for file in self.shelf.documents)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else edits meanwhile, and memory is what stands on the disk."""
        with exclusive(self.history.path.with_suffix(".lock")):
            self._keep_up()
            yield

    def commit(self, draft: Draft, what: str, type_: Type = "edit", undone: Edit | None = None) -> Edit | None:
        """Write down what was drafted, and carry it out; `None` where that is nothing.

        Parameters
        ----------
        draft
            The changes.
        what
            A word for them.
        type_
            Whether they do, undo, redo or merge.
        undone
            The edit that they take back: files that it made and that are empty now go away with it.

        Raises
        ------
        InputError
            Where the disk is full or a folder closed: disk, memory and history are as before.
        """
        if not self.history.stamp:
            self.begin(self.shelf.layout.stamp)
        keeps_empty = self.shelf.layout.keeps_empty
        made = {file for file, (before, _) in undone.files.items() if before is None} if undone else set()
        texts = {
            file: None if document.empty and (not keeps_empty or file in made) else document.text()
            for file, document in draft.documents.items()
        }
        files = {file: (self.shelf.prints[file], fingerprint(text)) for file, text in texts.items()}
        edit = Edit(what, tuple(draft.changes), files, type_, report=tuple(draft.report))
        if type_ == "edit" and not edit.changes:
            return None
        edit = self.history.append(edit, lambda: self.shelf.write(draft.documents, texts))
        self._kept.update(edit.changes)
        self.report += draft.report
        return edit

    def begin(self, stamp: str) -> None:
        """Begin a session: undo does not go back beyond it."""
        self.history.append(Edit(self.shelf.layout.name, type="session", stamp=stamp), lambda: None)
        self.shelf.layout.stamp = stamp

    # -- keeping up with the disk ----------------------------------------------------------------------------

    def _keep_up(self) -> None:
        for edit in self.history.read():
            self._kept.update(edit.changes)
        self.shelf.layout.stamp = self.history.stamp or self.shelf.layout.stamp
        if self.history.pending is not None:
            self._finish(self.history.pending)
        for file in list(self.shelf.documents):
            if self.shelf.is_touched(file):
                self._reread(file)

    def _finish(self, edit: Edit) -> None:
        """Carry out an edit that was written down but perhaps not carried out everywhere."""
        documents: dict[str, Document] = {}
        texts: dict[str, str | None] = {}
        for file, (before, after) in edit.files.items():
            document, found, signature = self.shelf.read(file)
            self.shelf.adopt(file, document, found, signature)
            if found == before and found != after:
                documents[file] = document.copy()
                for change in edit.changes:
                    if change.file == file:
                        documents[file].set(change.place, change.before, change.after)
                texts[file] = documents[file].text() if after is not None else None
        self.shelf.write(documents, texts)
        self.history.known.update({file: self.shelf.prints[file] for file in documents})
        self.history.settle()

    def _reread(self, file: str) -> None:
        document, found, signature = self.shelf.read(file)
        if found == self.shelf.prints[file]:
            self.shelf.adopt(file, self.shelf.documents[file], found, signature)  # only the time differs
        elif found == self.history.known.get(file):
            self.shelf.adopt(file, document, found, signature)  # another session of Oscine's
        else:
            self._merge(file, document, found, signature)

    def _merge(self, file: str, document: Document, found: str | None, signature: Signature) -> None:
        """Take over a file that somebody else changed, and put the rows of this session as they were."""
        self.shelf.adopt(file, document, found, signature)
        self.report.append(f"{file}: changed by another program; read again")
        draft = Draft(self.shelf)
        there = set(document.rows)
        for row in [row for row in self._kept.removed if row in there]:
            while (place := draft.view(file).find(row)) is not None:
                draft.set(file, place, row, None)
            draft.report.append(f"{row}: was in {file} again; removed, as in this session")
        for row in self._kept.added:
            if row not in there and self.shelf.home(row.recording) == file:
                self._put_back(draft, row, file)
        self.commit(draft, "merge", "merge")

    def _put_back(self, draft: Draft, row: Row, file: str) -> None:
        others = [name for name in self.shelf.files(row.recording) if name != file]
        if any(draft.view(name).find(row) is not None for name in others):
            return  # the file was renamed
        rival = next((other for other in draft.view(file).rows if other.place == row.place), None)
        if rival is None:
            draft.insert(row, file)
            draft.report.append(f"{row}: was missing in {file}; put back, as in this session")
        else:
            place = draft.view(file).find(rival)
            assert place is not None
            draft.set(file, place, rival, row)
            draft.report.append(f"{row}: was {rival.label} in {file}; put back, as in this session")
