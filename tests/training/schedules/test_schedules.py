"""The shapes of the schedules, beside what all of them promise (tests/contracts/test_schedules.py)."""

from __future__ import annotations

import pytest

from oscine.training.schedules.constant import Constant
from oscine.training.schedules.cosine import Cosine
from oscine.training.schedules.one_cycle import OneCycle
from oscine.training.schedules.plateau import Plateau


def test_constant():
    assert {Constant().factor(step, 100) for step in range(100)} == {1.0}


def test_plateau_counts_as_keras_does():
    """A wait begins anew after each cut; an equal loss is no gain."""
    plateau = Plateau(patience=2, cut=0.5)
    losses = [1.0, 1.0, 1.0, 0.9, 0.9, 0.95, 0.95, 0.95, 0.8]
    factors = [plateau.factor(5, 10, losses[:n]) for n in range(len(losses) + 1)]
    assert factors == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125]
    assert Plateau(patience=1, lowest=0.2).factor(5, 10, [1.0] * 9) == 0.2


def test_cosine_falls_from_the_end_of_the_warm_up():
    cosine = Cosine(warm_up=10, end=0.01)
    factors = [cosine.factor(step, 100) for step in range(100)]
    assert factors[9] == 1.0
    assert factors[10:] == sorted(factors[10:], reverse=True)
    assert factors[-1] == pytest.approx(0.01)


def test_a_warm_up_longer_than_the_training_is_cut_to_half_of_it():
    assert Cosine(warm_up=1000).factor(9, 20) == 1.0


def test_one_cycle_has_its_height_where_it_says():
    cycle = OneCycle(share=0.25)
    factors = [cycle.factor(step, 401) for step in range(401)]
    assert max(range(401), key=factors.__getitem__) == 100
    assert factors[0] == pytest.approx(0.04)
    assert factors[-1] == pytest.approx(1e-4)
