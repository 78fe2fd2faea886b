"""Scores of a recording, streaming: constant memory whatever its length.

The sound is read in blocks and computed in tiles (see `oscine.prediction.tiles`), so the scores do not depend on
the block, to the last bit. Every sample of the recording has a frame.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import h5py
import numpy as np
from numpy.typing import NDArray

from oscine.core.errors import InputError, unknown
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import Field, OperationParams, Seconds
from oscine.networks.fitting import fit_recording
from oscine.networks.model import Model
from oscine.prediction.scores import Scores, create
from oscine.prediction.segment import SegmentParams
from oscine.prediction.tiles import TILE, read_tiles, score_tiles, tile_count
from oscine.recordings.recording import Recording

_IN_MEMORY = 2**28
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
    segment: SegmentParams = SegmentParams()
    """How scores become annotations."""


@operation(each="recording", out="{folder}/{stem}_predicted.csv", save=lambda *given: save_prediction(*given))
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
        Float32 (label, frame); the frames cover every sample of the recording.

    Raises
    ------
    InputError
        Where sample rate or channels are not the model's.
    """
    chosen = recording.select(params.channels) if params.channels else recording
    source = fit_recording(chosen, model.specification, resample=params.resample)
    model.to(params.device)
    n_frames = model.n_frames(source.n_samples)
    weights = prior_weights(model.labels, params.prevalences)
    data = _room(len(model.labels), n_frames)
    with monitor.task(f"Predicting {recording.name}", total=recording.duration, unit="s") as task:
        for first, values in _blocks(model, source, n_frames, params):
            if weights is not None:
                values *= weights[:, None]
                values /= values.sum(axis=0)
            data[:, first : first + values.shape[1]] = values
            task.advance(values.shape[1] / model.frame_rate)
    return Scores(
        data,
        model.labels,
        model.frame_rate,
        recording.duration,
        recording.name,
        events=model.events,
        thresholds={label: value for label, value in model.thresholds.items() if np.isfinite(value)},
    )


def prior_weights(labels: tuple[str, ...], prevalences: dict[str, float]) -> NDArray[np.float32] | None:
    """Factor for the score of each label: p'ᵢ = pᵢ πᵢ / Σ pₖ πₖ, the training having been balanced.

    Reference: Saerens, Latinne & Decaestecker (2002), Neural Computation 14, eq. 2.4.
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
            found=prevalences,
            allowed=",".join(f"{label}=1" for label in labels),
        )
    weights = np.array([prevalences[label] for label in labels], np.float32)
    return np.asarray(weights / weights.sum(), np.float32)


def _blocks(
    model: Model, recording: Recording, n_frames: int, params: PredictParams
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """First frame and scores of each block; the next block is read while one is computed."""
    n_tiles = max(1, round(params.block * model.frame_rate / TILE))
    firsts = range(0, tile_count(n_frames), n_tiles)

    def read(first: int) -> NDArray[np.float32]:
        return read_tiles(model, recording, first, min(first + n_tiles, tile_count(n_frames)))

    with ThreadPoolExecutor(1) as reader:
        ahead = reader.submit(read, 0) if n_frames else None
        for first in firsts:
            assert ahead is not None
            sound = ahead.result()
            if first + n_tiles < firsts.stop:
                ahead = reader.submit(read, first + n_tiles)
            yield first * TILE, score_tiles(model, sound)[:, : n_frames - first * TILE]


def _room(n_labels: int, n_frames: int) -> Any:
    """An array to be filled: in memory, or in a temporary HDF5 file where it is large."""
    if 4 * n_labels * n_frames <= _IN_MEMORY:
        return np.empty((n_labels, n_frames), np.float32)
    labels = [""] * n_labels
    return create(h5py.File(tempfile.TemporaryFile(), "w"), labels, n_frames)


def save_prediction(scores: Scores, target: Path, params: PredictParams) -> list[Path]:
    """Write what `PredictParams` asks for; `target` is the path of the annotations."""
    from oscine.prediction.probability_wav import save_probability_wavs
    from oscine.prediction.segment import segment

    folder, stem = target.parent, target.name.removesuffix("_predicted.csv")
    written: list[Path] = []
    form = "h5" if params.scores_only and params.save_scores == "none" else params.save_scores
    if form == "h5":
        written.append(scores.save(folder / f"{stem}_scores.h5"))
    elif form == "wav":
        written += save_probability_wavs(scores, folder, stem)
    if not params.scores_only:
        written.append(segment(scores, params.segment).with_provenance(scores.provenance).save(target))
    return written
