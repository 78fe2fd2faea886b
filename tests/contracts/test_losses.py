"""Every loss leaves unknown frames out, and training by it finds the target."""

from __future__ import annotations

import pytest
import torch

from oscine.networks.loss import LOSSES
from oscine.networks.target import TARGETS, UNKNOWN


@pytest.fixture(params=LOSSES.names())
def loss(request):
    return LOSSES.make(request.param)


@pytest.fixture
def logits():
    return torch.randn((2, 3, 8), generator=torch.Generator().manual_seed(1)).requires_grad_()


@pytest.fixture
def target():
    return torch.tensor([[0, 1, 2, UNKNOWN, 1, 1, UNKNOWN, 0], [UNKNOWN] * 8])


def test_unknown_frames_do_not_count(loss, logits, target):
    value = loss(logits, target)
    value.backward()
    assert value.ndim == 0
    assert value > 0
    unknown = (target == UNKNOWN).unsqueeze(1).expand_as(logits)
    assert (logits.grad[unknown] == 0).all()
    assert (logits.grad[~unknown] != 0).all()
    with torch.no_grad():
        logits[unknown] = 100.0
    assert torch.equal(loss(logits, target), value)


def test_nothing_known(loss, logits, target):
    value = loss(logits, torch.full_like(target, UNKNOWN))
    value.backward()
    assert value == 0
    assert (logits.grad == 0).all()


def test_descends_to_the_target(loss, target):
    logits = torch.zeros((2, 3, 8), requires_grad=True)
    optimiser = torch.optim.Adam([logits], lr=0.1)
    for _ in range(50):
        optimiser.zero_grad()
        loss(logits, target).backward()
        optimiser.step()
    known = target != UNKNOWN
    assert torch.equal(logits.argmax(1)[known], target[known])


def test_class_weights(loss, logits, target):
    ones = loss(logits, target, torch.ones(3))
    assert torch.allclose(ones, loss(logits, target))
    assert not torch.allclose(loss(logits, target, torch.tensor([1.0, 5.0, 1.0])), ones)


def test_every_target_names_its_loss():
    for target in TARGETS.members().values():
        assert target.loss in LOSSES.names()
