"""The spectrogram: how strong each frequency is around each moment. The only one in Oscine.

Conventions
-----------
- Axes (channel, frequency, frame). Frame i is centred on sample i · hop, time i · hop / sample rate, as the frames of
  all scores are, and there are as many: (n_samples - 1 + hop // 2) // hop + 1. Its window covers the samples
  `[i · hop - W // 2, i · hop - W // 2 + W)`; outside the sound there are zeros.
- With window w, transform X and sample rate s, a bin of a frame is

  | quantity | value | unit |
  |---|---|---|
  | magnitude | 2 abs(X) / Σw (half of it at 0 Hz and at the Nyquist frequency) | amplitude: a full-scale sine is 1 |
  | power | magnitude² | a full-scale sine is 1 |
  | density | 2 abs(X)² / (s Σw²) (half of it at the ends) | one-sided power spectral density, 1/Hz |

  The density is that of `scipy.signal.spectrogram` and of vak. In decibels: 20 log₁₀ of a magnitude, 10 log₁₀ of the
  others.
- The frequency axis is linear (the transform's bins), or made of triangular bands that are equally spaced in log₂ f,
  or in mel = 2595 log₁₀(1 + f / 700). A band is the weighted mean of its bins, so that units stay; it is never
  narrower than two bins, so that none is empty.

References: Heinzel, Rüdiger & Schilling, Spectrum and spectral density estimation by the DFT (2002), for the scaling;
O'Shaughnessy, Speech Communication (1987), for mel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscine.core.errors import InputError
from oscine.core.params import Decibels, Field, Hertz, Params, Seconds
from oscine.recordings.frames import n_frames

_VALUES_AT_ONCE = 2**22


class SpectrogramParams(Params):
    """How a spectrogram is computed."""

    window: Seconds = Field(0.016, gt=0)
    """Length of the window: longer tells frequencies apart better, shorter tells moments apart better."""

    hop: Seconds = Field(0.004, gt=0)
    """Time from frame to frame, rounded to whole samples."""

    n_fft: int | None = Field(None, ge=2)
    """Samples of the transform, at least the window's; by default the next power of two."""

    window_kind: Literal["hann", "hamming", "blackman", "gaussian", "rectangular"] = "hann"
    """Shape of the window; the Gaussian's standard deviation is a sixth of its length."""

    quantity: Literal["magnitude", "power", "density"] = "magnitude"
    """What is shown: amplitude, its square, or power per hertz."""

    scale: Literal["linear", "log", "mel"] = "linear"
    """Frequency axis: bins, or bands spaced equally in octaves or in mel."""

    n_bands: int = Field(64, ge=1)
    """Bands of a log or mel axis."""

    low: Hertz = Field(0.0, ge=0)
    """Lowest frequency; a log axis begins at the first bin above 0 Hz."""

    high: Hertz | None = Field(None, gt=0)
    """Highest frequency; half the sample rate by default."""

    decibels: bool = False
    """Whether values are in decibels."""

    floor: Decibels = -100.0
    """Lowest value in decibels; what is weaker is set to it."""


DEFAULT = SpectrogramParams()
"""A spectrogram for looking at."""


@dataclass(frozen=True)
class Spectrogram:
    """A spectrogram with its axes.

    Attributes
    ----------
    values
        Shape (channel, frequency, frame), float32.
    frequencies
        Centre of each bin or band, in Hz, shape (frequency,).
    times
        Centre of each frame, in seconds from the beginning of the sound, shape (frame,).
    """

    values: NDArray[np.float32]
    frequencies: NDArray[np.float64]
    times: NDArray[np.float64]


