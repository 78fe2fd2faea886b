from __future__ import annotations

from typing import get_args

import pytest
import torch

from oscine.training.optimizers import OptimizerName, make_optimizer

RATES = {"adadelta": 1.0, "ftrl": 0.3, "adagrad": 0.1, "sgd": 0.1}


@pytest.mark.parametrize("name", get_args(OptimizerName))
def test_every_optimiser_makes_a_loss_small(name):
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    sound, label = torch.randn(64, 4), torch.randint(2, (64,))
    optimizer = make_optimizer(name, network.parameters(), RATES.get(name, 0.01), 0.0)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(network(sound), label)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0]


@pytest.mark.parametrize("name", get_args(OptimizerName))
def test_weight_decay_pulls_to_zero(name):
    weight = torch.nn.Parameter(torch.ones(3))
    optimizer = make_optimizer(name, [weight], RATES.get(name, 0.01), 0.5)
    for _ in range(20):
        optimizer.zero_grad()
        (0 * weight).sum().backward()
        optimizer.step()
    assert (weight.detach() < 1).all()


def test_there_are_nine():
    assert len(get_args(OptimizerName)) == 9
