"""The mathematics of the spectral front ends, in NumPy: what the torch layers hold as constants.

- `hann_window`        periodic, so that windows half a length apart add up to one
- `frequency_slice`    which bins of a spectrum lie in a range
- `density_slice`      the same, as vak keeps them
- `mel_filters`        triangular filters, equally spaced in mel, as SongExplorer's cepstra have them
- `mel_bands`          the bands of `recordings.spectrogram`, none of them empty
- `density_scaling`    from squared magnitudes to power spectral density
- `smoothing`          the weight of a recursive smoother for a time constant
- `cosine_transform`   type-II DCT, scaled as SongExplorer's (and TensorFlow's) cepstra are

References
----------
Mel: S. Young et al., *The HTK Book*, section 5.4: ``mel(f) = 2595 log10(1 + f / 700) = 1127 ln(1 + f / 700)``.
Cepstrum: S. Davis & P. Mermelstein (1980), IEEE Trans. ASSP 28: 357-366.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oscine.recordings.spectrogram import bands

LOG_FLOOR = 1e-6
"""Added before the logarithm of a mel spectrum, in units of its magnitude."""


def hann_window(n: int) -> NDArray[np.float64]:
    """Periodic Hann window of `n` samples.

    Examples
    --------
    >>> hann_window(4).round(3).tolist()
    [0.0, 0.5, 1.0, 0.5]
    """
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)


def frequency_slice(n_bins: int, low: float, high: float, nyquist: float) -> slice:
    """The bins of a spectrum from 0 to `nyquist` Hz that are kept for a range, at least one.

    The first is ``round(n_bins * low / nyquist)`` and their number ``round(n_bins * (high - low) / nyquist)``, as in
    SongExplorer.

    Examples
    --------
    >>> frequency_slice(9, 0, 1250, nyquist=1250), frequency_slice(9, 200, 800, nyquist=1250)
    (slice(0, 9, None), slice(1, 5, None))
    """
    first = min(round(n_bins * low / nyquist), n_bins - 1)
    return slice(first, min(n_bins, first + max(1, round(n_bins * (high - low) / nyquist))))


def density_slice(n_bins: int, low: float, high: float | None, nyquist: float) -> slice:
    """The bins of a spectrum from 0 to `nyquist` Hz with ``low <= frequency < high``, as vak keeps them.

    Examples
    --------
    >>> density_slice(9, 0, None, nyquist=1250), density_slice(9, 200, 781.25, nyquist=1250)
    (slice(0, 9, None), slice(2, 5, None))
    """
    frequencies = np.linspace(0.0, nyquist, n_bins)
    first = int(np.searchsorted(frequencies, low))
    return slice(first, n_bins if high is None else int(np.searchsorted(frequencies, high)))


def density_scaling(window: NDArray[np.float64], sample_rate: float) -> NDArray[np.float64]:
    """What squared magnitudes are multiplied by to give the one-sided power spectral density, shape (bin,).

    ``2 / (s Σw²)``, and half of it at 0 Hz and at the Nyquist frequency, which have no mirror image.

    Examples
    --------
    >>> density_scaling(np.ones(4), sample_rate=1.0).tolist()
    [0.25, 0.5, 0.25]
    """
    sides = np.full(len(window) // 2 + 1, 2.0)
    sides[0] = 1.0
    if len(window) % 2 == 0:
        sides[-1] = 1.0
    return np.asarray(sides / (sample_rate * np.sum(window**2)))


def mel(frequency: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pitch in mel of a frequency in Hz (HTK's formula)."""
    return np.asarray(1127.0 * np.log1p(np.asarray(frequency, dtype=np.float64) / 700.0))


