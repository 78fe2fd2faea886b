"""Options of the log-mel front end, at any sample rate."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from oscine.core.errors import InputError
from oscine.networks.frontends.log_mel import LogMel
from oscine.networks.specification import Specification
from oscine.recordings.spectrogram import SpectrogramParams, spectrogram


def _task(rate: float, n_channels: int = 1) -> Specification:
    return Specification(("song",), rate, n_channels=n_channels)


@pytest.mark.parametrize("rate", [1000.0, 2500.0, 10000.0, 22050.0, 24414.0625, 32000.0, 44100.0, 96000.0, 300000.0])
def test_fits_any_rate(rate):
    geometry = LogMel().geometry(_task(rate))
    assert 0.8 < geometry.stride / rate / 0.002 < 1.25
    assert 0.7 < geometry.window / rate / 0.016 < 1.42
    sound = torch.randn(2, 1, 4 * geometry.window, generator=torch.Generator().manual_seed(0))
    features = LogMel().build(_task(rate))(sound)
    assert features.shape == (2, 1, 80, geometry.n_steps(4 * geometry.window))
    assert (features.std(dim=(0, 3)) > 1e-3).all(), "a band is empty"


@pytest.mark.parametrize("sigma", [0.1, 0.001])
@pytest.mark.parametrize("window", [0.008, 0.02, 0.064])
def test_noise_has_its_variance_in_every_band_and_window(window, sigma):
    sound = sigma * torch.randn(1, 1, 200_000, generator=torch.Generator().manual_seed(0))
    energies = LogMel(window=window, floor=1e-9).build(_task(32000.0))(sound).exp().mean(-1)[0, 0]
    assert energies[1:] / sigma**2 == pytest.approx(np.ones(79), rel=0.25)


def test_is_what_the_picture_shows():
    """The mel spectrogram of `recordings`: the same but for its scale, and for where it has its frames."""
    sound = np.random.default_rng(0).normal(0, 0.1, 4000).astype(np.float32)
    params = SpectrogramParams(
        window=0.016, hop=0.002, quantity="density", scale="mel", n_bands=30, low=200.0, high=12000.0
    )
    picture = spectrogram(sound, 32000, params).values[0]
    layer = LogMel(window=0.016, stride=0.002, n_bands=30, low=200.0, high=12000.0).build(_task(32000.0))
    features = layer(torch.from_numpy(sound)[None, None])[0, 0].numpy()
    first = 4  # of the frames that lie within the sound: 256 samples before the centre, 64 apart
    expected = np.log(picture[:, first : first + features.shape[1]] * 32000 / 2 + 1e-10)
    np.testing.assert_allclose(features, expected, atol=1e-4)


def test_a_gain_is_an_offset():
    sound = torch.randn((1, 1, 3200), generator=torch.Generator().manual_seed(0))
    layer = LogMel().build(_task(32000.0))
    assert layer(10 * sound) - layer(sound) == pytest.approx(math.log(100), abs=1e-3)


def test_silence_is_the_floor():
    layer = LogMel(floor=0.003).build(_task(32000.0))
    assert layer(torch.zeros(1, 1, 1000)).unique().item() == pytest.approx(2 * math.log(0.003))


def test_an_offset_is_not_heard():
    """A constant reaches bin 0, and through the window's side lobes bin 1; bands above do not see it."""
    layer = LogMel(low=200.0).build(_task(32000.0))
    sound = 0.01 * torch.randn((1, 1, 3200), generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(layer(sound + 0.1), layer(sound), atol=2e-3, rtol=0.0)


def test_refuses_what_does_not_fit():
    with pytest.raises(InputError, match="lowest frequency kept is not below the highest"):
        LogMel(low=2000.0).geometry(_task(2500.0))
    with pytest.raises(InputError, match="too short at 2500 Hz"):
        LogMel(window=0.0001).geometry(_task(2500.0))
    with pytest.raises(InputError, match="whole number of frames"):
        LogMel(stride=0.0012).geometry(_task(2500.0))
