from __future__ import annotations

import numpy as np
import pytest

from oscine.detection.background import GRAIN, mean_and_deviation, median_and_mad


@pytest.fixture
def sound():
    rng = np.random.default_rng(0)
    return (rng.laplace(0.1, 0.01, (2, 5 * GRAIN + 17)) * [[1], [3]]).astype(np.float32)


def in_blocks(sound, size):
    return lambda: (sound[:, i : i + size] for i in range(0, sound.shape[1], size))


def test_median_and_mad(sound):
    found = median_and_mad(in_blocks(sound, 1000), 2)
    centre = np.median(sound.astype(np.float64), axis=1)
    np.testing.assert_array_equal(found.centre, centre)
    deviations = np.abs(sound.astype(np.float64) - centre[:, None])
    np.testing.assert_allclose(found.spread, np.median(deviations, axis=1), rtol=1e-5)


def test_mean_and_deviation(sound):
    found = mean_and_deviation(in_blocks(sound, GRAIN), 2)
    np.testing.assert_allclose(found.centre, sound.mean(axis=1, dtype=np.float64), rtol=1e-12)
    np.testing.assert_allclose(found.spread, sound.std(axis=1, dtype=np.float64), rtol=1e-12)


@pytest.mark.parametrize("measure", [median_and_mad, mean_and_deviation])
def test_does_not_depend_on_blocks(sound, measure):
    whole, parts = measure(in_blocks(sound, sound.shape[1]), 2), measure(in_blocks(sound, 2 * GRAIN), 2)
    np.testing.assert_array_equal(whole.centre, parts.centre)
    np.testing.assert_array_equal(whole.spread, parts.spread)


@pytest.mark.parametrize("measure", [median_and_mad, mean_and_deviation])
def test_no_samples_have_no_background(measure):
    assert np.isnan(measure(list, 3).centre).all()
