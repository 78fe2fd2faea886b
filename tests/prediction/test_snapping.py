"""Bounds move to peaks near them, and segments neither vanish nor overlap."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from oscine.prediction.segment import SegmentParams, segment
from oscine.prediction.snapping import snap

NONE = np.empty(0)


def test_to_the_nearest_peak():
    onsets, offsets = snap(np.array([1.0]), np.array([2.0]), np.array([0.8, 0.95, 1.1]), np.array([1.9, 2.3]), 0.2)
    assert_allclose([onsets, offsets], [[0.95], [1.9]])


def test_not_farther_than_the_reach():
    onsets, offsets = snap(np.array([1.0]), np.array([2.0]), np.array([0.7, 1.2]), np.array([2.21]), 0.2)
    assert_allclose([onsets, offsets], [[1.2], [2.0]])


def test_nothing_to_snap_to_and_nothing_to_snap():
    times = np.array([1.0]), np.array([2.0])
    assert snap(*times, NONE, NONE, 1.0) == times
    assert [len(bounds) for bounds in snap(NONE, NONE, np.array([1.0]), NONE, 1.0)] == [0, 0]


STEPS = st.lists(st.floats(0.01, 1), min_size=2, max_size=12)
PEAKS = st.lists(st.floats(0, 12), max_size=20).map(lambda peaks: np.sort(np.array(peaks)))


@given(STEPS, PEAKS, PEAKS, st.floats(0.01, 3))
def test_segments_stay_apart(steps, begins, ends, reach):
    edges = np.cumsum(steps)[: len(steps) // 2 * 2]
    before = edges[::2], edges[1::2]
    onsets, offsets = snap(*before, begins, ends, reach)
    assert (offsets > onsets).all()
    assert (onsets[1:] > offsets[:-1]).all()
    assert (np.abs(onsets - before[0]) <= reach + 1e-6).all()
    assert set(onsets) <= {*begins, *before[0]}
    assert set(offsets) <= {*ends, *before[1]}


def test_of_scores(scores):
    """The peaks of what is aside are at 0.2 s and 0.6 s; the label's score crosses half a frame from 0.3 and 0.7."""
    values = [
        [0.1, 0.2, 0.4, 0.9, 0.9, 0.9, 0.8, 0.1, 0.1],
        [0.0, 0.1, 0.8, 0.2, 0.0, 0.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.2, 0.8, 0.1, 0.0],
    ]
    told = scores(values, ("sine", "onset", "offset"), aside=("onset", "offset"))
    assert [(row.label, row.onset, row.offset) for row in segment(told)] == [("sine", 0.25, 0.65)]
    assert [(row.onset, row.offset) for row in segment(told, SegmentParams(snap=0.06))] == [(0.2, 0.6)]
    assert [(row.onset, row.offset) for row in segment(told, SegmentParams(snap=0.04))] == [(0.25, 0.65)]
    asked = segment(told, SegmentParams(labels=("onset", "offset")))
    assert [(row.label, row.onset, row.offset) for row in asked] == [("onset", 0.2, 0.2), ("offset", 0.6, 0.6)]


def test_the_most_probable_label_is_one(scores):
    """Not a boundary, however probable that is."""
    told = scores([[0.6, 0.6], [0.4, 0.4], [0.9, 0.9]], ("a", "b", "onset"), aside=("onset",))
    for decoder in ("maximum", "majority"):
        found = segment(told, SegmentParams(decoder=decoder))
        assert [(row.label, row.onset, row.offset) for row in found] == [("a", 0.0, 0.2)]