def mel_filters(n_mel: int, n_bins: int, sample_rate: float) -> NDArray[np.float64]:
    """Triangular filters from 0 Hz to half the sample rate, linear in mel, with a peak of one.

    Parameters
    ----------
    n_mel
        Number of filters.
    n_bins
        Number of bins of the spectrum, from 0 Hz to half the sample rate.
    sample_rate
        Hz.

    Returns
    -------
    NDArray
        Weights (filter, bin). Bin 0, the offset of the recording, weighs nothing.

    Examples
    --------
    >>> mel_filters(2, 5, 2500.0).round(2).tolist()
    [[0.0, 0.92, 0.13, 0.0, 0.0], [0.0, 0.08, 0.87, 0.51, 0.0]]
    """
    corners = np.linspace(0.0, mel(np.asarray(sample_rate / 2)), n_mel + 2)
    bins = mel(np.linspace(0.0, sample_rate / 2, n_bins))
    low, centre, high = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    filters = np.maximum(0.0, np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre)))
    filters[:, 0] = 0.0
    return np.asarray(filters)


def mel_bands(n_bands: int, n_fft: int, sample_rate: float, low: float, high: float) -> NDArray[np.float64]:
    """Triangular bands, equally spaced in mel, each the weighted mean of its bins.

    They are those of `oscine.recordings.spectrogram`, so that what is drawn is what a network sees, but for bin 0, the
    offset of the recording, which weighs nothing. None is narrower than two bins: where bins are further apart than
    bands, a band is the interpolation of its neighbouring bins, and never empty.

    Parameters
    ----------
    n_bands
        How many.
    n_fft
        Samples of the transform, at least 4.
    sample_rate
        Hz.
    low, high
        Outer edges of the first and the last band, Hz.

    Returns
    -------
    NDArray
        Weights (band, bin); each band's sum is 1.

    Examples
    --------
    >>> mel_bands(3, 8, 2500.0, 0.0, 1250.0).round(2).tolist()
    [[0.0, 1.0, 0.0, 0.0, 0.0], [0.0, 0.48, 0.52, 0.0, 0.0], [0.0, 0.0, 0.39, 0.61, 0.0]]
    """
    frequencies = np.arange(1, n_fft // 2 + 1, dtype=np.float64) * np.float64(sample_rate / n_fft)
    weights, _ = bands(frequencies, "mel", n_bands, low, high)
    return np.pad(weights, ((0, 0), (1, 0)))


def fast_length(n: int) -> int:
    """The least even length of a Fourier transform, from `n` and 4 on, that has no prime factor above 5.

    Such lengths are computed faster than others (706 samples: in two thirds of the time as 720, front end and all).

    Examples
    --------
    >>> fast_length(2), fast_length(512), fast_length(706)
    (4, 512, 720)
    """
    length = max(4, n + n % 2)
    while True:
        rest = length
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return length
        length += 2


def smoothing(steps: float) -> float:
    """Weight of the newest value in ``m[t] = (1 - s) m[t - 1] + s x[t]`` for a time constant of `steps` steps.

    ``s = (sqrt(1 + 4 T²) - 1) / (2 T²)``, as in Lostanlen et al. (2019), IEEE Signal Processing Letters 26: 39-43:
    near 1 / T for a long time constant, and never above 1 for a short one.

    Examples
    --------
    >>> round(smoothing(1.0), 3), round(smoothing(100.0), 5)
    (0.618, 0.00995)
    """
    return float(2 / (1 + np.sqrt(1 + 4 * steps**2)))


def cosine_transform(n_coefficients: int, n: int) -> NDArray[np.float64]:
    """Type-II cosine transform of `n` values, as a matrix (coefficient, value).

    Scaled by ``sqrt(2 / n)``: orthonormal except for coefficient 0, which is ``sqrt(2)`` times larger.

    Examples
    --------
    >>> cosine_transform(2, 2).round(3).tolist()
    [[1.0, 1.0], [0.707, -0.707]]
    """
    coefficient, value = np.arange(n_coefficients)[:, None], np.arange(n)[None, :]
    return np.asarray(np.sqrt(2 / n) * np.cos(np.pi * coefficient * (value + 0.5) / n))
