"""How well one set of annotations agrees with another: frames, sequences and boundaries of segments.

What is compared are annotations, whoever or whatever made them, so this serves a model's predictions, another
program's and a second annotator's alike. Three questions, because each is blind to what the next one sees:

- *frames*      the share of the time that is labelled wrongly (`metrics.frames`). It forgives a syllable that one
                wrong frame splits in two.
- *sequences*   the syllable error rate (`metrics.sequences`). It knows nothing of times.
- *boundaries*  onsets and offsets found within a tolerance (`metrics.boundaries`). They know nothing of labels.

Only what somebody has looked at counts: the truth's coverage. Events, which last no time, have scores of their own
(`metrics.events`). Every count is kept for each recording, and there are two ways to sum them up: `pooled`, in which
each second and each syllable weighs the same, and `mean`, in which each recording does, as in the tables of
TweetyNet [1]_ and vak.

References
----------
.. [1] Cohen, Nicholson, Sanchioni, Mallaber, Skidanova, Gardner (2022), Automated annotation of birdsong with a
       neural network that segments spectrograms, eLife 11:e63853.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oscine.annotations.annotations import Annotations
from oscine.annotations.labels import BACKGROUND
from oscine.core.errors import InputError, unknown
from oscine.evaluation.annotation_score import NO_SOUNDS, sounds_by_recording
from oscine.metrics.boundaries import BoundaryScores, score_boundaries
from oscine.metrics.counts import plain, pool
from oscine.metrics.frame_runs import compare_frames, errors_of, frames_in
from oscine.metrics.frames import FrameErrors, mean
from oscine.metrics.sequences import SequenceScore, score_sequences

TOLERANCES = (0.004, 0.010)
"""Seconds within which a boundary is found, by default: two frames of 2 ms, and what annotators agree within."""


@dataclass(frozen=True)
class SegmentationScore:
    """How well the segments of one recording, or of several pooled, agree with the truth.

    Attributes
    ----------
    frames
        Frames labelled wrongly.
    sequences
        Edit distance of the labels in order.
    boundaries
        Onsets and offsets found, by tolerance in seconds.
    """

    frames: FrameErrors
    sequences: SequenceScore
    boundaries: Mapping[float, BoundaryScores]

    def __add__(self, other: SegmentationScore) -> SegmentationScore:
        if set(self.boundaries) != set(other.boundaries):
            raise ValueError("cannot pool boundaries that were scored with different tolerances")
        return SegmentationScore(
            self.frames + other.frames,
            self.sequences + other.sequences,
            {tolerance: score + other.boundaries[tolerance] for tolerance, score in self.boundaries.items()},
        )

    @property
    def frame_error(self) -> float:
        """Share of the known frames that are labelled wrongly."""
        return self.frames.frame_error

    @property
    def syllable_error_rate(self) -> float:
        """Edit distance of the labels per annotated segment; `nan` without any."""
        return self.sequences.error_rate

    def to_dict(self) -> dict[str, Any]:
        """Counts and rates as plain values, ready for JSON; boundaries by tolerance in seconds."""
        return {
            "frames": self.frames.to_dict(),
            "sequences": self.sequences.to_dict(),
            "boundaries": {f"{tolerance:g}": score.to_dict() for tolerance, score in self.boundaries.items()},
        }


@dataclass(frozen=True)
class SegmentationScores:
    """How well segments agree with the truth, recording by recording.

    Attributes
    ----------
    by_recording
        Score of each.
    """

    by_recording: Mapping[str, SegmentationScore]

    @property
    def pooled(self) -> SegmentationScore:
        """All recordings as one: each second and each syllable weighs the same."""
        return pool(self.by_recording.values())

    @property
    def mean(self) -> dict[str, float]:
        """Means over recordings of the frame error and the syllable error rate, where there is one; else `nan`."""
        scores = self.by_recording.values()
        return {
            "frame_error": mean([score.frame_error for score in scores]),
            "syllable_error_rate": mean([score.syllable_error_rate for score in scores]),
        }

    def to_dict(self) -> dict[str, Any]:
        """Counts and rates as plain values, ready for JSON."""
        return {
            "pooled": self.pooled.to_dict(),
            "mean": {name: plain(value) for name, value in self.mean.items()},
            "by_recording": {name: score.to_dict() for name, score in self.by_recording.items()},
        }

    def __str__(self) -> str:
        pooled, means = self.pooled, self.mean
        lines = [
            f"{len(self.by_recording)} recordings, {pooled.sequences.n_true} annotated segments, "
            f"{pooled.sequences.n_predicted} predicted",
            f"frame error {_percent(pooled.frame_error)}, where there is sound {_percent(pooled.frames.sound_error)}; "
            f"mean over recordings {_percent(means['frame_error'])}",
            f"syllable error rate {_percent(pooled.syllable_error_rate)}; "
            f"mean over recordings {_percent(means['syllable_error_rate'])}",
        ]
        for tolerance, score in pooled.boundaries.items():
            both = score.pooled
            lines.append(
                f"boundaries within {tolerance * 1000:g} ms: precision {_percent(both.precision)}, "
                f"recall {_percent(both.recall)}, F1 {_percent(both.f1)}"
            )
        return "\n".join(lines)


def score_segmentation(
    truth: Annotations,
    predicted: Annotations,
    durations: Mapping[str, float],
    *,
    tolerances: Sequence[float] = TOLERANCES,
    frame: float = 0.001,
    labels: Iterable[str] | None = None,
) -> SegmentationScores:
    """Score predicted segments against true ones, recording by recording.

    Parameters
    ----------
    truth
        Rows that are right, complete where its coverage says so; those of one annotator, if there are several.
    predicted
        Rows to judge. A recording without any is one in which nothing was found.
    durations
        How long each recording lasts, in seconds; it names the recordings that are scored.
    tolerances
        Greatest distances in seconds, inclusive, at which a boundary is found.
    frame
        Length of a frame in seconds, for the frame error.
    labels
        Labels to score; rows of any other are left out. By default all but "background".

    Returns
    -------
    scores
        Of each recording, in the order of `durations`.

    Raises
    ------
    InputError
        Where there is no recording to score, the truth says nothing of one, a predicted one is known to neither the
        truth nor `durations` (another spelling would count as nothing found), or a duration is none.

    Examples
    --------
    >>> row = {"recording": "a.wav", "onset": 0.100, "offset": 0.200, "label": "i"}
    >>> late = {**row, "onset": 0.105}
    >>> scores = score_segmentation(Annotations([row]), Annotations([late]), {"a.wav": 1.0})
    >>> scores.pooled.frame_error, scores.pooled.syllable_error_rate
    (0.005, 0.0)
    >>> [score.pooled.f1 for score in scores.pooled.boundaries.values()]
    [0.5, 1.0]
    """
    _check(truth, predicted, durations)
    chosen = set(truth.labels) | set(predicted.labels) if labels is None else set(labels)
    names = sorted(chosen - {BACKGROUND} if labels is None else chosen)
    true, guessed = (
        {name: sounds.lasting(True) for name, sounds in sounds_by_recording(side, names).items()}
        for side in (truth, predicted)
    )
    by_recording = {}
    for name, duration in durations.items():
        covered = None if truth.coverage.is_whole(name) else truth.coverage.intervals(name, duration)
        first, second = true.get(name, NO_SOUNDS), guessed.get(name, NO_SOUNDS)
        by_recording[name] = SegmentationScore(
            errors_of(
                compare_frames(
                    first.spans,
                    first.indices,
                    second.spans,
                    second.indices,
                    [*names, BACKGROUND],
                    frames_in(duration, frame),
                    frame,
                    coverage=covered,
                )
            ),
            score_sequences(first.spans, first.indices, second.spans, second.indices, coverage=covered),
            {
                tolerance: score_boundaries(first.spans, second.spans, tolerance, coverage=covered, duration=duration)
                for tolerance in tolerances
            },
        )
    return SegmentationScores(by_recording)


def _check(truth: Annotations, predicted: Annotations, durations: Mapping[str, float]) -> None:
    if not durations:
        raise InputError("there are no recordings to score", cure="Give the duration of each")
    for name, duration in durations.items():
        if not (math.isfinite(duration) and duration >= 0):
            raise InputError(f"the duration of {name} is none", found=duration, allowed="seconds, at least 0")
        if not truth.coverage.whole and name not in truth.recordings:
            raise unknown("recording: the truth says nothing of it", name, truth.recordings, path=truth.source)
    known = {*truth.recordings, *durations}
    for name in predicted.recordings:
        if name not in known:
            raise unknown("recording: the truth does not know it", name, sorted(known), path=predicted.source)


def _percent(rate: float) -> str:
    """A share in percent, or a dash where there is none."""
    return "–" if math.isnan(rate) else f"{rate:.2%}"
