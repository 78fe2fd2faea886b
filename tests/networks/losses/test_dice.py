"""Dice against vak's formula in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from oscine.networks.losses.dice import Dice


@pytest.fixture
def logits():
    return torch.randn((2, 3, 6), generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def _vak(said, truth):
    """1 − 2 Σ p q / (Σ (p + q) + 1e-8) of one window, sums over labels and time."""
    return 1 - 2 * (said * truth).sum() / ((said + truth).sum() + 1e-8)


def test_is_that_of_vak_where_all_is_known(logits):
    labels = np.array([[0, 0, 1, 1, 2, 2], [2, 1, 0, 0, 0, 0]])
    powers = np.exp(logits.numpy())
    said, truth = powers / powers.sum(axis=1, keepdims=True), np.eye(3)[labels].transpose(0, 2, 1)
    expected = np.mean([_vak(*pair) for pair in zip(said, truth, strict=True)])
    assert Dice()(logits, torch.from_numpy(labels)).item() == pytest.approx(expected)


def test_sums_over_what_is_known(logits):
    truth = np.array([[[1, 0, np.nan, 0, 1, 1]] * 3, [[np.nan] * 6] * 3])
    known = ~np.isnan(truth[0])
    said = 1 / (1 + np.exp(-logits.numpy()[0]))
    assert Dice()(logits, torch.from_numpy(truth)).item() == pytest.approx(_vak(said[known], truth[0][known]))


def test_bounds():
    labels = torch.tensor([[0, 1]])
    right = torch.tensor([[[50.0, -50.0], [-50.0, 50.0]]])
    assert Dice()(right, labels).item() == pytest.approx(0, abs=1e-6)
    assert Dice()(-right, labels).item() == pytest.approx(1, abs=1e-6)
