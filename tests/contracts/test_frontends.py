"""Every front end: what its geometry says is what its layer gives, without padding."""

from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from oscine.networks.frontend import FRONTENDS
from oscine.networks.specification import Specification

TASK = Specification(labels=("song",), sample_rate=2500.0, n_channels=2)


@pytest.fixture(params=FRONTENDS.names())
def front_end(request):
    return FRONTENDS.make(request.param)


@pytest.fixture
def sound():
    return 0.01 * torch.randn((3, 2, 1000), generator=torch.Generator().manual_seed(5))


def test_geometry(front_end, sound):
    geometry, layer = front_end.geometry(TASK), front_end.build(TASK)
    for n_samples in (geometry.window, geometry.window + geometry.stride - 1, 517, 1000):
        shape = (3, geometry.n_maps, geometry.n_bins, geometry.n_steps(n_samples))
        assert layer(sound[..., :n_samples]).shape == shape


def test_steps_see_their_own_samples(front_end, sound):
    geometry, layer = front_end.geometry(TASK), front_end.build(TASK)
    whole = layer(sound)
    for step in (0, 5, geometry.n_steps(1000) - 1):
        start = step * geometry.stride
        assert_close(layer(sound[..., start : start + geometry.window])[..., 0], whole[..., step], rtol=1e-5, atol=1e-6)


def test_constants_are_not_stored(front_end):
    """Of what a front end holds, a model's file has the weights alone, where it has any."""
    layer = front_end.build(TASK)
    assert set(layer.state_dict()) == {name for name, _ in layer.named_parameters()}


def test_gradients_reach_the_sound(front_end, sound):
    sound.requires_grad_()
    front_end.build(TASK)(sound).square().sum().backward()
    assert torch.isfinite(sound.grad).all()
    assert sound.grad.abs().sum() > 0


def test_writes_itself_down(front_end):
    assert FRONTENDS.make(front_end.to_dict()) == front_end
