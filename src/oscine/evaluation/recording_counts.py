"""What was right and wrong in one recording: counts, from which every rate of an evaluation is made.

Counts of several recordings add up (`pool`), so that an evaluation is their sum, and drawing recordings with
replacement gives its confidence intervals (`oscine.metrics.bootstrap`), also of the difference between two models that
were judged on the same recordings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from oscine.evaluation.segmentation import SegmentationScore
from oscine.metrics.events import EventScores
from oscine.metrics.frames import ConfusionMatrix, mean
from oscine.metrics.segments import SegmentScores


@dataclass(frozen=True, eq=False)
class RecordingCounts:
    """Counts of one recording, or of several pooled.

    Attributes
    ----------
    confusion
        Of frames, each taken for its most probable label.
    events, segments
        Sounds found within a tolerance, of labels that are points in time and of those that last.
    segmentation
        Frame error, syllable error rate and boundaries of the decoded segments; `None` where no label lasts, or labels
        may overlap, so that sounds have no order.
    """

    confusion: ConfusionMatrix
    events: EventScores
    segments: SegmentScores
    segmentation: SegmentationScore | None = None

    def __add__(self, other: RecordingCounts) -> RecordingCounts:
        both = [item for item in (self.segmentation, other.segmentation) if item is not None]
        return RecordingCounts(
            self.confusion + other.confusion,
            self.events + other.events,
            self.segments + other.segments,
            both[0] + both[1] if len(both) == 2 else both[0] if both else None,
        )

    def aligned(self, labels: Sequence[str]) -> RecordingCounts:
        """The same with the confusion matrix of these labels, so that models of other labels pool with it."""
        return replace(self, confusion=align(self.confusion, labels))


def align(matrix: ConfusionMatrix, labels: Sequence[str]) -> ConfusionMatrix:
    """A confusion matrix of other labels: those that it has not have no frames.

    Raises
    ------
    ValueError
        Where a label of the matrix is not among them.

    Examples
    --------
    >>> align(ConfusionMatrix(np.array([[1, 2], [3, 4]]), ("a", "c")), ["c", "b", "a"]).counts.tolist()
    [[4, 0, 3], [0, 0, 0], [2, 0, 1]]
    """
    if matrix.labels == tuple(labels):
        return matrix
    places = [tuple(labels).index(label) for label in matrix.labels]
    counts = np.zeros((len(labels), len(labels)), np.int64)
    counts[np.ix_(places, places)] = matrix.counts
    return ConfusionMatrix(counts, tuple(labels))


def overall_rates(matrix: ConfusionMatrix) -> dict[str, float]:
    """Precision, recall and F1 over all labels, by which the best step of a model is chosen.

    Precision and recall are means over labels, as if these were equally common (`ConfusionMatrix.balanced_precision`);
    F1 = 2PR / (P + R) is of these two, as SongExplorer has it. Labels without frames are left out.

    Examples
    --------
    >>> rates = overall_rates(ConfusionMatrix(np.array([[90, 10], [50, 950]]), ("pulse", "ambient")))
    >>> {name: round(rate, 3) for name, rate in rates.items()}
    {'precision': 0.926, 'recall': 0.925, 'f1': 0.926}
    """
    precision, recall = mean(matrix.balanced_precision), mean(matrix.recall)
    total = precision + recall
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / total if total > 0 else total}
