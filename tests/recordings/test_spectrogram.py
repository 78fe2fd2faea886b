"""The spectrogram: frames, calibration, agreement with scipy, axes, decibels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import spectrogram as reference

from oscine.core.errors import InputError
from oscine.recordings.frames import n_frames
from oscine.recordings.spectrogram import SpectrogramParams, bands, spectrogram


def tone(frequency: float, amplitude: float = 1.0, rate: int = 8000, seconds: float = 1.0) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * frequency * np.arange(int(rate * seconds)) / rate)


def test_frames_are_centred_on_whole_hops():
    sound = np.zeros(1000)
    sound[500] = 1
    found = spectrogram(sound, 1000, SpectrogramParams(window=0.032, hop=0.010))
    assert found.values.shape[2] == n_frames(1000, 10) == len(found.times)
    assert found.times[50] == 0.5
    strength = found.values[0].sum(axis=0)
    assert strength.argmax() == 50
    np.testing.assert_allclose(strength[:50][::-1], strength[51:101][: len(strength[:50])], atol=1e-6)


@pytest.mark.parametrize("n_samples", [0, 1, 4, 5, 999, 1000, 1001])
def test_every_length(n_samples):
    found = spectrogram(np.ones((2, n_samples)), 1000, SpectrogramParams(window=0.016, hop=0.009))
    assert found.values.shape == (2, 9, n_frames(n_samples, 9))
    assert np.isfinite(found.values).all()


@pytest.mark.parametrize("kind", ["hann", "hamming", "blackman", "gaussian", "rectangular"])
def test_a_sine_shows_its_amplitude(kind):
    found = spectrogram(tone(1000, 0.3), 8000, SpectrogramParams(window_kind=kind))
    assert found.values[0, :, 50].max() == pytest.approx(0.3, rel=1e-3)
    assert found.frequencies[found.values[0, :, 50].argmax()] == 1000
    power = spectrogram(tone(1000, 0.3), 8000, SpectrogramParams(window_kind=kind, quantity="power"))
    assert power.values[0, :, 50].max() == pytest.approx(0.09, rel=1e-3)


def test_constant_shows_its_value():
    found = spectrogram(np.full(8000, 0.25), 8000)
    assert found.values[0, 0, 50] == pytest.approx(0.25, rel=1e-5)


def test_density_is_scipys():
    sound = np.random.default_rng(0).normal(size=8000)
    params = SpectrogramParams(window=0.016, hop=0.004, quantity="density", n_fft=256)
    found = spectrogram(sound, 8000, params)
    frequencies, times, expected = reference(
        sound, 8000, "hann", nperseg=128, noverlap=96, nfft=256, detrend=False, scaling="density"
    )
    np.testing.assert_allclose(found.frequencies, frequencies)
    first = int(np.flatnonzero(np.isclose(found.times, times[0]))[0])
    np.testing.assert_allclose(found.values[0, :, first : first + len(times)], expected, rtol=1e-4, atol=1e-9)


def test_of_white_noise_the_density_is_its_variance_per_hertz():
    sound = np.random.default_rng(0).normal(size=80_000)
    found = spectrogram(sound, 8000, SpectrogramParams(quantity="density"))
    assert found.values[0, 5:-5].mean() == pytest.approx(2 / 8000, rel=0.02)


def test_range_of_frequencies():
    found = spectrogram(tone(1000), 8000, SpectrogramParams(low=500, high=2000))
    assert (found.frequencies[0], found.frequencies[-1]) == (500, 2000)
    whole = spectrogram(tone(1000), 8000)
    np.testing.assert_array_equal(
        found.values, whole.values[:, (whole.frequencies >= 500) & (whole.frequencies <= 2000)]
    )


@pytest.mark.parametrize("scale", ["log", "mel"])
@pytest.mark.parametrize("n_bands", [1, 40, 200])
def test_bands_are_means(scale, n_bands):
    frequencies = np.linspace(0, 4000, 65)
    weights, centres = bands(frequencies, scale, n_bands, 62.5, 4000)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    assert (weights >= 0).all()
    assert (np.diff(centres) > 0).all()
    assert ((centres > 62.5) & (centres < 4000)).all()


@pytest.mark.parametrize("scale", ["log", "mel"])
def test_band_of_a_tone(scale):
    found = spectrogram(tone(1000), 8000, SpectrogramParams(scale=scale, n_bands=30))
    assert found.values.shape[1] == 30
    strongest = found.frequencies[found.values[0, :, 50].argmax()]
    assert 850 < strongest < 1150


def test_decibels():
    found = spectrogram(tone(1000, 0.1), 8000, SpectrogramParams(decibels=True, floor=-60))
    assert found.values.max() == pytest.approx(-20, abs=0.1)
    assert found.values.min() == -60
    power = spectrogram(tone(1000, 0.1), 8000, SpectrogramParams(decibels=True, floor=-60, quantity="power"))
    np.testing.assert_allclose(power.values, found.values, atol=1e-3)


def test_channels_are_independent(noise):
    both = spectrogram(noise, 8000)
    np.testing.assert_array_equal(both.values[1:], spectrogram(noise[1], 8000).values)
    assert both.values.dtype == np.float32


def test_long_sounds_in_pieces(noise, monkeypatch):
    from oscine.recordings import spectrogram as module

    whole = spectrogram(noise, 8000)
    monkeypatch.setattr(module, "_VALUES_AT_ONCE", 1000)
    np.testing.assert_allclose(spectrogram(noise, 8000).values, whole.values, atol=1e-7)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": 1e-4}, "window is too short"),
        ({"n_fft": 64}, "n_fft is shorter"),
        ({"low": 3000, "high": 2000}, "no frequency is left"),
        ({"low": 5000, "scale": "mel"}, "no frequency is left"),
    ],
)
def test_impossible_options(options, message):
    with pytest.raises(InputError, match=message):
        spectrogram(tone(100), 8000, SpectrogramParams(**options))


def test_impossible_values():
    with pytest.raises(InputError, match="window"):
        SpectrogramParams(window=0)
