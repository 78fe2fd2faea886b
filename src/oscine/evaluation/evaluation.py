"""The result of an evaluation: what a model is worth, as numbers, as text, and as a folder of tables.

Everything is made of counts, recording by recording (`oscine.evaluation.recording_counts`), so evaluations pool
(`pool_evaluations`), and every main figure has a confidence interval (`Evaluation.intervals`). The files are written in
`oscine.evaluation.tables`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from oscine.core.artifacts import Provenance, atomic_folder, write_json
from oscine.evaluation.densities import Densities
from oscine.evaluation.recording_counts import RecordingCounts, align, overall_rates
from oscine.evaluation.segmentation import SegmentationScores
from oscine.evaluation.tables import write_tables
from oscine.metrics.bootstrap import Interval, bootstraps
from oscine.metrics.calibration import Calibration
from oscine.metrics.counts import plain, pool
from oscine.metrics.curves import OperatingCurve, Threshold, best_threshold
from oscine.metrics.events import EventScores
from oscine.metrics.frames import ConfusionMatrix
from oscine.metrics.segments import SegmentScores

_RATES = ("precision", "recall", "f1")


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
    densities
        Histograms of the probability of each output, by true label.
    judged
        Every annotated row and what the model calls it (see `oscine.evaluation.verdicts`): columns recording, onset,
        offset, label, annotated, kind ("correct" or "mistaken"), score.
    calibration
        How far the probabilities can be taken at their word.
    temperature
        By which the network's outputs were divided (`Model.temperature`).
    fitted_temperature
        That at which probabilities would mean what they say, as near as one number can bring them.
    calibrated
        How far the probabilities could be taken at their word at that temperature, of frames that it was fitted to.
    notes
        What is to be known before the figures are believed, a sentence each.
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
    densities: Densities | None = None
    judged: pd.DataFrame | None = None
    calibration: Calibration | None = None
    temperature: float = 1.0
    fitted_temperature: float = math.nan
    calibrated: Calibration | None = None
    notes: tuple[str, ...] = ()

    def with_provenance(self, provenance: Provenance) -> Self:
        """The same, saying how it came to be."""
        return replace(self, provenance=provenance)

    # -- rates -------------------------------------------------------------------------------------------------

    @property
    def segmentation(self) -> SegmentationScores | None:
        """Frame error, syllable error rate and boundaries of the decoded segments, recording by recording.

        `None` where no label lasts, labels may overlap, or nowhere somebody has looked for all of them.
        """
        found = {name: one.segmentation for name, one in self.by_recording.items() if one.segmentation is not None}
        return SegmentationScores(found) if found else None

    @property
    def overall(self) -> dict[str, float]:
        """Precision, recall and F1 of frames over all labels, as if these were equally common."""
        return overall_rates(self.confusion_matrix)

    @cached_property
    def intervals(self) -> dict[str, Interval]:
        """95 % confidence intervals over recordings of the main figures, by name.

        - ``precision``, ``recall``, ``f1``: of frames, overall, as if labels were equally common; and of each label,
          ``precision/pulse``, at the frequencies in these data
        - ``frame_error``: share of frames whose most probable label is wrong
        - ``segment_error_rate``, ``frame_error_decoded``, ``boundary_f1/0.004``: of decoded segments, where they exist
        - ``event_f1``, ``segment_f1``: of sounds, labels compared

        Limits are `nan` where there is only one recording, or only one with the label, of which nothing can be said.
        """
        counts = list(self.by_recording.values())
        if not counts:
            return {}
        found = bootstraps(counts, _statistics(pool(counts)))
        for place, label in enumerate(self.confusion_matrix.labels):
            if sum(bool(one.confusion.counts[place].any()) for one in counts) < 2:  # of one recording nothing is known
                for rate in _RATES:
                    found[f"{rate}/{label}"] = replace(found[f"{rate}/{label}"], low=math.nan, high=math.nan)
        return found

    def summary(self) -> dict[str, Any]:
        """Every figure, as plain values."""
        segmentation = self.segmentation
        return {
            "part": self.part,
            "frames": self.confusion_matrix.to_dict(),
            "overall": {name: plain(value) for name, value in self.overall.items()},
            "thresholds": {label: threshold.to_dict() for label, threshold in self.thresholds.items()},
            "thresholds_at": {
                f"{ratio:g}": {label: plain(threshold.value) for label, threshold in chosen.items()}
                for ratio, chosen in self.thresholds_at.items()
            },
            "in_use": dict(self.in_use),
            "average_precision": {label: plain(curve.average_precision) for label, curve in self.curves.items()},
            "auc": {label: plain(curve.auc) for label, curve in self.curves.items()},
            "events": self.events.to_dict(),
            "segments": self.segments.to_dict(),
            "segmentation": segmentation.to_dict() if segmentation else None,
            "intervals": {name: interval.to_dict() for name, interval in self.intervals.items()},
            "calibration": self.calibration.to_dict() if self.calibration is not None else None,
            "temperature": self.temperature,
            "fitted_temperature": plain(self.fitted_temperature),
            "n_recordings": len(self.by_recording),
            "notes": list(self.notes),
        }

    # -- text --------------------------------------------------------------------------------------------------

    def __str__(self) -> str:
        width = max(map(len, self.labels))
        head = (
            f"{'':{width}}  precision  recall     F1  {'(95 % of draws)':15}  frames   at ratio {self._ratio:g}  in use"
        )
        matrix = self.confusion_matrix
        overlap = len(matrix.labels) > len(self.labels)
        how = "the labels of each that are at ½ or above" if overlap else "each taken for its most probable label"
        lines = [f"frames of the {self.part} part, {how}; precision as these recordings are:", head]
        for label in (label for label in self.labels if label in matrix.labels):
            i = matrix.labels.index(label)
            rates = f"{_rate(matrix.precision[i]):>9}  {_rate(matrix.recall[i]):>6}  {_rate(matrix.f1[i]):>5}"
            limits = self._limits(f"f1/{label}")
            threshold, in_use = _rate(self.thresholds[label].value), _rate(self.in_use.get(label, np.nan))
            n_frames = matrix.counts[i].sum()
            lines.append(f"{label:{width}}  {rates}  {limits:15}  {n_frames:6d}  {threshold:>11}  {in_use:>6}")
        error, recall = self._limits("frame_error", percent=True), self._limits("recall")
        lines.append(
            f"frame error {matrix.frame_error:.2%}{f' {error}' if error else ''}; recall, mean over labels, "
            f"{matrix.balanced_accuracy:.3f}{f' {recall}' if recall else ''}"
        )
        lines.append(
            f"thresholds: where precision / recall is nearest {self._ratio:g} here, and those in use (--store puts the "
            "former into the model)"
        )
        notes = [f"note: {text}" for text in self.notes]
        return "\n".join([*lines, *self._sounds(width), *self._syllables(), *notes])

    @property
    def _ratio(self) -> float:
        """The wished precision / recall of `thresholds`, the same for all labels."""
        return next((threshold.ratio for threshold in self.thresholds.values()), 1.0)

    def _limits(self, name: str, *, percent: bool = False) -> str:
        """The limits of a figure, in brackets; nothing where there are none."""
        interval = self.intervals.get(name)
        if interval is None or math.isnan(interval.low):
            return ""
        if percent:
            return f"({interval.low:.2%}–{interval.high:.2%})"
        return f"({interval.low:.3f}–{interval.high:.3f})"

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

    def _syllables(self) -> list[str]:
        """Syllable error rate and boundaries, where somebody has looked for every segment."""
        if self.segmentation is None or not (pooled := self.segmentation.pooled).sequences.n_true:
            return []
        rate, error = (
            self._limits("segment_error_rate", percent=True),
            self._limits("frame_error_decoded", percent=True),
        )
        found = [f"{1000 * t:g} ms {score.pooled.f1:.3f}" for t, score in pooled.boundaries.items()]
        return [
            f"decoded segments: syllable error rate {pooled.syllable_error_rate:.2%}{f' {rate}' if rate else ''}, "
            f"frame error {pooled.frame_error:.2%}{f' {error}' if error else ''}, F1 of boundaries within "
            + ", ".join(found)
        ]

    # -- files -------------------------------------------------------------------------------------------------

    def card(self) -> dict[str, Any]:
        """What stands in `evaluation.json`."""
        told = self.provenance.model_dump(mode="json") if self.provenance else None
        return {
            "oscine": "evaluation",
            "version": 1,
            "labels": list(self.labels),
            **self.summary(),
            "provenance": told,
        }

    def save(self, path: str | Path) -> Path:
        """Write a folder of tables and `evaluation.json` (see `oscine.evaluation.tables`)."""
        path = Path(path)
        with atomic_folder(path) as folder:
            write_tables(self, folder)
            write_json(folder / "evaluation.json", self.card())
        return path


def assemble(
    labels: tuple[str, ...],
    by_recording: Mapping[str, RecordingCounts],
    curves: Mapping[str, OperatingCurve],
    *,
    part: str,
    ratios: Sequence[float] = (1.0,),
    **more: Any,
) -> Evaluation:
    """An evaluation of counts and curves.

    Parameters
    ----------
    labels
        Of the outputs.
    by_recording
        Counts of each recording, at least one.
    curves
        Of each label.
    part
        Part of the dataset.
    ratios
        Wished ratios of precision to recall, the foremost first.
    more
        Other attributes.

    Raises
    ------
    ValueError
        Where there is no recording.
    """
    counts = pool(by_recording.values())
    thresholds = {
        ratio: {label: best_threshold(curve, ratio) for label, curve in curves.items()}
        for ratio in dict.fromkeys(ratios)
    }
    return Evaluation(
        labels,
        counts.confusion,
        curves,
        thresholds[ratios[0]],
        counts.events,
        counts.segments,
        part,
        thresholds_at={ratio: thresholds[ratio] for ratio in sorted(thresholds)},
        by_recording=by_recording,
        **more,
    )


def pool_evaluations(evaluations: Sequence[Evaluation]) -> Evaluation:
    """Several evaluations as one: all counts added up, labels united; thresholds are those of the pooled curves.

    Raises
    ------
    ValueError
        Where there are none.
    """
    if not evaluations:
        raise ValueError("nothing to pool: no evaluations were given")
    first = evaluations[0]
    if len(evaluations) == 1:
        return first
    labels = tuple(dict.fromkeys(label for one in evaluations for label in one.labels))
    rows = tuple(dict.fromkeys(row for one in evaluations for row in one.confusion_matrix.labels))
    by_recording: dict[str, RecordingCounts] = {}
    for one in evaluations:
        for name, counts in one.by_recording.items():
            mine = counts.aligned(rows)
            by_recording[name] = by_recording[name] + mine if name in by_recording else mine
    judged = [one.judged for one in evaluations if one.judged is not None]
    densities = [one.densities for one in evaluations if one.densities is not None]
    calibrations = [one.calibration for one in evaluations if one.calibration is not None]
    calibrated = [one.calibrated for one in evaluations if one.calibrated is not None]
    return replace(
        assemble(
            labels,
            by_recording,
            {label: pool(one.curves[label] for one in evaluations if label in one.curves) for label in labels},
            part=first.part,
            ratios=[first._ratio, *(ratio for one in evaluations for ratio in one.thresholds_at)],
            densities=pool(densities) if densities else None,
            judged=pd.concat(judged, ignore_index=True) if judged else None,
            calibration=pool(calibrations) if calibrations else None,
            calibrated=pool(calibrated) if calibrated else None,
            notes=tuple(dict.fromkeys(note for one in evaluations for note in one.notes)),
        ),
        confusion_matrix=pool(align(one.confusion_matrix, rows) for one in evaluations),
    )


def _statistics(whole: RecordingCounts) -> dict[str, Callable[[RecordingCounts], float]]:
    """The main figures of counts, by name."""

    def of_label(rate: str, place: int) -> Callable[[RecordingCounts], float]:
        def statistic(counts: RecordingCounts) -> float:  # recordings without the label say nothing of it
            there = counts.confusion.counts[place].any()
            return float(getattr(counts.confusion, rate)[place]) if there else math.nan

        return statistic

    def overall(rate: str) -> Callable[[RecordingCounts], float]:
        return lambda counts: overall_rates(counts.confusion)[rate]

    found: dict[str, Callable[[RecordingCounts], float]] = {rate: overall(rate) for rate in _RATES}
    found["frame_error"] = lambda counts: counts.confusion.frame_error
    for place, label in enumerate(whole.confusion.labels):
        found |= {f"{rate}/{label}": of_label(rate, place) for rate in _RATES}
    if whole.segmentation is not None:
        found |= {
            "segment_error_rate": _of_segmentation(lambda score: score.syllable_error_rate),
            "frame_error_decoded": _of_segmentation(lambda score: score.frame_error),
        }
        for tolerance in whole.segmentation.boundaries:
            found[f"boundary_f1/{tolerance:g}"] = _of_segmentation(_boundary_f1(tolerance))
    if whole.events.pooled.counts.n_true:
        found["event_f1"] = lambda counts: counts.events.pooled.counts.f1
    if whole.segments.labelled.n_true:
        found["segment_f1"] = lambda counts: counts.segments.labelled.f1
    return found


def _of_segmentation(statistic: Callable[[Any], float]) -> Callable[[RecordingCounts], float]:
    return lambda counts: statistic(counts.segmentation) if counts.segmentation is not None else math.nan


def _boundary_f1(tolerance: float) -> Callable[[Any], float]:
    return lambda score: float(score.boundaries[tolerance].pooled.f1)


def _rate(value: float) -> str:
    """A rate, or a dash where there is none."""
    return f"{value:.3f}" if np.isfinite(value) else "–"
