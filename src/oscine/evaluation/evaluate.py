"""How good a model is, on a part of a dataset, where somebody has looked.

Two questions are answered from the very scores that prediction gives:

- of the *frames*: which labels are taken for which, and what every threshold would do (`ConfusionMatrix`,
  `OperatingCurve`); where labels may overlap, none is taken for another, and the matrix has two rows for each label:
  where it is, and where it is not,
- of the *sounds*: how many events are found within a tolerance, and how many segments (`EventScores`,
  `SegmentScores`), after the same decoding that `segment` does.

All else than what the part covers is left out of every count. Where labels may overlap, a single annotated sound covers
its own label alone, so that what is found of others there is neither right nor wrong. Only the tiles that the part
touches are computed (see `oscine.prediction.tiles`), so that a few annotations in hours of sound take no hours.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oscine.annotations.annotations import Annotations
from oscine.annotations.intervals import intersect, merge, total
from oscine.annotations.labels import LabelSet
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import Field, OperationParams, Seconds
from oscine.datasets.dataset import Dataset
from oscine.datasets.sampler import FrameGrid
from oscine.evaluation.evaluation import Evaluation
from oscine.metrics.counts import pool
from oscine.metrics.curves import OperatingCurve, best_threshold, operating_curve
from oscine.metrics.events import EventScores, score_events
from oscine.metrics.frames import ConfusionMatrix, confusion_matrix
from oscine.metrics.segments import SegmentScores, score_segments
from oscine.networks.fitting import fit_recording
from oscine.networks.model import Model
from oscine.prediction.scores import Scores
from oscine.prediction.segment import SegmentParams, segment, thresholds_of
from oscine.prediction.tiles import read_tiles, score_tiles, tile_count
from oscine.recordings.recording import Recording
from oscine.training.examples import find_truth

__all__ = ["EvaluateParams", "Evaluation", "evaluate"]

_TILES = 16
"""Tiles computed at once; it bounds memory."""


class EvaluateParams(OperationParams):
    """What is compared, and how."""

    part: str = "validation"
    """Part of the dataset."""
    ratio: float = Field(1.0, gt=0)
    """Wished precision / recall, at which each label's threshold is chosen."""
    tolerance: Seconds = Field(0.01, ge=0)
    """How far an event, or the bounds of a segment, may be off."""
    segment: SegmentParams = SegmentParams()
    """How scores become sounds."""
    store: bool = False
    """Store the thresholds in the model."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where to compute."""


@operation(out="{folder}/{stem}.evaluation")
def evaluate(
    model: Model,
    dataset: Dataset | None = None,
    params: EvaluateParams = EvaluateParams(),  # noqa: B008 - frozen
    *,
    monitor: Monitor = SILENT,
) -> Evaluation:
    """Say how good a model is on a part of a dataset.

    Parameters
    ----------
    model
        A model, or the folder of a run for its best one.
    dataset
        By default the one that it was trained with, whose validation part it has not learnt from.
    params
        Part, wished ratio of precision to recall, tolerance.

    Returns
    -------
    evaluation
        Confusion matrix, curves, thresholds, and scores of sounds.

    Raises
    ------
    InputError
        Where the part is empty or absent, a label of it is not the model's, the model says nothing of labels, or there
        is no dataset or model file where one is needed.

    Examples
    --------
    >>> import oscine
    >>> from oscine.networks.specification import Specification
    >>> from oscine.testing import fly_song
    >>> sound, truth = fly_song(30, seed=1, name="a.wav")
    >>> recordings = oscine.Recordings([Recording.from_sound(sound, 2500.0, name="a.wav")])
    >>> dataset = oscine.prepare(recordings, truth, oscine.PrepareParams(few=1))
    >>> architecture, target = oscine.SongExplorer(), oscine.TrainParams().target
    >>> task = Specification(labels=tuple(dataset.labels), sample_rate=2500)
    >>> untrained = Model(architecture.build(task), architecture, target)
    >>> result = evaluate(untrained, dataset)
    >>> result.confusion_matrix.counts.sum() > 1000, list(result.curves) == list(dataset.labels)
    (np.True_, True)
    """
    if params.store and model.path is None:
        raise InputError("there is no file to store thresholds in", cure="Save the model first: model.save(path)")
    if len(model.aside) == len(model.outputs):
        raise InputError(
            f"a model with the target {model.target.plugin_name!r} says nothing of labels, by which it could be judged",
            path=model.path,
            cure="Look at the losses in its run instead",
        )
    dataset = dataset or _own_dataset(model)
    part = dataset.part(params.part)
    recordings = {
        name: fit_recording(dataset.recordings.by_name(name), model.specification, resample=True)
        for name in part.recordings
    }
    if not recordings:
        raise InputError(f"the {params.part} part is empty", path=dataset.path, cure="Choose another --part")
    model.to(params.device)
    parts = []
    with monitor.task(f"Evaluating on {len(recordings)} recordings", total=len(recordings), unit="recordings") as task:
        for name, recording in recordings.items():
            parts.append(_one(model, part.select(recordings=[name]), recording, name, params))
            task.advance()
    thresholds = {
        label: best_threshold(pool(one.curves[label] for one in parts), params.ratio) for label in model.outputs
    }
    if params.store and model.path is not None:
        finite = {label: threshold.value for label, threshold in thresholds.items() if np.isfinite(threshold.value)}
        model.with_thresholds({**model.thresholds, **finite}).save(model.path)
    return Evaluation(
        model.outputs,
        pool(one.confusion for one in parts),
        {label: pool(one.curves[label] for one in parts) for label in model.outputs},
        thresholds,
        pool(one.events for one in parts),
        pool(one.segments for one in parts),
        params.part,
        in_use=dict(thresholds_of(model.outputs, model.thresholds, params.segment)),
    )


