"""ED-TCN: vak's size, and windows of any length."""

from __future__ import annotations

import pytest
import torch

from oscine.networks.architectures.ed_tcn import EdTcn
from oscine.networks.specification import Specification


def _task(n_labels: int = 3, sample_rate: float = 32000.0) -> Specification:
    return Specification(labels=tuple(f"label {number}" for number in range(n_labels)), sample_rate=sample_rate)


def _network(**options):
    small = {"n_filters": (4, 6), "kernel_size": 5, "conv_filters": (3, 4)}
    return EdTcn(**(small | options)).build(_task(sample_rate=2500.0)).eval()


def _sound(network, n_frames):
    return 0.1 * torch.randn((2, 1, network.n_input_samples(n_frames)), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("n_labels", [11, 12, 38])
def test_size_as_in_vak(n_labels):
    assert EdTcn().build(_task(n_labels)).n_parameters == 999_616 + 65 * n_labels


def test_says_that_it_is_windowed():
    network = EdTcn().build(_task())
    assert network.is_windowed
    assert not network.is_exact
    assert network.context == (256, 255)
    assert "padded with zeros" in network.describe()


@pytest.mark.parametrize("n_frames", [1, 2, 3, 4, 7, 64])
@pytest.mark.parametrize("options", [{}, {"n_filters": (4,)}, {"n_filters": (4, 5, 6), "kernel_size": 4}])
def test_windows_of_any_length(n_frames, options):
    network = _network(**options)
    with torch.inference_mode():
        sound = _sound(network, n_frames)
        assert network(sound).shape == (2, 3, n_frames)
        hidden = network.hidden(sound)
    assert len(hidden) == 2 + 2 * len(network.filters)
    assert {layer.shape[-1] for layer in hidden} == {n_frames}


def test_sees_as_far_as_it_says():
    """The gradient of a frame's score reaches its field, by the convolutions, where no map's maximum is in the way."""
    network = _network()
    for stage in (*network.encoder, *network.decoder):
        stage.activation = torch.nn.Identity()
    reached = []
    for frame in range(64, 68):
        features = torch.randn((1, 1, network.geometry.n_bins, 132), requires_grad=True)
        network.body(features)[0, :, frame].sum().backward()
        steps = features.grad.abs().sum((0, 1, 2)).nonzero().flatten()
        reached.append((frame - int(steps[0]), int(steps[-1]) - frame))
    before, after = network.field
    assert max(reach[0] for reach in reached) <= before <= max(reach[0] for reach in reached) + 3
    assert max(reach[1] for reach in reached) <= after <= max(reach[1] for reach in reached) + 3


def test_scale_follows_the_window():
    """A frame's scores change with a loud sound anywhere in the window."""
    network = _network()
    sound = _sound(network, 200)
    louder = sound.clone()
    louder[..., -200:] *= 100
    with torch.inference_mode():
        assert (network(louder)[..., 0] - network(sound)[..., 0]).abs().max() > 1e-4
