"""What every network does: frames, initialisation, standardisation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from oscine.networks.network import Network
from oscine.networks.specification import Specification

TASK = Specification(labels=("a", "b"), sample_rate=1000.0, n_channels=2)


class Front(nn.Module):
    def forward(self, waveform: Tensor) -> Tensor:
        return waveform.unsqueeze(2)


class Recurrent(Network):
    """Also what `initialise` knows no rule for."""

    def __init__(self) -> None:
        super().__init__(TASK, Front(), 2, 1, hop=2, context=(1, 1))
        self.convolution = nn.Conv2d(2, 4, (1, 3), stride=(1, 2))
        self.recurrence = nn.LSTM(4, 3, batch_first=True)
        self.normalization = nn.BatchNorm1d(3)
        self.dense = nn.Linear(3, 2)

    def body(self, features: Tensor, hidden: list[Tensor] | None = None) -> Tensor:
        x = self.convolution(features).squeeze(2)
        x, _ = self.recurrence(x.transpose(1, 2))
        return self.dense(x).transpose(1, 2)


@pytest.fixture
def network():
    return Recurrent()


def test_samples_that_no_frame_is_whole_with_are_left_out(network):
    assert network(torch.zeros(1, 2, 3)).shape == (1, 2, 1)
    assert network(torch.zeros(1, 2, 4)).shape == (1, 2, 1)
    assert network(torch.zeros(1, 2, 5)).shape == (1, 2, 2)
    assert network.n_frames(5) == 3


def test_glorot(network):
    weights = network.initialise(3).convolution.weight
    bound = (6 / (3 * 2 + 3 * 4)) ** 0.5
    assert weights.abs().max() <= bound
    assert weights.abs().max() > 0.8 * bound
    assert (network.convolution.bias == 0).all()
    assert (network.dense.bias == 0).all()


def test_all_layers_are_seeded_and_nothing_else_is(network):
    state = torch.get_rng_state()
    first = {name: value.clone() for name, value in network.initialise(1).state_dict().items()}
    torch.rand(7)
    again = network.initialise(1).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    other = network.initialise(2).state_dict()
    assert not torch.equal(first["recurrence.weight_ih_l0"], other["recurrence.weight_ih_l0"])
    torch.set_rng_state(state)
    network.initialise(1)
    assert torch.equal(torch.get_rng_state(), state)


def test_initialise_keeps_the_standardisation(network):
    network.standardise([torch.randn(1, 2, 50) + 3])
    mean = network.standardisation.mean.clone()
    assert torch.equal(network.initialise(1).standardisation.mean, mean)


def test_standardise_takes_arrays_and_batches(network):
    sound = np.random.default_rng(0).normal(2, 3, (4, 2, 500)).astype(np.float32)
    network.standardise(list(sound))
    one_by_one = network.standardisation.scale.clone()
    network.standardise([torch.from_numpy(sound)])
    assert torch.allclose(network.standardisation.scale, one_by_one)
    features = network.features(torch.from_numpy(sound))
    assert features.mean().abs() < 1e-2
    assert (features.std() - 1).abs() < 1e-2
    assert "standardisation.mean" in network.state_dict()
    assert not any(name.startswith("standardisation") for name, _ in network.named_parameters())


def test_describe(network):
    text = network.describe()
    assert "3 samples (0.003 s): 1 before and 1 after" in text
    assert "2: a, b" in text


def test_a_front_end_that_is_not_exact_makes_no_exact_network(network):
    assert network.is_exact
    assert not network.depends_on_length
    front_end = Front()
    front_end.is_exact = False
    other = Network(TASK, front_end, 2, 1, hop=2, context=(1, 1))
    assert not other.is_exact
    assert other.depends_on_length
