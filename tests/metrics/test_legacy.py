"""Other programs' counts: their defects by hand, and where they must agree with ours."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscine.metrics.events import score_times
from oscine.metrics.legacy import score_das, score_vak, score_vocalpy, vocalpy_boundaries
from oscine.metrics.matching import match_times

STEPS = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 40)), max_size=6)


def spans(steps):
    return np.array([[a, a + d] for a, d in steps]).reshape(-1, 2) / 1000


def test_a_prediction_may_be_right_twice():
    early = score_vocalpy([[0.100, 0.106]], [[0.103, 0.500]], 0.004)
    assert (early.n_hits, early.n_predicted) == (2, 2)
    assert (early.precision, early.recall, early.f1) == (1, 1, 1)
    crowded = score_vocalpy([[0.100, 0.101], [0.103, 0.104]], [[0.102, 0.102]], 0.004)
    assert crowded.precision == 2, "which is no precision"


def test_nothing_against_nothing():
    assert score_vocalpy([], []).f1 == 0
    assert score_vocalpy([], [], version="later").f1 == 1
    assert score_vocalpy([[0, 1]], [], version="later").f1 == 0
    assert score_vocalpy([], [[0, 1]]).f1 == 0


def test_syllables_that_abut_have_one_boundary_between_them():
    assert vocalpy_boundaries([[0.2, 0.3], [0.1, 0.2], [0.35, 0.4]]).tolist() == [0.1, 0.2, 0.3, 0.35, 0.4]
    assert len(vocalpy_boundaries([])) == 0


def test_a_difference_of_just_the_tolerance_is_a_matter_of_luck():
    """Of all pairs of whole milliseconds that lie 4 ms apart, about half are "<= 0.004" in binary."""
    times = np.random.default_rng(0).integers(1, 60_000, 1000) / 1000
    passed = [score_vocalpy([[t, t]], [[t + 0.004, t + 0.004]], 0.004).n_hits > 0 for t in times]
    assert 0.3 < np.mean(passed) < 0.7
    assert all(len(match_times([t], [t + 0.004], 0.004)) == 1 for t in times)


@given(STEPS, STEPS, st.integers(0, 20))
def test_each_version_finds_no_fewer_than_the_next(truth, predicted, tolerance):
    """Twice as one likes, as many as possible, nearest first: with a tolerance between the steps, to avoid luck."""
    first, second, reach = spans(truth), spans(predicted), (tolerance + 0.5) / 1000
    twice, once = (score_vocalpy(first, second, reach, version).n_hits for version in ("0.6.1", "later"))
    best = len(match_times(*map(vocalpy_boundaries, (first, second)), reach))
    assert once <= best <= twice
    assert 2 * once >= best, "a maximal matching is at least half of a maximum one"


def test_vaks_first_frame_is_always_a_hit():
    nothing, song = np.zeros(50, int), np.repeat([0, 1, 0], [20, 10, 20])
    score = score_vak(song, nothing, frame=0.0027)
    assert (score.n_hits, score.n_true, score.n_predicted) == (1, 3, 1)
    assert (score.precision, score.recall) == (1, pytest.approx(1 / 3))
    assert score_vak(song, song, frame=0.0027).r_value == 1
    shifted = np.roll(song, 4)
    assert score_vak(song, shifted, frame=0.0027).n_hits == 1, "10.8 ms"
    assert score_vak(song, np.roll(song, 3), frame=0.0027).n_hits == 3, "8.1 ms"
    assert math.isnan(score_vak([], [0, 1], 0.001).r_value)


def test_das_matches_nearest_neighbours():
    assert score_das([], []).f1 == 1
    assert score_das([1.0], []).recall == 0
    assert score_das([], [1.0]).precision == 0
    twice = score_das([1.0], [0.999, 1.002])
    assert (twice.n_hits, twice.precision, twice.recall) == (1, 0.5, 1.0)
    # the nearest neighbour of both is the same: ours finds two, DAS one
    assert score_das([1.000, 1.008], [1.003, 0.996], 0.010).n_hits == 1
    assert score_times([1.000, 1.008], [1.003, 0.996], 0.010).counts.tp == 2
    assert score_das([1.0], [1.01009], 0.010).n_hits == 1, "cut to whole samples, 100 of 100"


@given(STEPS, STEPS)
def test_das_finds_no_more_than_there_are(truth, predicted):
    first, second = spans(truth)[:, 0], spans(predicted)[:, 0]
    score = score_das(first, second, 0.0105, 1e6)
    assert score.n_hits <= score_times(first, second, 0.0105).counts.tp
    assert 0 <= score.precision <= 1
    assert 0 <= score.recall <= 1
