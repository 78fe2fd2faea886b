"""Scores of a recording, streaming: constant memory whatever its length.

The sound is read in blocks and computed in tiles (see `oscine.prediction.tiles`), so the scores do not depend on
the block, to the last bit. Every sample of the recording has a frame.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from oscine.annotations.project import rename_in_project
from oscine.core.errors import InputError, unknown
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import Field, OperationParams, Seconds
from oscine.networks.fitting import fit_recording
from oscine.networks.model import Model
from oscine.prediction.decoding import SegmentParams, say_decoding
from oscine.prediction.outputs import save_prediction, up_to_date
from oscine.prediction.scores import Scores
from oscine.prediction.tiles import read_tiles, score_tiles, tile_count
from oscine.recordings.recording import Recording

IN_MEMORY = 2**28
"""Bytes of scores kept in memory; more goes to a temporary file."""


class PredictParams(OperationParams):
    """How a model is applied to a recording, and what is written."""

    block: Seconds = Field(60.0, gt=0)
    """Sound read and computed at once; it changes memory and speed, never the scores."""
    resample: bool = False
    """Resample recordings whose sample rate is not the model's; otherwise they are refused."""
    channels: tuple[int, ...] = Field(())
    """Channels to use, counted from 0; none given: all, which must be as many as the model's."""
    prevalences: dict[str, float] = Field(default_factory=dict)
    """How common each label is in these recordings, relative to each other, such as pulse=1,ambient=20."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where to compute."""
    scores_only: bool = False
    """Write scores (as HDF5 unless told otherwise) and no annotations."""
    save_scores: Literal["none", "h5", "wav"] = "none"
    """Also write the scores: as HDF5, or as SongExplorer's probability WAVs."""
    force: bool = False
    """Predict again even what is up to date: made by this model, with these parameters, of this recording."""
    segment: SegmentParams = SegmentParams()
    """How scores become annotations."""


@operation(
    each="recording",
    out="{folder}/{stem}_predicted.csv",
    save=save_prediction,
    rename=rename_in_project,
    up_to_date=up_to_date,
)
def predict(
    model: Model,
    recording: Recording,
    params: PredictParams = PredictParams(),  # noqa: B008 - frozen
    *,
    monitor: Monitor = SILENT,
) -> Scores:
    """Apply a model to recordings: the score of each label in each frame, and what they amount to.

    Parameters
    ----------
    model
        A trained model.
    recording
        Any length; it is read block by block.
    params
        Block, prevalences, device.

    Returns
    -------
    scores
        Float32 (output, frame), in most targets of the labels; the frames cover every sample of the recording.

    Raises
    ------
    InputError
        Where sample rate or channels are not the model's, or prevalences are not of its labels.

    Examples
    --------
    >>> from oscine.networks.architectures.songexplorer import SongExplorer
    >>> from oscine.networks.specification import Specification
    >>> from oscine.networks.targets.exclusive import Exclusive
    >>> task = Specification(labels=("pulse", "ambient"), sample_rate=2500)
    >>> untrained = Model(SongExplorer().build(task), SongExplorer(), Exclusive())
    >>> scores = predict(untrained, Recording.from_sound(np.zeros((1, 5000)), 2500.0, name="new.wav"))
    >>> scores.values.shape, scores.frame_rate, scores.duration
    ((2, 1251), 625.0, 2.0)
    """
    if not params.scores_only:
        say_decoding(monitor, params.segment, model.decoding)
    chosen = recording.select(params.channels) if params.channels else recording
    source = fit_recording(chosen, model.specification, resample=params.resample)
    rivals = _rivals(model, params)
    weights = prior_weights(tuple(model.outputs[row] for row in rivals), params.prevalences)
    model.to(params.device)
    n_frames = model.n_frames(source.n_samples)
    data = _room(len(model.outputs), n_frames)
    with monitor.task(f"Predicting {recording.name}", total=recording.duration, unit="s") as task:
        for first, values in _blocks(model, source, n_frames, params):
            if weights is not None:
                values[rivals] = weigh(values[rivals], weights)
            data[:, first : first + values.shape[1]] = values
            task.advance(values.shape[1] / model.frame_rate)
    return Scores.of_model(data, model, recording.duration, recording.name)


def _rivals(model: Model, params: PredictParams) -> list[int]:
    """The outputs that exclude each other, which prevalences weigh against each other."""
    rivals = model.target.rivals(model.labels)
    if params.prevalences and not rivals:
        raise InputError(
            "prevalences weigh labels against each other, and those of this model may overlap",
            path=model.path,
            found=dict(params.prevalences),
            cure="Leave out --prevalences, and choose --segment.thresholds",
        )
    return [model.outputs.index(output) for output in rivals]


