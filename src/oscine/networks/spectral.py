"""The mathematics of the spectral front ends, in NumPy: what the torch layers hold as constants.

- `hann_window`        periodic, so that windows half a length apart add up to one
- `frequency_slice`    which bins of a spectrum lie in a range
- `mel_filters`        triangular filters, equally spaced in mel
- `cosine_transform`   type-II DCT, scaled as SongExplorer's (and TensorFlow's) cepstra are

References
----------
Mel: S. Young et al., *The HTK Book*, section 5.4: ``mel(f) = 2595 log10(1 + f / 700) = 1127 ln(1 + f / 700)``.
Cepstrum: S. Davis & P. Mermelstein (1980), IEEE Trans. ASSP 28: 357-366.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