def spectrogram(sound: ArrayLike, sample_rate: float, params: SpectrogramParams = DEFAULT) -> Spectrogram:
    """The spectrogram of a sound.

    Parameters
    ----------
    sound
        Shape (channel, sample) or (sample,).
    sample_rate
        In Hz.
    params
        How it is computed.

    Returns
    -------
    Spectrogram
        Shape (channel, frequency, frame).

    Raises
    ------
    InputError
        Where the window is shorter than 2 samples or longer than the transform, or no frequency is left.

    Examples
    --------
    >>> tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
    >>> found = spectrogram(tone, 8000, SpectrogramParams(window=0.016, hop=0.004))
    >>> found.values.shape, float(found.frequencies[found.values[0, :, 100].argmax()])
    ((1, 65, 251), 1000.0)
    >>> round(float(found.values[0, :, 100].max()), 4)
    0.5
    """
    from scipy.fft import rfft

    sound = np.atleast_2d(np.asarray(sound, np.float32))
    window, n_fft = _window(sample_rate, params)
    hop = max(1, round(params.hop * sample_rate))
    frequencies = np.asarray(np.fft.rfftfreq(n_fft, 1 / sample_rate), np.float64)
    rows, weights, centres = _axis(frequencies, params)
    frames = n_frames(sound.shape[1], hop)
    before = len(window) // 2
    after = max(0, (frames - 1) * hop - before + len(window) - sound.shape[1])
    padded = np.pad(sound, ((0, 0), (before, after)))
    scaling = _scaling(window, frequencies, n_fft, sample_rate, params.quantity)[rows, np.newaxis]
    values = np.empty((sound.shape[0], len(centres), frames), np.float32)
    at_once = max(1, _VALUES_AT_ONCE // n_fft)
    for channel in range(sound.shape[0]):
        for first in range(0, frames, at_once):
            last = min(first + at_once, frames)
            stretch = padded[channel, first * hop : (last - 1) * hop + len(window)]
            cut = np.lib.stride_tricks.sliding_window_view(stretch, len(window))[::hop]
            power = np.abs(rfft(cut * window, n_fft, axis=1)[:, rows].T) ** 2 * scaling
            shown = np.sqrt(power) if params.quantity == "magnitude" else power
            if weights is not None:
                shown = weights @ shown
            values[channel, :, first:last] = shown
    if params.decibels:
        factor = 20 if params.quantity == "magnitude" else 10
        weakest = np.float32(10 ** (params.floor / factor))
        values = np.maximum(factor * np.log10(np.maximum(values, weakest)), np.float32(params.floor))
    return Spectrogram(values, centres, np.arange(frames, dtype=np.float64) * (hop / sample_rate))


def bands(
    frequencies: NDArray[np.float64], scale: Literal["log", "mel"], n_bands: int, low: float, high: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Triangular bands over the bins of a transform.

    Parameters
    ----------
    frequencies
        Of the bins, equally spaced, in Hz, shape (bin,).
    scale
        In which the bands are equally spaced.
    n_bands
        How many.
    low, high
        Outer edges of the first and the last band, in Hz.

    Returns
    -------
    weights
        Shape (band, bin); each band's sum is 1.
    centres
        In Hz, shape (band,).
    """
    if scale == "log":
        points = np.geomspace(low, high, n_bands + 2)
    else:
        first, last = (float(2595 * np.log10(1 + edge / 700)) for edge in (low, high))
        mel = np.linspace(first, last, n_bands + 2)
        points = 700 * (10 ** (mel / 2595) - 1)
    width = frequencies[1] - frequencies[0]
    centres = points[1:-1, np.newaxis]
    left, right = (
        np.minimum(points[:-2, np.newaxis], centres - width),
        np.maximum(points[2:, np.newaxis], centres + width),
    )
    rising, falling = (frequencies - left) / (centres - left), (right - frequencies) / (right - centres)
    weights = np.maximum(0, np.minimum(rising, falling))
    return weights / weights.sum(axis=1, keepdims=True), points[1:-1]


def _window(sample_rate: float, params: SpectrogramParams) -> tuple[NDArray[np.float32], int]:
    """Samples of the window, and of the transform."""
    from scipy.signal import get_window

    length = round(params.window * sample_rate)
    if length < 2:
        allowed = f"at least {2 / sample_rate:g} s (2 samples)"
        raise InputError("the window is too short for this sample rate", found=params.window, allowed=allowed)
    n_fft = params.n_fft or 1 << (length - 1).bit_length()
    if n_fft < length:
        raise InputError("n_fft is shorter than the window", found=n_fft, allowed=f"at least {length} samples")
    if params.window_kind == "gaussian":
        window = get_window(("gaussian", length / 6), length)
    else:
        window = get_window("boxcar" if params.window_kind == "rectangular" else params.window_kind, length)
    return window.astype(np.float32), n_fft


def _axis(
    frequencies: NDArray[np.float64], params: SpectrogramParams
) -> tuple[slice, NDArray[np.float64] | None, NDArray[np.float64]]:
    """Rows of the transform that are needed, weights of the bands over them, and centres in Hz."""
    nyquist, first = frequencies[-1], frequencies[1]
    high = nyquist if params.high is None else min(params.high, nyquist)
    low = max(params.low, first) if params.scale == "log" else params.low
    if params.scale == "linear":
        inside = np.flatnonzero((frequencies >= low) & (frequencies <= high))
        if inside.size:
            rows = slice(int(inside[0]), int(inside[-1]) + 1)
            return rows, None, frequencies[rows]
    elif low < high:
        return slice(None), *bands(frequencies, params.scale, params.n_bands, low, high)
    raise InputError(
        "no frequency is left", found=f"{params.low:g} to {params.high} Hz", allowed=f"low < high ≤ {nyquist:g} Hz"
    )


def _scaling(
    window: NDArray[np.float32], frequencies: NDArray[np.float64], n_fft: int, sample_rate: float, quantity: str
) -> NDArray[np.float32]:
    """What the squared magnitude of each bin is multiplied by, shape (bin,)."""
    sides = np.full(len(frequencies), 2.0)
    sides[0] = 1
    if n_fft % 2 == 0:
        sides[-1] = 1
    wide = window.astype(np.float64)
    if quantity == "density":
        return np.asarray(sides / (sample_rate * (wide**2).sum()), np.float32)
    return np.asarray((sides / wide.sum()) ** 2, np.float32)
