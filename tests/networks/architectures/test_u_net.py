"""The U-net: parameters by hand, any number of frames, options, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from numpy.testing import assert_allclose

from oscine.core.errors import InputError
from oscine.networks.architectures.u_net import UNet
from oscine.networks.specification import Specification

TASK = Specification(labels=("pulse", "sine", "ambient"), sample_rate=2500.0)


def _network(task: Specification = TASK, **options: Any):
    return UNet(**{"n_filters": 4} | options).build(task)


def _sound(n_samples: int = 3000, n_channels: int = 1) -> torch.Tensor:
    return torch.randn((1, n_channels, n_samples), generator=torch.Generator().manual_seed(0))


def _trained(network, sound):
    """With statistics of batch normalisation that are not those it begins with."""
    with torch.no_grad():
        network.standardise([sound]).train()(sound)
    return network.eval()


# -- parameters ------------------------------------------------------------------------------------------------


def _counted(n_filters: int, n_channels: int, n_labels: int, head: int) -> int:
    """Four levels, two convolutions of size 3 each: weights and biases, and two numbers a map for normalisation."""

    def block(n_in: int, n_out: int) -> int:
        return (3 * n_in * n_out + n_out) + (3 * n_out * n_out + n_out) + 2 * 2 * n_out

    f = n_filters
    down = block(n_channels, f) + block(f, 2 * f) + block(2 * f, 4 * f) + block(4 * f, 8 * f)
    bottom = block(8 * f, 16 * f)
    up = sum(2 * (2 * n) * n + n + block(2 * n, n) for n in (8 * f, 4 * f, 2 * f, f))
    return down + bottom + up + head * f * n_labels + n_labels


def test_default():
    network = UNet().build(TASK)
    assert network.n_parameters == _counted(64, 1, 3, 324) == 10_886_275
    assert (network.hop, network.frame_rate, network.step) == (1, 2500.0, 16)
    assert network.tile % 16 == 0


@pytest.mark.parametrize(
    ("options", "n_channels", "expected"),
    [
        ({}, 1, _counted(4, 1, 3, 324)),
        ({}, 3, _counted(4, 3, 3, 324)),
        ({"output": "slice"}, 1, _counted(4, 1, 3, 1)),
        ({"padding": "same"}, 1, _counted(4, 1, 3, 512)),
        ({"padding": "same", "output": "slice"}, 1, _counted(4, 1, 3, 1)),
        # convolutions of size 2 that halve, as many maps out as in
        ({"downsample": "conv"}, 1, _counted(4, 1, 3, 324) + sum(2 * n * n + n for n in (4, 8, 16, 32))),
        # seven coefficients of each channel are its channels; 125 spectra are too few for four levels
        ({"representation": "mel-cepstrum", "context": 0.8192}, 2, _counted(4, 14, 3, 324)),
    ],
    ids=str,
)
def test_parameters(options, n_channels, expected):
    task = Specification(labels=TASK.labels, sample_rate=2500.0, n_channels=n_channels)
    assert _network(task, **options).n_parameters == expected


# -- frames ----------------------------------------------------------------------------------------------------

OPTIONS: list[dict[str, Any]] = [
    {},
    {"output": "slice", "n_filters": 8},
    {"downsample": "conv", "n_down": 3, "n_up": 3},
    {"n_down": 3, "n_up": 1},
    {"n_down": 2, "n_up": 0, "output": "slice"},
    {"kernel_size": 4, "n_conv": 1, "n_down": 2, "n_up": 2},
    {"kernel_size": 1, "n_conv": 3, "n_down": 3, "n_up": 3},
    {"context": 0.1, "n_down": 3, "n_up": 3, "shift": 0.01},
    {"representation": {"name": "spectrogram", "stride": 0.0008, "window": 0.0032}, "n_down": 2, "n_up": 2},
    {"representation": {"name": "spectrogram", "stride": 0.0008, "window": 0.0032}, "n_down": 2, "n_up": 1},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_blocks_equal_the_whole(options):
    """Also blocks whose number of frames is no whole number of steps."""
    sound = _sound()
    network = _trained(_network(**options), sound)
    assert network.is_exact
    with torch.inference_mode():
        whole = network(sound)
        assert whole.shape[-1] == network.n_valid_frames(3000)
        for n_frames in (1, 3, network.step, network.step + 1, 50):
            n_samples = network.n_input_samples(n_frames)
            for first in (0, network.step, 11 * network.step):
                block = network(sound[..., first * network.hop : first * network.hop + n_samples])
                assert block.shape == (1, 3, n_frames)
                assert_allclose(block, whole[..., first : first + n_frames], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_frame_sees_its_context_on_either_side_of_it(options):
    """What a frame sees lies within the context of its step's first and last frame, and about its own centre."""
    sound = _sound()
    network = _trained(_network(**options), sound)
    shift = round(UNet(**options).shift * 2500) if "shift" in options else 0
    left, right = network.context
    for frame in (0, 1, network.step - 1, network.step + 3):
        leaf = sound.clone().requires_grad_()
        network(leaf)[0, :, frame].sum().backward()
        seen = leaf.grad[0, 0].nonzero()[:, 0] - (left + frame * network.hop)
        phase = frame % network.step * network.hop
        assert seen.min() >= -left - phase
        assert seen.max() <= right
        assert abs((seen.min() + seen.max()) / 2 + shift) <= 2 ** UNet(**options).n_down * network.geometry.stride + 2


