from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import find_peaks

from oscine.detection.peaks import PeakCollector, thinned


def peaks(values, threshold, distance, block):
    collector = PeakCollector(threshold, distance)
    for start in range(0, len(values), block):
        collector.feed(values[start : start + block], start)
    return collector.peaks()


@pytest.mark.parametrize("distance", [1, 4, 25, 200])
@pytest.mark.parametrize("block", [1, 7, 100, 10000])
def test_agrees_with_scipy(block, distance):
    values = np.random.default_rng(distance).normal(0, 1, 2000)
    expected, _ = find_peaks(values, height=0.3, distance=distance)
    np.testing.assert_array_equal(peaks(values, 0.3, distance, block), expected)


@pytest.mark.parametrize("block", [1, 2, 3, 5, 100])
def test_plateaus_are_one_peak_across_blocks(block):
    values = np.array([0, 1, 1, 1, 0, 2, 2, 3, 3, 0, 1, 1, 0.5, 0.7])
    np.testing.assert_array_equal(peaks(values, 0, 1, block), [2, 7, 10])


@pytest.mark.parametrize("values", [[], [1], [1, 1, 1], [1, 2, 3], [3, 2, 1]])
def test_the_ends_are_no_peaks(values):
    assert not peaks(np.array(values, float), 0, 1, 2).size


@pytest.mark.parametrize("block", [1, 10, 1000])
def test_ties_go_to_the_first_and_chains_are_resolved(block):
    values = np.zeros(41)
    values[2:40:4] = np.r_[np.arange(1, 9), 8, 8]  # rising, then alike
    assert peaks(values, 0, 5, block).tolist() == [2 + 4 * i for i in (1, 3, 5, 7, 9)]


def test_only_undecided_maxima_are_kept():
    values = np.tile([0.0, 1.0, 0.0, 2.0, 0.0, 1.5, 0.0], 1000)
    collector = PeakCollector(0, 5)
    for start in range(0, len(values), 50):
        collector.feed(values[start : start + 50], start)
        assert len(collector._waiting) < 10


def test_thinning_is_greedy_by_height():
    assert thinned(np.array([0, 5, 9, 30]), np.array([1.0, 3.0, 2.0, 1.0]), 5).tolist() == [True, True, False, True]
