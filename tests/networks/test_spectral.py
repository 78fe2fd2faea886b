"""The front ends' mathematics, against definitions and scipy."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.fft
import scipy.signal
from numpy.testing import assert_allclose

from oscine.networks.spectral import cosine_transform, fast_length, frequency_slice, hann_window, mel_bands, mel_filters


@pytest.mark.parametrize("n", [2, 8, 16, 512])
def test_hann_window_is_periodic(n):
    assert_allclose(hann_window(n), scipy.signal.get_window("hann", n, fftbins=True), atol=1e-15)


@pytest.mark.parametrize("n", [3, 7, 40])
def test_cosine_transform_is_scipys_but_for_the_first(n):
    x = np.random.default_rng(0).normal(size=n)
    expected = scipy.fft.dct(x, type=2, norm="ortho")
    expected[0] *= np.sqrt(2)
    assert_allclose(cosine_transform(n, n) @ x, expected, atol=1e-12)
    assert_allclose(cosine_transform(2, n), cosine_transform(n, n)[:2])


def test_mel_filters_one_by_one():
    """Against HTK's definition, written out."""
    n_mel, n_bins, rate = 7, 9, 2500.0
    top = 2595 * np.log10(1 + 1250 / 700)
    filters = mel_filters(n_mel, n_bins, rate)
    for m in range(n_mel):
        low, centre, high = (top * (m + corner) / (n_mel + 1) for corner in range(3))
        for k in range(n_bins):
            pitch = 2595 * np.log10(1 + 1250 * k / (n_bins - 1) / 700)
            weight = 0.0
            if k > 0 and low < pitch <= centre:
                weight = (pitch - low) / (centre - low)
            elif k > 0 and centre < pitch < high:
                weight = (high - pitch) / (high - centre)
            # 1127 is 2595 / ln 10 rounded, the same for both sides of a ratio
            assert filters[m, k] == pytest.approx(weight, abs=1e-9)
    assert filters.max() <= 1
    assert (filters[:, 0] == 0).all()


def test_frequency_slice():
    assert frequency_slice(257, 500, 7500, 8000) == slice(16, 241)
    assert frequency_slice(5, 1249, 1250, 1250) == slice(4, 5), "one bin at least"


@pytest.mark.parametrize("n_fft", [4, 32, 512])
@pytest.mark.parametrize(("low", "high"), [(0.0, 16000.0), (0.0, 100.0), (15990.0, 16000.0), (300.0, 310.0)])
def test_no_mel_band_is_empty(n_fft, low, high):
    for n_bands in (1, 7, 80, 200):
        weights = mel_bands(n_bands, n_fft, 32000.0, low, high)
        assert weights.shape == (n_bands, n_fft // 2 + 1)
        assert_allclose(weights.sum(axis=1), 1.0)
        assert (weights >= 0).all()
        assert (weights[:, 0] == 0).all(), "the offset of the recording"


@pytest.mark.parametrize("n", [2, 40, 706, 1023, 4800])
def test_fast_length(n):
    length = fast_length(n)
    assert length >= n
    assert length % 2 == 0
    assert scipy.fft.next_fast_len(length, real=True) == length
