"""The autoencoder: parameters by hand, the mirror image, exact blocks, and that it learns to give sound back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from oscine.annotations.annotations import Annotations
from oscine.core.errors import InputError
from oscine.datasets.prepare import prepare
from oscine.networks.architectures.autoencoder import Autoencoder
from oscine.networks.losses.mean_squared_error import MeanSquaredError
from oscine.networks.model import Model
from oscine.networks.specification import Specification
from oscine.networks.targets.reconstruction import Reconstruction
from oscine.prediction.tiles import score_tiles
from oscine.recordings.recording import Recording
from oscine.recordings.recordings import Recordings
from oscine.training.params import TrainParams
from oscine.training.train import train

TASK = Specification(labels=("song",), sample_rate=2500.0)
PHASE: dict[str, Any] = {"name": "spectrogram", "phase": True}


def _network(n_channels: int = 1, **options: Any):
    task = Specification(TASK.labels, 2500.0, n_channels=n_channels, n_outputs=n_channels)
    return Autoencoder(**options).build(task)


def _sound(n_samples: int = 3000, n_channels: int = 1) -> torch.Tensor:
    return torch.randn((1, n_channels, n_samples), generator=torch.Generator().manual_seed(0))


# -- sizes -----------------------------------------------------------------------------------------------------


def test_default():
    """Two convolutions of size 3 with 64 maps, forth and back: the last one has one map for the one channel."""
    network = _network()
    assert network.n_parameters == (3 * 64 + 64) + (3 * 64 * 64 + 64) + (3 * 64 * 64 + 64) + (3 * 64 + 1) == 25_153
    assert (network.hop, network.step, network.context) == (1, 1, (4, 4))


@pytest.mark.parametrize(
    ("options", "n_channels", "expected"),
    [
        ({}, 2, (2 * 3 * 64 + 64) + 2 * (3 * 64 * 64 + 64) + (3 * 64 * 2 + 2)),
        ({"normalization": "after"}, 1, 25_153 + 2 * 2 * 64),
        # the dense layer sees the 508 steps that are left of 512, and its mirror lays them out again
        ({"dense": (10,)}, 1, 25_153 + (508 * 64 * 10 + 10) + (508 * 64 * 10 + 64)),
        ({"dense": (10, 4)}, 1, 25_153 + 2 * 508 * 64 * 10 + 10 + 64 + 2 * 40 + 4 + 10),
        # a mirrored layer gives as many maps as the one that it mirrors, the first one as there are features
        (
            {"representation": "mel-cepstrum", "features": (8, 16)},
            1,
            (25 * 8 + 8) + (3 * 3 * 8 * 16 + 16) + (3 * 3 * 16 * 16 + 16) + (25 * 16 + 1) + (16 * 7 + 1),
        ),
    ],
    ids=str,
)
def test_parameters(options, n_channels, expected):
    assert _network(n_channels, **options).n_parameters == expected


def test_bottleneck():
    network = _network(features=(8, 8), stride_time="1,2", dense=(40, 12, 30))
    assert network.hidden_sizes == (255 * 8, 127 * 8, 40, 12, 30)
    assert network.bottleneck == 3
    assert "12 numbers for a context window, behind layer 4" in network.describe()


def test_hidden_layers_are_those_of_the_encoder():
    network = _network(features=(8, 8), stride_time="1,2", dense=(40, 12)).eval()
    layers = network.hidden(_sound(network.n_input_samples(1)))
    assert [tuple(layer.shape[:3]) for layer in layers] == [(1, 8, 1), (1, 8, 1), (1, 40, 1), (1, 12, 1)]
    assert all((layer < 0).any() for layer in layers), "before the nonlinearity"


# -- frames ----------------------------------------------------------------------------------------------------

OPTIONS: list[dict[str, Any]] = [
    {},
    {"stride_time": "1,2"},
    {"stride_time": "2", "kernel_1d": 6, "n_conv_layers": 3},
    {"dilate_time": "2", "n_conv_layers": 3, "normalization": "before"},
    {"pool_kind": "max", "pool_size": (5, 1)},
    {"pool_kind": "average", "stride_time": "1", "dense": (8, 3)},
    {"dense": (16,), "context": 0.05},
    {"kernel_1d": 1, "stride_time": "2"},
    {"representation": PHASE, "stride_freq": "1", "kernel_2d": (3, 4)},
    {"representation": "mel-cepstrum", "stride_time": "2", "dense": (5,), "pool_kind": "max", "pool_size": (3, 2)},
    {"representation": "spectrogram", "pool_kind": "max", "n_conv_layers": 1, "dilate_freq": "1"},
]


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_blocks_equal_the_whole(options, n_channels):
    """Also blocks whose number of frames is no whole number of steps."""
    sound = _sound(n_channels=n_channels)
    network = _network(n_channels, **{"features": (6, 4)} | options)
    with torch.no_grad():
        network.standardise([sound]).train()(sound)
    network.eval()
    with torch.inference_mode():
        whole = network(sound)
        assert whole.shape == (1, n_channels, network.n_valid_frames(3000))
        for n_frames in (1, 3, network.step, network.step + 1, 50):
            n_samples = network.n_input_samples(n_frames)
            for first in (0, network.step, 2 * network.step):
                block = network(sound[..., first : first + n_samples])
                assert block.shape == (1, n_channels, n_frames)
                assert_allclose(block, whole[..., first : first + n_frames], rtol=1e-4, atol=1e-5)


def test_it_is_its_own_mirror_image():
    """Convolutions that pass one sample and mirrors that lay it out at the same place give the sound at each frame."""
    network = _network(features=(2, 2), kernel_1d=5, stride_time="1").eval()
    with torch.no_grad():
        for weights in network.parameters():
            weights.zero_()
        # even samples in one map, odd ones in the other: a stride of 2 loses nothing
        network.convolutions[0].weight[0, 0, 0, 2] = network.convolutions[0].weight[1, 0, 0, 3] = 1.0
        network.mirrored[1].weight[0, 0, 0, 2] = network.mirrored[1].weight[1, 0, 0, 3] = 1.0
        for n in (0, 1):
            network.convolutions[1].weight[n, n, 0, 1] = network.mirrored[0].weight[n, n, 0, 1] = 1.0
    sound = _sound(200).abs()
    with torch.inference_mode():
        truth = Reconstruction().of_sound(sound, network.hop, network.context)
        assert torch.equal(network(sound), truth)


def test_dense_layers_take_one_window_after_the_other():
    """What happens in one window is told to no other: a bottleneck that slid would tell several."""
    network = _network(kernel_1d=1, dense=(4,), context=0.02).eval()
    assert (network.step, network.context) == (50, (0, 49))
    sound = _sound(500).requires_grad_()
    network(sound)[0, 0, 70].backward()
    seen = sound.grad[0, 0].nonzero()[:, 0]
    assert 50 <= seen.min() < seen.max() < 100


def test_faint_sound_comes_out_faint():
    sound = 0.003 * _sound(n_channels=2) + 0.1
    network = _network(n_channels=2).standardise(iter([sound[..., :2000], sound[..., 2000:]])).eval()
    with torch.inference_mode():
        given = network(sound)
    assert (given.mean(-1) - 0.1).abs().max() < 0.01
    assert given.std() < 0.03


def test_asked_for_labels_it_scores_every_sample():
    network = Autoencoder().build(Specification(("a", "b", "c"), 2500.0, n_channels=2)).standardise([_sound(100, 2)])
    assert network.eval()(_sound(100, 2)).shape == (1, 3, 100 - 8)


@pytest.mark.parametrize("location", ["none", "input", "bottleneck"])
def test_dropout(location):
    network, sound = _network(dropout_location=location, dropout=0.7, dense=(8,)), _sound(1500)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        same = torch.equal(network.train()(sound), network(sound))
        assert same == (location == "none")
        given: list[torch.Tensor] = []
        network.convolutions[0].register_forward_pre_hook(lambda _, inputs: given.append(inputs[0]))
        network(sound)
    assert (given[0] == 0).float().mean().item() == pytest.approx(0.7 if location == "input" else 0, abs=0.05)
    assert torch.equal(network.eval()(sound), network(sound))


def test_nothing_fits():
    with pytest.raises(InputError, match=r"no convolution fits into the context.*found '0\.002 s, 5 steps"):
        _network(context=0.002, kernel_1d=8)


# -- learning --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def song(fly) -> tuple[torch.Tensor, torch.Tensor]:
    """Two stretches of one fly's recording, each 20 s, (batch, channel, sample)."""
    sound = Recording(fly / "PS_20130625111709_ch3.wav").read(0, 100_000)
    whole = torch.from_numpy(np.ascontiguousarray(sound)).unsqueeze(0)
    return whole[..., :50_000], whole[..., 50_000:]


