"""Options of the spectrogram front end."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.signal
import torch

from oscine.core.errors import InputError
from oscine.networks.frontends.spectrogram import Spectrogram
from oscine.networks.specification import Specification

TASK = Specification(("song",), 2500.0)


def test_a_tone_is_in_its_bin():
    tone = torch.sin(2 * math.pi * 625 * torch.arange(600) / 2500)[None, None]
    features = Spectrogram().build(TASK)(tone)
    assert features.shape[2] == 9
    assert (features.argmax(2) == 4).all()
    assert Spectrogram(low=500, high=800).build(TASK)(tone).argmax(2).unique().item() == 0


def test_phase_doubles_the_maps():
    stereo = Specification(("song",), 2500.0, n_channels=2)
    assert Spectrogram(phase=True).geometry(stereo).n_maps == 4
    parts = Spectrogram(phase=True).build(stereo)(torch.randn(1, 2, 100))
    assert parts.shape[1] == 4


def test_range():
    assert Spectrogram(low=500, high=900).geometry(TASK).n_bins == 3
    assert Spectrogram(high=5000).geometry(TASK).n_bins == 9, "cut at half the sample rate"
    with pytest.raises(InputError, match="lowest frequency kept is not below the highest"):
        Spectrogram(low=900, high=500).geometry(TASK)


def test_another_sample_rate_needs_another_window():
    with pytest.raises(InputError, match=r"0\.004 s \(128 samples\) or 0\.008 s \(256 samples\)"):
        Spectrogram().geometry(Specification(("song",), 32000.0))


def test_log_is_that_of_the_amplitude_above_a_floor():
    sound = 0.01 * torch.randn(1, 1, 200, generator=torch.Generator().manual_seed(0))
    linear, log = Spectrogram().build(TASK)(sound), Spectrogram(scale="log", floor=0.003).build(TASK)(sound)
    torch.testing.assert_close(log, torch.log(linear / 8 + 0.003))  # a Hann window of 16 samples sums to 8
    silence = Spectrogram(scale="log", floor=0.003).build(TASK)(torch.zeros(1, 1, 200))
    assert silence.unique().item() == pytest.approx(math.log(0.003))


@pytest.mark.parametrize(("window", "step", "rate"), [(512, 64, 32000.0), (16, 4, 2500.0)])
def test_power_is_scipys_density(window, step, rate):
    sound = np.random.default_rng(0).normal(0, 0.01, 3000)
    _, _, expected = scipy.signal.spectrogram(
        sound, rate, window="hann", nperseg=window, noverlap=window - step, detrend=False, mode="psd"
    )
    layer = Spectrogram(window=window / rate, stride=step / rate, scale="power").build(Specification(("a",), rate))
    found = layer(torch.from_numpy(sound).float()[None, None])[0, 0].numpy()
    assert found.shape == expected.shape
    # relative to the frame: single precision leaves some 1e-7 of its strongest bin in the faintest
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * expected.mean())


def test_power_keeps_the_bins_that_vak_keeps():
    frequencies = np.fft.rfftfreq(512, 1 / 32000)
    task = Specification(("a",), 32000.0)
    for low, high in [(500.0, 10000.0), (510.0, 9999.0), (0.0, 16000.0)]:
        front_end = Spectrogram(window=0.016, stride=0.002, scale="power", low=low, high=high)
        kept = ((frequencies >= low) & (frequencies < high)).sum()
        assert front_end.geometry(task).n_bins == kept
        assert front_end.build(task)(torch.randn(1, 1, 600)).shape[2] == kept
    with pytest.raises(InputError, match="no bin of the spectrum"):
        Spectrogram(scale="power", low=10, high=20).geometry(TASK)
