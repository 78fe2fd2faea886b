"""The trainable Fourier transform: begins as the transform, in decibels, with a finite gradient everywhere."""

from __future__ import annotations

import numpy as np
import torch
from numpy.testing import assert_allclose

from oscine.networks.layers.trainable_stft import TrainableStftLayer, windowed_transform


def _noise(*shape: int) -> torch.Tensor:
    return 0.1 * torch.randn(shape, generator=torch.Generator().manual_seed(3))


def test_kernels_are_the_fourier_transform():
    real, imaginary = windowed_transform(16)
    sound = np.random.default_rng(0).normal(size=16)
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(16) / 16)
    assert_allclose(real @ sound + 1j * (imaginary @ sound), np.fft.rfft(sound * taper), atol=1e-12)


def test_a_tone_of_full_scale_is_at_its_level():
    layer = TrainableStftLayer(64, 16)
    tone = torch.cos(2 * torch.pi * 8 / 64 * torch.arange(640.0)).reshape(1, 1, -1)
    levels = layer(tone)
    assert levels.shape == (1, 1, 33, 37)
    assert_allclose(levels[0, 0, 8].detach(), 10 * np.log10(0.5 + 0.003), atol=1e-3)  # half of a cosine is at +f
    assert_allclose(levels[0, 0, 20].detach(), 10 * np.log10(0.003), atol=1e-3)


def test_normalised_by_the_window():
    """Levels hang neither on loudness nor on the other sounds of a batch; silence is as loud as can be, as in DAS."""
    layer = TrainableStftLayer(16, 4, normalise=True)
    sound = _noise(3, 2, 200)
    levels = layer(sound)
    assert levels.amax(dim=(1, 2, 3)).tolist() == [0, 0, 0]
    assert levels.min() >= -80
    assert_allclose(layer(1000 * sound).detach(), levels.detach(), atol=0.01)
    assert_allclose(layer(sound[1:2]).detach(), levels[1:2].detach(), atol=1e-4)
    assert not layer(torch.zeros(1, 1, 64)).any()
    assert not layer.is_exact


def test_gradient_in_silence_is_finite():
    for normalise in (False, True):
        layer = TrainableStftLayer(16, 4, normalise=normalise)
        layer(torch.zeros(1, 1, 64)).sum().backward()
        assert all(torch.isfinite(kernel.grad).all() for kernel in layer.parameters())


def test_reset_brings_the_transform_back():
    layer = TrainableStftLayer(16, 4)
    with torch.no_grad():
        layer.real.normal_()
    layer.reset_parameters()
    assert_allclose(layer.real[:, 0].detach(), windowed_transform(16)[0], atol=1e-7)
