from __future__ import annotations

import pytest
import torch
from torch import nn

from oscine.training.average import Average


def test_it_is_the_published_recursion():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    average = Average(network, 0.9)
    expected = network[0].weight.detach().clone().double()
    for step in range(1, 200):
        with torch.no_grad():
            network[0].weight.add_(torch.randn(3, 2) * 0.1)
        average.update(step)
        decay = min(0.9, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * network[0].weight.detach().double()
    assert torch.allclose(average.values["0.weight"].double(), expected, atol=1e-5)


def test_what_a_network_remembers_of_its_batches_is_averaged_and_counts_are_not():
    network = nn.BatchNorm1d(2)
    average = Average(network, 0.5)
    network(torch.randn(8, 2) + 5)
    average.update(100)
    assert torch.allclose(average.values["running_mean"], network.running_mean / 2)
    assert "num_batches_tracked" not in average.values


def test_it_is_applied_and_taken_back_even_after_an_error():
    network = nn.Linear(2, 2)
    average = Average(network, 0.5)
    with torch.no_grad():
        network.weight.add_(1)
    weights, averaged = network.weight.detach().clone(), average.values["weight"].clone()
    with average.applied():
        assert torch.equal(network.weight, averaged)
    assert torch.equal(network.weight, weights)

    def fail():
        with average.applied():
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert torch.equal(network.weight, weights)
    assert torch.equal(average.values["weight"], averaged)
