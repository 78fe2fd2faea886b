"""Edits in the making: changes to copies of documents, of which nothing is seen until they are committed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from oscine.annotations.sessions.documents import Document
from oscine.annotations.sessions.history import Change
from oscine.annotations.sessions.rows import Place, Row
from oscine.annotations.sessions.shelf import Shelf
from oscine.core.errors import InputError


class Found(NamedTuple):
    """Where a row stands."""

    file: str
    place: int
    row: Row


class Draft:
    """Changes to the documents of a shelf.

    Attributes
    ----------
    documents
        Changed copies, by file.
    changes
        What was changed, in order.
    report
        What could not be done, and why.
    """

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.documents: dict[str, Document] = {}
        self.changes: list[Change] = []
        self.report: list[str] = []

    def view(self, file: str) -> Document:
        """A document as it would be, not to be changed."""
        return self.documents.get(file) or self.shelf.document(file)

    def set(self, file: str, place: int, before: Row | None, after: Row | None) -> None:
        """Change a line (see `Document.set`)."""
        if file not in self.documents:
            self.documents[file] = self.shelf.document(file).copy()
        self.documents[file].set(place, before, after)
        self.changes.append(Change(file, place, before, after))

    def insert(self, row: Row, file: str | None = None) -> None:
        """Put a row into its home, behind those that begin no later."""
        file = file or self.shelf.home(row.recording)
        self.set(file, self.view(file).place_for(row), None, row)

    # -- by rows ---------------------------------------------------------------------------------------------

    def at(self, places: Iterable[Place]) -> list[Found]:
        """All rows at some places, those in their recording's home first."""
        wanted = set(places)
        return [found for found in self._begin_with(wanted) if found.row.place in wanted]

    def exchange(self, pairs: Mapping[Row, Row | None], displaced: Iterable[Place] = ()) -> None:
        """Replace rows by others, or remove them (`None`).

        A row stands for all that are equal to it, in whichever file; its successor stands once, in its home: in the
        same line if that is where the row was.

        Parameters
        ----------
        pairs
            Old and new rows.
        displaced
            Places of which all other rows are removed.

        Raises
        ------
        InputError
            Where one of the old rows is not there; nothing is changed then.
        """
        gone = set(displaced)
        hits = [hit for hit in self._begin_with({*pairs, *gone}) if hit.row in pairs or hit.row.place in gone]
        there = {hit.row for hit in hits}
        for row in pairs:
            if row not in there:
                raise InputError("there is no such annotation any more", found=str(row), cure="Look again")
        leaving: list[Found] = []
        arriving: list[Row] = []
        for hit in hits:
            new = pairs.get(hit.row)
            if new is None or hit.row not in there:  # removed, or equal to one that was dealt with
                leaving.append(hit)
                continue
            there.discard(hit.row)
            if hit.file == self.shelf.home(new.recording):
                self.set(hit.file, hit.place, hit.row, new)
            else:
                leaving.append(hit)
                arriving.append(new)
        for hit in sorted(leaving, key=lambda hit: hit.place, reverse=True):  # later lines first: places stay true
            self.set(hit.file, hit.place, hit.row, None)
        for row in sorted(arriving, key=lambda row: row.onset):
            self.insert(row)

    def _begin_with(self, wanted: Iterable[Place | Row]) -> list[Found]:
        """Rows that have recording and onset of one of those wanted: a quick first look."""
        onsets: dict[str, set[float]] = {}
        for one in wanted:
            onsets.setdefault(one.recording, set()).add(one.onset)
        found = []
        files = {file: None for recording in onsets for file in self.shelf.files(recording)}
        for file in files:
            for place, (_, row) in enumerate(self.view(file).lines):
                if row is not None and row.onset in onsets.get(row.recording, ()):
                    found.append(Found(file, place, row))
        return found

    # -- by changes ------------------------------------------------------------------------------------------

    def carry_out(self, changes: Iterable[Change]) -> None:
        """Make changes again, or the other way round, as far as the rows that they change are still there.

        A row that stood in a file other than its home (SongExplorer's earlier files) comes back into its home.
        """
        folders: dict[str, Path] = {}
        for change in changes:
            file, place = change.file, change.place
            if file not in folders:
                folders[file] = (self.shelf.root / file).parent
            folder = folders[file]
            if change.before is not None:
                hit = self._still(change.before, file, place, folder)
                if hit is None:
                    self.report.append(f"{change.before}: no longer there, left as it is")
                    continue
                file, place, _ = hit
            after = change.after
            if after is not None and file != (home := self.shelf.home(after.recording, folder)):
                if change.before is not None:
                    self.set(file, place, change.before, None)
                self.insert(after, home)
            elif change.before is not None or after is not None:
                self.set(file, min(place, len(self.view(file).lines)), change.before, after)

    def _still(self, row: Row, file: str, near: int, folder: Path) -> Found | None:
        """Where a row is: where it was left, else in any other file of its recording."""
        place = self.view(file).find(row, near)
        if place is not None:
            return Found(file, place, row)
        for name in self.shelf.layout.files(folder, row.recording):
            other = (folder / name).relative_to(self.shelf.root).as_posix()
            try:
                place = self.view(other).find(row)
            except InputError:  # a file that cannot be read
                continue
            if place is not None:
                return Found(other, place, row)
        return None
