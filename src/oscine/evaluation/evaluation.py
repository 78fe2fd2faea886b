"""The result of an evaluation: what a model is worth, as numbers, as text, and as a folder of tables.

<name>.evaluation/
evaluation.json        every figure, the labels and the provenance
confusion_matrix.csv   counts, and normalised by annotated (rows) and by predicted (columns) label
thresholds.csv         of each label, in SongExplorer's layout (see `oscine.prediction.thresholds`)
curves.csv             what every threshold does, thinned to some hundred points a label
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from oscine.core.artifacts import Provenance, atomic_folder, write_json, write_text
from oscine.evaluation.densities import Densities
from oscine.evaluation.recording_counts import RecordingCounts, align
from oscine.evaluation.segmentation import SegmentationScores
from oscine.metrics.counts import plain, pool
from oscine.metrics.curves import OperatingCurve, Threshold, best_threshold
from oscine.metrics.events import EventScores
from oscine.metrics.frames import ConfusionMatrix
from oscine.metrics.segments import SegmentScores
from oscine.prediction.thresholds import save_thresholds


@dataclass(frozen=True)
class Evaluation:
    """How good a model is.

    Attributes
    ----------
    labels
        Of the model, and what it tells beside them, such as boundaries.
    confusion_matrix
        Of frames, each taken for its most probable label. Where labels may overlap there are two rows and columns for
        each, one for where it is there, and one, ``not_`` in front, for where it is not.
    curves, thresholds
        Of each label: what every threshold does to its frames, and the one at the wished ratio.
    events, segments
        Of sounds, at the thresholds in use; which of the two a label counts in depends on its annotations. Segments
        with nothing known around them are left out.
    in_use
        Threshold of each label that decoding used: the model's own, unless others were given.
    thresholds_at
        By wished ratio of precision to recall, the threshold of each label; `thresholds` are those of one of them.
    by_recording
        Counts of each recording, from which all rates are made.
    segmentation
        Frame error, syllable error rate and boundaries of the decoded segments; `None` where no label lasts, or labels
        may overlap.
    intervals
        Confidence intervals over recordings of the main figures: "frame_error", "precision", "recall", "f1" (overall,
        as if labels were equally common), "syllable_error_rate", "event_f1", "segment_f1", and "precision/<label>",
        "recall/<label>", "f1/<label>" of frames.
    densities
        Histograms of the probability of each output, by true label.
    judged
        Every annotated row and what the model calls it (see `oscine.evaluation.mistakes`): columns recording, onset,
        offset, label, annotated, kind ("correct" or "mistaken"), score.
    """

    has_figures: ClassVar[bool] = True  # drawn by `oscine.figures.draw`

    labels: tuple[str, ...]
    confusion_matrix: ConfusionMatrix
    curves: Mapping[str, OperatingCurve]
    thresholds: Mapping[str, Threshold]
    events: EventScores
    segments: SegmentScores
    part: str
    provenance: Provenance | None = field(default=None, compare=False)
    in_use: Mapping[str, float] = field(default_factory=dict)
    thresholds_at: Mapping[float, Mapping[str, Threshold]] = field(default_factory=dict)
    by_recording: Mapping[str, RecordingCounts] = field(default_factory=dict)
    segmentation: SegmentationScores | None = None
    intervals: Mapping[str, Any] = field(default_factory=dict)
    calibration: Any = None
    densities: Densities | None = None
    judged: pd.DataFrame | None = None

    def with_provenance(self, provenance: Provenance) -> Self:
        """The same, saying how it came to be."""
        return replace(self, provenance=provenance)

    def summary(self) -> dict[str, Any]:
        """Every figure, as plain values."""
        return {
            "part": self.part,
            "frames": self.confusion_matrix.to_dict(),
            "thresholds": {label: threshold.to_dict() for label, threshold in self.thresholds.items()},
            "in_use": dict(self.in_use),
            "average_precision": {label: plain(curve.average_precision) for label, curve in self.curves.items()},
            "auc": {label: plain(curve.auc) for label, curve in self.curves.items()},
            "events": self.events.to_dict(),
            "segments": self.segments.to_dict(),
        }

    def __str__(self) -> str:
        width = max(map(len, self.labels))
        head = f"{'':{width}}  precision  recall     F1  frames   at ratio {self._ratio:g}  in use"
        matrix = self.confusion_matrix
        overlap = len(matrix.labels) > len(self.labels)
        how = "the labels of each that are at ½ or above" if overlap else "each taken for its most probable label"
        lines = [f"frames of the {self.part} part, {how}:", head]
        for label in (label for label in self.labels if label in matrix.labels):
            i = matrix.labels.index(label)
            rates = f"{_rate(matrix.precision[i]):>9}  {_rate(matrix.recall[i]):>6}  {_rate(matrix.f1[i]):>5}"
            threshold, in_use = _rate(self.thresholds[label].value), _rate(self.in_use.get(label, np.nan))
            lines.append(f"{label:{width}}  {rates}  {matrix.counts[i].sum():6d}  {threshold:>11}  {in_use:>6}")
        lines.append(f"frame error {matrix.frame_error:.2%}; recall, mean over labels, {matrix.balanced_accuracy:.3f}")
        lines.append(
            f"thresholds: where precision / recall is nearest {self._ratio:g} here, and those in use (--store puts the "
            "former into the model)"
        )
        return "\n".join([*lines, *self._sounds(width)])

    @property
    def _ratio(self) -> float:
        """The wished precision / recall, the same for all labels."""
        return next((threshold.ratio for threshold in self.thresholds.values()), 1.0)

    def _sounds(self, width: int) -> list[str]:
        """Events and segments, where any can be compared."""
        found = {label: score.counts for label, score in self.events.by_label.items()} | self.segments.by_label
        tolerance = max(self.events.unlabelled.tolerance, self.segments.onset_tolerance) * 1000
        rows = [
            f"{label:{width}}  {_rate(counts.precision):>9}  {_rate(counts.recall):>6}  {_rate(counts.f1):>5}"
            f"  {counts.n_true:5d}  {counts.n_predicted:9d}"
            for label, counts in found.items()
            if counts.n_true
        ]
        head = f"{'':{width}}  precision  recall     F1  there  predicted"
        return [f"sounds, decoded with the thresholds in use, within {tolerance:g} ms:", head, *rows] if rows else []

    def save(self, path: str | Path) -> Path:
        """Write a folder of tables: `evaluation.json`, `confusion_matrix.csv`, `thresholds.csv`, `curves.csv`."""
        path = Path(path)
        card = {"oscine": "evaluation", "version": 1, "labels": list(self.labels), **self.summary()}
        card["provenance"] = self.provenance.model_dump(mode="json") if self.provenance else None
        with atomic_folder(path) as folder:
            write_text(folder / "confusion_matrix.csv", _confusion_csv(self.confusion_matrix))
            values = {label: item.value for label, item in self.thresholds.items()}
            save_thresholds(values, folder / "thresholds.csv", self._ratio)
            write_text(folder / "curves.csv", _curves_csv(self.curves))
            write_json(folder / "evaluation.json", card)
        return path


def pool_evaluations(evaluations: Sequence[Evaluation]) -> Evaluation:
    """Several evaluations as one: all counts added up, labels united; thresholds are those of the pooled curves.

    Raises
    ------
    ValueError
        Where there are none.
    """
    if not evaluations:
        raise ValueError("nothing to pool: no evaluations were given")
    if len(evaluations) == 1:
        return evaluations[0]
    labels = tuple(dict.fromkeys(label for one in evaluations for label in one.labels))
    rows = tuple(dict.fromkeys(row for one in evaluations for row in one.confusion_matrix.labels))
    curves = {label: pool(one.curves[label] for one in evaluations if label in one.curves) for label in labels}
    ratio = evaluations[0]._ratio
    ratios = list(dict.fromkeys(wished for one in evaluations for wished in one.thresholds_at)) or [ratio]
    thresholds = {wished: {name: best_threshold(curve, wished) for name, curve in curves.items()} for wished in ratios}
    by_recording: dict[str, RecordingCounts] = {}
    for one in evaluations:
        for name, counts in one.by_recording.items():
            mine = counts.aligned(rows)
            by_recording[name] = by_recording[name] + mine if name in by_recording else mine
    segmentations = {name: counts.segmentation for name, counts in by_recording.items() if counts.segmentation}
    judged = [one.judged for one in evaluations if one.judged is not None]
    densities = [one.densities for one in evaluations if one.densities is not None]
    return Evaluation(
        labels,
        pool(align(one.confusion_matrix, rows) for one in evaluations),
        curves,
        thresholds.get(ratio, next(iter(thresholds.values()))),
        pool(one.events for one in evaluations),
        pool(one.segments for one in evaluations),
        evaluations[0].part,
        in_use={},
        thresholds_at=thresholds,
        by_recording=by_recording,
        segmentation=SegmentationScores(segmentations) if segmentations else None,
        densities=pool(densities) if densities else None,
        judged=pd.concat(judged, ignore_index=True) if judged else None,
    )


def _rate(value: float) -> str:
    """A rate, or a dash where there is none."""
    return f"{value:.3f}" if np.isfinite(value) else "–"


def _confusion_csv(matrix: ConfusionMatrix) -> str:
    """Counts, and normalised by annotated (rows) and by predicted (columns) label."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["of", "annotated", *matrix.labels])
    for name, values in (("counts", matrix.counts), ("rows", matrix.rows), ("columns", matrix.columns)):
        for label, row in zip(matrix.labels, values.tolist(), strict=True):
            writer.writerow([name, label, *row])
    return stream.getvalue()


def _curves_csv(curves: Mapping[str, OperatingCurve], most: int = 500) -> str:
    """Precision and recall at up to `most` thresholds of each label."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["label", "threshold", "precision", "recall", "false_positive_rate"])
    for label, curve in curves.items():
        n = len(curve.thresholds)
        chosen = np.unique(np.linspace(0, n - 1, min(n, most)).astype(int))
        for i in chosen:
            writer.writerow(
                [label, curve.thresholds[i], curve.precision[i], curve.recall[i], curve.false_positive_rate[i]]
            )
    return stream.getvalue()
