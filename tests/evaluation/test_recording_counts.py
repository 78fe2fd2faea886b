"""Counts of recordings: pooled with other labels, overall rates by SongExplorer's rule."""

from __future__ import annotations

import numpy as np
import pytest

from oscine.evaluation.recording_counts import RecordingCounts, align, overall_rates
from oscine.metrics.events import score_events
from oscine.metrics.frames import ConfusionMatrix
from oscine.metrics.segments import score_segments


def counts(labels, matrix):
    events = score_events([0.1], ["a"], [0.1], ["a"], 0.01)
    segments = score_segments([[0.0, 1.0]], ["b"], [[0.0, 1.0]], ["b"])
    return RecordingCounts(ConfusionMatrix(np.array(matrix), labels), events, segments)


def test_pooled_with_other_labels():
    one, two = counts(("a", "b"), [[3, 1], [0, 4]]), counts(("b", "c"), [[5, 0], [2, 7]])
    labels = ("a", "b", "c")
    both = one.aligned(labels) + two.aligned(labels)
    assert both.confusion.counts.tolist() == [[3, 1, 0], [0, 9, 0], [0, 2, 7]]
    assert both.events.by_label["a"].counts.tp == 2
    assert both.segments.by_label["b"].tp == 2
    assert both.segmentation is None
    with pytest.raises(ValueError, match=r"tuple\.index"):
        align(one.confusion, ("a",))


def test_overall_rates_are_of_balanced_labels():
    """Worked by hand in `metrics.frames`: recalls .90 and .95, balanced precisions .95 and .90."""
    matrix = ConfusionMatrix(np.array([[90, 10], [50, 950]]), ("pulse", "ambient"))
    rates = overall_rates(matrix)
    precision = (0.9 / 0.95 + 0.95 / 1.05) / 2
    assert rates["recall"] == pytest.approx(0.925)
    assert rates["precision"] == pytest.approx(precision)
    assert rates["f1"] == pytest.approx(2 * precision * 0.925 / (precision + 0.925))
    times_ten = ConfusionMatrix(matrix.counts * [[10], [1]], matrix.labels)
    assert overall_rates(times_ten) == pytest.approx(rates), "how common labels are does not matter"


def test_a_label_without_frames_is_left_out():
    rates = overall_rates(ConfusionMatrix(np.array([[5, 0], [0, 0]]), ("a", "b")))
    assert rates == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    nothing = overall_rates(ConfusionMatrix(np.zeros((2, 2), np.int64), ("a", "b")))
    assert np.isnan(list(nothing.values())).all()
