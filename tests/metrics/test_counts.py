from __future__ import annotations

import json
import math

import pytest

from oscine.metrics.counts import Counts, pool


def test_rates_follow_their_definitions() -> None:
    counts = Counts(tp=6, n_true=8, n_predicted=12)
    assert (counts.fp, counts.fn) == (6, 2)
    assert counts.precision == 0.5
    assert counts.recall == 0.75
    assert counts.f1 == pytest.approx(2 * 0.5 * 0.75 / (0.5 + 0.75))


def test_nothing_to_divide_by_is_nan_and_becomes_none_in_json() -> None:
    assert math.isnan(Counts().f1)
    assert math.isnan(Counts(0, 3, 0).precision)
    assert Counts(0, 3, 0).f1 == 0
    assert json.loads(json.dumps(Counts().to_dict(), allow_nan=False))["recall"] is None


@pytest.mark.parametrize("wrong", [(-1, 0, 0), (2, 1, 5), (2, 5, 1)])
def test_impossible_counts_are_refused(wrong: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="tp"):
        Counts(*wrong)


def test_pooling_adds_counts_not_rates() -> None:
    assert pool([Counts(1, 1, 1), Counts(0, 9, 1)]).recall == 0.1
    with pytest.raises(ValueError, match="nothing to pool"):
        pool([])