def prior_weights(labels: tuple[str, ...], prevalences: Mapping[str, float]) -> NDArray[np.float32] | None:
    """How common each label is, axes (label,), adding up to one; `None` where nothing is said.

    Raises
    ------
    InputError
        For an unknown label, a missing one, a negative prevalence, or where all are zero.

    Examples
    --------
    >>> prior_weights(("pulse", "ambient"), {"ambient": 3, "pulse": 1})
    array([0.25, 0.75], dtype=float32)
    """
    if not prevalences:
        return None
    for name in prevalences:
        if name not in labels:
            raise unknown("label", name, labels)
    missing = [label for label in labels if label not in prevalences]
    if missing or min(prevalences.values()) < 0 or sum(prevalences.values()) <= 0:
        raise InputError(
            "prevalences must be given for every label, none negative",
            found=dict(prevalences),
            allowed=",".join(f"{label}=1" for label in labels),
        )
    weights = np.array([prevalences[label] for label in labels], np.float64)
    return np.asarray(weights / weights.sum(), np.float32)


def weigh(scores: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities where labels are as common as `weights` say: p'ᵢ = pᵢ πᵢ / Σ pₖ πₖ.

    In training the labels were equally common, so the network's own prior cancels [1]_. Where all that is left is
    zero (the network is sure of a label that never occurs), the prevalences themselves are what remains to be said.

    Parameters
    ----------
    scores
        p (label, frame), of a network that was trained on balanced batches.
    weights
        π (label,), adding up to one.

    References
    ----------
    .. [1] Saerens, Latinne & Decaestecker (2002), Adjusting the outputs of a classifier to new a priori
       probabilities, Neural Computation 14: 21-41, eq. 2.4.

    Examples
    --------
    >>> weigh(np.array([[0.5, 1.0], [0.5, 0.0]], np.float32), np.array([0.0, 1.0], np.float32))
    array([[0., 0.], [1., 1.]], dtype=float32)
    """
    weighted = scores * weights[:, None]
    total = weighted.sum(axis=0)
    weighted[:, total == 0] = weights[:, None]
    return np.asarray(weighted / np.where(total == 0, 1, total), np.float32)


def _blocks(
    model: Model, recording: Recording, n_frames: int, params: PredictParams
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """First frame and scores of each block; the next block is read while one is computed."""
    n_tiles = max(1, round(params.block * model.frame_rate / model.tile))
    firsts = range(0, tile_count(model, n_frames), n_tiles)

    def read(first: int) -> NDArray[np.float32]:
        return read_tiles(model, recording, first, min(first + n_tiles, tile_count(model, n_frames)))

    with ThreadPoolExecutor(1) as reader:
        ahead = reader.submit(read, 0) if n_frames else None
        for first in firsts:
            assert ahead is not None
            sound = ahead.result()
            if first + n_tiles < firsts.stop:
                ahead = reader.submit(read, first + n_tiles)
            yield first * model.tile, score_tiles(model, sound)


class _Spilled:
    """Scores (label, frame) in a temporary file, frame by frame, for those that memory should not hold."""

    def __init__(self, n_labels: int, n_frames: int) -> None:
        self.shape = (n_labels, n_frames)
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - it lasts as long as the object
        weakref.finalize(self, self._file.close)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, place: tuple[slice, slice]) -> NDArray[np.float32]:
        labels, frames = place
        start, stop, _ = frames.indices(self.shape[1])
        values = np.zeros((max(0, stop - start), self.shape[0]), np.float32)
        self._file.seek(start * values.itemsize * self.shape[0])
        rest = values.reshape(-1).view(np.uint8).data
        while len(rest) and (n_read := self._file.readinto(rest)):
            rest = rest[n_read:]
        return values.T[labels]

    def __setitem__(self, place: tuple[slice, slice], values: NDArray[np.float32]) -> None:
        start = place[1].start
        try:
            self._file.seek(start * values.itemsize * self.shape[0])
            rest = np.ascontiguousarray(values.T).reshape(-1).view(np.uint8).data
            while len(rest):
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise InputError(
                f"there is no room for the scores of a long recording ({error.strerror})",
                path=tempfile.gettempdir(),
                cure="Set TMPDIR to a folder on a larger disk",
            ) from error


def _room(n_labels: int, n_frames: int) -> Any:
    """An array to be filled: in memory, or in a temporary file where it is large."""
    if 4 * n_labels * n_frames <= IN_MEMORY:
        return np.empty((n_labels, n_frames), np.float32)
    return _Spilled(n_labels, n_frames)
