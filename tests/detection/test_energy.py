from __future__ import annotations

import numpy as np
import pytest

from oscine.detection.energy import EnvelopeFilter, gaussian_weights
from oscine.recordings.recording import Recording

RATE = 2500.0


def envelope(sound, block_size, deviation=0.002):
    blocks = list(EnvelopeFilter(Recording.from_sound(sound, RATE), deviation)(block_size))
    assert [start for start, _ in blocks] == list(np.cumsum([0] + [values.shape[1] for _, values in blocks])[:-1])
    return np.concatenate([values for _, values in blocks], axis=1)


@pytest.mark.parametrize("n_samples", [1, 10, 40, 5000, 30000])
@pytest.mark.parametrize("deviation", [0.0001, 0.002, 0.05])
def test_is_the_weighted_mean_of_energy(n_samples, deviation):
    sound = np.random.default_rng(0).normal(0, 0.1, (2, n_samples)).astype(np.float32)
    weights = gaussian_weights(deviation * RATE)
    reach = len(weights) // 2
    for channel, found in enumerate(envelope(sound, 4000, deviation)):
        energy = np.convolve(sound[channel].astype(np.float64) ** 2, weights)[reach : reach + n_samples]
        norm = np.convolve(np.ones(n_samples), weights)[reach : reach + n_samples]
        np.testing.assert_allclose(found, np.sqrt(energy / norm), rtol=1e-6)


@pytest.mark.parametrize("block_size", [1, 9000, 20000])
def test_does_not_depend_on_blocks(block_size):
    sound = np.random.default_rng(1).normal(0, 0.1, (1, 50000)).astype(np.float32)
    np.testing.assert_array_equal(envelope(sound, block_size), envelope(sound, 10**6))


def test_silence_beside_sound_stays_silent():
    sound = np.zeros((1, 20000), np.float32)
    sound[0, 3000:3010] = 1
    found = envelope(sound, 10**6)[0]
    assert (found[2985:3025] > 0).all()
    assert not found[:2985].any()
    assert not found[3025:].any()


def test_a_constant_keeps_its_level_to_the_ends():
    np.testing.assert_allclose(envelope(np.full((1, 3000), 0.25), 1000), 0.25, rtol=1e-6)
