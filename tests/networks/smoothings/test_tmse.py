"""TMSE against its formula in NumPy, and where its gradient flows."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import log_softmax

from oscine.networks.smoothings.tmse import Tmse


def test_by_definition():
    """λ · mean over batch, classes and t = 1 … W-1 of min(Δ², τ²), λ = 0.15, τ² = 16."""
    logits = 4 * np.random.default_rng(0).normal(size=(3, 5, 40))
    steps = np.diff(log_softmax(logits, axis=1), axis=2) ** 2
    assert (steps > 16).any()
    expected = 0.15 * np.mean(np.minimum(steps, 16))
    scores = torch.from_numpy(logits).log_softmax(dim=1)
    assert Tmse()(scores, torch.ones((3, 40), dtype=torch.bool)).item() == pytest.approx(expected, rel=1e-12)


def test_no_gradient_through_the_earlier_frame():
    scores = torch.tensor([[[0.0, 1.0, 3.0]]], requires_grad=True)
    Tmse(weight=1.0)(scores, torch.ones((1, 3), dtype=torch.bool)).backward()
    assert scores.grad.tolist() == [[[0.0, 1.0, 2.0]]]  # 2 Δ / 2


def test_no_gradient_beyond_the_truncation():
    scores = torch.tensor([[[0.0, 5.0]]], requires_grad=True)
    Tmse(weight=1.0)(scores, torch.ones((1, 2), dtype=torch.bool)).backward()
    assert scores.grad.tolist() == [[[0.0, 0.0]]]
