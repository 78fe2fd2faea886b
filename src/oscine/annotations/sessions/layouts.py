"""Layouts: in which file a session's rows stand, and what becomes of those that stand elsewhere.

- `InPlace`    Oscine's way: `X_annotations.csv`, or `X_annotations-<annotator>.csv` for a person, is edited where it
  is. A file in which nothing is left stays with its header, which says "looked, nothing there"; only undoing the
  edit that made the file takes the file away.
- `BySession`  SongExplorer's way: what is annotated between two trainings goes to a file of its own,
  `X.wav-annotated-<YYYYMMDDTHHMMSS>.csv`. An earlier annotation that is corrected is taken out of its file and
  stands in the session's from then on, also when the correction is undone: what is known of the recording is then
  exactly as before, but the row does not move back. Files in which nothing is left are deleted.
  A person who is named has `X.wav-annotated-<annotator>.csv`, which is SongExplorer's name for it, as session file.

Other people's files are not touched by somebody who is named; a session of nobody in particular corrects all of them
in SongExplorer's layout, as SongExplorer does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

from oscine.annotations import naming
from oscine.annotations.sessions.documents import Document, OscineDocument, SongExplorerDocument
from oscine.annotations.sessions.rows import Row
from oscine.annotations.sources import Sources
from oscine.core.errors import InputError, unknown

_STAMP = "%Y%m%dT%H%M%S"


class Layout(ABC):
    """Which files a session reads and writes.

    Parameters
    ----------
    annotator
        Who annotates; "" for nobody in particular.
    """

    name: ClassVar[str]
    document: ClassVar[type[Document]]
    keeps_empty: ClassVar[bool]
    """Whether a file in which nothing is left is kept."""

    def __init__(self, annotator: str = "") -> None:
        self.annotator = annotator
        self.stamp = ""

    @abstractmethod
    def home(self, recording: str) -> str:
        """Name of the file in which new rows of a recording stand."""

    @abstractmethod
    def files(self, folder: Path, recording: str) -> list[str]:
        """Names of the files in a recording's folder that say something of it; its home first, there or not."""

    @abstractmethod
    def accept(self, row: Row, path: Path, sources: Sources) -> Row:
        """The row as the file can hold it.

        Raises
        ------
        InputError
            Where the file cannot hold it.
        """


class InPlace(Layout):
    """One file for a recording and a person, edited where it is."""

    name = "oscine"
    document = OscineDocument
    keeps_empty = True

    def home(self, recording: str) -> str:
        """`X_annotations.csv` or `X_annotations-<annotator>.csv`."""
        return naming.ours(Path(recording).stem, "annotated", self.annotator)

    def files(self, folder: Path, recording: str) -> list[str]:
        """The home alone."""
        return [self.home(recording)]

    def accept(self, row: Row, path: Path, sources: Sources) -> Row:
        """Every row as it is."""
        return row


class BySession(Layout):
    """One file for a recording and a session; earlier files lose what is corrected."""

    name = "songexplorer"
    document = SongExplorerDocument
    keeps_empty = False

    def home(self, recording: str) -> str:
        """`X.wav-annotated-<stamp>.csv` or `X.wav-annotated-<annotator>.csv`."""
        return naming.songexplorer(recording, "annotated", self.annotator or self.stamp)

    def files(self, folder: Path, recording: str) -> list[str]:
        """The home, and all annotated files of the recording, also those of older versions without its suffix."""
        home = self.home(recording)
        stems = (recording, Path(recording).stem)
        found = [home]
        for path in sorted(folder.glob("*-annotated*.csv")):
            name = naming.parse(path)
            mine = name.stem in stems and name.kind == "annotated" and name.convention == "songexplorer"
            if mine and path.name != home and (not self.annotator or not name.annotator):
                found.append(path.name)
        return found

    def accept(self, row: Row, path: Path, sources: Sources) -> Row:
        """The row with its times on whole samples."""
        for what, given in (("a channel", row.channel != -1), ("frequencies", (row.low, row.high) != (None, None))):
            if given:
                cure = "Use the layout 'oscine'"
                raise InputError(f"SongExplorer's files cannot hold {what}", path=path, found=str(row), cure=cure)
        if "," in row.label or '"' in row.label:
            raise InputError("SongExplorer's labels hold no comma or quote", found=row.label, cure="Use a hyphen")
        rate = sources.sample_rate(row.recording, path)
        onset, offset = (round(time * rate) / rate for time in (row.onset, row.offset))
        return row._replace(onset=onset, offset=offset, annotator="", score=None)


LAYOUTS: dict[str, type[Layout]] = {layout.name: layout for layout in (InPlace, BySession)}


def make(name: str, annotator: str = "") -> Layout:
    """A layout by its name.

    Raises
    ------
    InputError
        For an unknown layout, or an annotator whose name cannot be part of a file's.
    """
    if name not in LAYOUTS:
        raise unknown("layout", name, LAYOUTS)
    unfit = annotator != annotator.strip() or annotator.startswith(".") or not annotator.isprintable()
    if unfit or any(sign in annotator for sign in '/\\:*?"<>|') or len(annotator) > 80:
        raise InputError("the annotator's name cannot be part of a file name", found=annotator, allowed="such as ann")
    if annotator and naming.parse(naming.ours("x", "annotated", annotator)).annotator != annotator:
        raise InputError("the annotator's name looks like a time or a ratio", found=annotator, allowed="such as ann")
    return LAYOUTS[name](annotator)


def new_stamp(previous: str = "", now: datetime | None = None) -> str:
    """The time that names a session's files, later than the previous session's.

    Examples
    --------
    >>> new_stamp("20201231T235959", datetime(2020, 12, 31, 23, 59, 59))
    '20210101T000000'
    """
    stamp = (now or datetime.now()).strftime(_STAMP)
    if previous and stamp <= previous:
        stamp = (datetime.strptime(previous, _STAMP) + timedelta(seconds=1)).strftime(_STAMP)
    return stamp
