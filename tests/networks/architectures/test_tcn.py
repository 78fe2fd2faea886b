"""TCN: the published networks' sizes, and its options."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from numpy.testing import assert_allclose

from oscine.networks.architectures.tcn import Tcn
from oscine.networks.specification import Specification

SMALL: dict[str, Any] = {"n_filters": 6, "n_layers": 3}


def _task(n_labels: int = 3, sample_rate: float = 32000.0) -> Specification:
    return Specification(labels=tuple(f"label {number}" for number in range(n_labels)), sample_rate=sample_rate)


def _sound(network: Any, n_frames: int) -> torch.Tensor:
    return 0.1 * torch.randn((2, 1, network.n_input_samples(n_frames)), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("n_labels", "n_parameters"), [(11, 150_347), (12, 150_412), (38, 152_102)])
def test_published_sizes(n_labels, n_parameters):
    network = Tcn().build(_task(n_labels))
    assert network.n_parameters == n_parameters
    assert sum(weights.numel() for weights in network.temporal.blocks[0].parameters()) == 16_640


def test_sees_510_steps_of_the_past():
    network = Tcn().build(_task())
    assert network.field == (510, 0)
    assert network.context == (256 + 510 * 64, 255)
    assert network.receptive_field == sum(network.context) + 1
    assert network.is_exact
    assert "511 frames" in network.describe()


def test_as_much_of_the_future_as_of_the_past():
    network = Tcn(causal=False).build(_task())
    assert network.field == (255, 255)
    assert network.context == (256 + 255 * 64, 255 + 255 * 64)


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("kernel_size", [2, 3])
@pytest.mark.parametrize("skip_sum", [True, False])
def test_zeros_are_the_same_where_they_do_not_reach(causal, kernel_size, skip_sum):
    """Far enough from the ends of a window, padding and real sound give the same scores, for the same weights."""
    options: dict[str, Any] = {**SMALL, "causal": causal, "kernel_size": kernel_size, "skip_sum": skip_sum}
    real = Tcn(**options).build(_task(sample_rate=2500.0)).eval()
    padded = Tcn(**options, padding="zeros").build(_task(sample_rate=2500.0)).eval()
    padded.load_state_dict(real.state_dict())
    assert padded.is_windowed
    assert not padded.is_exact
    sound = _sound(real, 9)
    before, after = real.field
    assert before + after == 2 * (kernel_size - 1) * (1 + 2 + 4)
    with torch.inference_mode():
        inner, whole = real(sound), padded(sound)
        assert whole.shape[-1] == 9 + before + after
        assert_allclose(whole[..., before : before + 9], inner, atol=1e-6)
        hidden, all_hidden = real.hidden(sound), padded.hidden(sound)
    for few, many in zip(hidden, all_hidden, strict=True):
        assert few.shape[-1] == 9
        assert_allclose(many[..., before : before + 9], few, atol=1e-6)


def test_dilations_and_stacks():
    network = Tcn(dilations=(1, 2, 4, 8, 16), n_stacks=2, n_filters=4).build(_task(sample_rate=2500.0))
    assert network.temporal.dilations == (1, 2, 4, 8, 16) * 2
    assert network.field == (2 * 2 * 31, 0)
    assert network(_sound(network, 3)).shape == (2, 3, 3)


def test_weight_norm():
    """Lengths start as those of the directions drawn, also with another seed, and go through a state dict."""
    network = Tcn(**SMALL).build(_task(sample_rate=2500.0)).initialise(7)
    for block in network.temporal.blocks:
        for layer in block.convolutions:
            length, direction = layer.parametrizations.weight.original0, layer.parametrizations.weight.original1
            assert_allclose(length.detach().flatten(), direction.detach().flatten(1).norm(dim=1), rtol=1e-6)
            assert 0.8 * 12**-0.5 < direction.abs().max() <= 12**-0.5
    other = Tcn(**SMALL).build(_task(sample_rate=2500.0))
    sound = _sound(network, 4)
    assert (other.eval()(sound) - network.eval()(sound)).abs().max() > 1e-3
    other.load_state_dict(network.state_dict())
    assert torch.equal(other(sound), network(sound))
    plain = Tcn(**SMALL, weight_norm=False).build(_task(sample_rate=2500.0))
    assert network.n_parameters - plain.n_parameters == 3 * 2 * 6
