"""The front ends' layers against slow NumPy, sample for sample."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from oscine.networks.layers.spectral import MelCepstrumLayer, SpectrogramLayer, WaveformLayer
from oscine.networks.spectral import cosine_transform, mel_filters


@pytest.fixture
def sound():
    return np.random.default_rng(0).normal(0, 0.1, (2, 3, 701)).astype(np.float32)


def _spectra(sound, window, stride):
    """(batch, channel, frequency, time), by the definition of the Fourier transform."""
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    fourier = np.exp(-2j * np.pi * np.outer(np.arange(window // 2 + 1), np.arange(window)) / window)
    starts = range(0, sound.shape[-1] - window + 1, stride)
    return np.stack([(sound[..., s : s + window] * taper) @ fourier.T for s in starts], axis=-1)


@pytest.mark.parametrize(("window", "stride"), [(16, 4), (8, 2), (256, 100), (2, 1)])
def test_spectrogram(sound, window, stride):
    expected = _spectra(sound.astype(np.float64), window, stride)
    magnitudes = SpectrogramLayer(window, stride)(torch.from_numpy(sound)).numpy()
    assert_allclose(magnitudes, np.abs(expected), atol=1e-5)
    parts = SpectrogramLayer(window, stride, phase=True)(torch.from_numpy(sound)).numpy()
    assert_allclose(parts, np.concatenate([expected.real, expected.imag], axis=1), atol=1e-5)


def test_range_of_frequencies(sound):
    whole = SpectrogramLayer(16, 4)(torch.from_numpy(sound))
    assert torch.equal(SpectrogramLayer(16, 4, slice(2, 5))(torch.from_numpy(sound)), whole[:, :, 2:5])


@pytest.mark.parametrize(
    ("window", "stride", "n_mel", "n_coefficients"), [(16, 4, 7, 7), (8, 2, 3, 3), (256, 100, 20, 12)]
)
def test_mel_cepstrum(sound, window, stride, n_mel, n_coefficients):
    magnitudes = np.abs(_spectra(sound.astype(np.float64), window, stride))
    mel = np.einsum("mf,bcft->bcmt", mel_filters(n_mel, window // 2 + 1, 2500.0), magnitudes)
    expected = np.einsum("km,bcmt->bckt", cosine_transform(n_coefficients, n_mel), np.log(mel + 1e-6))
    layer = MelCepstrumLayer(window, stride, 2500.0, n_mel, n_coefficients)
    assert_allclose(layer(torch.from_numpy(sound)).numpy(), expected, atol=1e-5, rtol=1e-5)


def test_silence_is_finite():
    silence = torch.zeros((1, 1, 64), requires_grad=True)
    cepstrum = MelCepstrumLayer(16, 4, 2500.0, 7, 7)(silence)
    cepstrum.sum().backward()
    assert torch.isfinite(cepstrum).all()
    assert torch.isfinite(silence.grad).all()


def test_waveform(sound):
    assert torch.equal(WaveformLayer()(torch.from_numpy(sound))[:, :, 0], torch.from_numpy(sound))
