"""Whether the syllables are found, with the right onset, offset and label.

A predicted segment is right where an annotated one stands beside it, one to one, whose onset and whose offset are
each within a tolerance (20 ms by default) and, in the label-aware view, whose label is the same (`matching`). A
syllable that is split in two, or two that are run together, are therefore wrong even though nearly every frame is
right: that is what this measure is for, beside the frames' (`frames`).

- `by_label[name]`   segments of one label, matched among themselves; `labelled` is their sum
- `unlabelled`       all labels as one, matched afresh, equal labels preferred
- `label_accuracy`   of the segments found in the unlabelled view, the share that carries the right label

Measures by overlap (intersection over union) are in `overlaps`, those of WhisperSeg in `whisperseg`.

References
----------
.. [1] Cohen, Nicholson, Sanchioni, Mallaber, Skidanova, Gardner (2022), Automated annotation of birdsong with a
       neural network that segments spectrograms, eLife 11:e63853, on why frames alone do not tell.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscine.metrics.counts import Counts, counts_by_label, plain, pool, ratio
from oscine.metrics.coverage import segments_inside
from oscine.metrics.events import one_of
from oscine.metrics.matching import Pairs, intervals, match_intervals, seconds


@dataclass(frozen=True, eq=False)
class SegmentScores:
    """How well segments are found, per label and altogether.

    Attributes
    ----------
    by_label
        Counts of each label.
    unlabelled
        Counts with labels not compared.
    n_named
        How many of the segments matched in the unlabelled view carry the right label.
    onset_errors, offset_errors
        Predicted minus true time of the segments matched in the unlabelled view in seconds, (match,).
    onset_tolerance, offset_tolerance
        Greatest distances in seconds.
    """

    by_label: dict[str, Counts]
    unlabelled: Counts
    n_named: int
    onset_errors: NDArray[np.float64]
    offset_errors: NDArray[np.float64]
    onset_tolerance: float
    offset_tolerance: float

    def __add__(self, other: SegmentScores) -> SegmentScores:
        tolerances = (self.onset_tolerance, self.offset_tolerance)
        if tolerances != (other.onset_tolerance, other.offset_tolerance):
            raise ValueError("cannot pool segments that were scored with different tolerances")
        by_label = dict(self.by_label)
        for label, counts in other.by_label.items():
            by_label[label] = by_label.get(label, Counts()) + counts
        return SegmentScores(
            by_label,
            self.unlabelled + other.unlabelled,
            self.n_named + other.n_named,
            np.concatenate([self.onset_errors, other.onset_errors]),
            np.concatenate([self.offset_errors, other.offset_errors]),
            *tolerances,
        )

    @property
    def labelled(self) -> Counts:
        """Counts with labels compared: the sum over labels."""
        return pool([Counts(), *self.by_label.values()])

    @property
    def label_accuracy(self) -> float:
        """Share of the segments found that carry the right label; `nan` where none is found."""
        return ratio(self.n_named, self.unlabelled.tp)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; times in seconds."""
        errors = {"onset": self.onset_errors, "offset": self.offset_errors}
        return {
            "by_label": {label: counts.to_dict() for label, counts in self.by_label.items()},
            "labelled": self.labelled.to_dict(),
            "unlabelled": self.unlabelled.to_dict(),
            "label_accuracy": plain(self.label_accuracy),
            "onset_tolerance": self.onset_tolerance,
            "offset_tolerance": self.offset_tolerance,
            **{f"median_{edge}_error": float(np.median(np.abs(e))) if e.size else None for edge, e in errors.items()},
        }


def score_segments(
    truth: ArrayLike,
    truth_labels: Iterable[str],
    predicted: ArrayLike,
    predicted_labels: Iterable[str],
    *,
    onset_tolerance: float = 0.020,
    offset_tolerance: float = 0.020,
    labels: Iterable[str] | None = None,
    coverage: ArrayLike | None = None,
) -> SegmentScores:
    """Score segments per label and altogether.

    Parameters
    ----------
    truth, predicted
        Onset and offset in seconds, (segment, 2), in any order.
    truth_labels, predicted_labels
        Label of each segment, (segment,).
    onset_tolerance, offset_tolerance
        Greatest distances of a pair in seconds, inclusive.
    labels
        Labels to score, in this order; segments of any other are left out. By default all that occur, sorted.
    coverage
        Where somebody has looked: sorted, disjoint intervals in seconds, (interval, 2); `None` is everywhere.

    Raises
    ------
    ValueError
        Where numbers of segments and labels differ, times are not finite, or the coverage is not sorted.

    Examples
    --------
    >>> truth, predicted = [[0.1, 0.2], [0.3, 0.4]], [[0.11, 0.2], [0.3, 0.41]]
    >>> scores = score_segments(truth, ["a", "b"], predicted, ["a", "c"])
    >>> scores.labelled.f1, scores.unlabelled.f1, scores.label_accuracy
    (0.5, 1.0, 0.5)
    """
    first, second = intervals(truth), intervals(predicted)
    first_labels, second_labels = np.array([*truth_labels], object), np.array([*predicted_labels], object)
    if (len(first), len(second)) != (len(first_labels), len(second_labels)):
        raise ValueError("every segment needs one label, and every label one segment")
    names = dict.fromkeys(sorted({*first_labels, *second_labels}) if labels is None else labels)
    counts = segments_inside(first, coverage) & one_of(first_labels, names)
    scored = one_of(second_labels, names)
    first, first_labels = first[counts], first_labels[counts]
    second, second_labels = second[scored], second_labels[scored]
    inside = segments_inside(second, coverage)

    def match(same_label: bool) -> tuple[Pairs, NDArray[np.bool_]]:
        pairs = _match_inside_first(
            first,
            second,
            inside,
            onset_tolerance=onset_tolerance,
            offset_tolerance=offset_tolerance,
            labels=(first_labels, second_labels),
            same_label=same_label,
        )
        counted = inside.copy()
        counted[pairs[:, 1]] = True
        return pairs, counted

    labelled, counted = match(same_label=True)
    by_label = counts_by_label(first_labels[labelled[:, 0]], first_labels, second_labels[counted], names)
    free, counted = match(same_label=False)
    errors = second[free[:, 1]] - first[free[:, 0]]
    return SegmentScores(
        by_label,
        Counts(len(free), len(first), int(counted.sum())),
        int((first_labels[free[:, 0]] == second_labels[free[:, 1]]).sum()),
        errors[:, 0],
        errors[:, 1],
        seconds(onset_tolerance),
        seconds(offset_tolerance),
    )


def _match_inside_first(
    truth: NDArray[np.float64],
    predicted: NDArray[np.float64],
    inside: NDArray[np.bool_],
    *,
    onset_tolerance: float,
    offset_tolerance: float,
    labels: tuple[NDArray[np.object_], NDArray[np.object_]],
    same_label: bool,
) -> Pairs:
    """Pairs with predictions inside the coverage, then of what they leave over with those outside (`coverage`)."""

    def match(rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Pairs:
        pairs = match_intervals(
            truth[rows],
            predicted[columns],
            onset_tolerance=onset_tolerance,
            offset_tolerance=offset_tolerance,
            truth_labels=labels[0][rows],
            predicted_labels=labels[1][columns],
            same_label=same_label,
        )
        return np.column_stack([rows[pairs[:, 0]], columns[pairs[:, 1]]])

    pairs = match(np.arange(len(truth)), np.flatnonzero(inside))
    if inside.all():
        return pairs
    left = np.setdiff1d(np.arange(len(truth)), pairs[:, 0])
    return np.concatenate([pairs, match(left, np.flatnonzero(~inside))])
