"""Timelines: annotations laid over each other."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from oscine.networks.target import UNKNOWN, Timeline

ROWS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 15), st.integers(0, 3)), max_size=12)


def test_empty():
    assert Timeline.paint([], [], []).at([[0.0, 1.0], [2.0, 3.0]]).tolist() == [[UNKNOWN] * 2] * 2


def test_bounds_are_half_open_whatever_the_rounding():
    """Onsets and frames that are the same instant meet, though their floats differ in the last bit."""
    rate, hop = 2500.0, 4
    for sample in range(0, 4000, hop):
        timeline = Timeline.paint([sample / rate], [(sample + 3 * hop) / rate], [1])
        frames = np.arange(sample // hop - 1, sample // hop + 4)
        assert timeline.at(frames / (rate / hop)).tolist() == [-1, 1, 1, 1, -1]


def test_of_the_same_onset_the_shorter_is_on_top():
    for order in ([0, 1], [1, 0]):
        timeline = Timeline.paint([1.0, 1.0], np.array([4.0, 2.0])[order], np.array([0, 1])[order])
        assert timeline.at([1.5, 3.0]).tolist() == [1, 0]


def test_laid_over_another():
    under = Timeline.paint([0.0], [10.0], [7])
    timeline = Timeline.paint([2.0, 9.0], [3.0, 12.0], [1, 2], under=under)
    assert timeline.at([-1, 0, 2, 3, 9, 11, 12]).tolist() == [-1, 7, 1, 7, 2, 2, -1]


@given(ROWS)
def test_is_painting_one_by_one(rows):
    onsets = np.array([onset for onset, _, _ in rows], dtype=float)
    offsets = onsets + np.array([length for _, length, _ in rows], dtype=float)
    labels = np.array([label for _, _, label in rows], dtype=int)
    times = np.arange(0, 60, 0.25)
    expected = np.full(len(times), UNKNOWN)
    for row in sorted(range(len(rows)), key=lambda row: (onsets[row], -offsets[row])):
        middle = (onsets[row] + offsets[row]) / 2
        low, high = min(onsets[row], middle - 0.5), max(offsets[row], middle + 0.5)
        expected[(times >= low) & (times < high)] = labels[row]
    assert np.array_equal(Timeline.paint(onsets, offsets, labels, min_width=1.0).at(times), expected)
