"""Everything that is counted of two annotations of a recording: frames, order, boundaries, segments, overlaps, events.

Each question has a module of its own in `oscine.metrics`, which says what it asks and what it is blind to. Here all of
them are asked at once of one recording, and the answers kept together, so that recordings can be pooled with `+` and
drawn with replacement (`metrics.bootstrap`).

Segments are rows that last, events rows that do not; a label may have both. A label that is called "background" says
that there is no sound, and is left out unless it is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oscine.annotations.annotations import Annotations
from oscine.annotations.labels import BACKGROUND
from oscine.metrics.boundaries import BoundaryScores, score_boundaries
from oscine.metrics.counts import Counts
from oscine.metrics.events import EventScores, score_events
from oscine.metrics.frame_runs import compare_frames, errors_of, frames_in
from oscine.metrics.frames import ConfusionMatrix, FrameErrors
from oscine.metrics.overlaps import OverlapScores, score_overlaps
from oscine.metrics.segments import SegmentScores, score_segments
from oscine.metrics.sequences import SequenceScore, score_sequences

NOTHING = "(nothing)"
"""Name of frames without a sound, where "background" is a label that somebody asked for."""


@dataclass(frozen=True)
class Rules:
    """What counts as right.

    Attributes
    ----------
    tolerance
        Greatest distance of a boundary or an event, in seconds.
    onset_tolerance, offset_tolerance
        Greatest distances of a segment, in seconds.
    shares
        Least intersections over union.
    frame
        Length of a frame in seconds.
    """

    tolerance: float
    onset_tolerance: float
    offset_tolerance: float
    shares: tuple[float, ...]
    frame: float


@dataclass(frozen=True, eq=False)
class AnnotationScore:
    """All counts of one recording, or of several pooled.

    Attributes
    ----------
    seconds
        How much of it somebody has looked at.
    matrix
        Frames by true and predicted label; the last one is none.
    sequences, boundaries, segments, overlaps, events
        See the modules of these names in `oscine.metrics`.
    """

    seconds: float
    matrix: ConfusionMatrix
    sequences: SequenceScore
    boundaries: BoundaryScores
    segments: SegmentScores
    overlaps: OverlapScores
    events: EventScores

    def __add__(self, other: AnnotationScore) -> AnnotationScore:
        return AnnotationScore(
            self.seconds + other.seconds,
            self.matrix + other.matrix,
            self.sequences + other.sequences,
            self.boundaries + other.boundaries,
            self.segments + other.segments,
            self.overlaps + other.overlaps,
            self.events + other.events,
        )

    @property
    def frames(self) -> FrameErrors:
        """Frames that are wrong, of all and of those with sound."""
        return errors_of(self.matrix)

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the frames of each label, background left out."""
        return self.matrix.macro_f1(without=self.matrix.labels[-1:])

    @property
    def headline(self) -> Headline:
        """The few numbers of which intervals are wanted."""
        return Headline(
            self.matrix,
            self.sequences,
            self.boundaries.pooled.counts,
            self.segments.labelled,
            self.segments.unlabelled,
            self.events.pooled.counts,
            {share: score.labelled for share, score in self.overlaps.by_threshold.items()},
        )


@dataclass(frozen=True, eq=False)
class Headline:
    """The counts behind the figures that are shown first; small, so that a thousand draws take no time."""

    matrix: ConfusionMatrix
    sequences: SequenceScore
    boundary: Counts
    segment: Counts
    segment_nolabel: Counts
    event: Counts
    iou: dict[float, Counts]

    def __add__(self, other: Headline) -> Headline:
        return Headline(
            self.matrix + other.matrix,
            self.sequences + other.sequences,
            self.boundary + other.boundary,
            self.segment + other.segment,
            self.segment_nolabel + other.segment_nolabel,
            self.event + other.event,
            {share: counts + other.iou[share] for share, counts in self.iou.items()},
        )


@dataclass(frozen=True)
class Sounds:
    """The rows of one recording on one side: onsets and offsets (row, 2) in seconds, and indices (row,) of labels."""

    spans: NDArray[np.float64]
    indices: NDArray[np.int64]

    def lasting(self, yes: bool) -> Sounds:
        """Those that last, or those that do not."""
        chosen = (self.spans[:, 1] > self.spans[:, 0]) == yes
        return Sounds(self.spans[chosen], self.indices[chosen])

    def names(self, labels: Sequence[str]) -> NDArray[np.object_]:
        """Label of each, (row,)."""
        return np.array([*labels, None], dtype=object)[self.indices]


NO_SOUNDS = Sounds(np.empty((0, 2)), np.empty(0, np.int64))


def sounds_by_recording(annotations: Annotations, labels: Sequence[str]) -> dict[str, Sounds]:
    """The rows of these labels, by recording."""
    table = annotations.to_pandas()
    table = table[table["label"].isin(labels)]
    spans = table[["onset", "offset"]].to_numpy(np.float64)
    indices = pd.Index(labels).get_indexer(pd.Index(table["label"])).astype(np.int64)
    rows = table.reset_index(drop=True).groupby("recording").indices
    return {str(name): Sounds(spans[found], indices[found]) for name, found in rows.items()}


def score_recording(
    truth: Sounds,
    predicted: Sounds,
    labels: Sequence[str],
    duration: float,
    covered: NDArray[np.float64] | None,
    rules: Rules,
) -> AnnotationScore:
    """Ask everything of one recording.

    Parameters
    ----------
    truth, predicted
        Its sounds.
    labels
        What their indices mean, sorted.
    duration
        How long it lasts, in seconds.
    covered
        Where somebody has looked, (interval, 2) in seconds; `None` is everywhere.
    rules
        What counts as right.
    """
    one, two = truth.lasting(True), predicted.lasting(True)
    named = one.spans, one.names(labels), two.spans, two.names(labels)
    silent = NOTHING if BACKGROUND in labels else BACKGROUND
    point, guess = truth.lasting(False), predicted.lasting(False)
    return AnnotationScore(
        duration if covered is None else float((covered[:, 1] - covered[:, 0]).sum()),
        compare_frames(
            one.spans,
            one.indices,
            two.spans,
            two.indices,
            [*labels, silent],
            frames_in(duration, rules.frame),
            rules.frame,
            coverage=covered,
        ),
        score_sequences(one.spans, one.indices, two.spans, two.indices, coverage=covered),
        score_boundaries(one.spans, two.spans, rules.tolerance, coverage=covered, duration=duration),
        score_segments(
            *named, onset_tolerance=rules.onset_tolerance, offset_tolerance=rules.offset_tolerance, coverage=covered
        ),
        score_overlaps(*named, thresholds=rules.shares, coverage=covered),
        score_events(
            point.spans[:, 0],
            point.names(labels),
            guess.spans[:, 0],
            guess.names(labels),
            rules.tolerance,
            coverage=covered,
        ),
    )
