"""Gaussian-similarity TMSE against its formula in NumPy, and where its gradient flows."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import log_softmax

from oscine.core.errors import InputError
from oscine.networks.smoothings.gaussian_tmse import GaussianTmse
from oscine.networks.smoothings.tmse import Tmse

ALL = torch.ones((3, 40), dtype=torch.bool)


@pytest.fixture
def logits():
    return 4 * np.random.default_rng(0).normal(size=(3, 5, 40))


def _columns(n_bins, size=1.0):
    return size * np.random.default_rng(1).normal(size=(3, n_bins, 40))


def _scores(logits):
    return torch.from_numpy(logits).log_softmax(dim=1)


@pytest.mark.parametrize("sigma", [1.0, 2.0])
def test_by_definition(logits, sigma):
    """λ · mean of s · min(Δ², τ²), s = exp(−‖x(t) − x(t−1)‖ / (2 σ²)), the norm not squared."""
    columns = _columns(7)
    steps = np.minimum(np.diff(log_softmax(logits, axis=1), axis=2) ** 2, 16)
    similarity = np.exp(-np.linalg.norm(np.diff(columns, axis=2), axis=1) / (2 * sigma**2))
    expected = 0.15 * np.mean(similarity[:, None] * steps)
    found = GaussianTmse(sigma=sigma)(_scores(logits), ALL, torch.from_numpy(columns))
    assert found.item() == pytest.approx(expected, rel=1e-12)


def test_scaled_is_per_bin(logits):
    columns = _columns(7)
    steps = np.minimum(np.diff(log_softmax(logits, axis=1), axis=2) ** 2, 16)
    distance = np.sqrt(np.mean(np.diff(columns, axis=2) ** 2, axis=1))
    expected = 0.15 * np.mean(np.exp(-distance / 2)[:, None] * steps)
    found = GaussianTmse(scaled=True)(_scores(logits), ALL, torch.from_numpy(columns))
    assert found.item() == pytest.approx(expected, rel=1e-12)


def test_scaled_means_the_same_for_any_number_of_bins(logits):
    def share(n_bins, **options):
        columns = torch.from_numpy(_columns(n_bins))
        plain = Tmse()(_scores(logits), ALL)
        return (GaussianTmse(**options)(_scores(logits), ALL, columns) / plain).item()

    assert share(257) < 1e-4, "the term is all but off"
    assert share(257, scaled=True) == pytest.approx(np.exp(-np.sqrt(2) / 2), rel=0.03)
    assert share(16, scaled=True) == pytest.approx(share(257, scaled=True), rel=0.1)


def test_frames_that_sound_the_same_are_tmse(logits):
    same = torch.ones((3, 7, 40), dtype=torch.float64)
    assert torch.allclose(GaussianTmse()(_scores(logits), ALL, same), Tmse()(_scores(logits), ALL))


def test_gradient_through_both_frames_and_not_through_the_sound():
    scores = torch.tensor([[[0.0, 1.0]]], requires_grad=True)
    columns = torch.zeros((1, 2, 2), requires_grad=True)
    GaussianTmse(weight=1.0)(scores, torch.ones((1, 2), dtype=torch.bool), columns).backward()
    assert scores.grad.tolist() == [[[-2.0, 2.0]]]
    assert columns.grad is None


def test_without_features(logits):
    with pytest.raises(InputError, match="Choose --smoothing tmse"):
        GaussianTmse()(_scores(logits), ALL)
