"""Resampling: the same as soxr in one piece, wherever a slice begins; right in time and in frequency."""

from __future__ import annotations

import numpy as np
import pytest
import soxr

from oscine.core.errors import InputError
from oscine.recordings.recording import Recording

REGULAR = [(32_000, 2500), (44_100, 48_000), (2500, 32_000), (250_000, 10_000), (24_414.0625, 10_000), (3, 2)]
IRREGULAR = [(44_100, 31_999), (10_000, 10_000.5), (44_101, 2500)]


def check_slices(view: Recording, whole: np.ndarray, tolerance: float) -> None:
    rng = np.random.default_rng(1)
    n_samples = view.n_samples
    slices = [(0, 1), (n_samples - 1, n_samples), (0, n_samples // 2), (n_samples // 3, n_samples)]
    slices += [(start, min(start + 700, n_samples)) for start in rng.integers(0, n_samples, 8)]
    for start, stop in slices:
        np.testing.assert_allclose(view.read(start, stop), whole[:, start:stop], rtol=0, atol=tolerance)
    blocks = [block.core for block in view.blocks(max(1, n_samples // 7), 10, 20)]
    np.testing.assert_allclose(np.concatenate(blocks, axis=1), whole, rtol=0, atol=tolerance)


@pytest.mark.parametrize(("old", "new"), REGULAR)
def test_slices_equal_soxr_in_one_piece(old, new):
    sound = np.random.default_rng(0).uniform(-1, 1, (2, int(min(old * 2, 100_000)) + 900)).astype("float32")
    view = Recording.from_sound(sound, old).resample(new)
    expected = soxr.resample(sound.T.astype("float64"), old, new, quality="VHQ").T
    assert view.sample_rate == new
    assert abs(view.n_samples - sound.shape[1] * new / old) <= 0.5
    check_slices(view, expected[:, : view.n_samples], 1e-6)


@pytest.mark.parametrize(("old", "new"), IRREGULAR)
def test_irregular_ratios_agree_with_themselves(old, new):
    sound = np.random.default_rng(0).uniform(-1, 1, (1, int(old * 3))).astype("float32")
    view = Recording.from_sound(sound, old).resample(new)
    check_slices(view, view.read(), 1e-6)


@pytest.mark.parametrize(("old", "new"), REGULAR[:5] + IRREGULAR)
def test_times_and_amplitudes_stay(old, new):
    frequency = 0.1 * min(old, new)
    sound = np.sin(2 * np.pi * frequency * np.arange(int(old * 3)) / old)
    view = Recording.from_sound(sound, old).resample(new)
    middle = slice(view.n_samples // 3, view.n_samples * 2 // 3)
    expected = np.sin(2 * np.pi * frequency * np.arange(view.n_samples) / new)
    np.testing.assert_allclose(view.read()[0, middle], expected[middle], atol=5e-6)
    assert abs(view.duration - len(sound) / old) <= 0.5 / new


def test_what_is_above_half_the_new_rate_goes():
    sound = np.sin(2 * np.pi * 3000 * np.arange(80_000) / 8000)
    assert np.abs(Recording.from_sound(sound, 8000).resample(4000).read(10_000, 30_000)).max() < 1e-6


def test_channels_of_a_view(noise):
    recording = Recording.from_sound(noise, 8000)
    both = recording.resample(2000).read(100, 200)
    np.testing.assert_array_equal(recording.resample(2000).select([1]).read(100, 200), both[1:])
    np.testing.assert_allclose(recording.select([1]).resample(2000).read(100, 200), both[1:], atol=1e-7)


def test_same_rate_is_the_same_recording(noise):
    recording = Recording.from_sound(noise, 8000)
    assert recording.resample(8000) is recording
    for wrong in (0, -1, float("inf"), float("nan")):
        with pytest.raises(InputError, match="sample rate"):
            recording.resample(wrong)


def test_very_short_recordings():
    assert Recording.from_sound(np.ones((1, 1)), 8000).resample(100).read().shape == (1, 0)
    assert Recording.from_sound(np.ones((1, 3)), 8000).resample(16_000).read().shape == (1, 6)
