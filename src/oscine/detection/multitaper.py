"""Thomson's F-test: whether there is a pure tone in a short stretch of sound, and at which frequency.

A window is multiplied by K orthogonal tapers (Slepian sequences h_k, k = 0 … K-1), each of which keeps its power
within ±NW/N of a frequency. At the frequency of a tone the K spectra Y_k(f) are all explained by one complex
amplitude µ, each in proportion to the sum U_k of its taper:

    µ(f) = Σ U_k Y_k(f) / Σ U_k²        F(f) = (K - 1) |µ|² Σ U_k² / Σ |Y_k(f) - µ U_k|²

For noise F follows the F distribution. We use (2, K-1) degrees of freedom, as SongExplorer does; Thomson's (2, 2K-2)
are less conservative. The survival function for 2 and ν degrees has the closed form (1 + 2F/ν)^(-ν/2).

What is different here is only the way of computing. Rotating the tapers among themselves leaves the sum of their
powers as it is; rotated so that the first is Σ U_k h_k / |U|, *it alone* responds to a tone at the centre of
its band, and

    F(f) = (K - 1) |Z_0(f)|² / Σ_{k>0} |Z_k(f)|²

needs no complex amplitude, no residual, and no cancellation of large numbers.

References
----------
Thomson DJ (1982). Spectrum estimation and harmonic analysis. Proc IEEE 70: 1055–1096 (§ XIII).
Percival DB, Walden AT (1993). Spectral Analysis for Physical Applications. Cambridge (§ 10.11).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

OVERSAMPLING = 4
"""Bins of the spectrum per sample of the window: lines between two bins of the plain transform are not missed."""

_CONCENTRATION = 0.9
_SHORT = 64
"""Samples of a window up to which products of matrices are faster than transforms."""
_ROUNDING = 8 * float(np.finfo(np.float32).eps)


def line_tapers(n_samples: int, time_bandwidth: float) -> NDArray[np.float32]:
    """Slepian tapers, rotated so that a tone at a bin's frequency is seen by the first and by no other.

    Parameters
    ----------
    n_samples
        Length of the window, over 2 `time_bandwidth`.
    time_bandwidth
        NW: half the width of the band times the length of the window.

    Returns
    -------
    tapers
        Shape (taper, sample), orthonormal: those of the first 2 NW with over 0.9 of their energy within the band.

    Examples
    --------
    >>> tapers = line_tapers(64, 4)
    >>> tapers.shape
    (7, 64)
    >>> np.allclose(tapers[1:].sum(axis=1), 0, atol=1e-6)
    True
    """
    from scipy.signal.windows import dpss

    tapers, concentration = dpss(n_samples, time_bandwidth, round(2 * time_bandwidth), return_ratios=True)
    tapers = tapers[concentration > _CONCENTRATION]
    sums = tapers.sum(axis=1)
    rotation, _ = np.linalg.qr(np.column_stack([sums, np.eye(len(sums))]))
    return np.asarray(rotation.T @ tapers, np.float32)


class LinePower:
    """Power of a line at each frequency, and of what a line there does not explain.

    Parameters
    ----------
    tapers
        Shape (taper, sample), from `line_tapers`.
    n_windows
        Windows computed at once. Rounding may depend on a window's place among them.
    """

    def __init__(self, tapers: NDArray[np.float32], n_windows: int) -> None:
        self.n_samples, self.n_windows = tapers.shape[1], n_windows
        self._power: _Transform | _Product
        self._power = (_Product if self.n_samples <= _SHORT else _Transform)(tapers, n_windows)

    def __call__(self, windows: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Line and rest of some windows.

        Parameters
        ----------
        windows
            Shape (`n_windows`, sample). Their means are removed; a window that is constant, but for rounding, has
            no power.

        Returns
        -------
        line, rest
            Shape (window, frequency) both; frequency b is b / (4 N) of the sample rate, from 0 to half of it.
        """
        mean = windows.sum(axis=1, keepdims=True) / np.float32(self.n_samples)
        centred = windows - mean
        power = np.einsum("ws,ws->w", centred, centred)
        centred[power <= self.n_samples * (_ROUNDING * mean[:, 0]) ** 2] = 0
        return self._power(centred)


