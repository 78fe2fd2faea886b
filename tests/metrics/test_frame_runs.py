"""Frames compared in runs are frames compared one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscine.metrics.frame_runs import compare_frames, errors_of, frames_in
from oscine.metrics.frames import FrameErrors, confusion_matrix, frame_errors, frame_labels

TIMES = st.integers(-5, 400).map(lambda step: step / 10000)
SEGMENTS = st.lists(st.tuples(TIMES, TIMES, st.integers(0, 2)), max_size=8)
COVERAGE = st.none() | st.lists(TIMES, max_size=6, unique=True).map(lambda times: sorted(times[: len(times) // 2 * 2]))


def arrays(segments):
    return np.array([sorted(times) for *times, _ in segments]).reshape(-1, 2), np.array([i for *_, i in segments], int)


@given(SEGMENTS, SEGMENTS, COVERAGE, st.sampled_from([0.001, 0.0007]))
def test_runs_are_frames(truth, predicted, times, frame):
    names, n_frames = ("a", "b", "c", "background"), frames_in(0.035, frame)
    coverage = None if times is None else np.reshape(times, (-1, 2))
    matrix = compare_frames(*arrays(truth), *arrays(predicted), names, n_frames, frame, coverage=coverage)
    one, two = (frame_labels(*arrays(side), n_frames, frame, background=3) for side in (truth, predicted))
    if coverage is not None:
        one[frame_labels(coverage, np.zeros(len(coverage)), n_frames, frame, background=1) == 1] = -1
    slow = confusion_matrix(one, two, names)
    assert matrix.counts.tolist() == slow.counts.tolist()
    assert errors_of(matrix) == frame_errors(one, two, background=3)


def test_a_day_is_no_trouble():
    matrix = compare_frames([[0, 43200]], [0], [[43000, 86400]], [0], ["a", "background"], frames_in(86400, 0.001))
    assert errors_of(matrix) == FrameErrors(86_200_000, 86_400_000, 86_400_000)


def test_what_cannot_be_compared():
    with pytest.raises(ValueError, match="one label per segment"):
        compare_frames([[0, 1]], [], [], [], ["a", "b"], 9)
    with pytest.raises(ValueError, match="longer than 0"):
        compare_frames([], [], [], [], ["a"], 9, frame=0)
    assert compare_frames([], [], [], [], ["a", "b"], 0).counts.sum() == 0
