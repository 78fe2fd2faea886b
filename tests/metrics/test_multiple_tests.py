"""Holm's correction, against its definition and against chance."""

from __future__ import annotations

import numpy as np
import pytest

from oscine.metrics.multiple_tests import holm


def test_it_is_holms():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_one_test_stays_as_it_is_and_none_is_over_one():
    assert holm([0.3]) == pytest.approx([0.3])
    assert holm([0.6, 0.9]).max() == 1
    assert len(holm([])) == 0


def test_what_cannot_be_said_does_not_count():
    assert holm([0.01, np.nan, 0.02])[[0, 2]] == pytest.approx([0.02, 0.02])
    assert np.isnan(holm([0.01, np.nan, 0.02])[1])


def test_order_is_kept_and_no_p_becomes_smaller():
    p = np.random.default_rng(0).random(30)
    corrected = holm(p)
    assert (corrected >= p).all()
    assert (np.diff(corrected[np.argsort(p)]) >= 0).all()


def test_false_claims_are_as_rare_as_promised():
    random = np.random.default_rng(1)
    claims = [(holm(random.random(10)) < 0.05).any() for _ in range(2000)]
    assert np.mean(claims) < 0.065
