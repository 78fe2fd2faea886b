"""Scores: how probable each label is in each frame of a recording.

What a network says beside its labels, such as where segments begin and end, are scores too, called *aside*.

Axes are `(label, frame)`. Frame `i` is centred on time `i / frame_rate` and stands for half a frame on either
side of it. The values live in memory or in an HDF5 file, from which they are read as they are needed:

    scores             float32 (label, frame), chunked along frames
    attributes         labels, events, aside, thresholds, decoding, frame_rate (Hz), duration (s), recording, provenance
                       (what is no number or text as JSON)

A score of −∞ says that nobody has computed it: such a frame is taken for no label.
"""

from __future__ import annotations

import glob
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import h5py
import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscine.core.artifacts import Provenance, atomic, digest
from oscine.core.errors import InputError
from oscine.core.folders import is_recording
from oscine.prediction.hdf5_file import create_file

if TYPE_CHECKING:
    from oscine.networks.model import Model

SUFFIX = "_scores.h5"
"""By custom, how the names of files of scores end."""

_BLOCK = 2**18
"""Frames read or written at a time."""


@dataclass(frozen=True)
class Scores:
    """Scores of one recording.

    Attributes
    ----------
    data
        Anything that slices like an array with axes (label, frame): in memory, or an HDF5 dataset.
    labels
        Names of the first axis.
    frame_rate
        Frames per second.
    duration
        Of the recording, in seconds.
    recording
        Its name.
    events
        Labels that are points in time; the others are segments.
    thresholds
        Score of each label above which a frame is taken for it.
    provenance
        How they were made.
    path
        The file that they are in.
    aside
        Those that are of no label: they become annotations only where they are asked for.
    decoding
        How they become annotations where nobody says otherwise, as the model that made them has it
        (`Model.decoding`).

    Examples
    --------
    >>> scores = Scores.from_array([[0.1, 0.9, 0.2], [0.9, 0.1, 0.8]], ["pulse", "ambient"], frame_rate=625.0)
    >>> scores.n_frames, scores.times.tolist(), scores.read(1, 2).shape
    (3, [0.0, 0.0016, 0.0032], (2, 1))
    """

    data: Any = field(repr=False)
    labels: tuple[str, ...]
    frame_rate: float
    duration: float
    recording: str
    events: tuple[str, ...] = ()
    thresholds: Mapping[str, float] = field(default_factory=dict)
    provenance: Provenance | None = field(default=None, compare=False)
    path: Path | None = field(default=None, compare=False)
    warnings: tuple[str, ...] = field(default=(), compare=False)
    aside: tuple[str, ...] = ()
    decoding: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of_model(cls, data: Any, model: Model, duration: float, recording: str) -> Scores:
        """What a model says (output, frame) of a recording of so many seconds."""
        return cls(
            data,
            model.outputs,
            model.frame_rate,
            duration,
            recording,
            events=tuple(label for label in model.events if label in model.outputs),
            thresholds=dict(model.thresholds),
            aside=model.aside,
            decoding=dict(model.decoding),
        )

    @classmethod
    def from_array(
        cls, values: ArrayLike, labels: Sequence[str], frame_rate: float, *, recording: str = "", **more: Any
    ) -> Scores:
        """Scores of an array with axes (label, frame); the duration is that of its frames."""
        data = np.asarray(values, np.float32)
        more.setdefault("duration", data.shape[1] / frame_rate)
        return cls(data, tuple(labels), frame_rate, recording=recording, **more)

    def select(self, labels: Sequence[str]) -> Scores:
        """Only those of some labels, in this order; nothing is read yet.

        Examples
        --------
        >>> scores = Scores.from_array([[0.1, 0.9], [0.9, 0.1]], ["pulse", "ambient"], frame_rate=625.0)
        >>> scores.select(["ambient"]).values
        array([[0.9, 0.1]], dtype=float32)
        """
        rows = _Rows(self.data, [self.labels.index(label) for label in labels])
        return replace(self, data=rows, labels=tuple(labels))

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return int(self.data.shape[1])

    @property
    def values(self) -> NDArray[np.float32]:
        """All scores, float32 (label, frame), read into memory."""
        return self.read()

    @property
    def times(self) -> NDArray[np.float64]:
        """Centre of each frame, in seconds, axes (frame,)."""
        return np.arange(self.n_frames) / self.frame_rate

    def read(self, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """Scores of frames `[start, stop)`, axes (label, frame)."""
        return np.asarray(self.data[:, start : self.n_frames if stop is None else stop], np.float32)

    def blocks(self, size: int = _BLOCK) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """First frame and scores of consecutive blocks."""
        for start in range(0, self.n_frames, size):
            yield start, self.read(start, min(start + size, self.n_frames))

    def edges(self, frames: NDArray[np.integer]) -> NDArray[np.float64]:
        """Time at which frames begin, in seconds: half a frame before their centre, within the recording.

        The edge of `n_frames` is where the last frame ends: the end of the recording.
        """
        edges = (np.asarray(frames) - 0.5) / self.frame_rate
        edges = np.where(np.asarray(frames) >= self.n_frames, self.duration, edges)
        return edges.clip(0, self.duration)

    @property
    def source(self) -> Path | None:
        """The recording that they were made from, as far as they know; else the file that they are in."""
        made_from = self.provenance.inputs.get("recording") if self.provenance else None
        return Path(made_from["path"]) if isinstance(made_from, Mapping) and "path" in made_from else self.path

    def with_provenance(self, provenance: Provenance) -> Self:
        """The same, saying how it came to be."""
        return replace(self, provenance=provenance)

    def identity(self) -> dict[str, Any]:
        """What provenance records of it."""
        made_by = self.provenance.model_dump(mode="json") if self.provenance else None
        stored = {"path": str(self.path), "digest": digest(self.path)} if self.path else {}
        return {"recording": self.recording, **stored, "made_by": made_by}

    def summary(self) -> dict[str, Any]:
        """Size and labels, for machines."""
        return {
            "recording": self.recording,
            "labels": list(self.labels),
            "n_frames": self.n_frames,
            "frame_rate": self.frame_rate,
        }

    def __str__(self) -> str:
        labels = ", ".join(self.labels)
        return f"{self.recording}: scores of {labels} in {self.n_frames} frames at {self.frame_rate:g} Hz"

    def save(self, path: str | Path) -> Path:
        """Write to HDF5, block by block."""
        with atomic(path) as temporary, create_file(temporary) as (file, check):
            dataset = create(file, self.labels, self.n_frames)
            for start, block in self.blocks():
                dataset[:, start : start + block.shape[1]] = block
                check()
            annotate(file, self)
        return Path(path)

    @classmethod
    def load(cls, path: str | Path) -> Scores:
        """Open a file of scores; the values stay on disk.

        Parameters
        ----------
        path
            HDF5, or a recording beside which its probability WAVs lie.

        Raises
        ------
        InputError
            Where the file is absent, cut off or something else.
        """
        path = Path(path)
        if path.suffix.lower() not in {".h5", ".hdf5"}:
            from oscine.prediction.probability_wav import find_probability_wavs, load_probability_wavs

            if wavs := find_probability_wavs(path):
                return load_probability_wavs(wavs, path.name)
        if not path.is_file():
            raise InputError(
                "there is no such file of scores",
                path=path,
                cure="Make one: oscine predict MODEL RECORDING --scores-only",
            )
        try:
            file = h5py.File(path, "r")
        except OSError as error:
            raise _not_scores(path, error) from None
        try:
            return _opened(cls, file, path)
        except (OSError, AttributeError, KeyError, TypeError, ValueError) as error:
            file.close()
            raise _not_scores(path, error) from None

    @classmethod
    def gather(cls, text: str) -> Iterator[tuple[Path, Scores | InputError]]:
        """Every file of scores that a file, folder or pattern means, or why it cannot be opened, with its path."""
        path = Path(text)
        if path.is_dir():
            found = sorted(path.rglob(f"[!.]*{SUFFIX}"))
        elif glob.has_magic(text) and not path.exists():
            found = [Path(match) for match in sorted(glob.glob(text))]  # noqa: PTH207 - pathlib has no absolute patterns
        else:
            found = [path]
        if not found:
            raise InputError(f"there are no files of scores, *{SUFFIX}", path=path, cure="Make some: oscine predict …")
        for item in found:
            try:
                yield item, cls.load(item)
            except InputError as error:
                yield item, error


class _Rows:
    """Some rows of scores (label, frame), which are read as they are needed."""

    def __init__(self, data: Any, rows: list[int]) -> None:
        self._data, self._rows = data, rows
        self.shape = (len(rows), data.shape[1])

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, place: tuple[slice, slice]) -> NDArray[np.float32]:
        labels, frames = place
        return np.asarray(self._data[:, frames])[self._rows][labels]


