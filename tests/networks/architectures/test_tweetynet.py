"""TweetyNet: the published networks' sizes, and its options."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from numpy.testing import assert_allclose

from oscine.core.errors import InputError
from oscine.networks.architectures.tweetynet import Tweetynet
from oscine.networks.frontends.spectrogram import Spectrogram
from oscine.networks.specification import Specification
from oscine.networks.traits import Traits

SMALL: dict[str, Any] = {"conv_filters": (4, 6), "hidden_size": 5}


def _task(n_labels: int = 3, sample_rate: float = 32000.0, n_channels: int = 1) -> Specification:
    labels = tuple(f"label {number}" for number in range(n_labels))
    return Specification(labels=labels, sample_rate=sample_rate, n_channels=n_channels)


def _sound(network: Any, n_frames: int, n_batch: int = 2) -> torch.Tensor:
    shape = (n_batch, network.specification.n_channels, network.n_input_samples(n_frames))
    return 0.1 * torch.randn(shape, generator=torch.Generator().manual_seed(1))


# -- the networks of Cohen et al. (2022), of the poster, and of vak --------------------------------------------------


@pytest.mark.parametrize(("n_labels", "n_parameters"), [(11, 1_110_411), (12, 1_110_924), (38, 1_124_262)])
def test_published_sizes(n_labels, n_parameters):
    network = Tweetynet().build(_task(n_labels))
    assert network.n_parameters == n_parameters
    assert (network.geometry.window, network.geometry.stride, network.geometry.n_bins) == (512, 64, 257)
    assert sum(weights.numel() for weights in network.convolutions.parameters()) == 52_096


def test_size_with_twice_the_frequencies():
    fine = Spectrogram(window=1024 / 32000, stride=64 / 32000)
    assert Tweetynet(representation=fine).build(_task(12)).n_parameters == 4_266_892


def test_few_frequencies_make_128_features():
    band = Spectrogram(window=512 / 32000, stride=64 / 32000, low=500, high=10000)
    network = Tweetynet(representation=band).build(_task(12))
    assert network.convolutions.n_features == network.recurrence.hidden_size == 128


# -- what it sees ----------------------------------------------------------------------------------------------------


def test_context_of_real_sound():
    network = Tweetynet().build(_task())
    assert network.context == (256 + 68 * 64, 255 + 68 * 64)  # 4 of the convolutions, 64 of the warm-up
    assert not network.is_exact
    assert not network.is_windowed
    assert network.receptive_field == 512 + 8 * 64
    assert "9 frames" in network.describe()


def test_zeros_need_no_context():
    network = Tweetynet(padding="zeros").build(_task())
    assert network.context == (256, 255)
    assert network.is_windowed


def test_with_enough_warm_up_blocks_are_as_good_as_the_whole():
    """The recurrence forgets: the longer it has run before a frame, the less it matters where it began."""
    worst = []
    for warm_up in (0.0, 0.1):
        network = Tweetynet(**SMALL, warm_up=warm_up).build(_task(sample_rate=2500.0)).eval()
        sound = _sound(network, 40, 1)
        with torch.inference_mode():
            whole = network(sound)
            block = network(sound[..., 20 * network.hop :])
        worst.append(float((whole[..., 20:] - block).abs().max()))
    assert worst[0] > 1e-3
    assert worst[1] < 1e-5


def test_reading_forwards_it_does_not_hear_what_comes():
    forwards = Tweetynet(**SMALL, bidirectional=False, conv_kernel=(1, 5), representation=Spectrogram())
    network = forwards.build(_task(sample_rate=2500.0)).eval()
    sound = _sound(network, 30)
    later = sound.clone()
    later[..., network.context[0] + network.context[1] + 10 * network.hop + 1 :] += 1
    with torch.inference_mode():
        before, after = network(sound), network(later)
    assert_allclose(after[..., :11], before[..., :11], atol=1e-6)
    assert (after[..., 20:] - before[..., 20:]).abs().max() > 1e-3
    assert network.context[1] == network.geometry.window // 2 - 1


# -- options -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"n_layers": 2, "dropout": 0.5},
        {"dropout": 0.5},
        {"conv_filters": (4,), "conv_kernel": (4, 2), "conv_pool": 3},
        {"conv_filters": (4, 5, 6), "conv_kernel": (1, 7), "conv_pool": 2},
        {"padding": "zeros", "conv_kernel": (4, 6)},
        {"representation": "waveform"},
        {"representation": {"name": "spectrogram", "phase": True}},
    ],
)
def test_options(options):
    network = Tweetynet(**(SMALL | options)).build(_task(sample_rate=2500.0, n_channels=2))
    for n_frames in (1, 7):
        assert network(_sound(network, n_frames)).shape == (2, 3, n_frames)
    hidden = network.eval().hidden(_sound(network, 7))
    assert len(hidden) == len(network.convolutions.convolutions) + 1
    assert {layer.shape[-1] for layer in hidden} == {7}


def test_dropout_works_with_one_layer():
    network = Tweetynet(**SMALL, dropout=0.5).build(_task(sample_rate=2500.0)).train()
    sound = _sound(network, 5)
    assert (network(sound) - network(sound)).abs().max() > 1e-3


def test_weights_are_drawn_as_published():
    first, again = (Tweetynet(**SMALL).build(_task(sample_rate=2500.0)).initialise(3) for _ in range(2))
    for name, weights in first.state_dict().items():
        assert torch.equal(weights, again.state_dict()[name])
    assert first.recurrence.weight_ih_l0.abs().max() <= 5**-0.5
    assert first.recurrence.bias_hh_l0_reverse.abs().max() > 0.5 * 5**-0.5
    assert 0.8 * (4 * 25) ** -0.5 < first.convolutions.convolutions[1].weight.abs().max() <= (4 * 25) ** -0.5
    assert (first.scores.bias != 0).all()


# -- the spectrogram follows the data ----------------------------------------------------------------------------------


def test_a_representation_that_was_chosen_stays():
    chosen = Tweetynet(representation=Spectrogram())
    assert chosen.suited(Traits(32000.0)) == chosen


def test_the_representation_is_stored_with_the_architecture():
    suited = Tweetynet().suited(Traits(32000.0))
    assert (suited.representation.window, suited.representation.stride) == (0.016, 0.002)
    assert suited.build(_task(12)).n_parameters == 1_110_924
    assert Tweetynet.parse({key: value for key, value in suited.to_dict().items() if key != "name"}) == suited


def test_a_spectrogram_that_does_not_fit_is_refused():
    with pytest.raises(InputError, match="power of two"):
        Tweetynet(representation=Spectrogram(window=0.006)).build(_task(sample_rate=2500.0))
