"""Cross-entropy against torch's own and against the definition."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional
from torch.testing import assert_close

from oscine.networks.losses.cross_entropy import CrossEntropy


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    return torch.randn((4, 3, 9), generator=generator), torch.randint(-1, 3, (4, 9), generator=generator)


@pytest.mark.parametrize("weights", [None, torch.tensor([1.0, 2.0, 0.5])])
def test_is_the_mean_over_known_frames(batch, weights):
    logits, target = batch
    expected = functional.cross_entropy(logits, target, weights, ignore_index=-1)
    assert_close(CrossEntropy(balanced=False)(logits, target, weights), expected)


def test_balanced_is_the_mean_over_labels_that_occur(batch):
    logits, target = batch
    target[target == 1] = 0  # label 1 does not occur
    each = functional.cross_entropy(logits, target, ignore_index=-1, reduction="none")
    expected = torch.stack([each[target == label].mean() for label in (0, 2)]).mean()
    assert_close(CrossEntropy()(logits, target), expected)


def test_label_smoothing(batch):
    logits, target = batch
    expected = functional.cross_entropy(logits, target, ignore_index=-1, label_smoothing=0.1)
    assert_close(CrossEntropy(balanced=False, label_smoothing=0.1)(logits, target), expected)


def test_by_definition():
    logits = torch.tensor([[[math.log(4.0), 0.0], [0.0, 0.0]]])
    assert CrossEntropy()(logits, torch.tensor([[0, -1]])).item() == pytest.approx(math.log(5 / 4))


def test_only_frames_of_weight_nothing():
    logits = torch.zeros((1, 2, 3), requires_grad=True)
    loss = CrossEntropy()(logits, torch.tensor([[0, 0, -1]]), torch.tensor([0.0, 1.0]))
    loss.backward()
    assert loss == 0
    assert (logits.grad == 0).all()


@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weights", [None, torch.tensor([1.0, 2.0, 0.5])])
def test_whole_shares_are_labels(batch, balanced, smoothing, weights):
    logits, target = batch
    one_hot = (target.unsqueeze(1) == torch.arange(3)[:, None]).float()
    shares = torch.where((target >= 0).unsqueeze(1), one_hot, torch.nan)
    loss = CrossEntropy(balanced=balanced, label_smoothing=smoothing)
    assert_close(loss(logits, shares, weights), loss(logits, target, weights))


def test_shares_by_definition():
    logits, shares = torch.tensor([[[1.0, 0.0], [0.0, 0.0]]]), torch.tensor([[[0.25, 1.0], [0.75, torch.nan]]])
    expected = -(0.25 * (1 - math.log(1 + math.e)) - 0.75 * math.log(1 + math.e))
    assert CrossEntropy(balanced=False)(logits, shares).item() == pytest.approx(expected)