def _opened(cls: type[Scores], file: h5py.File, path: Path) -> Scores:
    """What a file of scores holds; any error says that it is none."""
    labels, events, thresholds, provenance = (
        json.loads(file.attrs[name]) for name in ("labels", "events", "thresholds", "provenance")
    )
    data = file["scores"]
    if not isinstance(data, h5py.Dataset) or data.ndim != 2 or len(data) != len(labels):
        raise ValueError(f"no scores of {len(labels)} labels")
    return cls(
        data,
        tuple(labels),
        float(file.attrs["frame_rate"]),
        float(file.attrs["duration"]),
        str(file.attrs["recording"]),
        tuple(events),
        {str(label): float(value) for label, value in thresholds.items()},
        Provenance.model_validate(provenance) if provenance else None,
        path,
        aside=tuple(json.loads(file.attrs.get("aside", "[]"))),
        decoding=dict(json.loads(file.attrs.get("decoding", "{}"))),
    )


def _not_scores(path: Path, error: Exception) -> InputError:
    if is_recording(path):
        cure = "Make scores of it first: oscine predict MODEL RECORDING --save-scores h5"
        return InputError("this is a recording, not scores", path=path, cure=cure)
    return InputError(
        f"not a file of scores, or cut off ({str(error)[:120]})",
        path=path,
        allowed="HDF5 that oscine predict --save-scores h5 has written",
        cure="Predict it again",
    )


def create(file: h5py.File, labels: Sequence[str], n_frames: int) -> h5py.Dataset:
    """The empty dataset in a new file of scores."""
    chunk = max(1, min(n_frames, 2**16))
    return file.create_dataset(
        "scores", (len(labels), n_frames), np.float32, chunks=(len(labels), chunk) if n_frames else None
    )


def annotate(file: h5py.File, scores: Scores) -> None:
    """Write the attributes of a file of scores."""
    file.attrs["labels"] = json.dumps(scores.labels)
    file.attrs["events"] = json.dumps(scores.events)
    file.attrs["aside"] = json.dumps(scores.aside)
    file.attrs["thresholds"] = json.dumps(dict(scores.thresholds))
    file.attrs["decoding"] = json.dumps(dict(scores.decoding))
    file.attrs["provenance"] = scores.provenance.model_dump_json() if scores.provenance else "null"
    file.attrs["frame_rate"] = scores.frame_rate
    file.attrs["duration"] = scores.duration
    file.attrs["recording"] = scores.recording