@dataclass(frozen=True)
class _One:
    """The counts of one recording."""

    confusion: ConfusionMatrix
    curves: dict[str, OperatingCurve]
    events: EventScores
    segments: SegmentScores


def _one(model: Model, part: Annotations, recording: Recording, name: str, params: EvaluateParams) -> _One:
    pieces = list(_pieces(model, part, recording, name, params))
    n_outputs = len(model.outputs)
    nothing = np.empty((n_outputs, 0), bool)
    judged = [model.target.judge(piece.truth, n_outputs) for piece in pieces]
    values = np.concatenate([nothing.astype(np.float32), *(piece.scores for piece in pieces)], 1)
    present, known = (np.concatenate([nothing, *(pair[i] for pair in judged)], 1) for i in (0, 1))
    found = pd.concat(
        [piece.sounds(model, name, params.segment, params.tolerance) for piece in pieces] or [pd.DataFrame(_NO_SOUNDS)]
    )
    for bound in ("onset", "offset"):  # the last frame reaches beyond the end
        found[bound] = found[bound].clip(upper=recording.duration)
    events, segments = _score_sounds(part, Annotations(found), model, name, recording.duration, params)
    return _One(
        _confusion(model, values, present, known),
        {
            label: operating_curve(values[i, there], present[i, there])
            for i, (label, there) in enumerate(zip(model.outputs, known, strict=True))
        },
        events,
        segments,
    )


def _confusion(
    model: Model, values: NDArray[np.float32], present: NDArray[np.bool_], known: NDArray[np.bool_]
) -> ConfusionMatrix:
    """Which label is taken for which; where none excludes another, whether each is there, and is said to be.

    Parameters
    ----------
    values, present, known
        Scores, whether each output is there, and whether that is known, all (output, frame).
    """
    rivals = model.target.rivals(model.labels)
    if rivals:
        rows = [model.outputs.index(output) for output in rivals]
        there = known[rows].all(axis=0)
        return confusion_matrix(present[rows][:, there].argmax(0), values[rows][:, there].argmax(0), rivals)
    said = model.target.is_present(values)
    sounds = [(i, label) for i, label in enumerate(model.outputs) if label not in model.aside]
    true = [2 * place + ~present[i, known[i]] for place, (i, _) in enumerate(sounds)]
    guess = [2 * place + ~said[i, known[i]] for place, (i, _) in enumerate(sounds)]
    names = [name for _, label in sounds for name in (label, f"not_{label}")]
    return confusion_matrix(np.concatenate(true), np.concatenate(guess), names)


_NO_SOUNDS: dict[str, list[object]] = {"recording": [], "onset": [], "offset": [], "label": []}


@dataclass(frozen=True)
class _Piece:
    """Scores (output, frame) and truth ([output,] frame) of consecutive frames, the first of which is `begin`."""

    begin: int
    scores: NDArray[np.float32]
    truth: NDArray[Any]

    def sounds(self, model: Model, name: str, params: SegmentParams, tolerance: float = 0.0) -> pd.DataFrame:
        """What the scores amount to, at times of the recording.

        Where labels may overlap, only that of which it is known, within the tolerance, whether its label is there.
        """
        duration = self.scores.shape[1] / model.frame_rate
        scores = Scores.of_model(self.scores, model, duration, name)
        table = segment(scores, params).to_pandas()
        if not model.target.rivals(model.labels):
            table = table[self._is_known(model, table, tolerance)]
        start = self.begin / model.frame_rate
        return table.assign(onset=table["onset"] + start, offset=table["offset"] + start)

    def _is_known(self, model: Model, table: pd.DataFrame, tolerance: float) -> NDArray[np.bool_]:
        """Whether it is known of any frame near the middle of each sound whether its label is there."""
        known = model.target.judge(self.truth, len(model.outputs))[1]
        counts = np.concatenate([np.zeros((len(known), 1), int), np.cumsum(known, axis=1)], axis=1)
        middles = table[["onset", "offset"]].to_numpy(float).mean(axis=1)
        first, stop = (
            np.rint((middles + shift) * model.frame_rate).astype(int).clip(0, known.shape[1]) + extra
            for shift, extra in ((-tolerance, 0), (tolerance, 1))
        )
        rows = np.array([model.outputs.index(label) for label in table["label"]], int)
        stop = np.minimum(stop, known.shape[1])
        return np.asarray(counts[rows, stop] > counts[rows, np.minimum(first, stop)])


