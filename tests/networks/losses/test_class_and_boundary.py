"""Labels and boundaries judged side by side."""

from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from oscine.networks.losses.binary_cross_entropy import BinaryCrossEntropy
from oscine.networks.losses.class_and_boundary import ClassAndBoundary
from oscine.networks.losses.cross_entropy import CrossEntropy


@pytest.mark.parametrize("balanced", [True, False])
def test_is_the_sum_of_both(balanced):
    logits = torch.randn((2, 5, 7), generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([[0, 1, 2, -1, 1, 1, 0], [2, 2, 2, 0, 0, -1, -1]])
    known = (labels >= 0).unsqueeze(1)
    one_hot = (labels.unsqueeze(1) == torch.arange(3)[:, None]).float()
    bounds = torch.rand((2, 2, 7), generator=torch.Generator().manual_seed(1))
    truth = torch.where(known, torch.cat([one_hot, bounds], dim=1), torch.nan)
    weights = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0])
    expected = CrossEntropy(balanced=balanced)(logits[:, :3], labels, weights[:3])
    expected = expected + 0.5 * BinaryCrossEntropy(balanced=balanced)(logits[:, 3:], truth[:, 3:], weights[3:])
    assert_close(ClassAndBoundary(balanced=balanced, boundary_weight=0.5)(logits, truth, weights), expected)
