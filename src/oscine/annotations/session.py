"""Annotating: adding, moving, relabelling and removing sounds, with undo and redo, saved at every step.

A session is state without a screen. The workbench's page and scripts use it alike:

    session = oscine.Session("bird7/may01.wav", annotator="ann")
    song = session.add("song", 1.25, 1.5)
    session.move(song, 1.25, 1.55)
    session.undo()                              # unlimited, also after a restart
    with session.batch("accept"):               # one step for undo, one write
        for row in detected: session.add("song", row.onset, row.offset)

Rows are immutable values, and are named by themselves: what was seen on the screen is what is changed, or the edit
is refused. When a method returns, its edit is on the disk: in the annotation file and in the folder's history, an
append-only log of who did what and when (see `sessions.history`), from which undo goes on after a reload or a kill.
The history is that of the folder (or of its project, where there is an `oscine.toml`) and of one annotator and
layout; undo takes back the last edit, in whichever recording, and gives it, so that a page can go there.

Two layouts say in which files rows stand: Oscine's `X_annotations.csv`, edited in place, and SongExplorer's session
files (see `sessions.layouts`). Files changed by other programs meanwhile are merged (see `sessions.store`).
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from oscine.annotations.annotations import Annotations
from oscine.annotations.project import Project
from oscine.annotations.sessions import layouts
from oscine.annotations.sessions.draft import Draft
from oscine.annotations.sessions.history import Edit, History
from oscine.annotations.sessions.rows import Row, check
from oscine.annotations.sessions.shelf import Shelf
from oscine.annotations.sessions.store import Store
from oscine.core.errors import InputError
from oscine.recordings.settings import PROJECT_FILE

if TYPE_CHECKING:
    from oscine.recordings.recording import Recording
    from oscine.recordings.recordings import Recordings

STATE = Path(".oscine", "history")
"""Where histories are, in the folder or its project."""


class Session:
    """An edit session on the annotations of one recording, or of a folder of recordings.

    Parameters
    ----------
    path
        A recording, or a folder of recordings, also in sub-folders.
    annotator
        Who annotates; "" for nobody in particular.
    layout
        "oscine" or "songexplorer"; what the project says where it is not given, else "oscine".
    recordings
        Where to find sample rates and durations, if the recordings themselves cannot be opened.

    Raises
    ------
    InputError
        For a path that is no recording and no folder, an unknown layout, or an annotator's name that cannot be part
        of a file name.

    Examples
    --------
    >>> import tempfile, wave
    >>> folder = Path(tempfile.mkdtemp())
    >>> with wave.open(str(folder / "may01.wav"), "wb") as file:
    ...     file.setparams((1, 2, 1000, 0, "NONE", ""))
    ...     file.writeframes(bytes(4000))
    >>> session = Session(folder / "may01.wav")
    >>> print(session.add("song", 0.5, 0.75))
    song at 0.5–0.75 s of may01.wav
    >>> print((folder / "may01_annotations.csv").read_text(), end="")
    name,start_seconds,stop_seconds
    song,0.5,0.75
    >>> session.undo().what, session.rows(), (folder / "may01_annotations.csv").exists()
    ('add', (), False)
    """

    def __init__(
        self,
        path: str | PathLike[str] | Recording,
        *,
        annotator: str = "",
        layout: str | None = None,
        recordings: Recordings | None = None,
    ) -> None:
        folder, self._only = _opened(path)
        root = next((place for place in (folder, *folder.parents) if (place / PROJECT_FILE).is_file()), folder)
        if layout is None:
            named = Project.find(folder).annotation_format.plugin_name
            layout = named if named in layouts.LAYOUTS else layouts.InPlace.name
        self.annotator, self.root = annotator, root
        self._layout = layouts.make(layout, annotator)
        self._shelf = Shelf(root, self._layout, folder, recordings)
        log = root / STATE / f"{layout}{'-' * bool(annotator)}{annotator}.jsonl"
        self._history = History(log, annotator)
        self._store = Store(self._shelf, self._history)
        self._draft: Draft | None = None
        self._thread = threading.RLock()

    # -- looking ---------------------------------------------------------------------------------------------

    @property
    def recordings(self) -> list[str]:
        """Names of the recordings of this session, sorted; parts of recordings are not listed."""
        return [self._only] if self._only else self._shelf.recordings

    @property
    def layout(self) -> str:
        """Name of the layout: "oscine" or "songexplorer"."""
        return self._layout.name

    @property
    def report(self) -> tuple[str, ...]:
        """What was found and could not be used, what others changed, and conflicts, since the session was opened."""
        return tuple(self._store.report)

    def file(self, recording: str | None = None) -> Path:
        """Where new rows of a recording go."""
        return self.root / self._shelf.home(self._name(recording))

    def rows(self, recording: str | None = None) -> tuple[Row, ...]:
        """The annotations of a recording, sorted by onset.

        Parameters
        ----------
        recording
            Its name; may be left out where there is but one.
        """
        name = self._name(recording)
        with self._thread:
            view = self._draft.view if self._draft else self._shelf.document
            rows = [row for file in self._shelf.files(name) for row in view(file).rows if row.recording == name]
        return tuple(sorted(rows, key=lambda row: (row.onset, row.offset, row.label)))

    def count(self, recording: str | None = None) -> dict[str, int]:
        """Number of annotations of each label, labels sorted."""
        return dict(sorted(Counter(row.label for row in self.rows(recording)).items()))

    def annotations(self, recording: str | None = None) -> Annotations:
        """The same as a table, with coverage and label set, read from the files."""
        name = self._name(recording)
        paths = [self.root / file for file in self._shelf.files(name)]
        parts = [Annotations.load(path, format=self.layout) for path in paths if path.is_file()]
        return parts[0].concat(*parts[1:]).select(recordings=[name]) if parts else Annotations()

    @property
    def done(self) -> tuple[Edit, ...]:
        """Edits that can be undone, the last one last."""
        return tuple(self._history.done)

    @property
    def undone(self) -> tuple[Edit, ...]:
        """Edits that can be redone, the next one last."""
        return tuple(self._history.undone)

    # -- editing ---------------------------------------------------------------------------------------------

    def add(
        self,
        label: str,
        onset: float,
        offset: float | None = None,
        *,
        recording: str | None = None,
        channel: int = -1,
        low: float | None = None,
        high: float | None = None,
        score: float | None = None,
    ) -> Row:
        """Annotate a sound; what is annotated at the very same place is replaced.

        Parameters
        ----------
        label
            What it is.
        onset, offset
            In seconds; without an offset it is an event.
        recording
            Where; may be left out where there is but one.
        channel, low, high, score
            Channel from 0, limits of its frequencies in Hz, and certainty, where they are known.

        Returns
        -------
        Row
            The annotation as it stands in the file (SongExplorer's files hold whole samples).

        Raises
        ------
        InputError
            For what cannot be, or cannot be written; nothing is changed then.
        """
        name = self._name(recording)
        end = onset if offset is None else offset
        row = self._fit(Row(name, onset, end, label, "annotated", channel, low, high, self.annotator, score))
        with self._step("add") as draft:
            there = [found.row for found in draft.at([row.place])]
            if not there:
                draft.insert(row)
            elif set(there) != {row}:
                first = row if row in there else there[0]
                draft.exchange({**dict.fromkeys(there), first: row})
        return row

    def move(self, row: Row, onset: float, offset: float) -> Row:
        """Give an annotation other bounds, in seconds; what is annotated at the very same place is replaced.

        Raises
        ------
        InputError
            For bounds that cannot be, or an annotation that is not there any more.
        """
        return self._replace("move", {row: self._fit(row._replace(onset=onset, offset=offset))})[0]

    def relabel(self, rows: Row | Iterable[Row], label: str) -> tuple[Row, ...]:
        """Give one or many annotations another label, in one step.

        Raises
        ------
        InputError
            For an empty label, or an annotation that is not there any more; nothing is changed then.
        """
        return self._replace("relabel", {row: self._fit_label(row._replace(label=label)) for row in _several(rows)})

    def set_channel(self, rows: Row | Iterable[Row], channel: int) -> tuple[Row, ...]:
        """Say on which channel sounds are, from 0; -1 for none in particular."""
        return self._replace("channel", {row: self._fit(row._replace(channel=channel)) for row in _several(rows)})

    def set_band(self, rows: Row | Iterable[Row], low: float | None, high: float | None) -> tuple[Row, ...]:
        """Say between which frequencies sounds are, in Hz; `None` where it is not known."""
        return self._replace("band", {row: self._fit(row._replace(low=low, high=high)) for row in _several(rows)})

    def remove(self, rows: Row | Iterable[Row]) -> None:
        """Take away one or many annotations, in one step.

        Raises
        ------
        InputError
            For an annotation that is not there any more; nothing is changed then.
        """
        pairs = dict.fromkeys(_several(rows))
        with self._step("remove") as draft:
            draft.exchange(pairs)

    def toggle(
        self,
        label: str,
        onset: float,
        offset: float | None = None,
        *,
        recording: str | None = None,
        channel: int = -1,
        low: float | None = None,
        high: float | None = None,
    ) -> Row | None:
        """Adopt a sound (detected, predicted, …) with the active label, or take the annotation away again.

        Nothing annotated at that place: it is added. Annotated with another label: it is relabelled. Annotated with
        this label, or the label is "" (SongExplorer's eraser): it is removed.

        Parameters
        ----------
        label, onset, offset, recording, channel, low, high
            As for `add`.

        Returns
        -------
        Row or None
            The annotation that stands there now.
        """
        name, end = self._name(recording), onset if offset is None else offset
        probe = self._fit(Row(name, onset, end, label.strip() or "-", "annotated", channel, low, high, self.annotator))
        with self._step("toggle") as draft:
            there = {found.row: None for found in draft.at([probe.place])}
            if not there and label.strip():
                draft.insert(probe)
                return probe
            if there and label.strip() and probe.label not in {row.label for row in there}:
                first = next(iter(there))
                new = first._replace(label=probe.label)
                draft.exchange({**there, first: new})
                return new
            draft.exchange(there)
        return None

    @contextmanager
    def batch(self, what: str = "edit") -> Iterator[None]:
        """Several edits as one step: undone and redone together, written once, all or nothing.

        Parameters
        ----------
        what
            A word for it in the history.

        Raises
        ------
        InputError
            Where it cannot be written; an error inside leaves everything as it was before the batch.
        """
        with self._step(what):
            yield

    def undo(self) -> Edit | None:
        """Take the last edit back, also one of an earlier day; `None` where there is nothing to undo.

        Rows that another program has changed in the meantime are left as they are, and reported.
        """
        return self._go("undo")

    def redo(self) -> Edit | None:
        """Make the edit again that was undone last; `None` where there is none."""
        return self._go("redo")

    def restart(self) -> None:
        """Begin a new session, as after a training: no undo beyond it, and new files in SongExplorer's layout."""
        with self._thread, self._store.locked():
            self._store.begin(layouts.new_stamp(self._layout.stamp))

    def refresh(self) -> tuple[str, ...]:
        """Keep up with what other programs wrote; gives the new lines of the report.

        Every edit does so, too; a page calls it now and then to see what others did, and new recordings.
        """
        with self._thread:
            before = len(self._store.report)
            self._shelf.look_again()
            if self._store.is_behind:
                with self._store.locked():
                    pass
            return tuple(self._store.report[before:])

    # -- within ----------------------------------------------------------------------------------------------

    @contextmanager
    def _step(self, what: str) -> Iterator[Draft]:
        """A draft, committed in the end unless it is part of a batch."""
        with self._thread:
            if self._draft is not None:
                yield self._draft
                return
            with self._store.locked():
                self._draft = Draft(self._shelf)
                try:
                    yield self._draft
                    self._store.commit(self._draft, what)
                finally:
                    self._draft = None

    def _replace(self, what: str, pairs: Mapping[Row, Row]) -> tuple[Row, ...]:
        changed: dict[Row, Row | None] = {row: new for row, new in pairs.items() if row != new}
        moved = [new.place for row, new in pairs.items() if row.place != new.place]
        with self._step(what) as draft:
            draft.exchange(changed, moved)
        return tuple(pairs.values())

    def _go(self, way: str) -> Edit | None:
        with self._thread:
            if self._draft is not None:
                raise InputError(f"{way} inside a batch", cure="Finish the batch first")
            with self._store.locked():
                stack = self._history.done if way == "undo" else self._history.undone
                if not stack:
                    return None
                edit, draft = stack[-1], Draft(self._shelf)
                draft.carry_out(edit.inverse if way == "undo" else edit.changes)
                if way == "undo":
                    return self._store.commit(draft, edit.what, "undo", undone=edit)
                return self._store.commit(draft, edit.what, "redo")

    def _fit(self, row: Row) -> Row:
        """The row as it can be and as its file can hold it."""
        home = self.root / self._shelf.home(row.recording)
        sources = self._shelf.sources(home.parent)
        duration = sources.duration(row.recording)
        n_channels = None
        if duration is not None and (found := sources.find(row.recording)) is not None:
            duration, n_channels = duration + 0.5 / found.sample_rate, found.n_channels
        return self._layout.accept(check(row, duration, n_channels), home, sources)

    def _fit_label(self, row: Row) -> Row:
        """The same for a row of which only the label is new: what stood in a file already may stand there again."""
        home = self.root / self._shelf.home(row.recording)
        return self._layout.accept(check(row), home, self._shelf.sources(home.parent))

    def _name(self, recording: str | None) -> str:
        names = self.recordings
        if recording is not None:
            self._shelf.folder_of(recording)
            return recording
        if len(names) != 1:
            cure = "Name the recording"
            raise InputError("which recording is meant?", path=self._shelf.folder, found=f"{len(names)}", cure=cure)
        return names[0]


def _opened(path: str | PathLike[str] | Recording) -> tuple[Path, str]:
    """Folder, and the recording in it that is meant; "" for all of them."""
    from oscine.recordings.recording import Recording

    if not isinstance(path, Recording):
        place = Path(path).absolute()
        if place.is_dir():
            return place, ""
        path = Recording(place)
    return Path(path.path).absolute().parent, path.name


def _several(rows: Row | Iterable[Row]) -> list[Row]:
    return [rows] if isinstance(rows, Row) else list(rows)