def test_padded_windows():
    """Frames in the middle of a window are those of an unpadded network that halves at the same places."""
    sound = _sound(4000)
    padded = _network(padding="same", output="slice", n_down=2, n_up=2)
    plain = _network(padding="valid", output="slice", n_down=2, n_up=2)
    plain.load_state_dict(padded.state_dict())
    assert (padded.is_windowed, padded.is_exact) == (True, False)
    assert sum(padded.context) + 1 == 512
    with torch.inference_mode():
        begin = 2  # two convolutions of size 3 take two samples before the first pair
        frames, expected = padded.eval()(sound), plain.eval()(sound[..., begin:])
        for n_frames in (1, 2, 7, 64):
            assert padded(sound[..., : padded.n_input_samples(n_frames)]).shape == (1, 3, n_frames)
    later = padded.context[0] - plain.context[0] - begin
    assert_allclose(frames[..., :3000], expected[..., later : later + 3000], rtol=1e-4, atol=1e-5)


def test_padding_with_all_of_the_context():
    network = _network(padding="same").eval()
    assert (network.hop, network.context) == (1, (256, 255))
    with torch.inference_mode():
        assert network(_sound(512)).shape == (1, 3, 1)
        assert network(_sound(600)).shape == (1, 3, 89)


def test_it_can_pass_its_middle_sample():
    """Kernels that pass their middle give the sound at the frames themselves, through the topmost level alone."""
    network = _network(
        n_filters=2, n_down=2, n_up=2, output="slice", task=Specification(labels=("song",), sample_rate=2500.0)
    ).eval()
    with torch.no_grad():
        for weights in network.parameters():
            weights.zero_()
        for block in (network.down[0], network.up[-1]):
            for number, convolution in enumerate(block.convolutions):
                source = 2 if block is network.up[-1] and number == 0 else 0  # what was kept lies behind what came up
                convolution.weight[0, source, 1] = 1.0
            for normalization in block.normalizations:
                normalization.weight.fill_((1 + normalization.eps) ** 0.5)
        network.head.weight[0, 0, 0, 0] = 1.0
    sound = _sound(500).abs()
    with torch.inference_mode():
        frames = network(sound)
    left, right = network.context
    assert_allclose(frames[0, 0], sound[0, 0, left : 500 - right], rtol=1e-5)


def test_hidden_layers_in_order():
    network = _network().eval()
    shapes = [layer.shape[1:] for layer in network.hidden(_sound(network.n_input_samples(1)))]
    assert [shape[0] for shape in shapes] == [4, 4, 8, 8, 16, 16, 32, 32, 64, 64, 32, 32, 16, 16, 8, 8, 4, 4]
    assert all(shape[1] == 1 for shape in shapes)
    assert all((layer < 0).any() for layer in network.hidden(_sound(600))), "before the nonlinearity"


def test_dropout_only_while_training():
    network, sound = _network(dropout=0.9), _sound(600)
    assert not torch.equal(network.train()(sound), network(sound))
    assert torch.equal(network.eval()(sound), network(sound))


def test_describes_itself():
    text = _network(n_down=2, n_up=1).describe()
    for words in ("level 0", "4 -> 8 -> 8 maps at 1/2", "16 -> 8 -> 8", "step             2 frames", "1250 Hz", "head"):
        assert words in text


# -- what is refused -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"context": 0.05}, r"too short for a U-net of this depth; found 0\.05; allowed: at least 0\.0752 s"),
        ({"context": 0.005, "padding": "same"}, r"too short .* at least 0\.0064 s"),
        ({"representation": "mel-cepstrum"}, r"too short .* at least 0\.3056 s"),
        ({"shift": 0.5}, "the shift is larger than the context"),
        ({"shift": -0.5}, "the shift is larger than the context"),
        ({"n_up": 1}, "no whole number of frames per second.*a hop of 8 samples"),
    ],
    ids=str,
)
def test_options_that_do_not_fit_the_task(options, problem):
    with pytest.raises(InputError, match=problem):
        _network(**options)


def test_the_shortest_context_that_is_allowed_is_enough():
    assert _network(context=0.0752).head.kernel_size == (1, 4)


def test_options_that_are_never_right():
    with pytest.raises(InputError, match="n_up is 3, more than n_down, 2"):
        UNet(n_down=2, n_up=3)
