"""The declaration of the trainable Fourier transform."""

from __future__ import annotations

import pytest

from oscine.core.errors import InputError
from oscine.networks.frontends.trainable_stft import TrainableStft
from oscine.networks.specification import Specification


def _task(sample_rate: float, n_channels: int = 1) -> Specification:
    return Specification(("song", "noise"), sample_rate, n_channels)


def test_geometry():
    geometry = TrainableStft().geometry(_task(2500.0, n_channels=3))
    assert (geometry.window, geometry.stride, geometry.n_maps, geometry.n_bins) == (16, 4, 3, 9)


def test_any_rate_of_frames():
    """DAS counts in samples: 16 of 44100 Hz."""
    stft = TrainableStft(window=64 / 44100, stride=16 / 44100)
    assert stft.geometry(_task(44100.0)).stride == 16


def test_strides_are_whole_samples():
    with pytest.raises(InputError, match=r"not a whole number of samples \(3.5 at 2500 Hz\).* 0.0012 s \(3 samples\)"):
        TrainableStft(stride=0.0014).geometry(_task(2500.0))
    with pytest.raises(InputError, match="power of two"):
        TrainableStft(window=0.005).geometry(_task(2500.0))
