"""SongExplorer's networks: its parameter counts and rates, and all options."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from oscine.core.errors import InputError
from oscine.networks.architectures.songexplorer import SongExplorer
from oscine.networks.specification import Specification

TASK = Specification(labels=("mel-pulse", "mel-sine", "ambient"), sample_rate=2500.0)
SMALL = {"kernel_2d": (3, 3), "kernel_1d": 32, "features": (16, 16)}
FRONT_ENDS: dict[str, Any] = {
    "waveform": "waveform",
    "spectrogram": {"name": "spectrogram", "window": 0.0032, "stride": 0.0008},
    "mel-cepstrum": {"name": "mel-cepstrum", "window": 0.0032, "stride": 0.0008, "n_mel": 3, "n_coefficients": 3},
}


def _network(task: Specification = TASK, **options: Any):
    return SongExplorer(**options).build(task)


# -- the counts and rates of reference §4.1 and §9.4 -----------------------------------------------------------


def test_default():
    network = _network()
    assert [weights.numel() for name, weights in network.named_parameters() if "weight" in name] == [1600, 36864, 22848]
    assert network.n_parameters == 61443 == 1664 + 36928 + 22851
    assert (network.hop, network.frame_rate, network.context) == (4, 625.0, (256, 255))
    assert "28 samples (0.0112 s) × 5 frequencies" in network.describe()


def test_smaller_features_and_fewer_labels():
    assert _network(features=(32, 32)).n_parameters == 21507
    assert _network(Specification(labels=("mel-pulse", "mel-sine"), sample_rate=2500.0)).n_parameters == 53826


@pytest.mark.parametrize(
    ("front_end", "stride_time", "n_parameters", "frame_rate"),
    [
        ("waveform", "", 30339, 2500),
        ("waveform", "2", 19539, 1250),
        ("spectrogram", "", 14435, 1250),
        ("spectrogram", "2", 8483, 625),
        ("mel-cepstrum", "", 18931, 1250),
        ("mel-cepstrum", "2", 13651, 625),
    ],
)
def test_freeze_classify_networks(front_end, stride_time, n_parameters, frame_rate):
    network = _network(representation=FRONT_ENDS[front_end], stride_time=stride_time, **SMALL)
    assert network.n_parameters == n_parameters
    assert network.frame_rate == frame_rate


def test_shift_by_network():
    network = _network(representation="waveform", stride_time="2", shift=0.0512, **SMALL | {"features": (8, 8)})
    assert network.n_parameters == 7723
    assert network.context == (256 + 128, 255 - 128)


# -- options ---------------------------------------------------------------------------------------------------

OPTIONS: list[dict[str, Any]] = [
    {"connection": "residual", "n_conv_layers": 5},
    {"connection": "residual", "n_conv_layers": 5, "representation": "waveform", "stride_time": "2"},
    {"connection": "residual", "n_conv_layers": 5, "representation": "waveform", "stride_time": "3"},
    {"normalization": "before"},
    {"normalization": "after", "n_conv_layers": 3},
    {"dilate_time": ">=2", "n_conv_layers": 4},
    {"representation": {"name": "spectrogram", "phase": True, "low": 100, "high": 900}, "dilate_freq": "2"},
    {"representation": "spectrogram", "stride_freq": "1", "kernel_2d": (3, 3)},
    {"representation": "waveform", "pool_kind": "max"},
    {"representation": FRONT_ENDS["spectrogram"], "pool_kind": "average", "pool_size": (2, 3), "dense": (10, 5)},
    {"dense": (32,)},
    {"n_conv_layers": 0},
    {"context": 0.1001},
    {"context": 0.0064, "n_conv_layers": 9},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_blocks_equal_the_whole(options):
    network = _network(**options)
    sound = torch.randn((1, 1, 3000), generator=torch.Generator().manual_seed(0))
    network.standardise([sound]).train()
    network(sound)  # gives batch normalisation its means
    network.eval()
    with torch.inference_mode():
        whole = network(sound)
        assert whole.shape[-1] == network.n_valid_frames(3000)
        for n_frames in (1, 2, 5, 64):
            n_samples = network.n_input_samples(n_frames)
            for first in (0, 1, 17, whole.shape[-1] - n_frames):
                block = network(sound[..., first * network.hop : first * network.hop + n_samples])
                assert block.shape == (1, 3, n_frames)
                assert_allclose(block, whole[..., first : first + n_frames], rtol=1e-5, atol=1e-5)


def test_residual_changes_the_scores_and_adds_no_weights():
    sound = torch.randn((1, 1, 512), generator=torch.Generator().manual_seed(0))
    plain, residual = (
        _network(n_conv_layers=3, representation="waveform", connection=connection).eval()
        for connection in ("plain", "residual")
    )
    assert plain.n_parameters == residual.n_parameters
    assert not torch.allclose(plain(sound), residual(sound))


def test_a_residual_connection_around_nothing_is_centred():
    """With convolutions that pass their middle sample, the network adds the sound at the frame itself."""
    network = _network(
        n_conv_layers=3, representation="waveform", connection="residual", features=(1, 1), context=0.0052
    )
    for convolution in network.convolutions:
        convolution.weight.data.zero_()[..., 1] = 1.0
    sound = torch.rand((1, 1, 40))
    with torch.inference_mode():
        third = network.hidden(sound)[2]
    assert_allclose(third[0, 0, 0], 2 * sound[0, 0, 3:-3])


def test_shift_moves_the_window_and_not_the_weights():
    sound = torch.randn((1, 1, 2000), generator=torch.Generator().manual_seed(0))
    still, shifted = (_network(shift=shift).eval() for shift in (0.0, 0.0512))
    assert torch.equal(still(sound), shifted(sound)), "the same windows, which belong to later frames"
    assert shifted.context[0] - still.context[0] == 128


def test_normalization_has_two_weights_per_map():
    assert _network(normalization="before").n_parameters == 61443 + 4 * 64


def test_dropout_only_while_training():
    network = _network(dropout=0.9)
    sound = torch.randn((1, 1, 600))
    assert not torch.equal(network.train()(sound), network(sound))
    assert torch.equal(network.eval()(sound), network(sound))


def test_hidden_layers_in_order():
    network = _network(dense=(32,), n_conv_layers=3).eval()
    shapes = [tuple(layer.shape[1:]) for layer in network.hidden(torch.zeros((1, 1, 512)))]
    assert shapes == [(64, 3, 121), (64, 1, 119), (64, 1, 117), (32, 1, 1)]


def test_faint_sound_is_scored_as_loud_once_standardised():
    sound = torch.randn((1, 1, 2000), generator=torch.Generator().manual_seed(0))
    loud, faint = (
        _network(representation="waveform").eval().standardise([gain * sound])(gain * sound) for gain in (1.0, 0.003)
    )
    assert_allclose(loud.detach(), faint.detach(), rtol=1e-4, atol=1e-5)


def test_describe_names_every_layer():
    text = _network(
        n_conv_layers=4, connection="residual", stride_time="3", representation="waveform", pool_kind="max", dense=(8,)
    ).describe()
    for words in ("convolution 4", "stride 2×1", "adds the input of layer 2", "pool", "dense", "625 Hz", "parameters"):
        assert words in text


# -- what is refused -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"stride_time": "1"}, r"a hop of 8 samples.*allowed: 4 samples \(625 Hz\)"),
        ({"context": 0.005}, "shorter than the window of the front end.*at least 0.0064 s"),
        ({"shift": 0.2}, "shift is larger than half the context"),
        ({"shift": -0.2}, "shift is larger than half the context"),
        ({"representation": {"name": "mel-cepstrum", "window": 0.006}}, r"0\.0032 s \(8 samples\) or 0\.0064 s"),
        ({"representation": {"name": "spectrogram", "low": 1300.0}}, "lowest frequency kept is not below"),
    ],
)
def test_options_that_do_not_fit_the_sample_rate(options, problem):
    with pytest.raises(InputError, match=problem):
        _network(**options)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"stride_time": "2", "dilate_time": ">=2"}, "layer 2 is listed in both"),
        ({"stride_time": "x"}, "not a list of layers"),
        ({"representation": {"name": "mel-cepstrum", "n_mel": 3}}, "more than n_mel"),
        ({"representation": "melcepstrum"}, "Did you mean 'mel-cepstrum'"),
        ({"kernel_2d": (5, 0)}, "kernel_2d.1 is out of range"),
        ({"dropuot": 0.1}, "Did you mean 'dropout'"),
    ],
)
def test_options_that_are_never_right(options, problem):
    with pytest.raises(InputError, match=problem):
        SongExplorer(**options)


def test_writes_itself_down():
    architecture = SongExplorer(representation=FRONT_ENDS["spectrogram"], dense=(3,))
    values = architecture.to_dict()
    assert values["name"] == "songexplorer"
    assert values["representation"]["name"] == "spectrogram"
    del values["name"]
    assert SongExplorer(**values) == architecture


def test_scores_are_near_uniform_before_training():
    network = _network().eval()
    sound = 0.003 * torch.from_numpy(np.random.default_rng(0).normal(size=(1, 1, 2000)).astype(np.float32))
    network.standardise([sound])
    assert network(sound).abs().max() < 5
