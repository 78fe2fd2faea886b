"""The result of comparing two sets of annotations: pooled, by label, by recording, with intervals; as text and JSON.

On disk (`--out scores.json`) it is one JSON file with all that `summary` gives, and its provenance.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from oscine.core.artifacts import Provenance, write_json
from oscine.evaluation.annotation_score import AnnotationScore, Headline, Rules
from oscine.metrics.bootstrap import Interval, bootstraps
from oscine.metrics.boundaries import r_value
from oscine.metrics.counts import Counts, plain, pool
from oscine.metrics.events import EventScore
from oscine.metrics.frame_runs import errors_of
from oscine.metrics.frames import mean
from oscine.metrics.kappa import cohen_kappa, cohen_kappas


def _rate(name: str, rate: str) -> Callable[[Headline], float]:
    """The figure that is a rate of some counts."""
    return lambda score: float(getattr(getattr(score, name), rate))


STATISTICS: Mapping[str, Callable[[Headline], float]] = {
    "frame_error": lambda score: errors_of(score.matrix).frame_error,
    "frame_error_song": lambda score: errors_of(score.matrix).sound_error,
    "macro_f1": lambda score: score.matrix.macro_f1(without=score.matrix.labels[-1:]),
    "kappa": lambda score: cohen_kappa(score.matrix),
    "segment_error_rate": lambda score: score.sequences.error_rate,
    "boundary_r_value": lambda score: r_value(score.boundary),
    **{
        f"{name}_{rate}": _rate(name, rate)
        for name in ("boundary", "segment", "segment_nolabel", "event")
        for rate in ("precision", "recall", "f1")
    },
}
"""The figures that get an interval, of the pooled counts."""


@dataclass(frozen=True)
class AnnotationScores:
    """How well one set of annotations agrees with another.

    Attributes
    ----------
    by_recording
        Counts of each recording.
    rules
        What counts as right.
    durations
        How long each recording lasts, in seconds.
    labels_in_truth_only, labels_in_predictions_only
        Labels that one side alone has.
    recordings_in_truth_only, recordings_in_predictions_only
        Recordings of which only the one side says anything. The former are scored: all is missed. The latter are not,
        unless the truth says that it is complete everywhere.
    draws, seed
        Of the intervals.
    legacy
        Figures as other programs count them, by program.
    """

    by_recording: Mapping[str, AnnotationScore]
    rules: Rules
    durations: Mapping[str, float]
    labels_in_truth_only: tuple[str, ...] = ()
    labels_in_predictions_only: tuple[str, ...] = ()
    recordings_in_truth_only: tuple[str, ...] = ()
    recordings_in_predictions_only: tuple[str, ...] = ()
    draws: int = 1000
    seed: int = 0
    legacy: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    provenance: Provenance | None = field(default=None, compare=False)

    def with_provenance(self, provenance: Provenance) -> Self:
        """The same, saying how it came to be."""
        return replace(self, provenance=provenance)

    @functools.cached_property
    def pooled(self) -> AnnotationScore:
        """All recordings as one: each second and each syllable weighs the same."""
        return pool(self.by_recording.values())

    @functools.cached_property
    def intervals(self) -> dict[str, Interval]:
        """Each figure of `STATISTICS` within its 95 % interval over recordings; none where no draws are wanted."""
        if not self.draws:
            return {}
        headlines = [score.headline for score in self.by_recording.values()]
        shares = {f"iou_{share:g}_f1": lambda score, share=share: score.iou[share].f1 for share in self.rules.shares}
        return bootstraps(headlines, {**STATISTICS, **shares}, n=self.draws, seed=self.seed)

    @property
    def mean(self) -> dict[str, float]:
        """Means over recordings, each weighing the same, as in the tables of TweetyNet and vak."""
        scores = self.by_recording.values()
        return {
            "frame_error": mean([score.frames.frame_error for score in scores]),
            "segment_error_rate": mean([score.sequences.error_rate for score in scores]),
            "boundary_f1": mean([score.boundaries.pooled.f1 for score in scores]),
            "segment_f1": mean([score.segments.labelled.f1 for score in scores]),
        }

    def summary(self) -> dict[str, Any]:
        """Everything, as plain values; the pooled figures at the top."""
        pooled, kappas = self.pooled, cohen_kappas(self.pooled.matrix)
        return {
            "n_recordings": len(self.by_recording),
            "seconds": pooled.seconds,
            **_figures(pooled, self.rules),
            "mean_over_recordings": {name: plain(value) for name, value in self.mean.items()},
            "intervals": {name: interval.to_dict() for name, interval in self.intervals.items()},
            "by_label": {label: _of_label(pooled, label, kappas[label]) for label in self._labels},
            "confusion_matrix": {"labels": list(pooled.matrix.labels), "counts": pooled.matrix.counts.tolist()},
            "by_recording": {
                name: {"duration": self.durations[name], "seconds": score.seconds, **_figures(score, self.rules)}
                for name, score in self.by_recording.items()
            },
            "labels_in_truth_only": list(self.labels_in_truth_only),
            "labels_in_predictions_only": list(self.labels_in_predictions_only),
            "recordings_in_truth_only": list(self.recordings_in_truth_only),
            "recordings_in_predictions_only": list(self.recordings_in_predictions_only),
            "legacy": {name: dict(figures) for name, figures in self.legacy.items()},
        }

    @property
    def _labels(self) -> tuple[str, ...]:
        return self.pooled.matrix.labels[:-1]

    def save(self, path: str | Path) -> Path:
        """Write a JSON file: the summary and its provenance."""
        card = {"oscine": "metrics", "version": 1, **self.summary()}
        card["provenance"] = self.provenance.model_dump(mode="json") if self.provenance else None
        write_json(Path(path), card)
        return Path(path)

    def __str__(self) -> str:
        from oscine.evaluation.score_table import as_text

        return as_text(self)


def _figures(score: AnnotationScore, rules: Rules) -> dict[str, Any]:
    """The figures of one recording or of all of them."""
    segments = {"onset_tolerance": rules.onset_tolerance, "offset_tolerance": rules.offset_tolerance}
    onsets, offsets = (
        EventScore(score.segments.unlabelled, errors, tolerance)
        for errors, tolerance in (
            (score.segments.onset_errors, rules.onset_tolerance),
            (score.segments.offset_errors, rules.offset_tolerance),
        )
    )
    return {
        "n_true": score.sequences.n_true,
        "n_predicted": score.sequences.n_predicted,
        "frame_error": plain(score.frames.frame_error),
        "frame_error_song": plain(score.frames.sound_error),
        "n_frames": score.frames.n_frames,
        "macro_f1": plain(score.macro_f1),
        "kappa": plain(cohen_kappa(score.matrix)),
        "segment_error_rate": plain(score.sequences.error_rate),
        "n_edits": score.sequences.distance,
        "boundary": _boundary(score.boundaries.pooled),
        "onset": _boundary(score.boundaries.onsets),
        "offset": _boundary(score.boundaries.offsets),
        "segment": {**score.segments.labelled.to_dict(), **segments},
        "segment_nolabel": {**score.segments.unlabelled.to_dict(), **segments},
        "label_accuracy": plain(score.segments.label_accuracy),
        "iou": {
            f"{share:g}": {**overlap.labelled.to_dict(), "nolabel": overlap.unlabelled.to_dict()}
            for share, overlap in score.overlaps.by_threshold.items()
        },
        "event": score.events.pooled.to_dict(),
        "event_nolabel": score.events.unlabelled.to_dict(),
        "timing": {"onset": _timing(onsets), "offset": _timing(offsets)},
    }


def _boundary(score: EventScore) -> dict[str, Any]:
    return {**score.to_dict(), "r_value": plain(r_value(score.counts))}


def _timing(score: EventScore) -> dict[str, Any]:
    """Timing errors in seconds of the segments that are found, labels not compared."""
    told = score.to_dict()
    return {name: told[name] for name in ("bias", "median_error", "error_95", "percentiles")} | {"n": score.counts.tp}


def _of_label(score: AnnotationScore, label: str, kappa: float) -> dict[str, Any]:
    """What is known of one label."""
    matrix, i = score.matrix, score.matrix.labels.index(label)
    event = score.events.by_label.get(label)
    return {
        "frames": {
            "precision": plain(matrix.precision[i]),
            "recall": plain(matrix.recall[i]),
            "f1": plain(matrix.f1[i]),
            "n_true": int(matrix.counts[i].sum()),
            "n_predicted": int(matrix.counts[:, i].sum()),
        },
        "kappa": plain(kappa),
        "segment": score.segments.by_label.get(label, Counts()).to_dict(),
        "iou": {
            f"{share:g}": overlap.by_label.get(label, Counts()).to_dict()
            for share, overlap in score.overlaps.by_threshold.items()
        },
        "event": event.to_dict() if event is not None else Counts().to_dict(),
    }
