"""Segments and frames as WhisperSeg counts them, so that its published numbers can be compared with.

WhisperSeg [1]_ asks two things, both pooled over recordings:

- *segment-wise F1*  a prediction and an annotation go together if onsets and offsets lie within a tolerance and the
                     labels are equal. Predictions in order each take the *first* annotation that fits and is still
                     free, which may spoil a better pairing (`matching` finds the best one). The paper quotes 10 ms for
                     animals, 200 ms for people.
- *frame-wise F1*    both are drawn on a grid (1 ms, or the spectrogram's step if that is finer), the bin of a time
                     being the nearest whole number; of the frames with a sound, how many bear the right label:
                     precision among the predicted, recall among the annotated ones. Background earns no credit, unlike
                     in `frames`.

Predicted times are rounded to milliseconds first, and the tolerance is compared bare, in binary, both as there. So a
difference of just the tolerance passes or not as it happens (see `boundaries`); that is kept, being part of the number.

References
----------
.. [1] Gu, Cao, Zhang, Bendtsen, Hahnloser (2024), Positive transfer of the Whisper speech transformer to human and
       animal voice activity detection, ICASSP, 7505–7509.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscine.metrics.bipartite import edges_between
from oscine.metrics.counts import Counts
from oscine.metrics.matching import intervals, seconds


@dataclass(frozen=True)
class WhisperSegScore:
    """Segments and frames of one recording, or of several pooled.

    Attributes
    ----------
    segments, segments_nolabel
        Counts of segments with labels compared, and without.
    frames
        Frames with a sound: right, annotated, predicted.
    """

    segments: Counts
    segments_nolabel: Counts
    frames: Counts

    def __add__(self, other: WhisperSegScore) -> WhisperSegScore:
        return WhisperSegScore(
            self.segments + other.segments,
            self.segments_nolabel + other.segments_nolabel,
            self.frames + other.frames,
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "segments": self.segments.to_dict(),
            "segments_nolabel": self.segments_nolabel.to_dict(),
            "frames": self.frames.to_dict(),
        }


def score_whisperseg(
    truth: ArrayLike,
    truth_labels: Iterable[str],
    predicted: ArrayLike,
    predicted_labels: Iterable[str],
    tolerance: float = 0.010,
    frame: float = 0.001,
) -> WhisperSegScore:
    """Score segments as WhisperSeg does.

    Parameters
    ----------
    truth, predicted
        Onset and offset in seconds, (segment, 2).
    truth_labels, predicted_labels
        Label of each segment, (segment,).
    tolerance
        Greatest distance of onsets and of offsets in seconds.
    frame
        Width of the grid in seconds.

    Examples
    --------
    The second prediction fits the first annotation only, which the first one has taken, although it fits the other:

    >>> truth, predicted = [[0.000, 0.110], [0.004, 0.100]], [[0.005, 0.105], [0.006, 0.115]]
    >>> score_whisperseg(truth, "aa", predicted, "aa", 0.010).segments
    Counts(tp=1, n_true=2, n_predicted=2)
    """
    first, second = intervals(truth), np.round(intervals(predicted), 3)
    one, two = np.array([*truth_labels], object), np.array([*predicted_labels], object)
    if (len(first), len(second)) != (len(one), len(two)):
        raise ValueError("every segment needs one label, and every label one segment")
    first, one = _ordered(first, one)
    second, two = _ordered(second, two)
    numbers = {label: i for i, label in enumerate(dict.fromkeys([*one.tolist(), *two.tolist()]))}
    ours, theirs = (np.array([numbers[label] for label in side.tolist()], dtype=np.int64) for side in (one, two))
    return WhisperSegScore(
        Counts(_first_fit(first, ours, second, theirs, seconds(tolerance)), len(first), len(second)),
        Counts(_first_fit(first, ours * 0, second, theirs * 0, tolerance), len(first), len(second)),
        _frames(first, ours, second, theirs, frame),
    )


def _ordered(spans: NDArray[np.float64], labels: NDArray[np.object_]) -> tuple[Any, Any]:
    order = np.argsort(spans[:, 0], kind="stable")
    return spans[order], labels[order]


def _first_fit(
    truth: NDArray[np.float64],
    truth_labels: NDArray[np.int64],
    predicted: NDArray[np.float64],
    predicted_labels: NDArray[np.int64],
    tolerance: float,
) -> int:
    """How many predictions find an annotation that fits and is free, each taking the first."""
    low = np.searchsorted(truth[:, 0], predicted[:, 0] - 2 * tolerance, side="left")
    high = np.searchsorted(truth[:, 0], predicted[:, 0] + 2 * tolerance, side="right")
    taken: set[int] = set()
    served: set[int] = set()
    for rows, columns in edges_between(low, high):
        fits = (np.abs(truth[columns] - predicted[rows]) <= tolerance).all(axis=1)
        fits &= truth_labels[columns] == predicted_labels[rows]
        for row, column in zip(rows[fits].tolist(), columns[fits].tolist(), strict=True):
            if row not in served and column not in taken:
                served.add(row)
                taken.add(column)
    return len(taken)


def _frames(
    truth: NDArray[np.float64],
    truth_labels: NDArray[np.int64],
    predicted: NDArray[np.float64],
    predicted_labels: NDArray[np.int64],
    frame: float,
) -> Counts:
    edges = [np.round(spans / frame).astype(np.int64) for spans in (truth, predicted)]
    length = max((int(each.max()) for each in edges if each.size), default=0)
    grids = []
    for each, labels in zip(edges, (truth_labels, predicted_labels), strict=True):
        grid = np.full(length, -1, dtype=np.int64)
        for (start, stop), label in zip(each.tolist(), labels.tolist(), strict=True):
            grid[max(start, 0) : max(stop, 0)] = label
        grids.append(grid)
    there, said = grids[0] >= 0, grids[1] >= 0
    right = int(np.count_nonzero(there & (grids[0] == grids[1])))
    return Counts(right, int(np.count_nonzero(there)), int(np.count_nonzero(said)))