class _Transform:
    """Spectra by fast Fourier transforms."""

    def __init__(self, tapers: NDArray[np.float32], n_windows: int) -> None:
        n_tapers, self.n_samples = tapers.shape
        self.tapers = tapers[:, None, :]
        self.tapered = np.zeros((n_tapers, n_windows, OVERSAMPLING * self.n_samples), np.float32)

    def __call__(self, windows: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        from scipy.fft import rfft

        np.multiply(windows, self.tapers, out=self.tapered[:, :, : self.n_samples])
        parts = rfft(self.tapered).view(np.float32)  # real and imaginary, interleaved
        np.square(parts, out=parts)
        line, rest = parts[0], parts[1]
        for taper in parts[2:]:  # in place: faster than a sum over the first axis
            rest += taper
        return line[:, ::2] + line[:, 1::2], rest[:, ::2] + rest[:, 1::2]


class _Product:
    """Spectra by products of matrices, which for short windows is twice as fast.

    Each taper is symmetric or antisymmetric about the middle of the window. With time counted from there, the even
    part of the window gives the real part of a symmetric taper's spectrum and the imaginary part of an
    antisymmetric one's, the odd part the other: two products with half as many samples do.
    """

    def __init__(self, tapers: NDArray[np.float32], n_windows: int) -> None:
        self.n_tapers, n_samples = tapers.shape
        self.half = n_samples // 2
        self.rows = math.gcd(8, n_windows)  # few at a time: linear algebra libraries start no threads for so little
        n_bins = OVERSAMPLING * self.half + 1
        time, frequency = np.arange(self.half) + 0.5, np.arange(n_bins) / (OVERSAMPLING * n_samples)
        angle = 2 * np.pi * np.outer(time, frequency)[:, None, :]  # (sample, taper, frequency)
        symmetric = (np.einsum("ts,ts->t", tapers, tapers[:, ::-1]) > 0)[:, None]
        weights = tapers[:, self.half :].T[:, :, None]
        shape = (self.half, self.n_tapers * n_bins)
        self.even = (weights * np.where(symmetric, np.cos(angle), np.sin(angle))).reshape(shape).astype(np.float32)
        self.odd = (weights * np.where(symmetric, np.sin(angle), np.cos(angle))).reshape(shape).astype(np.float32)

    def __call__(self, windows: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        late, early = windows[:, self.half :], windows[:, self.half - 1 :: -1]
        power = self._product(late + early, self.even)
        np.square(power, out=power)
        other = self._product(late - early, self.odd)
        np.square(other, out=other)
        power += other
        spectra = power.reshape(len(windows), self.n_tapers, -1)
        return spectra[:, 0], spectra[:, 1:].sum(axis=1)

    def _product(self, part: NDArray[np.float32], basis: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(part.reshape(-1, self.rows, self.half) @ basis)


def critical_ratio(p: float, n_tapers: int) -> float:
    """The ratio of `line` to `rest` that noise exceeds with probability `p` at one frequency.

    Examples
    --------
    The critical F itself is (K - 1) times the ratio:

    >>> 6 * critical_ratio(0.1 / 256, 7)
    38.04
    """
    freedom = n_tapers - 1
    return (math.pow(p, -2 / freedom) - 1) / 2


def has_line(
    line: NDArray[np.float32], rest: NDArray[np.float32], ratio: float, n_tapers: int, bins: tuple[int, int]
) -> NDArray[np.bool_]:
    """Which windows hold a spectral line within a range of frequencies.

    A strong line also exceeds the threshold at neighbouring frequencies. Exceedances less than `n_tapers` bins from
    the next are one line, at the one with the most power: a line just outside the range does not leak into it.

    Parameters
    ----------
    line, rest
        Shape (window, frequency), from `LinePower`.
    ratio
        From `critical_ratio`.
    bins
        First and last frequency, inclusive. Frequency 0 never counts.

    Returns
    -------
    mask
        Shape (window,).
    """
    exceeds = line > np.float32(ratio) * rest
    exceeds[:, 0] = False
    if bins[0] <= 1 and bins[1] >= line.shape[1] - 1:
        return np.asarray(exceeds.any(axis=1))
    result = np.zeros(len(line), bool)
    window, frequency = np.nonzero(exceeds)
    if window.size:
        starts = np.r_[True, (np.diff(window) > 0) | (np.diff(frequency) >= n_tapers)]
        group = np.cumsum(starts)
        order = np.lexsort((-line[window, frequency], group))
        peak = order[starts]  # the strongest of each group, as the sort keeps groups in their places
        inside = (frequency[peak] >= bins[0]) & (frequency[peak] <= bins[1])
        result[window[peak[inside]]] = True
    return result


def bin_range(low: float, high: float, sample_rate: float, n_samples: int) -> tuple[int, int]:
    """First and last bin, inclusive, of the frequencies from `low` to `high` Hz, for windows of `n_samples`.

    Examples
    --------
    >>> bin_range(0, 1250, 2500, 64)
    (0, 128)
    """
    per_hertz = OVERSAMPLING * n_samples / sample_rate
    return math.ceil(low * per_hertz), math.floor(high * per_hertz)
