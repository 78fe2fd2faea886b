"""Recordings at one level of background noise."""

from __future__ import annotations

import numpy as np
import pytest

from oscine.recordings.level import BLOCK, LEVEL, N_BLOCKS
from oscine.recordings.recording import Recording


def noise(gain=1.0, offset=0.0, n=20_000, n_channels=1):
    sound = np.random.default_rng(0).normal(offset, 0.002 * gain, (n_channels, n))
    sound[:, 500:520] += 0.5 * gain  # a loud call does not move the level
    return Recording.from_sound(sound, 2500.0)


def test_gain_and_offset_of_the_recorder_do_not_matter():
    quiet, loud = noise(0.1).normalise().read(), noise(10, offset=0.1).normalise().read()
    np.testing.assert_allclose(quiet, loud, atol=2e-4)
    assert np.median(np.abs(quiet)) == pytest.approx(LEVEL, rel=1e-3)


def test_each_channel_by_itself():
    sound = noise(n_channels=2).read() * np.array([[1.0], [30.0]], np.float32)
    levels = np.median(np.abs(Recording.from_sound(sound, 2500.0).normalise().read()), axis=1)
    np.testing.assert_allclose(levels, LEVEL, rtol=1e-3)


def test_slices_are_those_of_the_whole():
    recording = noise().normalise()
    np.testing.assert_array_equal(recording.read(300, 700), recording.read()[:, 300:700])


def test_long_recordings_are_looked_at_in_places():
    n_samples = 3 * N_BLOCKS * BLOCK
    recording = noise(n=n_samples).normalise()
    assert np.median(np.abs(recording.read())) == pytest.approx(LEVEL, rel=0.01)


@pytest.mark.parametrize("n", [1, 10])
def test_silence_stays_as_it_is(n):
    silence = Recording.from_sound(np.zeros((1, n)), 2500.0).normalise()
    assert (silence.read() == 0).all()


def test_provenance_says_so():
    assert noise().normalise().identity()["normalised"] == LEVEL


def test_the_gain_follows_noise_fainter_than_a_step_of_the_converter():
    """Sixteen bits, noise of 0.5 to 3 steps: no jump from one to the next, as a plain median of whole steps has."""
    random = np.random.default_rng(1)
    noise = random.normal(0, 1, 50_000)
    spreads = np.arange(0.5, 3.0, 0.1)
    gains = []
    for spread in spreads:
        sound = np.rint(noise * spread)[None] / 32768
        recording = Recording.from_sound(sound, 2500.0).normalise()
        loud = np.abs(sound).max()
        gains.append(np.abs(recording.read()).max() / loud)
    products = np.array(gains) * spreads
    assert products.max() / products.min() < 1.6, "the gain is as good as inverse to the noise"
    steps = np.array(gains)[:-1] / np.array(gains)[1:]
    assert steps.max() < 1.5


def test_calls_between_digital_silence_are_not_blown_up():
    sound = np.zeros((1, 10_000))
    sound[0, 1000:2000] = 0.1 * np.sin(np.arange(1000))
    assert np.abs(Recording.from_sound(sound, 2500.0).normalise().read()).max() < 1
