from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from oscine.detection.runs import RunCollector, closed, opened, quiet_between, runs_of


def mask_of(runs, length):
    mask = np.zeros(length, bool)
    for start, stop in runs:
        mask[start:stop] = True
    return mask


def random_mask(seed, length=200):
    rng = np.random.default_rng(seed)
    return ndimage.uniform_filter1d(rng.random(length), 3) > rng.uniform(0.4, 0.6)


@pytest.mark.parametrize("seed", range(5))
def test_runs_and_back(seed):
    mask = random_mask(seed)
    np.testing.assert_array_equal(mask_of(runs_of(mask), mask.size), mask)


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7])
@pytest.mark.parametrize("seed", range(4))
def test_opening_and_closing_are_those_of_the_mirrored_mask(seed, size):
    mask = random_mask(seed)
    n = mask.size
    mirrored = np.pad(mask, n, mode="symmetric")
    structure = np.ones(size)
    opening = ndimage.binary_opening(mirrored, structure)[n : 2 * n]
    closing = ndimage.binary_closing(mirrored, structure)[n : 2 * n]
    np.testing.assert_array_equal(mask_of(opened(runs_of(mask), size, n), n), opening)
    np.testing.assert_array_equal(mask_of(closed(runs_of(mask), size, n), n), closing)


def test_a_lone_hit_at_an_end_survives():
    assert opened(runs_of([1, 0, 1, 0, 1]), 2, 5).tolist() == [[0, 1], [4, 5]]


@pytest.mark.parametrize("closing", [1, 2, 5])
@pytest.mark.parametrize("block", [1, 3, 64, 1000])
def test_collector_does_not_depend_on_blocks(block, closing):
    mask = random_mask(7)
    whole, parts = RunCollector(closing), RunCollector(closing)
    whole.feed(mask, 0)
    for start in range(0, mask.size, block):
        parts.feed(mask[start : start + block], start)
    np.testing.assert_array_equal(parts.runs(), whole.runs())
    inside = np.diff(whole.runs().reshape(-1))[1::2]  # the gaps that are left
    assert (inside >= closing).all()


def test_nothing_gives_nothing():
    empty = runs_of([])
    assert empty.shape == (0, 2)
    assert closed(empty, 3, 10).shape == opened(empty, 3, 10).shape == quiet_between(empty, empty).shape == (0, 2)


def test_quiet_is_what_no_interval_touches():
    rng = np.random.default_rng(1)
    first = np.sort(rng.integers(3, 400, (2, 20)), axis=1)
    intervals = [np.column_stack([f, f + rng.integers(0, 9, 20)]) for f in first]
    touched = np.zeros(500, bool)
    for start, last in np.concatenate(intervals):
        touched[start : last + 1] = True
    low, high = np.flatnonzero(touched)[[0, -1]]
    expected = runs_of(~touched[low : high + 1]) + low - [0, 1]
    np.testing.assert_array_equal(quiet_between(*intervals), expected)
