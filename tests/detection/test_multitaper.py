from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.signal.windows import dpss

from oscine.detection.multitaper import (
    LinePower,
    _Product,
    _Transform,
    bin_range,
    critical_ratio,
    has_line,
    line_tapers,
)

N, NW = 64, 4
TAPERS = line_tapers(N, NW)


def thomson_f(windows):
    """The F-test as Thomson wrote it, in float64."""
    tapers, concentration = dpss(N, NW, 2 * NW, return_ratios=True)
    tapers = tapers[concentration > 0.9]
    sums = tapers.sum(axis=1)[:, None]
    centred = windows - windows.mean(axis=1, keepdims=True)
    spectra = np.fft.rfft(centred[:, None, :] * tapers, 4 * N)
    amplitude = (sums * spectra).sum(axis=1) / (sums**2).sum()
    residual = (np.abs(spectra - amplitude[:, None] * sums) ** 2).sum(axis=1)
    return (len(tapers) - 1) * np.abs(amplitude) ** 2 * (sums**2).sum() / residual


def tones(frequencies, rate=2500.0, noise=0.01, seed=0):
    time = np.arange(N) / rate
    rng = np.random.default_rng(seed)
    sound = np.sin(2 * np.pi * np.asarray(frequencies, float)[:, None] * time + 1)
    return (sound + rng.normal(0, noise, (len(frequencies), N))).astype(np.float32)


def test_rotation_leaves_the_f_test_as_it_is():
    windows = np.random.default_rng(2).normal(0.3, 0.1, (50, N)).astype(np.float32)
    line, rest = LinePower(TAPERS, 50)(windows)
    np.testing.assert_allclose((len(TAPERS) - 1) * line / rest, thomson_f(windows.astype(np.float64)), rtol=2e-3)


@pytest.mark.parametrize("n_samples", [16, 64, 128])
def test_products_and_transforms_give_the_same_power(n_samples):
    windows = np.random.default_rng(5).normal(0, 0.1, (12, n_samples)).astype(np.float32)
    tapers = line_tapers(n_samples, NW)
    for product, transform in zip(_Product(tapers, 12)(windows), _Transform(tapers, 12)(windows), strict=True):
        np.testing.assert_allclose(product, transform, rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize(("p", "expected"), [(0.1 / 256, 38.04), (1 / 256, 16.05)])
def test_critical_values(p, expected):
    found = (len(TAPERS) - 1) * critical_ratio(p, len(TAPERS))
    assert found == pytest.approx(expected, abs=0.005)
    assert found == pytest.approx(stats.f.isf(p, 2, len(TAPERS) - 1))


def test_power_does_not_depend_on_the_other_windows():
    windows = np.random.default_rng(3).normal(0, 0.1, (8, N)).astype(np.float32)
    power = LinePower(TAPERS, 8)
    line, _ = power(windows)
    others = windows.copy()
    others[1:] = 0
    np.testing.assert_array_equal(power(others)[0][0], line[0])


@pytest.mark.parametrize("level", [0.0, 0.1, 1 / 3, -0.7])
def test_constant_sound_has_no_line(level):
    line, rest = LinePower(TAPERS, 4)(np.full((4, N), level, np.float32))
    assert not has_line(line, rest, critical_ratio(1 / 256, len(TAPERS)), len(TAPERS), (0, 128)).any()


@pytest.mark.parametrize(
    ("bins", "expected"), [((0, 128), [1, 1]), ((10, 30), [1, 0]), ((60, 128), [0, 1]), ((35, 50), [0, 0])]
)
def test_lines_are_found_within_the_range_only(bins, expected):
    line, rest = LinePower(TAPERS, 2)(tones([200, 800]))  # bins 20.5 and 81.9
    found = has_line(line, rest, critical_ratio(0.1 / 256, len(TAPERS)), len(TAPERS), bins)
    np.testing.assert_array_equal(found, np.array(expected, bool))


def test_a_line_beside_the_range_does_not_leak_into_it():
    line = np.zeros((2, 129), np.float32)
    line[0, 18:25] = [2, 3, 9, 5, 4, 3, 2]  # one line, at 20
    line[1, [18, 25]] = [9, 3]  # two, 7 bins apart
    rest = np.ones_like(line)

    def found(low, high):
        return has_line(line, rest, 1.5, 7, (low, high)).tolist()

    assert found(20, 128) == [True, True]
    assert found(21, 128) == [False, True]
    assert found(1, 19) == [False, True]
    assert found(26, 127) == [False, False]


def test_noise_is_a_line_as_often_as_wished():
    windows = np.random.default_rng(4).normal(0, 0.1, (4000, N)).astype(np.float32)
    line, rest = LinePower(TAPERS, 4000)(windows)
    exceed = (line > critical_ratio(0.01, len(TAPERS)) * rest)[:, 10:120]
    assert 0.0005 < exceed.mean() < 0.01  # (2, K-1) degrees of freedom: no more often than that


def test_bins():
    assert bin_range(100, 1000, 2500, 64) == (11, 102)
