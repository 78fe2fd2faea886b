"""The annotation files of a folder: read when they are needed, written together or not at all.

In memory stands exactly what stands on the disk; whether it still does is told by a file's inode, size and time of
change, and if these differ by its fingerprint.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from oscine.annotations.delimited import read_text
from oscine.annotations.sessions.documents import Document, fingerprint
from oscine.annotations.sessions.layouts import Layout
from oscine.annotations.sources import Sources
from oscine.core.artifacts import atomic, unwritable
from oscine.core.errors import InputError, unknown
from oscine.core.folders import is_passed_over
from oscine.recordings.reader import suffixes

if TYPE_CHECKING:
    from oscine.recordings.recordings import Recordings

Signature = tuple[int, int, int] | None
"""Inode, time of change in ns, size in bytes; `None` where there is no file."""


class Shelf:
    """The annotation files of a layout in a folder and those below.

    Parameters
    ----------
    root
        The folder that file names are relative to.
    layout
        Which files there are.
    folder
        Where recordings are looked for: the root, or a folder below.
    recordings
        Where to find sample rates and durations, if the recordings do not lie there.

    Attributes
    ----------
    documents
        Files in memory, by their names relative to the root.
    prints
        Their fingerprints; `None` where there is no file.
    expected
        Fingerprints that files should have when they are first read.
    report
        Files that cannot be used, or are not as expected.
    """

    def __init__(self, root: Path, layout: Layout, folder: Path, recordings: Recordings | None = None) -> None:
        self.root, self.layout, self.folder = root, layout, folder
        self.documents: dict[str, Document] = {}
        self.prints: dict[str, str | None] = {}
        self.expected: Mapping[str, str | None] = {}
        self.report: list[str] = []
        self._signatures: dict[str, Signature] = {}
        self._given = recordings
        self._sources: dict[Path, Sources] = {}
        self._places: dict[str, list[Path]] | None = None
        self._homes: dict[tuple[str, Path | None, str], str] = {}

    # -- recordings ------------------------------------------------------------------------------------------

    @property
    def recordings(self) -> list[str]:
        """Names of the sound files, sorted."""
        return sorted(self._find_places())

    def folder_of(self, recording: str) -> Path:
        """Where a recording lies.

        Raises
        ------
        InputError
            Where it is not there, or there are several of its name.
        """
        places = self._find_places()
        shorter = [recording[:place] for place, sign in enumerate(recording) if sign == "-"]
        for name in (recording, *reversed(shorter)):  # a.wav-recA is a part of a.wav
            if len(places.get(name, ())) > 1:
                problem, cure = "there are several recordings of this name", "Open the folder in which it lies"
                raise InputError(problem, found=name, allowed=places[name], cure=cure)
            if name in places:
                return places[name][0]
        raise unknown("recording", recording, places, path=self.folder)

    def sources(self, folder: Path) -> Sources:
        """The recordings of a folder, whose headers are read once."""
        return self._sources.setdefault(folder, Sources(folder, self._given))

    def look_again(self) -> None:
        """Forget which recordings there are."""
        self._places = None
        self._sources.clear()
        self._homes.clear()

    def _find_places(self) -> dict[str, list[Path]]:
        if self._places is None:
            self._places, known = {}, suffixes()
            for place, folders, names in os.walk(self.folder):
                folders[:] = [name for name in folders if not is_passed_over(Path(place, name))]
                for name in names:
                    if name.lower().endswith(known) and not name.startswith("."):
                        self._places.setdefault(name, []).append(Path(place))
        return self._places

    # -- files -----------------------------------------------------------------------------------------------

    def home(self, recording: str, folder: Path | None = None) -> str:
        """The file in which new rows of a recording stand."""
        key = (recording, folder, self.layout.stamp)
        if key not in self._homes:
            place = folder or self.folder_of(recording)
            self._homes[key] = self._relative(place / self.layout.home(recording))
        return self._homes[key]

    def files(self, recording: str) -> list[str]:
        """The files that say something of a recording and can be read, its home first."""
        folder = self.folder_of(recording)
        found: list[str] = []
        for name in self.layout.files(folder, recording):
            file = self._relative(folder / name)
            try:
                self.document(file)
            except InputError as error:
                if not found:  # its home
                    raise
                if (line := f"not used: {error}") not in self.report:
                    self.report.append(line)
            else:
                found.append(file)
        return found

    def document(self, file: str) -> Document:
        """A file, read the first time that it is asked for.

        Raises
        ------
        InputError
            Where it cannot be read.
        """
        if file not in self.documents:
            self.adopt(file, *self.read(file))
            if self.expected.get(file, self.prints[file]) != self.prints[file]:
                self.report.append(f"{file}: changed by another program since it was last edited here")
        return self.documents[file]

    def read(self, file: str) -> tuple[Document, str | None, Signature]:
        """A file as it stands on the disk, with its fingerprint and signature."""
        path = self.root / file
        signature = _signature(path)
        text = read_text(path) if signature is not None else None
        document = self.layout.document(path, text, self.sources(path.parent))
        return document, fingerprint(text), signature

    def adopt(self, file: str, document: Document, print_: str | None, signature: Signature) -> None:
        """Take a document for what stands on the disk."""
        self.documents[file], self.prints[file], self._signatures[file] = document, print_, signature

    def is_touched(self, file: str) -> bool:
        """Whether a file is not the one that was read or written last; cheap, and it need not differ."""
        return _signature(self.root / file) != self._signatures[file]

    def write(self, documents: Mapping[str, Document], texts: Mapping[str, str | None]) -> None:
        """Put files in place, all or none.

        Parameters
        ----------
        documents
            By file.
        texts
            Of each of them; `None` for a file that is to go away.

        Raises
        ------
        InputError
            Where the disk is full or a folder closed; files and memory are then as before.
        """
        signatures: dict[str, Signature] = {}
        try:
            with ExitStack() as stack:
                for file, text in texts.items():
                    if text is not None:
                        temporary = stack.enter_context(atomic(self.root / file))
                        temporary.write_text(text, encoding="utf-8", newline="")
                        signatures[file] = _signature(temporary)  # renaming does not change it
            for file in texts.keys() - signatures.keys():
                self._delete(file)
        except BaseException:
            for file in texts:
                self._restore(file)
            raise
        for file, text in texts.items():
            self.adopt(file, documents[file], fingerprint(text), signatures.get(file))

    def _delete(self, file: str) -> None:
        path = self.root / file
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(path, error) from error

    def _restore(self, file: str) -> None:
        """Put back what is in memory, where the disk has something else."""
        path = self.root / file
        if not self.is_touched(file):
            return
        with suppress(OSError, InputError):
            if self.prints[file] is None:
                path.unlink(missing_ok=True)
            else:
                with atomic(path) as temporary:
                    temporary.write_text(self.documents[file].text(), encoding="utf-8", newline="")
                self._signatures[file] = _signature(path)

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()


def _signature(path: Path) -> Signature:
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
