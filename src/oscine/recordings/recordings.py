"""Many recordings: a folder, some files, or a pattern.

Headers are read, no sound. What cannot be opened is set aside in `failed` and the rest works: one broken file among
ten thousand is no reason to stop. In folders, hidden files, SongExplorer's `oldfiles-…` and `congruence-…` folders,
and HDF5 or NumPy files that are no sound are passed over; so are probability WAVs, `X.wav-<label>.wav` beside `X.wav`,
in folders and patterns.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import overload

from oscine.core.errors import InputError, nearest
from oscine.recordings.reader import is_container, suffixes, unreadable
from oscine.recordings.recording import Recording

_SET_ASIDE = re.compile(r"(congruence|oldfiles)-\d{8}T\d{6}")
_LISTED = 12


class Recordings(Sequence[Recording]):
    """Recordings, in the order of their paths.

    Parameters
    ----------
    source
        A folder, a file, a pattern ("may/*.wav"), or several files and recordings, kept in the order given.
    recursive
        Whether folders below are searched, too.

    Attributes
    ----------
    failed
        What could not be opened: pairs of path and error.

    Raises
    ------
    InputError
        Where there is no recording at all, or none can be opened.

    Examples
    --------
    >>> import numpy as np
    >>> hum = Recording.from_sound(np.zeros(100), 100, name="hum.wav")
    >>> Recordings([hum]).by_name("hum.wav").duration
    1.0
    """

    def __init__(
        self, source: str | PathLike[str] | Iterable[str | PathLike[str] | Recording], *, recursive: bool = True
    ) -> None:
        self.failed: list[tuple[Path, InputError]] = []
        self._items: list[Recording] = []
        folder = source if isinstance(source, str | PathLike) else None
        items: Iterable[str | PathLike[str] | Recording] = [source] if isinstance(source, str | PathLike) else source
        for item in items:
            if isinstance(item, Recording):
                self._items.append(item)
            else:
                for path in self._files(Path(item), recursive):
                    self._open(path, required=path == Path(item))
        if not self._items and self.failed:
            first = self.failed[0][1]
            if len(self.failed) == 1:
                raise first
            raise InputError(f"none of {len(self.failed)} recordings can be opened; the first one: {first}")
        if folder is not None and not self._items:
            raise InputError("there are no recordings in it", path=folder, allowed=", ".join(suffixes()))

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Recordings:
        """Open a folder, a file, or a pattern."""
        return cls(path)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is wrong with some of them: files that cannot be opened, and what others say of themselves."""
        unread = [f"left out: {error}" for _, error in self.failed]
        return (*unread, *(f"{item.name}: {text}" for item in self._items for text in item.warnings))

    def _open(self, path: Path, required: bool) -> None:
        try:
            recording = Recording(path)
        except InputError as error:
            if required or not is_container(path):
                self.failed.append((path, error))
            return
        whole = not recording.parts or recording.name != recording.path.name
        self._items += [recording] if whole else [recording.part(name) for name in recording.parts]

    def _files(self, path: Path, recursive: bool) -> list[Path]:
        """Sound files of a folder or a pattern, sorted; any other path as it is."""
        if path.is_dir():
            return sorted(self._walk(path, recursive, suffixes(), set()))
        if not path.exists() and glob.has_magic(str(path)):
            found = sorted(glob.glob(str(path), recursive=recursive))  # noqa: PTH207  # pathlib has no absolute patterns
            if not found:
                raise InputError("no file fits this pattern", found=str(path))
            inside = [
                self._files(item, recursive) if item.is_dir() else [item] * (not is_probability_wav(item))
                for item in map(Path, found)
            ]
            return list(dict.fromkeys(file for files in inside for file in files))
        return [path]

    def _walk(self, folder: Path, recursive: bool, known: tuple[str, ...], seen: set[str]) -> Iterator[Path]:
        """Sound files in a folder; each folder once, though links lead to it."""
        real = os.path.realpath(folder)
        if real in seen:
            return
        seen.add(real)
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            self.failed.append((folder, unreadable(folder, error)))
            return
        for entry in entries:
            if entry.name.startswith(".") or _SET_ASIDE.fullmatch(entry.name):
                continue
            if entry.is_dir():
                if recursive:
                    yield from self._walk(Path(entry.path), recursive, known, seen)
            elif entry.name.lower().endswith(known) and not is_probability_wav(Path(entry.path)):
                yield Path(entry.path)

    def by_name(self, name: str) -> Recording:
        """The recording that annotations call `name`; where several folders have one, the end of its path.

        Raises
        ------
        InputError
            Where there is none, with the nearest spelling, or several.
        """
        found = self._by_name.get(name, [])
        if not found:
            end = Path(name).parts
            found = [item for item in self._items if (item.path.parent / item.name).parts[-len(end) :] == end]
        if len(found) > 1:
            places = [str(item.path.parent / item.name) for item in found]
            raise InputError(f"several recordings are called {name!r}", allowed=places, cure="Give its folder, too")
        if not found:
            guess = nearest(name, self.names)
            raise InputError(
                "there is no such recording",
                found=name,
                allowed=self.names if len(self) <= _LISTED else f"{len(self)} names, such as {self.names[0]!r}",
                cure=f"Did you mean {guess!r}?" if guess else None,
            )
        return found[0]

    @cached_property
    def _by_name(self) -> dict[str, list[Recording]]:
        found: dict[str, list[Recording]] = {}
        for item in self._items:
            found.setdefault(item.name, []).append(item)
        return found

    @property
    def names(self) -> list[str]:
        """Name of each recording."""
        return [item.name for item in self._items]

    @overload
    def __getitem__(self, index: int) -> Recording: ...

    @overload
    def __getitem__(self, index: slice) -> Recordings: ...

    def __getitem__(self, index: int | slice) -> Recording | Recordings:
        return Recordings(self._items[index]) if isinstance(index, slice) else self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Recording]:
        return iter(self._items)

    def __repr__(self) -> str:
        duration = shown_duration(sum(item.duration for item in self._items))
        failed = f", {len(self.failed)} failed" if self.failed else ""
        return f"Recordings({len(self)} recordings, {duration}{failed})"


def shown_duration(seconds: float) -> str:
    """A duration for people: hours, or minutes or seconds where it is short.

    Examples
    --------
    >>> shown_duration(12.34), shown_duration(90), shown_duration(720), shown_duration(0)
    ('12.3 s', '1.5 min', '0.20 h', '0 s')
    """
    if seconds >= 360:
        return f"{seconds / 3600:.2f} h"
    return f"{seconds / 60:.1f} min" if seconds >= 60 else f"{seconds:.3g} s"


def is_probability_wav(path: Path) -> bool:
    """Whether a file holds scores of a label, not sound: `X.wav-<label>.wav` beside the recording `X.wav`.

    Without that recording, or without the suffix in the middle of its name, it is a recording like any other.
    """
    if not path.name.endswith(".wav"):
        return False
    starts = [path.name[: match.start()] for match in re.finditer("-", path.name)]
    return any(start.lower().endswith(suffixes()) and path.with_name(start).is_file() for start in starts)
