"""What every schedule of the learning rate promises."""

from __future__ import annotations

import math

import pytest

from oscine.training.schedule import SCHEDULES

LOSSES = [0.9, 0.5, 0.7, 0.6, 0.8, 0.7, 0.7, 0.4, 0.5]


@pytest.fixture(params=SCHEDULES.names())
def schedule(request):
    return SCHEDULES.get(request.param)()


@pytest.mark.parametrize("n_steps", [1, 2, 3, 10, 1000])
@pytest.mark.parametrize("warm_up", [0, 1, 7, 5000])
def test_a_factor_is_above_zero_and_at_most_one(schedule, n_steps, warm_up):
    schedule = schedule.model_copy(update={"warm_up": warm_up})
    for step in {0, 1, 2, n_steps // 2, n_steps - 1, n_steps}:
        for losses in ([], LOSSES[: step + 1], LOSSES):
            factor = schedule.factor(step, n_steps, losses)
            assert isinstance(factor, float)
            assert 0 < factor <= 1
            assert math.isfinite(factor)


def test_a_factor_is_a_pure_function(schedule):
    forwards = [schedule.factor(step, 50, LOSSES[: step // 6]) for step in range(50)]
    backwards = [schedule.factor(step, 50, LOSSES[: step // 6]) for step in reversed(range(50))]
    assert forwards == backwards[::-1]
    assert max(forwards) > 0.9


def test_it_says_what_it_depends_on(schedule):
    def factors(n_steps, losses):
        return [schedule.factor(step, n_steps, losses) for step in range(40)]

    assert (factors(50, []) != factors(200, [])) == schedule.sees_end
    assert (factors(50, []) != factors(50, LOSSES + [1.0] * 20)) == schedule.needs_validation


def test_a_warm_up_rises_evenly(schedule):
    warm = schedule.model_copy(update={"warm_up": 8})
    factors = [warm.factor(step, 1000, []) for step in range(8)]
    assert factors == sorted(factors)
    assert factors[0] <= 0.125
    assert len(set(factors)) == 8
