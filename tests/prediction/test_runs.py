"""Runs do not depend on blocks: compared with a loop over frames."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from oscine.prediction.runs import Runs, find_runs


def naive(mask, scores):
    """Runs by looking at one frame after the other."""
    found = []
    for frame, belongs in enumerate(mask):
        if belongs and frame and mask[frame - 1]:
            start, _, peak = found[-1]
            found[-1] = (start, frame + 1, max(peak, scores[frame]))
        elif belongs:
            found.append((frame, frame + 1, scores[frame]))
    return found


def as_list(runs):
    return list(zip(runs.start.tolist(), runs.stop.tolist(), runs.peak, strict=True))


@given(
    st.lists(st.tuples(st.booleans(), st.floats(0, 1, width=32)), max_size=60),
    st.lists(st.integers(0, 60), max_size=8),
)
def test_as_frame_by_frame(frames, cuts):
    mask = np.array([belongs for belongs, _ in frames], bool)
    scores = np.array([score for _, score in frames], np.float32)
    edges = [0, *sorted(min(cut, len(mask)) for cut in cuts), len(mask)]
    blocks = [(a, mask[a:b], scores[a:b]) for a, b in itertools.pairwise(edges)]
    assert as_list(find_runs(blocks)) == naive(mask, scores)


def test_none():
    assert as_list(find_runs([])) == []
    assert as_list(find_runs([(0, np.zeros(5, bool), np.ones(5, np.float32))])) == []


def test_from_the_first_frame_to_the_last():
    assert as_list(find_runs([(0, np.ones(4, bool), np.array([1, 3, 2, 0], np.float32))])) == [(0, 4, 3.0)]


@given(st.lists(st.booleans(), max_size=40))
def test_hold(mask):
    mask = np.array(mask, bool)
    runs = find_runs([(0, mask, np.zeros(len(mask), np.float32))])
    assert runs.hold(np.arange(len(mask))).tolist() == mask.tolist()


def test_joined_and_chosen():
    runs = Runs(np.array([0, 4, 9]), np.array([2, 6, 10]), np.array([0.1, 0.9, 0.5], np.float32))
    assert as_list(runs.joined(np.array([True, True]))) == [(0, 10, np.float32(0.9))]
    assert as_list(runs.joined(np.array([False, False]))) == as_list(runs)
    assert as_list(runs.where(runs.peak > 0.4)) == as_list(runs)[1:]
    assert len(find_runs([]).joined(np.zeros(0, bool))) == 0
