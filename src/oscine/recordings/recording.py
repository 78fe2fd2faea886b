"""A recording: sound that is read slice by slice.

Opening reads the header only; `read` decodes what is asked for; `blocks` walks through everything in constant memory.
Whole samples live here and in file formats; everything else in Oscine speaks of seconds.

    recording = Recording("may01.wav")
    sound = recording.read(0, 1000)                  # float32, (channel, sample)
    for block in recording.blocks(2**16, left=100):  # 100 samples of context before each core
        ...
    recording.resample(2500).filter(low=100)         # views: they are recordings, too; nothing is computed yet

Sound is float32 in [-1, 1]; whole numbers are scaled by the range of their type (see `raw`).
"""

from __future__ import annotations

import copy
import hashlib
import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscine.core.artifacts import digest
from oscine.core.errors import InputError, unknown
from oscine.recordings.reader import Reader, open_source, unreadable
from oscine.recordings.source import Source


@dataclass(frozen=True)
class Block:
    """A stretch of a recording with what surrounds it.

    Attributes
    ----------
    start, stop
        The core, in samples of the recording: `[start, stop)`.
    sound
        Context and core, shape (channel, left + stop - start + right), float32.
    left, right
        Samples of context that were there, before and after the core.
    """

    start: int
    stop: int
    sound: NDArray[np.float32]
    left: int
    right: int

    @property
    def core(self) -> NDArray[np.float32]:
        """The sound without its context, shape (channel, stop - start)."""
        return self.sound[:, self.left : self.left + self.stop - self.start]


