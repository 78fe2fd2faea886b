"""Peaks do not depend on blocks: compared with a loop over frames."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oscine.prediction import peaks as module
from oscine.prediction.peaks import find_peaks
from oscine.prediction.scores import Scores

RANDOM = np.random.default_rng(0).integers(0, 6, 3000) / 5


def naive(values, threshold, distance):
    """A frame is a peak if none less than `distance` away is higher, or as high and earlier."""
    return [
        frame
        for frame, value in enumerate(values)
        if value > threshold
        and all(
            other < value or (other == value and near > frame) or near == frame
            for near, other in enumerate(values)
            if abs(near - frame) < distance
        )
    ]


def found(values, threshold, distance):
    one = Scores.from_array(np.asarray(values, np.float32).reshape(1, -1), ["pulse"], 10.0)
    frames, heights = find_peaks(one, 0, threshold, distance)
    assert np.array_equal(heights, one.values[0, frames])
    return frames.tolist()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), max_size=40), st.integers(0, 12), st.sampled_from([0.0, 0.5])
)
def test_as_frame_by_frame(values, distance, threshold):
    assert found(values, threshold, distance) == naive(np.float32(values), threshold, distance)


@pytest.mark.parametrize("distance", [0, 1, 2, 5, 30, 400])
@pytest.mark.parametrize("block", [1, 2, 7, 100, 2999, 10**6])
def test_blocks(distance, block, monkeypatch):
    whole = found(RANDOM, 0.1, distance)
    monkeypatch.setattr(module, "_BLOCK", block if distance < 100 else max(block, 50))
    assert found(RANDOM, 0.1, distance) == whole


@pytest.mark.parametrize("distance", [1, 4, 25])
def test_no_two_are_nearer(distance):
    frames = found(np.random.default_rng(1).random(3000), 0.1, distance)
    assert len(frames) > 10
    assert min(np.diff(frames)) >= distance


def test_at_the_very_ends():
    assert found([0.9, 0.1, 0.1, 0.8], 0.5, 2) == [0, 3]


def test_strictly_above_the_threshold():
    assert found([0.0, 0.5, 0.0], 0.5, 2) == []


def test_of_a_plateau_the_first():
    assert found([0.1, *[0.9] * 20, 0.1], 0.5, 3) == [1]