def _error(network, sound: torch.Tensor) -> float:
    """Mean squared error, as a share of the variance of the sound."""
    with torch.inference_mode():
        truth = Reconstruction().of_sound(sound, network.hop, network.context)
        return (MeanSquaredError()(network.eval()(sound), truth) / truth.var()).item()


@pytest.mark.parametrize(
    ("options", "most"),
    [({}, 0.1), ({"n_conv_layers": 3, "kernel_1d": 7, "stride_time": ">=1"}, 0.5)],
    ids=["every sample", "strides"],
)
def test_learns_to_give_fly_song_back(song, options, most):
    """Error on sound that it has not seen, as a share of that sound's variance; it begins at one."""
    training, validation = song
    network = _network(features=(16, 16), **options).standardise([training])
    assert _error(network, validation) > 0.8
    optimiser = torch.optim.Adam(network.train().parameters(), lr=3e-3)
    random, loss = np.random.default_rng(0), MeanSquaredError()
    n_samples = network.n_input_samples(1024)
    for _ in range(200):
        starts = random.integers(training.shape[-1] - n_samples, size=8)
        batch = torch.cat([training[..., start : start + n_samples] for start in starts])
        optimiser.zero_grad()
        loss(network(batch), Reconstruction().of_sound(batch, network.hop, network.context)).backward()
        optimiser.step()
    assert _error(network, validation) < most