class Recording:
    """One recording, read lazily.

    Parameters
    ----------
    path
        A sound file, or `<file>-<part>` for one of its logical recordings (see `oscine.recordings.settings`).
    channels
        Channels to use, counted from 0, in this order; all by default.
    name
        What annotations call it; by default the file's name with its suffix, or `<file>-<part>`.
    reader
        The reader, its name, or `None` to find out from the project's `oscine.toml`, the suffix, or by trying.

    Attributes
    ----------
    path, name
        The file, and the recording's name.
    sample_rate
        In Hz.
    n_channels, n_samples
        Shape of the sound.
    warnings
        What is wrong with the file although it can be read (cut off, length unknown), a sentence each.

    Raises
    ------
    InputError
        For a file that is missing, closed, empty, damaged, or not sound.

    Examples
    --------
    >>> recording = Recording.from_sound(np.zeros((2, 1000)), sample_rate=500, name="silence")
    >>> recording.n_channels, recording.duration, recording.read(10, 20).shape
    (2, 2.0, (2, 10))
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        channels: Sequence[int] | None = None,
        name: str | None = None,
        reader: Reader | str | None = None,
    ) -> None:
        file, part = _file_and_part(Path(path))
        self._set(open_source(file, reader))
        if part:
            if not self.parts:
                raise unreadable(Path(path), FileNotFoundError())
            self.__dict__.update(self.part(part).__dict__)
        if channels is not None:
            self.__dict__.update(self.select(channels).__dict__)
        if name is not None:
            self.name = name

    def _set(self, source: Source) -> None:
        self._source = source
        self._channels: tuple[int, ...] | None = None
        self.path = source.path
        self.name = source.path.name
        self.sample_rate, self.n_channels, self.n_samples = source.sample_rate, source.n_channels, source.n_samples
        self.warnings: tuple[str, ...] = source.warnings

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Recording:
        """Open a recording."""
        return Recording(path)

    @classmethod
    def gather(cls, text: str) -> Iterator[tuple[Path, Recording | InputError]]:
        """Every recording that a file, folder or pattern means, or why it cannot be opened, with its path.

        A logical recording goes by the path `<file>-<part>`.
        """
        from oscine.recordings.recordings import Recordings

        recordings = Recordings(text)
        for recording in recordings:
            yield recording.path.with_name(recording.name), recording
        yield from recordings.failed

    @classmethod
    def from_sound(cls, sound: ArrayLike, sample_rate: float, name: str = "sound") -> Recording:
        """A recording of sound in memory.

        Parameters
        ----------
        sound
            Shape (channel, sample) or (sample,), floats in [-1, 1].
        sample_rate
            In Hz.
        name
            What annotations call it.
        """
        recording = Recording.__new__(Recording)
        recording._set(_Memory(np.atleast_2d(np.asarray(sound, np.float32)), sample_rate, name))
        return recording

    # -- logical recordings and channels ---------------------------------------------------------------------------

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the logical recordings in the file; empty where it is just one."""
        return tuple(self._source.parts) if self._channels is None else ()

    def part(self, name: str) -> Recording:
        """One logical recording of the file, named `<file>-<name>`."""
        if name not in self.parts:
            raise unknown("part", name, self.parts, path=self.path)
        chosen = self.select(self._source.parts[name])
        chosen.name = f"{self.path.name}-{name}"
        return chosen

    def select(self, channels: Sequence[int]) -> Recording:
        """The same recording with some of its channels, counted from 0, in the order given."""
        chosen = tuple(operator.index(channel) for channel in channels)
        if not chosen or not all(0 <= channel < self.n_channels for channel in chosen):
            raise InputError(
                "there is no such channel", path=self.path, found=list(chosen), allowed=f"0 to {self.n_channels - 1}"
            )
        view = copy.copy(self)
        view._channels = chosen if self._channels is None else tuple(self._channels[channel] for channel in chosen)
        view.n_channels = len(chosen)
        return view

    # -- sound -----------------------------------------------------------------------------------------------------

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.n_samples / self.sample_rate

    def read(self, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """The sound of the samples `[start, stop)`, shape (channel, sample), float32.

        Parameters
        ----------
        start, stop
            In samples, 0 ≤ start ≤ stop ≤ `n_samples`; to the end by default.

        Raises
        ------
        InputError
            Outside the recording, or where the file is damaged.
        """
        first = operator.index(start)
        last = self.n_samples if stop is None else operator.index(stop)
        if not 0 <= first <= last <= self.n_samples:
            raise InputError(
                "slice outside the recording",
                path=self.path,
                found=f"samples {first} to {last}",
                allowed=f"0 ≤ start ≤ stop ≤ {self.n_samples}",
            )
        if first == last:
            return np.zeros((self.n_channels, 0), np.float32)
        sound = self._read(first, last)
        return sound if self._channels is None else sound[list(self._channels)]

    def _read(self, start: int, stop: int) -> NDArray[np.float32]:
        """All channels of a slice that is known to be inside."""
        return self._source.read(start, stop)

    _read_ahead: int = 0
    """Samples that are worth computing at once; more than a block's where slices cost a context of their own."""

    def blocks(self, size: int, left: int = 0, right: int = 0) -> Iterator[Block]:
        """Walk through the recording: consecutive cores of `size` samples, the last one shorter.

        Parameters
        ----------
        size
            Samples of a core.
        left, right
            Samples of real context before and after each core; fewer at the recording's ends.

        Yields
        ------
        Block
            Each sample is read once, and a sample is in exactly one core.
        """
        if size < 1 or left < 0 or right < 0:
            allowed = "size ≥ 1, left ≥ 0, right ≥ 0"
            raise InputError("impossible blocks", found=f"size {size}, left {left}, right {right}", allowed=allowed)
        first = 0  # sample that `held` begins with
        held = np.zeros((self.n_channels, 0), np.float32)
        for start in range(0, self.n_samples, size):
            stop = min(start + size, self.n_samples)
            low, high = max(0, start - left), min(stop + right, self.n_samples)
            end = first + held.shape[1]
            keep = held[:, max(0, low - first) :]
            if end < high:
                fresh = self.read(max(end, low), min(max(high, end + self._read_ahead), self.n_samples))
                keep = np.concatenate([keep, fresh], axis=1) if keep.shape[1] else fresh
            first, held = low, keep
            yield Block(start, stop, held[:, : high - low].copy(), start - low, high - stop)

    # -- views -----------------------------------------------------------------------------------------------------

    def resample(self, sample_rate: float) -> Recording:
        """The same recording at another sample rate in Hz (itself where that is its own); see `resampling`."""
        from oscine.recordings.resampling import Resampled

        return self if sample_rate == self.sample_rate else Resampled(self, sample_rate)

    def filter(self, low: float | None = None, high: float | None = None, order: int = 4) -> Recording:
        """The frequencies between `low` and `high` Hz, without delay; see `filters`.

        Parameters
        ----------
        low, high
            Cut-off frequencies in Hz; without one, everything below or above passes.
        order
            Of the Butterworth filter, which is run forward and backward.
        """
        from oscine.recordings.filters import Filtered

        return self if low is None and high is None else Filtered(self, low, high, order)

    def normalise(self) -> Recording:
        """The same recording with its background noise at one level, whatever the recorder's gain; see `level`."""
        from oscine.recordings.level import Normalised

        return Normalised(self)

    # -- identity --------------------------------------------------------------------------------------------------

    def identity(self) -> dict[str, Any]:
        """What provenance records: name, path and digest, and the channels where some were chosen."""
        memory = self._source if isinstance(self._source, _Memory) else None
        found = {
            "name": self.name,
            "path": str(self.path),
            "digest": memory.digest() if memory else digest(self.path),
        }
        return found if self._channels is None else {**found, "channels": list(self._channels)}

    def __repr__(self) -> str:
        channels = f"{self.n_channels} channel{'s' if self.n_channels > 1 else ''}"
        return f"{type(self).__name__}({self.name!r}, {self.duration:.3f} s, {self.sample_rate:g} Hz, {channels})"


class RecordingView(Recording):
    """A recording computed from another one, slice by slice.

    Members set `sample_rate` and `n_samples` where they differ, and override `_read` and `_description`.
    """

    def __init__(self, parent: Recording) -> None:
        self.__dict__.update(parent.__dict__)
        self.parent = parent
        self._channels = None

    @property
    def parts(self) -> tuple[str, ...]:
        """None: take the part first, then view it."""
        return ()

    def select(self, channels: Sequence[int]) -> Recording:
        """The same view of some of the channels; the others are not computed."""
        view = copy.copy(self)
        view.parent = self.parent.select(channels)
        view.n_channels = view.parent.n_channels
        return view

    def _description(self) -> dict[str, Any]:
        """What the view does, for provenance."""
        raise NotImplementedError

    def identity(self) -> dict[str, Any]:
        """The parent's, with what the view does."""
        return {**self.parent.identity(), **self._description(), "name": self.name}


class _Memory(Source):
    """Sound in memory, shape (channel, sample)."""

    def __init__(self, sound: NDArray[np.float32], sample_rate: float, name: str) -> None:
        super().__init__(Path(name), sample_rate, sound.shape[0], sound.shape[1])
        self._sound = sound

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        return self._sound[:, start:stop].copy()

    def _open(self) -> Any:
        raise NotImplementedError

    def _read(self, handle: Any, start: int, stop: int) -> NDArray[np.float32]:
        raise NotImplementedError

    def digest(self) -> str:
        return hashlib.blake2b(np.ascontiguousarray(self._sound).tobytes(), digest_size=8).hexdigest()


def _file_and_part(path: Path) -> tuple[Path, str]:
    """The file, and the part where `path` is `<file>-<part>`."""
    if not path.exists():
        for position in range(len(path.name) - 1, 0, -1):
            file = path.with_name(path.name[:position])
            if path.name[position] == "-" and file.is_file():
                return file, path.name[position + 1 :]
    return path, ""
