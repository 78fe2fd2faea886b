"""Focal loss against equations 4 and 5 of its paper."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from oscine.networks.losses.binary_cross_entropy import BinaryCrossEntropy
from oscine.networks.losses.cross_entropy import CrossEntropy
from oscine.networks.losses.focal import Focal

LABELS = torch.tensor([[0, 2, -1, 1, 1], [2, 2, 0, -1, 0]])
PRESENCES = torch.tensor([[[1.0, 0.0, torch.nan, 1.0, 0.0]] * 3, [[0.0, torch.nan, 1.0, 1.0, 0.0]] * 3])


@pytest.fixture
def logits():
    return torch.randn((2, 3, 5), generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0, 5.0])
def test_by_definition_for_one_label(logits, gamma):
    powers = np.exp(logits.numpy())
    p = np.take_along_axis(powers / powers.sum(axis=1, keepdims=True), LABELS.clamp(min=0).numpy()[:, None], 1)[:, 0]
    costs = -((1 - p) ** gamma) * np.log(p)
    assert Focal(gamma=gamma)(logits, LABELS).item() == pytest.approx(costs[LABELS.numpy() >= 0].mean())


@pytest.mark.parametrize("alpha", [None, 0.25])
def test_by_definition_for_labels_that_overlap(logits, alpha):
    truth = PRESENCES.numpy()
    p = 1 / (1 + np.exp(-logits.numpy()))
    p_t = np.where(truth == 1, p, 1 - p)
    alpha_t = 1.0 if alpha is None else np.where(truth == 1, alpha, 1 - alpha)
    costs = -alpha_t * (1 - p_t) ** 2 * np.log(p_t)
    assert Focal(alpha=alpha)(logits, PRESENCES).item() == pytest.approx(costs[~np.isnan(truth)].mean())


def test_is_cross_entropy_without_focus(logits):
    assert_close(Focal(gamma=0)(logits, LABELS), CrossEntropy(balanced=False)(logits, LABELS))
    assert_close(Focal(gamma=0)(logits, PRESENCES), BinaryCrossEntropy(balanced=False)(logits, PRESENCES))


def test_easy_frames_count_little():
    logits = torch.tensor([[[4.0, 0.0], [0.0, 0.0]]], requires_grad=True)
    Focal()(logits, torch.zeros((1, 2), dtype=torch.int64)).backward()
    easy, hard = logits.grad.abs().sum(dim=1)[0]
    assert easy < hard / 500
