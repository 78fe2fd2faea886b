"""Histograms of probabilities: every known frame once, pooled as one."""

from __future__ import annotations

import numpy as np
import pytest

from oscine.evaluation.densities import densities_of

VALUES = np.float32([[0.0, 0.019, 0.021, 0.5, 1.0], [1.0, 0.981, 0.979, 0.5, 0.0]])
PRESENT = np.array([[0, 0, 1, 1, 1], [1, 1, 0, 0, 0]], bool)


def test_bins_by_hand():
    counts = densities_of(VALUES, ["a", "b"], PRESENT, ["a", "b"]).counts
    assert counts.shape == (2, 2, 50)
    assert np.flatnonzero(counts[0, 0]).tolist() == [1, 25, 49], "1 is in the last bin"
    assert counts[0, 1, 0] == 2, "0 and 0.019 where b is"
    assert counts.sum() == 2 * 5


def test_frames_of_which_nothing_is_known_count_nowhere():
    unknown = PRESENT & np.array([1, 1, 1, 0, 0], bool)
    assert densities_of(VALUES, ["a", "b"], unknown, ["a", "b"]).counts.sum() == 2 * 3


def test_pooled_with_other_labels():
    first = densities_of(VALUES, ["a", "b"], PRESENT, ["a", "b"])
    second = densities_of(VALUES, ["b", "c"], PRESENT, ["b", "c"])
    both = first + second
    assert both.outputs == both.truths == ("a", "b", "c")
    assert both.counts.sum() == first.counts.sum() + second.counts.sum()
    assert (both.counts[1, 1] == first.counts[1, 1] + second.counts[0, 0]).all()
    assert both.counts[0, 2].sum() == 0


def test_shapes_must_fit():
    with pytest.raises(ValueError, match="expected"):
        densities_of(VALUES, ["a"], PRESENT, ["a", "b"])