def _pieces(
    model: Model, part: Annotations, recording: Recording, name: str, params: EvaluateParams
) -> Iterator[_Piece]:
    """The stretches of a recording that somebody has looked at, and what decoding needs around them.

    Memory grows with what is covered, not with the recording.
    """
    grid = FrameGrid(model.hop, model.context, model.sample_rate)
    truth_of = find_truth(part, {name: recording}, _label_set(model, part), model.target, grid)
    n_frames = model.n_frames(recording.n_samples)
    decoding = params.segment
    reach = max(decoding.event_distance, decoding.max_gap, decoding.min_duration, params.tolerance)
    covered = part.coverage.intervals(name, recording.duration)
    for first, stop in _tile_ranges(model, covered, n_frames, reach):
        begin, end = first * model.tile, min(stop * model.tile, n_frames)
        groups = [(group, min(group + _TILES, stop)) for group in range(first, stop, _TILES)]
        scores = [score_tiles(model, read_tiles(model, recording, *group)) for group in groups]
        yield _Piece(begin, np.concatenate(scores, axis=1), truth_of(name, begin, end - begin))


def _score_sounds(
    truth: Annotations, found: Annotations, model: Model, name: str, duration: float, params: EvaluateParams
) -> tuple[EventScores, SegmentScores]:
    """Scores of events and of segments, each of the labels that are such."""
    sounds = [output for output in model.outputs if output not in model.aside]
    pulses = [label for label in sounds if label in model.events]
    lasting = [label for label in sounds if label not in pulses]
    covered = truth.coverage.intervals(name, duration)

    def of(annotations: Annotations, labels: list[str]) -> pd.DataFrame:
        table = annotations.to_pandas()
        return table[table["label"].isin(labels)]

    true, guessed = of(truth, pulses), of(found, pulses)
    events = score_events(
        true["onset"],
        true["label"],
        guessed["onset"],
        guessed["label"],
        params.tolerance,
        labels=pulses,
        coverage=covered,
    )
    true, guessed = of(truth, lasting), of(found, lasting)
    judged = can_be_judged(true[["onset", "offset"]].to_numpy(), covered, duration, params.tolerance)
    unjudged = merge(true.loc[~judged, ["onset", "offset"]].to_numpy())
    apart = [
        total(intersect([span], unjudged)) == 0
        for span in guessed[["onset", "offset"]].itertuples(index=False, name=None)
    ]
    true, guessed = true[judged], guessed[np.array(apart, bool)]
    segments = score_segments(
        true[["onset", "offset"]],
        true["label"],
        guessed[["onset", "offset"]],
        guessed["label"],
        onset_tolerance=params.tolerance,
        offset_tolerance=params.tolerance,
        labels=lasting,
        coverage=covered,
    )
    return events, segments


def can_be_judged(
    spans: NDArray[np.float64], covered: NDArray[np.float64], duration: float, tolerance: float
) -> NDArray[np.bool_]:
    """Whether it is known where each segment ends: somebody has looked on both sides of its bounds.

    A segment that was marked by itself, with nothing known around it, bears no witness against a longer prediction.

    Parameters
    ----------
    spans, covered
        Onsets and offsets (n, 2) of segments, and of the covered stretches, in seconds.
    duration
        Of the recording, beyond which there is nothing to know.
    tolerance
        How far a bound may be off, in seconds.
    """
    wide = np.stack([np.maximum(spans[:, 0] - tolerance, 0), np.minimum(spans[:, 1] + tolerance, duration)], axis=1)
    return np.array([total(intersect([span], covered)) >= span[1] - span[0] - 1e-9 for span in wide], bool)


def _tile_ranges(model: Model, covered: NDArray[np.float64], n_frames: int, reach: float) -> Iterator[tuple[int, int]]:
    """Runs of tiles that the covered stretches and what is within reach of them touch."""
    wanted, frame_rate = np.zeros(tile_count(model, n_frames), bool), model.frame_rate
    for onset, offset in covered:
        first, last = math.floor((onset - reach) * frame_rate) - 1, math.ceil((offset + reach) * frame_rate) + 1
        wanted[max(0, first) // model.tile : max(0, last) // model.tile + 1] = True
    edges = np.flatnonzero(np.diff(np.concatenate([[False], wanted, [False]]).astype(np.int8))).reshape(-1, 2)
    yield from ((int(first), int(stop)) for first, stop in edges)


def _label_set(model: Model, part: Annotations) -> LabelSet:
    """The model's labels, all of the part's among them."""
    for label in part.label_names:
        if label not in model.labels:
            raise InputError(
                "the model does not know a label of the dataset",
                path=model.path,
                found=label,
                allowed=model.labels,
                cure="Prepare the dataset with the model's --labels, or train on all of them",
            )
    return LabelSet(model.labels)


def _own_dataset(model: Model) -> Dataset:
    """The dataset in the run's folder."""
    for folder in (model.path.parent, model.path.parent.parent) if model.path else ():
        if (folder / "dataset").is_dir():
            return Dataset.load(folder / "dataset")
    raise InputError("which dataset to evaluate on?", path=model.path, cure="Give one: --dataset FOLDER")
