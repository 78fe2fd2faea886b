"""Context, receptive field and weights of networks with a frame for each step of their front end."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from oscine.networks.frontend import Geometry
from oscine.networks.layers.framewise import FramewiseNetwork, context_of
from oscine.networks.layers.spectral import SpectrogramLayer
from oscine.networks.specification import Specification

TASK = Specification(labels=("a", "b"), sample_rate=1000.0)
GEOMETRY = Geometry(window=16, stride=4, n_maps=1, n_bins=9)


class Mixed(FramewiseNetwork):
    def __init__(self) -> None:
        super().__init__(TASK, SpectrogramLayer(16, 4), GEOMETRY, reach=(2, 1), field=(3, 1))
        self.normed = parametrizations.weight_norm(nn.Conv1d(9, 8, 3))
        self.recurrence = nn.LSTM(8, 4)
        self.normalisation = nn.BatchNorm1d(4)
        self.dense = nn.Linear(4, 2, bias=False)


@pytest.mark.parametrize("geometry", [GEOMETRY, Geometry(1, 1, 1, 1), Geometry(5, 3, 1, 1)])
@pytest.mark.parametrize("reach", [(0, 0), (3, 1)])
def test_the_context_gives_exactly_the_steps_it_should(geometry, reach):
    left, right = context_of(geometry, reach)
    for n_frames in (1, 5):
        n_samples = left + 1 + right + (n_frames - 1) * geometry.stride
        assert geometry.n_steps(n_samples) == n_frames + sum(reach)
        assert geometry.n_steps(n_samples - 1) == n_frames + sum(reach) - 1


def test_receptive_field_and_description():
    network = Mixed()
    assert network.receptive_field == 16 + 4 * 4
    text = network.describe()
    assert "5 frames (0.032 s): 3 before and 1 after a frame" in text
    assert "real sound" in text


def test_weights_of_every_kind_of_layer():
    network = Mixed().initialise(5)
    first = {name: values.clone() for name, values in network.state_dict().items()}
    again, other = Mixed().initialise(5).state_dict(), Mixed().initialise(6).state_dict()
    for name, values in first.items():
        assert torch.equal(values, again[name]), name
        if "normalisation" not in name and "standardisation" not in name:
            assert not torch.equal(values, other[name]), name
    norms = network.normed.parametrizations.weight.original1.detach().flatten(1).norm(dim=1)
    assert torch.allclose(network.normed.parametrizations.weight.original0.detach().flatten(), norms)
    for weights, n_in in ((network.normed.weight, 27), (network.dense.weight, 4), (network.recurrence.bias_ih_l0, 4)):
        assert weights.abs().max() <= n_in**-0.5 * (1 + 1e-6)
        assert weights.abs().max() > 0.6 * n_in**-0.5
