"""Calibration: bins by hand, honest and boastful models of known temperature, pooling."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax, softmax

from oscine.metrics.calibration import fit_temperature, reliability, reliability_of, with_temperature


def drawn(n=20000, n_labels=4, temperature=1.0, seed=0):
    """Logits, and labels that are drawn from them at some temperature: that is the one to be found."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (n_labels, n))
    honest = softmax(logits / temperature, axis=0)
    truth = (rng.uniform(size=n) > honest.cumsum(axis=0)).sum(axis=0).clip(max=n_labels - 1)
    return logits, truth


def test_bins_by_hand():
    probabilities = np.array([[0.9, 0.8, 0.6, 0.3, 0.5], [0.1, 0.2, 0.4, 0.7, 0.5]])
    result = reliability(probabilities, [0, 1, 0, 1, -1], n_bins=4)
    assert result.n_frames.tolist() == [0, 0, 2, 2]
    assert result.n_right.tolist() == [0, 0, 2, 1]
    assert result.probability == pytest.approx([0, 0, 1.3, 1.7])
    assert result.expected_error == pytest.approx((0.7 + 0.7) / 4)
    assert result.largest_error == pytest.approx(0.35)
    assert result.bias == pytest.approx(0)
    assert result.brier == pytest.approx(2 * (0.1**2 + 0.8**2 + 0.4**2 + 0.3**2) / 4)
    assert result.log_loss == pytest.approx(-np.log([0.9, 0.2, 0.6, 0.7]).mean())
    assert math.isnan(result.share_right[0])
    card = result.to_dict()
    assert json.loads(json.dumps(card, allow_nan=False)) == card


def test_the_surest_and_the_least_sure_have_bins():
    result = reliability_of([0.0, 1.0, 1.0], [False, True, False], n_bins=3)
    assert result.n_frames.tolist() == [1, 0, 2]
    assert (result.largest_error, result.brier) == (0.5, pytest.approx(1 / 3))


def test_only_what_is_known_counts():
    probabilities = np.array([[0.2, 0.9], [0.6, np.nan]])
    result = reliability_of(probabilities, [[False, True], [True, True]], [[True, True], [True, False]])
    assert result.n_frames.sum() == 3
    each_frame = reliability_of(probabilities, [[False, True], [True, True]], [True, False])
    assert each_frame.n_frames.sum() == 2
    nothing = reliability(np.ones((2, 3)) / 2, [-1, -1, -1])
    assert all(map(math.isnan, (nothing.expected_error, nothing.largest_error, nothing.brier, nothing.log_loss)))


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 10**6))
def test_pooling_is_concatenation_and_errors_are_bounded(n, m, seed):
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(3), n + m).T
    truth = rng.integers(-1, 3, n + m)
    one, two = reliability(probabilities[:, :n], truth[:n]), reliability(probabilities[:, n:], truth[n:])
    together = reliability(probabilities, truth)
    for name in ("expected_error", "largest_error", "brier", "log_loss", "bias"):
        assert getattr(one + two, name) == pytest.approx(getattr(together, name), nan_ok=True)
    if (truth >= 0).any():
        assert 0 <= together.expected_error <= together.largest_error <= 1
        assert 0 <= together.brier <= 2


def test_an_honest_model_is_calibrated_and_a_boastful_one_is_not():
    logits, truth = drawn()
    assert reliability(softmax(logits, axis=0), truth).expected_error < 0.02
    boastful = reliability(softmax(3 * logits, axis=0), truth)
    assert boastful.expected_error > 0.1
    assert boastful.bias > 0.1


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_was_drawn_from_is_found(temperature):
    logits, truth = drawn(temperature=temperature)
    log_probabilities = log_softmax(logits, axis=0)
    found = fit_temperature(log_probabilities, truth)
    assert found == pytest.approx(temperature, rel=0.04)
    assert fit_temperature(logits, truth) == pytest.approx(found, rel=1e-4), "logits do as well"
    mended = with_temperature(np.exp(log_probabilities), found)
    assert mended.sum(axis=0) == pytest.approx(1)
    assert reliability(mended, truth).expected_error < 0.02
    assert reliability(mended, truth).log_loss <= reliability(np.exp(log_probabilities), truth).log_loss + 1e-9


def test_labels_that_overlap_have_a_temperature_too():
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 2, (3, 8000))
    truth = rng.uniform(size=logits.shape) < 1 / (1 + np.exp(-logits / 2))
    log_probabilities = -np.logaddexp(0, -logits)
    found = fit_temperature(log_probabilities, truth, known=np.arange(8000) < 7000)
    assert found == pytest.approx(2, rel=0.05)
    mended = with_temperature(np.exp(log_probabilities), found, exclusive=False)
    assert reliability_of(mended, truth).expected_error < 0.02


def test_nothing_known_and_nothing_wrong():
    assert fit_temperature(np.zeros((2, 3)), [-1, -1, -1]) == 1.0
    certain = np.log([[0.9, 0.9], [0.1, 0.1]])
    assert 0.01 <= fit_temperature(certain, [0, 0]) < 0.1, "the sharper the better"
    assert fit_temperature(certain, [1, 1]) == 100, "the duller the better"
    with np.errstate(divide="ignore"):
        assert math.isfinite(fit_temperature(np.log([[1.0, 0.6], [0.0, 0.4]]), [1, 0])), "of probability 0 and true"


def test_what_cannot_be_judged():
    with pytest.raises(ValueError, match="label, frame"):
        reliability([0.5, 0.5], [0, 1])
    with pytest.raises(ValueError, match="within 0 and 1"):
        reliability([[2.0], [-1.0]], [0])
    with pytest.raises(ValueError, match="no score"):
        reliability([[math.nan], [0.5]], [0])
    with pytest.raises(ValueError, match="within -1 and 1"):
        reliability([[0.5], [0.5]], [2])
    with pytest.raises(ValueError, match="integers"):
        reliability([[0.5], [0.5]], [0.5])
    with pytest.raises(ValueError, match="shapes"):
        reliability_of([0.5], [True, False])
    with pytest.raises(ValueError, match="one bin"):
        reliability_of([0.5], [True], n_bins=0)
    with pytest.raises(ValueError, match="bins"):
        reliability_of([0.5], [True], n_bins=3) + reliability_of([0.5], [True])
    with pytest.raises(ValueError, match="above 0"):
        with_temperature([[0.5]], 0)
