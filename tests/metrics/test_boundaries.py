"""Onsets and offsets within a tolerance."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscine.metrics.boundaries import boundaries_inside, r_value, score_boundaries
from oscine.metrics.counts import Counts, pool

MILLISECONDS = np.arange(3000)


@pytest.mark.parametrize("tolerance", [4, 10, 20])
def test_a_difference_of_just_the_tolerance_is_within_it(tolerance):
    """After rounding to milliseconds a bare comparison with 0.004 misses half of them or more."""
    onsets = np.round(MILLISECONDS / 1000, 3)
    late = np.round((MILLISECONDS + tolerance) / 1000, 3)
    bare = (late - onsets <= tolerance / 1000).mean()
    assert bare < 0.8, "the trap is real"
    for onset, other in zip(onsets, late, strict=True):
        for one, two in ((onset, other), (other, onset)):
            scores = score_boundaries([[one, 10.0]], [[two, 10.0]], tolerance / 1000)
            assert scores.pooled.counts == Counts(2, 2, 2)


@pytest.mark.parametrize("tolerance", [4, 10])
def test_a_sample_more_than_the_tolerance_is_not(tolerance):
    for sample_rate in (8000, 32000, 192000, 1000000):
        one = 32768 / sample_rate
        two = one + tolerance / 1000 + 1 / sample_rate
        assert score_boundaries([[one, 99.0]], [[two, 99.0]], tolerance / 1000).onsets.counts == Counts(0, 1, 1)


def test_an_onset_never_stands_for_an_offset():
    truth, predicted = [[0.1, 0.2], [0.2, 0.3]], [[0.2, 0.3]]
    scores = score_boundaries(truth, predicted, 0.010)
    assert (scores.onsets.counts, scores.offsets.counts) == (Counts(1, 2, 1), Counts(1, 2, 1))
    assert score_boundaries([[0.1, 0.2]], [[0.2, 0.3]], 0.010).pooled.counts == Counts(0, 2, 2)


def test_one_to_one_and_as_many_as_possible():
    twice = score_boundaries([[1.0, 2.0]], [[0.995, 2.0], [1.005, 3.0]], 0.010)
    assert twice.onsets.counts == Counts(1, 1, 2)
    crossing = score_boundaries([[1.0, 9.0], [1.008, 9.1]], [[0.992, 9.0], [1.0, 9.1]], 0.010)
    assert crossing.onsets.counts == Counts(2, 2, 2)


def test_files_are_pooled():
    one = score_boundaries([[0.1, 0.2]], [[0.1, 0.25]], 0.010)
    none = score_boundaries([], [], 0.010)
    both = pool([one, none, one])
    assert both.pooled.counts == Counts(2, 4, 4)
    assert len(both.onsets.errors) == 2
    with pytest.raises(ValueError, match="cannot pool tolerances"):
        _ = one + score_boundaries([], [], 0.004)


def test_timing_errors_are_predicted_less_true():
    scores = score_boundaries([[0.1, 0.2]], [[0.103, 0.199]], 0.004)
    assert scores.onsets.bias == pytest.approx(0.003)
    assert scores.offsets.bias == pytest.approx(-0.001)


def test_nothing_there_and_nothing_predicted():
    card = score_boundaries([], [], 0.004).to_dict()
    assert card["pooled"]["f1"] is None
    assert card["pooled"]["r_value"] is None
    assert json.loads(json.dumps(card)) == card


def test_r_value_of_the_paper():
    """Räsänen et al. (2009), equations 3 to 6, by hand: recall 0.75, over-segmentation 0.25."""
    r1 = math.sqrt(0.25**2 + 0.25**2)
    r2 = (-0.25 + 0.75 - 1) / math.sqrt(2)
    assert r_value(Counts(75, 100, 125)) == pytest.approx(1 - (abs(r1) + abs(r2)) / 2)
    assert r_value(Counts(0, 10, 0)) == pytest.approx(1 - math.sqrt(2) / 2)  # nothing found: OS is -1
    assert math.isnan(r_value(Counts(0, 0, 5)))


def test_boundaries_strewn_everywhere_are_punished():
    truth = np.column_stack([np.arange(0, 10, 1.0), np.arange(0, 10, 1.0) + 0.5])
    everywhere = np.column_stack([np.arange(0, 10, 0.02), np.arange(0, 10, 0.02) + 0.01])
    counts = score_boundaries(truth, everywhere, 0.010).pooled.counts
    assert counts.recall == 1
    assert r_value(counts) < -10


def test_a_boundary_counts_where_both_sides_are_known():
    coverage = [[1.0, 2.0], [3.0, 4.0]]
    truth = [[1.0, 1.3], [1.7, 2.0], [3.2, 3.4]]
    predicted = [[1.0, 1.3], [1.7, 2.5], [2.6, 2.7], [3.2, 3.4]]
    scores = score_boundaries(truth, predicted, 0.010, coverage=coverage, duration=4.0)
    assert scores.onsets.counts == Counts(2, 2, 2)  # 1.0 is at an edge, 2.6 where nobody looked
    assert scores.offsets.counts == Counts(2, 2, 2)  # 2.0 and 2.5 likewise


def test_a_segment_marked_by_itself_bears_no_witness():
    scores = score_boundaries([[1.0, 2.0]], [[0.5, 2.5]], 0.010, coverage=[[1.0, 2.0]], duration=9.0)
    assert scores.pooled.counts == Counts(0, 0, 0)
    split = score_boundaries([[1.0, 2.0]], [[1.0, 1.4], [1.5, 2.0]], 0.010, coverage=[[1.0, 2.0]], duration=9.0)
    assert split.pooled.counts == Counts(0, 0, 2)


def test_near_an_edge_predictions_that_stand_for_something_are_not_wrong():
    known = {"coverage": [[0.0, 2.0]], "duration": 5.0}
    # 1.995 does not count: too near the edge; 1.989 is the prediction of it
    assert score_boundaries([[1.995, 3.0]], [[1.989, 3.0]], 0.010, **known).onsets.counts == Counts(0, 0, 0)
    # 1.990 counts, and is found outside of where predictions count
    assert score_boundaries([[1.990, 3.0]], [[1.996, 3.0]], 0.010, **known).onsets.counts == Counts(1, 1, 1)


def test_at_the_ends_of_a_recording_there_is_nothing_to_know():
    whole = score_boundaries([[0.0, 5.0]], [[0.0, 5.0]], 0.010, coverage=[[0.0, 5.0]], duration=5.0)
    assert whole.pooled.counts == Counts(2, 2, 2)


def test_coverage_must_be_sorted():
    with pytest.raises(ValueError, match="sorted and disjoint"):
        boundaries_inside([1.0], [[2.0, 3.0], [0.0, 1.0]], 0.01)


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=8).map(
    lambda pairs: [[start / 100, (start + length) / 100] for start, length in pairs]
)


@given(SPANS, SPANS)
def test_covering_all_is_the_same_as_no_coverage(truth, predicted):
    free = score_boundaries(truth, predicted, 0.02)
    covered = score_boundaries(truth, predicted, 0.02, coverage=[[0.0, 1.0]], duration=1.0)
    assert (free.onsets.counts, free.offsets.counts) == (covered.onsets.counts, covered.offsets.counts)


@given(SPANS, SPANS, st.integers(0, 60), st.integers(0, 40))
def test_what_is_covered_can_only_count_less(truth, predicted, start, length):
    some = score_boundaries(truth, predicted, 0.02, coverage=[[start / 100, (start + length) / 100]], duration=1.0)
    every = score_boundaries(truth, predicted, 0.02)
    for one, all_ in ((some.onsets.counts, every.onsets.counts), (some.offsets.counts, every.offsets.counts)):
        assert one.tp <= all_.tp
        assert one.n_true <= all_.n_true
        assert one.n_predicted <= all_.n_predicted
