"""How good a model is, on a part of a dataset, where somebody has looked.

Two questions are answered from the very scores that prediction gives:

- of the *frames*: which labels are taken for which, and what every threshold would do (`ConfusionMatrix`,
  `OperatingCurve`),
- of the *sounds*: how many events are found within a tolerance, and how many segments (`EventScores`,
  `SegmentScores`), after the same decoding that `segment` does.

All else than what the part covers is left out of every count.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from oscine.annotations.annotations import Annotations
from oscine.core.artifacts import Provenance, write_json, write_text
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import Field, OperationParams, Seconds
from oscine.datasets.dataset import Dataset
from oscine.datasets.sampler import FrameGrid
from oscine.metrics.counts import pool
from oscine.metrics.curves import OperatingCurve, Threshold, best_threshold, operating_curve
from oscine.metrics.events import EventScores, score_events
from oscine.metrics.frames import ConfusionMatrix, confusion_matrix
from oscine.metrics.segments import SegmentScores, score_segments
from oscine.networks.fitting import fit_recording
from oscine.networks.model import Model
from oscine.networks.target import UNKNOWN
from oscine.prediction.scores import Scores
from oscine.prediction.segment import SegmentParams, segment
from oscine.prediction.tiles import TILE, read_tiles, score_tiles, tile_count
from oscine.recordings.recording import Recording
from oscine.training.examples import find_truth


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


@dataclass(frozen=True)
class Evaluation:
    """How good a model is.

    Attributes
    ----------
    labels
        Of the model.
    confusion_matrix
        Of frames, each taken for its most probable label.
    curves, thresholds
        Of each label: what every threshold does to its frames, and the one at the wished ratio.
    events, segments
        Of sounds, at the model's thresholds; which of the two a label counts in depends on its annotations.
    """

    labels: tuple[str, ...]
    confusion_matrix: ConfusionMatrix
    curves: Mapping[str, OperatingCurve]
    thresholds: Mapping[str, Threshold]
    events: EventScores
    segments: SegmentScores
    part: str
    provenance: Provenance | None = field(default=None, compare=False)

    def with_provenance(self, provenance: Provenance) -> Self:
        """The same, saying how it came to be."""
        return replace(self, provenance=provenance)

    def summary(self) -> dict[str, Any]:
        """Every figure, as plain values."""
        return {
            "part": self.part,
            "frames": self.confusion_matrix.to_dict(),
            "thresholds": {label: threshold.to_dict() for label, threshold in self.thresholds.items()},
            "average_precision": {label: _plain(curve.average_precision) for label, curve in self.curves.items()},
            "auc": {label: _plain(curve.auc) for label, curve in self.curves.items()},
            "events": self.events.to_dict(),
            "segments": self.segments.to_dict(),
        }

    def __str__(self) -> str:
        width = max(map(len, self.labels))
        lines = [f"frames of the {self.part} part:", f"{'':{width}}  precision  recall     F1  threshold  frames"]
        matrix = self.confusion_matrix
        for i, label in enumerate(self.labels):
            rates = f"{matrix.precision[i]:9.3f}  {matrix.recall[i]:6.3f}  {matrix.f1[i]:5.3f}"
            lines.append(f"{label:{width}}  {rates}  {self.thresholds[label].value:9.3f}  {matrix.counts[i].sum():6d}")
        lines.append(f"frame error {matrix.frame_error:.2%}; recall, mean over labels, {matrix.balanced_accuracy:.3f}")
        return "\n".join(lines)

    def save(self, path: str | Path) -> Path:
        """Write a folder of tables: `evaluation.json`, `confusion_matrix.csv`, `thresholds.csv`, `curves.csv`."""
        path = Path(path)
        write_text(path / "confusion_matrix.csv", _confusion_csv(self.confusion_matrix))
        write_text(path / "thresholds.csv", _thresholds_csv(self.thresholds))
        write_text(path / "curves.csv", _curves_csv(self.curves))
        card = {"oscine": "evaluation", "version": 1, "labels": list(self.labels), **self.summary()}
        card["provenance"] = self.provenance.model_dump(mode="json") if self.provenance else None
        write_json(path / "evaluation.json", card)
        return path


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
    """
    dataset = dataset or _own_dataset(model)
    part = dataset.part(params.part)
    recordings = {
        name: fit_recording(dataset.recordings.by_name(name), model.specification, resample=True)
        for name in part.recordings
    }
    if not recordings:
        raise InputError(f"the {params.part} part is empty", path=dataset.path, cure="Choose another --part")
    parts = []
    with monitor.task(f"Evaluating on {len(recordings)} recordings", total=len(recordings), unit="recordings") as task:
        for name, recording in recordings.items():
            parts.append(_one(model, part.select(recordings=[name]), recording, name, params))
            task.advance()
    thresholds = {
        label: best_threshold(pool(one.curves[label] for one in parts), params.ratio) for label in model.labels
    }
    if params.store and model.path is not None:
        finite = {label: threshold.value for label, threshold in thresholds.items() if np.isfinite(threshold.value)}
        model.with_thresholds(finite).save(model.path)
    return Evaluation(
        model.labels,
        pool(one.confusion for one in parts),
        {label: pool(one.curves[label] for one in parts) for label in model.labels},
        thresholds,
        pool(one.events for one in parts),
        pool(one.segments for one in parts),
        params.part,
    )


