"""Filters: the same as scipy on the whole, wherever a slice begins; pass and stop what they should."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from oscine.core.errors import InputError
from oscine.recordings.filters import butterworth, context
from oscine.recordings.recording import Recording

FILTERS = [
    (2500, 100, None, 4),
    (2500, None, 300, 4),
    (32_000, 500, 8000, 6),
    (32_000, 2, None, 2),
    (44_100, 200, 250, 4),
    (2500, 1, 1249, 12),
]


@pytest.mark.parametrize(("rate", "low", "high", "order"), FILTERS)
def test_slices_equal_the_whole(rate, low, high, order):
    rng = np.random.default_rng(0)
    sound = rng.uniform(-0.6, 1, (2, int(rate * 3))).astype("float32")
    kind = "bandpass" if low and high else "highpass" if low else "lowpass"
    edges = [low, high] if low and high else low or high
    expected = sosfiltfilt(butter(order, edges, kind, fs=rate, output="sos"), sound.astype("float64"))
    view = Recording.from_sound(sound, rate).filter(low, high, order)
    slices = [(0, 1), (0, 50), (view.n_samples - 1, view.n_samples)]
    slices += [(start, min(start + 700, view.n_samples)) for start in rng.integers(0, view.n_samples, 8)]
    for start, stop in slices:
        np.testing.assert_allclose(view.read(start, stop), expected[:, start:stop], rtol=0, atol=1e-6)
    blocks = [block.core for block in view.blocks(rate // 3, 10, 20)]
    np.testing.assert_allclose(np.concatenate(blocks, axis=1), expected, rtol=0, atol=1e-6)


def test_pass_and_stop_without_delay():
    time = np.arange(16_000) / 8000
    tones = {frequency: np.sin(2 * np.pi * frequency * time) for frequency in (50, 500, 3000)}
    mixed = Recording.from_sound(sum(tones.values()), 8000)
    middle = slice(4000, 12_000)
    for frequency, view in {50: mixed.filter(high=150), 500: mixed.filter(200, 1200), 3000: mixed.filter(2000)}.items():
        np.testing.assert_allclose(view.read()[0, middle], tones[frequency][middle], atol=0.04)


def test_cut_off_is_minus_6_decibels():
    tone = np.sin(2 * np.pi * 500 * np.arange(16_000) / 8000)
    assert np.abs(Recording.from_sound(tone, 8000).filter(low=500).read(7000, 9000)).max() == pytest.approx(
        0.5, abs=1e-3
    )


def test_context_is_what_the_impulse_response_needs():
    sections = butterworth(2500, 100, None, 4)
    impulse = np.zeros((1, 4001))
    impulse[0, 2000] = 1
    response = np.abs(sosfiltfilt(sections, impulse)[0])
    assert response[: 2000 - context(sections)].max() < 1e-7
    assert response[2000 - context(sections) // 4 :].max() > 1e-4


def test_channels_of_a_view(noise):
    recording = Recording.from_sound(noise, 8000)
    both = recording.filter(low=500).read(100, 200)
    one = recording.filter(low=500).select([1])
    assert one.n_channels == 1
    np.testing.assert_array_equal(one.read(100, 200), both[1:])
    assert one.identity()["channels"] == [1]
    with pytest.raises(InputError, match="no such channel"):
        one.select([1])


def test_without_frequencies_it_is_the_same(noise):
    recording = Recording.from_sound(noise, 8000)
    assert recording.filter() is recording


@pytest.mark.parametrize(
    "wrong", [(0, None, 4), (None, 4000, 4), (500, 400, 4), (5000, None, 4), (10, None, 0), (10, None, 13)]
)
def test_impossible_filters(noise, wrong):
    with pytest.raises(InputError, match="impossible"):
        Recording.from_sound(noise, 8000).filter(*wrong)


def test_one_sample():
    assert Recording.from_sound(np.ones((1, 1)), 8000).filter(low=100).read().shape == (1, 1)


def test_views_of_views(noise):
    view = Recording.from_sound(noise, 8000).filter(low=300).resample(3000).filter(high=1000)
    whole = view.read()
    assert view.sample_rate == 3000
    np.testing.assert_allclose(view.read(1234, 2345), whole[:, 1234:2345], atol=1e-5)
