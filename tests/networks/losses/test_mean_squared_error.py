"""Mean squared error against its definition, with unknown entries, weights and labels."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional
from torch.testing import assert_close

from oscine.networks.losses.mean_squared_error import MeanSquaredError

NAN = torch.nan


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    return torch.randn((4, 3, 9), generator=generator), torch.randn((4, 3, 9), generator=generator)


def test_by_hand():
    logits = torch.tensor([[[1.0, 2.0], [3.0, 0.0]]])
    truth = torch.tensor([[[0.0, NAN], [1.0, 3.0]]])
    assert MeanSquaredError()(logits, truth).item() == pytest.approx((1 + 4 + 9) / 3)


def test_of_what_is_all_known_is_torchs(batch):
    logits, truth = batch
    assert_close(MeanSquaredError()(logits, truth), functional.mse_loss(logits, truth))


def test_gradient_is_that_of_the_definition(batch):
    logits, truth = batch
    logits.requires_grad_()
    truth[0, :, 2:5] = NAN
    truth[2] = NAN
    known = ~truth.isnan()
    MeanSquaredError()(logits, truth).backward()
    expected = torch.where(known, 2 * (logits.detach() - truth.nan_to_num()) / known.sum(), 0)
    assert_close(logits.grad, expected)
    assert torch.autograd.gradcheck(
        lambda x: MeanSquaredError()(x, truth.double()), logits.detach().double().requires_grad_()
    )


def test_unknown_entries_may_hold_anything(batch):
    logits, truth = batch
    truth[1] = NAN
    before = MeanSquaredError()(logits, truth)
    logits[1] = torch.inf
    logits.requires_grad_()
    after = MeanSquaredError()(logits, truth)
    after.backward()
    assert torch.equal(before, after)
    assert (logits.grad[1] == 0).all()


def test_nothing_known(batch):
    logits, truth = batch
    logits.requires_grad_()
    loss = MeanSquaredError()(logits, torch.full_like(truth, NAN))
    loss.backward()
    assert loss == 0
    assert (logits.grad == 0).all()


def test_weights_are_of_outputs():
    logits, truth = torch.tensor([[[1.0], [2.0]]]), torch.zeros((1, 2, 1))
    assert MeanSquaredError()(logits, truth, torch.tensor([3.0, 1.0])).item() == pytest.approx((3 * 1 + 4) / 4)


def test_labels_stand_for_ones_and_zeros(batch):
    logits, _ = batch
    labels = torch.randint(-1, 3, (4, 9), generator=torch.Generator().manual_seed(1))
    values = functional.one_hot(labels.clamp(min=0), 3).transpose(1, 2).float()
    values[(labels == -1).unsqueeze(1).expand_as(values)] = NAN
    assert_close(MeanSquaredError()(logits, labels), MeanSquaredError()(logits, values))
