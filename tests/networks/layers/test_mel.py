"""Energies of mel bands, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from oscine.networks.layers.mel import LogMelLayer, MelEnergyLayer
from oscine.networks.spectral import fast_length, hann_window, mel_bands


@pytest.mark.parametrize(("window", "stride", "n_bands"), [(512, 64, 80), (40, 5, 80), (706, 90, 33), (2, 1, 1)])
def test_energies(window, stride, n_bands):
    sound = np.random.default_rng(0).normal(0, 0.1, (2, 3, 1801)).astype(np.float32)
    taper, n_fft = hann_window(window), fast_length(window)
    cut = np.lib.stride_tricks.sliding_window_view(sound.astype(np.float64), window, axis=-1)[..., ::stride, :]
    power = np.abs(np.fft.rfft(cut * taper, n_fft)) ** 2 / (taper**2).sum()
    expected = (power @ mel_bands(n_bands, n_fft, 32000.0, 0.0, 16000.0).T).swapaxes(-1, -2)
    layer = MelEnergyLayer(window, stride, 32000.0, n_bands, 0.0, 16000.0)
    assert_allclose(layer(torch.from_numpy(sound)).numpy(), expected, rtol=1e-4, atol=1e-8)


def test_half_precision_does_not_reach_it():
    sound = torch.randn((1, 1, 2000), generator=torch.Generator().manual_seed(0))
    layer = LogMelLayer(MelEnergyLayer(512, 64, 32000.0, 80, 0.0, 16000.0), 1e-5)
    expected = layer(sound)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(layer(sound), expected)
