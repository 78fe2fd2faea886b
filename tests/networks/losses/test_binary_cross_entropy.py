"""Binary cross-entropy against torch's own and against the definition."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional
from torch.testing import assert_close

from oscine.networks.losses.binary_cross_entropy import BinaryCrossEntropy

NAN = torch.nan


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    random = torch.rand((4, 3, 9), generator=generator)
    return torch.randn((4, 3, 9), generator=generator), torch.where(random < 0.3, NAN, (random > 0.5).float())


def test_is_the_mean_over_known_entries(batch):
    logits, target = batch
    known = ~target.isnan()
    expected = functional.binary_cross_entropy_with_logits(logits[known], target[known])
    assert_close(BinaryCrossEntropy(balanced=False)(logits, target), expected)


def test_weights_of_outputs(batch):
    logits, target = batch
    weights = torch.tensor([1.0, 2.0, 0.0])
    each = functional.binary_cross_entropy_with_logits(logits, target.nan_to_num(), reduction="none")
    shares = (~target.isnan()) * weights[:, None]
    assert_close(BinaryCrossEntropy(balanced=False)(logits, target, weights), (each * shares).sum() / shares.sum())


def test_balanced_is_the_mean_over_presence_and_absence_of_each(batch):
    logits, target = batch
    target[:, 2] = torch.where(target[:, 2].isnan(), NAN, 0)  # label 2 is never there
    each = functional.binary_cross_entropy_with_logits(logits, target.nan_to_num(), reduction="none").transpose(0, 1)
    truth = target.transpose(0, 1)
    sides = [each[output][truth[output] == value].mean() for output, value in ((0, 0), (0, 1), (1, 0), (1, 1), (2, 0))]
    assert_close(BinaryCrossEntropy()(logits, target), torch.stack(sides).mean())


def test_label_smoothing(batch):
    logits, target = batch
    known = ~target.isnan()
    expected = functional.binary_cross_entropy_with_logits(logits[known], 0.9 * target[known] + 0.05)
    assert_close(BinaryCrossEntropy(balanced=False, label_smoothing=0.1)(logits, target), expected)
