from __future__ import annotations

import numpy as np
import pytest

from oscine.metrics.agreement import to_tics
from oscine.metrics.agreement_pairs import compare_pair, presence
from oscine.metrics.counts import pool

STARTS = np.arange(0, 1000, 10)


def compare(first, second, reach=10):
    a, b = to_tics(first, 1000), to_tics(second, 1000)
    return compare_pair(a, b, rate=1000, reach=reach, frames=tuple(presence(one, STARTS, 10) for one in (a, b)))


def test_differences_in_time_are_of_the_second_party():
    score = compare([[0.1, 0.2], [0.5, 0.6]], [[0.104, 0.198], [0.506, 0.600], [0.9, 0.95]])
    assert score.onset_errors == pytest.approx([0.004, 0.006])
    assert score.offset_errors == pytest.approx([-0.002, 0.0])
    assert (score.counts.tp, score.counts.n_true, score.counts.n_predicted) == (2, 2, 3)
    told = score.to_dict()
    assert told["onset"] == {
        "bias": pytest.approx(0.005),
        "median": pytest.approx(0.005),
        "within_95": pytest.approx(0.0059),
    }


def test_f1_and_kappa_are_the_same_whoever_comes_first():
    first, second = [[0.1, 0.2], [0.5, 0.6]], [[0.15, 0.3], [0.8, 0.9]]
    one, other = compare(first, second), compare(second, first)
    assert (one.f1, one.kappa) == (other.f1, other.kappa)
    assert one.frames.counts.tolist() == other.frames.counts.T.tolist()


def test_kappa_by_hand():
    """Of 100 frames, both say 10, the first 1 more, the second 10 more."""
    score = compare([[0.1, 0.2095]], [[0.1, 0.3095]])
    assert score.frames.counts.tolist() == [[79, 10], [0, 11]]
    observed, chance = 0.9, (0.89 * 0.79 + 0.11 * 0.21)
    assert score.kappa == pytest.approx((observed - chance) / (1 - chance))


def test_pooled_is_what_one_piece_would_say():
    parts = [compare([[0.1, 0.2]], [[0.1, 0.2]]), compare([[0.4, 0.5]], [])]
    whole = pool(parts)
    assert whole.f1 == pytest.approx(2 / 3)
    assert whole.frames.counts.sum() == 200
    assert compare([], []).to_dict()["onset"]["bias"] is None


def test_presence_of_points_and_segments():
    there = presence(to_tics([[0.005, 0.005], [0.01, 0.01], [0.035, 0.0415]], 1000), STARTS, 10)
    assert np.flatnonzero(there).tolist() == [0, 1, 3, 4]
    assert not presence(np.empty((0, 2), np.int64), STARTS, 10).any()
