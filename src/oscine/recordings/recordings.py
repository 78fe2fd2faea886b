"""Many recordings: a folder, some files, or a pattern.

Headers are read, no sound. What cannot be opened is set aside in `failed` and the rest works: one broken file among
ten thousand is no reason to stop. In folders, hidden files, SongExplorer's `oldfiles-…` and `congruence-…` folders,
and HDF5 or NumPy files that are no sound are passed over.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import overload

from oscine.core.errors import InputError, unknown
from oscine.recordings.reader import is_container, suffixes
from oscine.recordings.recording import Recording

_SET_ASIDE = re.compile(r"(congruence|oldfiles)-\d{8}T\d{6}")


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
                for path in _files(Path(item), recursive):
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

    def _open(self, path: Path, required: bool) -> None:
        try:
            recording = Recording(path)
        except InputError as error:
            if required or not is_container(path):
                self.failed.append((path, error))
            return
        whole = not recording.parts or recording.name != recording.path.name
        self._items += [recording] if whole else [recording.part(name) for name in recording.parts]

    def by_name(self, name: str) -> Recording:
        """The recording that annotations call `name`; where several folders have one, the end of its path.

        Raises
        ------
        InputError
            Where there is none, with the nearest spelling, or several.
        """
        found = [item for item in self._items if item.name == name]
        if not found:
            end = Path(name).parts
            found = [item for item in self._items if (item.path.parent / item.name).parts[-len(end) :] == end]
        if len(found) > 1:
            places = [str(item.path.parent / item.name) for item in found]
            raise InputError(f"several recordings are called {name!r}", allowed=places, cure="Give its folder, too")
        if not found:
            raise unknown("recording", name, [item.name for item in self._items])
        return found[0]

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
        hours = sum(item.duration for item in self._items) / 3600
        failed = f", {len(self.failed)} failed" if self.failed else ""
        return f"Recordings({len(self)} recordings, {hours:.2f} h{failed})"


def _files(path: Path, recursive: bool) -> list[Path]:
    """Sound files of a folder or a pattern, sorted; any other path as it is."""
    if path.is_dir():
        return sorted(_walk(path, recursive, suffixes()))
    if not path.exists() and glob.has_magic(str(path)):
        found = sorted(Path(name) for name in glob.glob(str(path), recursive=recursive))  # noqa: PTH207  # pathlib has no absolute patterns
        if not found:
            raise InputError("no file fits this pattern", found=str(path))
        return [file for item in found for file in (_files(item, recursive) if item.is_dir() else [item])]
    return [path]


def _walk(folder: Path, recursive: bool, known: tuple[str, ...]) -> Iterator[Path]:
    try:
        entries = list(os.scandir(folder))
    except OSError as error:
        raise InputError(f"cannot be read ({os.strerror(error.errno or 0).lower()})", path=folder) from error
    for entry in entries:
        if entry.name.startswith(".") or _SET_ASIDE.fullmatch(entry.name):
            continue
        if entry.is_dir():
            if recursive and not entry.is_symlink():  # a link to a folder above would be walked for ever
                yield from _walk(Path(entry.path), recursive, known)
        elif entry.name.lower().endswith(known):
            yield Path(entry.path)
