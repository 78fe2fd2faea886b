"""Frames above a threshold, with hysteresis."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscine.core.errors import InputError
from oscine.prediction.decoders.threshold import Threshold
from oscine.prediction.scores import Scores


def spans(values, threshold=0.5, **options):
    runs = Threshold(**options).runs(Scores.from_array([values], ["a"], 10.0), {"a": threshold})["a"]
    return list(zip(runs.start.tolist(), runs.stop.tolist(), strict=True))


def test_strictly_above():
    assert spans([0.5, 0.75, 0.5, 0.75]) == [(1, 2), (3, 4)]
    assert spans([1.0, 1.0], threshold=1.0) == []
    assert spans([0.0, 0.25, 0.0], threshold=0.0) == [(1, 2)]


def test_from_the_first_frame_and_to_the_last():
    assert spans([0.9, 0.1, 0.9]) == [(0, 1), (2, 3)]


def test_labels_may_overlap():
    scores = Scores.from_array([[0.9, 0.9], [0.1, 0.9]], ["a", "b"], 10.0)
    runs = Threshold().runs(scores, {"a": 0.5, "b": 0.5})
    assert (runs["a"].stop.tolist(), runs["b"].start.tolist()) == ([2], [1])


def test_hysteresis_goes_on_below_the_threshold_that_was_once_exceeded():
    values = [0.3, 0.6, 0.3, 0.3, 0.2, 0.3, 0.4]
    assert spans(values) == [(1, 2)]
    assert spans(values, hysteresis=0.5) == [(0, 4)]


@given(st.lists(st.sampled_from([0.1, 0.3, 0.5, 0.7]), max_size=30), st.sampled_from([0.25, 0.5, 1.0]))
def test_hysteresis_frame_by_frame(values, share):
    """A frame belongs where it and all up to one above the threshold are above the lower one."""
    high, low = np.float32(values) > 0.4, np.float32(values) > 0.4 * share
    belongs = high.copy()
    for _ in values:
        belongs |= low & (np.append(belongs[1:], False) | np.insert(belongs[:-1], 0, False))
    inside = np.zeros(len(values), bool)
    for start, stop in spans(values, 0.4, hysteresis=share) if values else []:
        inside[start:stop] = True
    assert inside.tolist() == belongs.tolist()


@pytest.mark.parametrize("share", [0, -1, 1.1])
def test_hysteresis_is_a_share(share):
    with pytest.raises(InputError, match="option hysteresis is out of range"):
        Threshold(hysteresis=share)
