"""Curves of many recordings: the sum of all, exact where points remain, bounded in size."""

from __future__ import annotations

import numpy as np
import pytest

from oscine.evaluation.curve_pooling import CurvePool, thinned
from oscine.metrics.counts import pool
from oscine.metrics.curves import best_threshold, operating_curve


def curve(seed, n=5000):
    random = np.random.default_rng(seed)
    truth = random.random(n) < 0.1
    return operating_curve(np.float32(np.clip(random.normal(0.3 + 0.3 * truth, 0.15), 0, 1)), truth)


@pytest.mark.parametrize("most", [10**6, 6000])
def test_the_sum_of_all(most):
    curves = [curve(seed) for seed in range(7)]
    pooled = CurvePool(most)
    for one in curves:
        pooled.add(one)
    whole, found = pool(curves), pooled.curve()
    assert (found.n_true, found.n_false) == (whole.n_true, whole.n_false)
    assert len(found.thresholds) <= most
    for threshold in found.thresholds[:: len(found.thresholds) // 20]:
        ours, exact = found.counts_at(threshold), whole.counts_at(threshold)
        assert abs(ours.n_predicted - exact.n_predicted) <= (0 if most > 10**5 else 35_000 * 2 / most)
    assert abs(found.average_precision - whole.average_precision) < 1e-3


def test_thin_curves_choose_the_same_thresholds():
    whole = curve(1, 100_000)
    few = thinned(whole, 2000)
    assert len(few.thresholds) <= 2000
    for ratio in (0.5, 1.0, 2.0):
        first, second = best_threshold(whole, ratio), best_threshold(few, ratio)
        assert abs(first.value - second.value) < 0.005
        assert abs(first.recall - second.recall) < 0.005


def test_nothing_to_pool():
    with pytest.raises(ValueError, match="nothing to pool"):
        CurvePool().curve()


def test_exact_where_points_remain():
    whole = curve(2)
    few = thinned(whole, 100)
    for threshold in few.thresholds:
        assert few.counts_at(threshold) == whole.counts_at(threshold)