def test_trained_saved_and_predicted_in_tiles(fly, tmp_path):
    """The whole way, with strides: what comes out at the seams of tiles is what comes out of the whole."""
    for name in ("PS_20130625111709_ch3.wav", "20161207T102314_ch1.wav"):
        for file in (name, f"{name}-annotated-person1.csv"):
            (tmp_path / file).symlink_to(fly / file)
    dataset = prepare(Recordings(tmp_path), Annotations.load(tmp_path, format="songexplorer"))
    architecture = Autoencoder(features=(16, 16), stride_time="1,2", kernel_1d=5, dropout_location="input", dropout=0.1)
    params = TrainParams(
        architecture=architecture, target=Reconstruction(), n_steps=80, period=80, batch_size=24,
        learning_rate=0.005, window=0.2,
    )  # fmt: skip
    run = train(dataset, params, out=tmp_path / "run")
    losses = run.validation["loss"]
    assert losses[-1] < 0.5 * losses[0]

    model = Model.load(tmp_path / "run")
    assert model.outputs == ("channel-0",)
    assert model.network.tile % model.network.step == 0
    recording = Recording(fly / "20190122T093303a-7.wav")
    n_samples = 3 * model.tile + 137
    left, right = model.context
    tiles = score_tiles(model, recording.read(1000, 1000 + left + n_samples + right))
    sound = recording.read(1000, 1000 + left + n_samples + right)
    assert_allclose(tiles, model.scores(sound), rtol=1e-4, atol=1e-6)
    assert np.corrcoef(tiles[0], sound[0, left : left + n_samples])[0, 1] > 0.6
