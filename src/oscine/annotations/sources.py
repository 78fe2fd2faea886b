"""The recordings that annotations belong to: what they are called, how fast they were sampled, how long they last.

An annotation file says little of this itself. `Sources` looks beside the file, and among the recordings that
the caller has; it opens headers only, and each once.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from oscine.annotations import naming
from oscine.core.errors import InputError
from oscine.recordings.reader import suffixes

if TYPE_CHECKING:
    from oscine.annotations.annotations import Annotations
    from oscine.recordings.recording import Recording
    from oscine.recordings.recordings import Recordings

_NEAR = 1e-6
"""Samples by which a time may miss a sample and still be meant to lie on it."""


class Sources:
    """Recordings in some folder, and those that the caller has.

    Parameters
    ----------
    folder
        Where to look; a folder `Wave` in it is searched, too (the BirdsongRecognition data set has one).
    recordings
        Looked through first.
    also
        Another place to look: a file's folder, or a folder and all below it. It serves rates and durations, not names.
    """

    def __init__(
        self, folder: str | Path = ".", recordings: Recordings | None = None, also: Path | None = None
    ) -> None:
        self.folder, self.also = Path(folder), also
        self._given = {recording.name: recording for recording in recordings or ()}
        self._opened: dict[str, Recording | InputError | None] = {}
        self._stems: dict[str, list[str]] | None = None

    def find(self, name: str) -> Recording | None:
        """The recording of this name; `None` where there is none.

        Raises
        ------
        InputError
            Where it is there but cannot be opened.
        """
        if name not in self._opened:
            self._opened[name] = self._open(name)
        found = self._opened[name]
        if isinstance(found, InputError):
            raise found
        return found

    def _open(self, name: str) -> Recording | InputError | None:
        from oscine.recordings.recording import Recording

        if name in self._given:
            return self._given[name]
        for folder in self._folders(name):
            if name and any((folder / whole).is_file() for whole in wholes(name)):
                try:
                    return Recording(folder / name)
                except InputError as error:
                    return error
        return None

    def _folders(self, name: str) -> Iterator[Path]:
        yield self.folder
        yield self.folder / "Wave"
        if self.also is not None and self.also.is_dir():
            for whole in wholes(name):
                yield from (path.parent for path in sorted(self.also.rglob(glob.escape(whole))))
        elif self.also is not None:
            yield self.also.parent

    def sample_rate(self, name: str, path: Path) -> float:
        """Sample rate of a recording, in Hz.

        Parameters
        ----------
        name
            The recording.
        path
            The annotation file that needs it, for the message.

        Raises
        ------
        InputError
            Where it cannot be known.
        """
        recording = self.find(name)
        if recording is not None:
            return recording.sample_rate
        raise InputError(
            "counts samples, and the recording that would tell the sample rate is not beside it",
            path=path,
            found=name or "no recording named",
            cure="Put the recording beside it, or give `recordings` or the format's sample-rate",
        )

    def duration(self, name: str) -> float | None:
        """How long a recording lasts, in seconds; `None` where it is not there or cannot be opened."""
        try:
            recording = self.find(name)
        except InputError:
            return None
        return recording.duration if recording is not None else None

    def name_for(self, path: Path) -> str:
        """Name of the recording that an annotation file is about, by the file's name.

        The recording beside it that has the same stem; else the stem with `.wav`, which nobody can check.

        Examples
        --------
        >>> Sources().name_for(Path("may01_annotations.csv"))
        'may01.wav'
        """
        stem = naming.parse(path).stem
        for shorter in _shorter(stem):
            if found := self._with_stem(shorter):
                return found
        return stem if stem.lower().endswith(suffixes()) else f"{stem}.wav"

    def annotator_for(self, path: Path) -> str:
        """Who annotated, by the file's name: "ann" for `may01-ann.TextGrid` beside `may01.wav`."""
        named = naming.parse(path)
        if named.annotator:
            return named.annotator
        rest = named.stem.removeprefix(Path(self.name_for(path)).stem)
        return naming.somebody(rest[1:]) if rest.startswith("-") and rest != named.stem else ""

    def _with_stem(self, stem: str) -> str | None:
        if self._stems is None:
            self._stems = {}
            for name in self._names():
                self._stems.setdefault(name, []).append(name)
                self._stems.setdefault(Path(name).stem, []).append(name)
        found = self._stems.get(stem, [])
        return min(found, key=_preference) if found else None

    def _names(self) -> list[str]:
        known = suffixes()
        names = list(self._given)
        if self.folder.is_dir():
            names += sorted(path.name for path in self.folder.iterdir() if path.name.lower().endswith(known))
        return names


def between_samples(annotations: Annotations, sources: Sources, sample_rate: float | None = None) -> list[str]:
    """The phrase for times that a format in whole samples cannot hold; none where all lie on samples."""
    table = annotations.to_pandas()
    for name, rows in table.groupby("recording"):
        recording = sources.find(str(name)) if sample_rate is None else None
        rate = sample_rate or (recording.sample_rate if recording else None)
        times = rows[["onset", "offset"]].to_numpy()
        if rate and bool((np.abs(np.round(times * rate) - times * rate) > _NEAR).any()):
            return ["times between samples"]
    return []


def _preference(name: str) -> tuple[bool, str]:
    """Sound files before containers that may hold anything."""
    return Path(name).suffix.lower() in (".npz", ".npy", ".h5", ".hdf5", ".mat"), name


def _shorter(stem: str) -> Iterator[str]:
    """A stem, then what is left of it without its last parts: a.b-c gives a.b-c, a.b and a."""
    yield stem
    for place in range(len(stem) - 1, 0, -1):
        if stem[place] in ".-":
            yield stem[:place]


def wholes(name: str) -> list[str]:
    """The files that a name may stand for: itself, or the file of a logical recording (`a.wav-recA`)."""
    places = [place for place, sign in enumerate(name) if sign == "-"]
    return [name, *(name[:place] for place in places)]
