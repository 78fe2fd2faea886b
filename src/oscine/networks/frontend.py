"""Front ends: the plug-in kind whose members say what a network's first layer makes of the waveform.

A network always eats the waveform (batch, channel, sample). Its front end makes features of it, with axes
(batch, map, frequency, time): the waveform itself (one frequency), a spectrogram, a cepstrum. It pads nothing, so that
step `t` of its output sees exactly the samples ``[t * stride, t * stride + window)``.

A member is one file of `frontends/`. Its `geometry` is computed without torch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from oscine.core.errors import InputError
from oscine.core.plugins import Plugin, PluginKind
from oscine.networks.frames import is_whole_rate
from oscine.networks.specification import Specification

if TYPE_CHECKING:
    from torch import nn

_TOLERANCE = 0.01  # of a sample: seconds written with six digits still give whole samples


@dataclass(frozen=True)
class Geometry:
    """What a front end gives.

    Attributes
    ----------
    window, stride
        Samples that one step in time sees, and samples from one step to the next.
    n_maps, n_bins
        Feature maps, and frequencies of each.
    """

    window: int
    stride: int
    n_maps: int
    n_bins: int

    def n_steps(self, n_samples: int) -> int:
        """Number of steps in time for an input of `n_samples` samples.

        Examples
        --------
        >>> Geometry(window=16, stride=4, n_maps=1, n_bins=9).n_steps(512)
        125
        """
        return max(0, (n_samples - self.window) // self.stride + 1)


class FrontEnd(Plugin):
    """Base of every front end; its fields are its options."""

    def geometry(self, specification: Specification) -> Geometry:
        """Window, stride and size of the features for a task.

        Raises
        ------
        InputError
            Where window or stride do not fit the sample rate, naming the nearest values that do.
        """
        raise NotImplementedError

    def build(self, specification: Specification) -> nn.Module:
        """The layer: waveform (batch, channel, sample) in, features (batch, map, frequency, time) out."""
        raise NotImplementedError


FRONTENDS = PluginKind("frontends", FrontEnd, "oscine.networks.frontends")
"""Every front end, by name."""


def window_samples(window: float, sample_rate: float) -> int:
    """A window in samples, which must be a power of two.

    Parameters
    ----------
    window
        Length, s.
    sample_rate
        Hz.

    Raises
    ------
    InputError
        With the two nearest windows that are powers of two.

    Examples
    --------
    >>> window_samples(0.0064, 2500)
    16
    >>> window_samples(0.006, 2500)
    Traceback (most recent call last):
    oscine.core.errors.InputError: the window is not a power of two in samples (15 at 2500 Hz); found 0.006;
    allowed: 0.0032 s (8 samples) or 0.0064 s (16 samples). Set --architecture.representation.window 0.0032, and its
    stride likewise.
    """
    samples = window * sample_rate
    whole = round(samples)
    if whole >= 2 and whole & (whole - 1) == 0 and abs(samples - whole) <= _TOLERANCE:
        return whole
    below = 2 ** max(1, math.floor(math.log2(max(samples, 2))))
    raise InputError(
        f"the window is not a power of two in samples ({samples:g} at {sample_rate:g} Hz)",
        found=window,
        allowed=" or ".join(f"{n / sample_rate:.8g} s ({n} samples)" for n in (below, 2 * below)),
        cure=f"Set --architecture.representation.window {below / sample_rate:.8g}, and its stride likewise",
    )


def stride_samples(stride: float, sample_rate: float) -> int:
    """A stride in samples, which must be whole and give a whole number of steps per second.

    Parameters
    ----------
    stride
        Distance of two steps, s.
    sample_rate
        Hz.

    Raises
    ------
    InputError
        With the nearest strides that fit.

    Examples
    --------
    >>> stride_samples(0.0016, 2500)
    4
    >>> stride_samples(0.0012, 2500)
    Traceback (most recent call last):
    oscine.core.errors.InputError: the stride is not a whole number of samples that gives a whole number of frames
    per second (3 samples at 2500 Hz); found 0.0012; allowed: 0.0008 s (2 samples, 1250 frames/s) or
    0.0016 s (4 samples, 625 frames/s).
    """
    samples = stride * sample_rate
    whole = round(samples)
    if whole >= 1 and abs(samples - whole) <= _TOLERANCE and is_whole_rate(sample_rate, whole):
        return whole
    below, above = max(1, math.floor(samples)), max(1, math.ceil(samples))
    while below > 1 and not is_whole_rate(sample_rate, below):
        below -= 1
    while above < sample_rate and not is_whole_rate(sample_rate, above):
        above += 1
    raise InputError(
        "the stride is not a whole number of samples that gives a whole number of frames per second "
        f"({samples:g} samples at {sample_rate:g} Hz)",
        found=stride,
        allowed=" or ".join(
            f"{n / sample_rate:.8g} s ({n} samples, {sample_rate / n:g} frames/s)" for n in sorted({below, above})
        ),
    )


def nearest_stride(sample_rate: float, stride: float = 0.002) -> int:
    """The stride in samples, of those that give a whole number of steps per second, whose ratio to `stride` s is least.

    Parameters
    ----------
    sample_rate
        Hz. Where it is not whole itself, any whole number of samples will do.
    stride
        What it should be near to, s.

    Examples
    --------
    >>> [nearest_stride(rate) for rate in (1000, 2500, 22050, 32000, 44100, 300000, 24414.0625)]
    [2, 5, 45, 64, 90, 600, 49]
    """
    wanted = stride * sample_rate
    if not float(sample_rate).is_integer():
        return max(1, round(wanted))
    rate = int(sample_rate)
    small = [n for n in range(1, math.isqrt(rate) + 1) if rate % n == 0]
    return min(sorted({*small, *(rate // n for n in small)}), key=lambda n: abs(math.log(n / wanted)))


def nearest_window(sample_rate: float, window: float = 0.016) -> int:
    """The power of two, in samples, whose ratio to `window` s is least.

    Examples
    --------
    >>> [nearest_window(rate) for rate in (1000, 2500, 22050, 32000, 44100, 300000)]
    [16, 32, 256, 512, 512, 4096]
    """
    return int(2 ** max(1, round(math.log2(window * sample_rate))))


def any_window_samples(window: float, sample_rate: float) -> int:
    """A window in samples, rounded to whole ones, of which there must be two.

    Raises
    ------
    InputError
        With the shortest window there can be.

    Examples
    --------
    >>> any_window_samples(0.016, 44100)
    706
    """
    whole = round(window * sample_rate)
    if whole < 2:
        raise InputError(
            f"the window is too short at {sample_rate:g} Hz",
            found=window,
            allowed=f"at least {2 / sample_rate:.6g} s (2 samples)",
        )
    return whole


def frequency_range(low: float, high: float | None, sample_rate: float) -> tuple[float, float]:
    """Lowest and highest frequency kept, Hz, the highest at most half the sample rate.

    Raises
    ------
    InputError
        Where nothing lies between them.

    Examples
    --------
    >>> frequency_range(500, None, 32000)
    (500, 16000.0)
    """
    top = sample_rate / 2 if high is None else min(high, sample_rate / 2)
    if low >= top:
        raise InputError("the lowest frequency kept is not below the highest", found=low, allowed=f"< {top:g} Hz")
    return low, top