@dataclass(frozen=True)
class _One:
    """The counts of one recording."""

    confusion: ConfusionMatrix
    curves: dict[str, OperatingCurve]
    events: EventScores
    segments: SegmentScores


def _one(model: Model, part: Annotations, recording: Recording, name: str, params: EvaluateParams) -> _One:
    grid = FrameGrid(model.hop, model.context, model.sample_rate)
    truth_of = find_truth(part, {name: recording}, _label_set(model, part), model.target, grid)
    n_frames = model.n_frames(recording.n_samples)
    data = np.zeros((len(model.labels), n_frames), np.float32)
    truth = np.full(n_frames, UNKNOWN, np.int64)
    covered = part.coverage.intervals(name, recording.duration)
    for first, stop in _tile_ranges(covered, n_frames, grid.frame_rate):
        begin, end = first * TILE, min(stop * TILE, n_frames)
        data[:, begin:end] = score_tiles(model, read_tiles(model, recording, first, stop))[:, : end - begin]
        truth[begin:end] = truth_of(name, begin, end - begin)
    known = truth != UNKNOWN
    values, true = data[:, known], truth[known]
    scores = Scores(
        data, model.labels, model.frame_rate, recording.duration, name, model.events, dict(model.thresholds)
    )
    found = segment(scores, params.segment).to_pandas()
    rows = part.to_pandas()
    pulses = list(model.events)
    lasting = [label for label in model.labels if label not in pulses]
    of = {
        kind: (table[table["label"].isin(pulses)], table[table["label"].isin(lasting)])
        for kind, table in (("t", rows), ("p", found))
    }
    return _One(
        confusion_matrix(true, values.argmax(axis=0), model.labels),
        {label: operating_curve(values[i], true == i) for i, label in enumerate(model.labels)},
        score_events(
            of["t"][0]["onset"], of["t"][0]["label"], of["p"][0]["onset"], of["p"][0]["label"], params.tolerance,
            labels=pulses, coverage=covered,
        ),
        score_segments(
            of["t"][1][["onset", "offset"]], of["t"][1]["label"], of["p"][1][["onset", "offset"]], of["p"][1]["label"],
            onset_tolerance=params.tolerance, offset_tolerance=params.tolerance, labels=lasting, coverage=covered,
        ),
    )  # fmt: skip


def _tile_ranges(covered: NDArray[np.float64], n_frames: int, frame_rate: float) -> Iterator[tuple[int, int]]:
    """Consecutive tiles, a few at a time, that the covered stretches touch."""
    wanted = np.zeros(tile_count(n_frames), bool)
    for onset, offset in np.rint(covered * frame_rate).astype(int):
        wanted[max(0, onset - 1) // TILE : (offset + 1) // TILE + 1] = True
    edges = np.flatnonzero(np.diff(np.concatenate([[False], wanted, [False]]).astype(np.int8))).reshape(-1, 2)
    for first, stop in edges:
        for begin in range(int(first), int(stop), _TILES):
            yield begin, min(begin + _TILES, int(stop))


_TILES = 16
"""Tiles computed between two looks at the clock; it bounds memory."""


def _label_set(model: Model, part: Annotations) -> Any:
    from oscine.annotations.labels import LabelSet

    for label in part.label_names:
        if label not in model.labels:
            raise InputError(
                "the model does not know a label of the dataset",
                found=label,
                allowed=model.labels,
                cure="Prepare the dataset with the model's --labels",
            )
    return LabelSet(model.labels)


def _own_dataset(model: Model) -> Dataset:
    """The dataset in the run's folder."""
    for folder in (model.path.parent, model.path.parent.parent) if model.path else ():
        if (folder / "dataset").is_dir():
            return Dataset.load(folder / "dataset")
    raise InputError("which dataset to evaluate on?", path=model.path, cure="Give one: --dataset FOLDER")


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _confusion_csv(matrix: ConfusionMatrix) -> str:
    """Counts, and normalised by annotated (rows) and by predicted (columns) label."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["of", "annotated", *matrix.labels])
    for name, values in (("counts", matrix.counts), ("rows", matrix.rows), ("columns", matrix.columns)):
        for label, row in zip(matrix.labels, values.tolist(), strict=True):
            writer.writerow([name, label, *row])
    return stream.getvalue()


def _thresholds_csv(thresholds: Mapping[str, Threshold]) -> str:
    """SongExplorer's table: one threshold for each label, under the wished ratio."""
    ratio = next(iter(thresholds.values())).ratio if thresholds else 1.0
    return f"precision/recall,{ratio}\n" + "".join(f"{label},{item.value}\n" for label, item in thresholds.items())


def _curves_csv(curves: Mapping[str, OperatingCurve], most: int = 500) -> str:
    """Precision and recall at up to `most` thresholds of each label."""
    lines = ["label,threshold,precision,recall,false_positive_rate\n"]
    for label, curve in curves.items():
        n = len(curve.thresholds)
        chosen = np.unique(np.linspace(0, n - 1, min(n, most)).astype(int))
        lines += [
            f"{label},{curve.thresholds[i]},{curve.precision[i]},{curve.recall[i]},{curve.false_positive_rate[i]}\n"
            for i in chosen
        ]
    return "".join(lines)
