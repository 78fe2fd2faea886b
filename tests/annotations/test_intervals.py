"""Interval arithmetic against the same on a grid of instants."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscine.annotations import intervals

GRID = np.arange(0, 41) / 2  # instants at the ends of intervals (even) and between them (odd)
PAIRS = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 5)).map(lambda pair: (pair[0], min(sum(pair), 20))), max_size=8
)


def instants(pairs: list[tuple[int, int]]) -> np.ndarray:
    """Which of the grid's instants lie in any of the intervals, by the definition."""
    inside = np.zeros(len(GRID), dtype=bool)
    for onset, offset in pairs:
        inside |= (onset == GRID) if onset == offset else (onset <= GRID) & (offset > GRID)
    return inside


def is_normal(array: np.ndarray) -> bool:
    onset, offset = array[:, 0], array[:, 1]
    apart = onset[1:] > offset[:-1]
    point_at_open_end = (onset[1:] == offset[1:]) & (onset[1:] == offset[:-1]) & (onset[:-1] < offset[:-1])
    return bool((onset <= offset).all() and (apart | point_at_open_end).all())


@given(PAIRS)
def test_merge_keeps_every_instant_and_is_normal(pairs):
    merged = intervals.merge(pairs)
    assert is_normal(merged)
    assert np.array_equal(instants([tuple(pair) for pair in merged.tolist()]), instants(pairs))
    assert np.array_equal(intervals.merge(merged), merged)


@given(PAIRS, PAIRS)
def test_intersect_is_what_both_contain(first, second):
    both = intervals.intersect(first, second)
    assert is_normal(both)
    a, b = intervals.merge(first), intervals.merge(second)
    assert np.array_equal(intervals.contains(both, GRID), intervals.contains(a, GRID) & intervals.contains(b, GRID))


@given(PAIRS, PAIRS)
def test_subtract_is_what_only_the_first_contains(first, second):
    rest = intervals.subtract(first, second)
    assert is_normal(rest)
    a, b = intervals.merge(first), intervals.merge(second)
    expected = intervals.contains(a, GRID) & ~intervals.contains(b, GRID)
    points_of_b = b[b[:, 0] == b[:, 1], 0]  # they take nothing from a segment
    in_segment = intervals.contains(a[a[:, 0] < a[:, 1]], GRID)
    expected |= np.isin(GRID, points_of_b) & in_segment
    assert np.array_equal(intervals.contains(rest, GRID), expected)


@given(PAIRS)
def test_complement_and_intervals_are_everything(pairs):
    total = intervals.total(intervals.complement(pairs, 20)) + intervals.total(intervals.clip(pairs, 0, 20))
    assert total == 20


def test_clip_leaves_out_what_lies_outside():
    assert intervals.clip([(-5, 1), (3, 3), (4, 9)], 0, 5).tolist() == [[0, 1], [3, 3], [4, 5]]
    assert len(intervals.clip([(0, 1)], 0, 0)) == 0


def test_merge_closes_gaps():
    assert intervals.merge([(0, 1), (1.5, 2), (3, 4)], gap=0.5).tolist() == [[0, 2], [3, 4]]


@pytest.mark.parametrize("pairs", [[(2, 1)], [(0, np.nan)], [(0, np.inf)], [(1, 2, 3)], [1, 2]])
def test_what_is_no_interval_is_refused(pairs):
    with pytest.raises(ValueError):
        intervals.as_intervals(pairs)
