"""How loud a recording is where nothing happens: the centre and the spread of all its samples.

A sound is what stands out from the background, so the background is measured first, over the whole recording and
robustly: the median, and the median absolute deviation from it (MAD, unscaled: 0.6745 standard deviations of
Gaussian noise). Sounds that fill less than half of the recording hardly move either. The mean and the standard
deviation are there for recordings whose samples are mostly exactly alike, where the MAD is zero.

Neither depends on the size of the blocks in which the recording is read: medians are counted (`selection`),
sums are taken over stretches of fixed length and then in order.

References
----------
Hampel FR (1974). The influence curve and its role in robust estimation. J Am Stat Assoc 69: 383–393.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from oscine.detection.selection import Stream, medians

GRAIN = 4096
"""Samples summed at a time; blocks given to `mean_and_deviation` are a multiple of it, but for the last."""


class Background(NamedTuple):
    """Centre and spread of each channel, both of shape (channel,), in the unit of the samples."""

    centre: NDArray[np.float64]
    spread: NDArray[np.float64]


def median_and_mad(stream: Stream, n_channels: int) -> Background:
    """Median and unscaled median absolute deviation, in four passes.

    Deviations are computed in float32, which is exact for samples of 16 bits.

    Examples
    --------
    >>> median_and_mad(lambda: [np.float32([[1, 2, 3, 10, 2]])], 1)
    Background(centre=array([2.]), spread=array([1.]))
    """
    centre = medians(stream, n_channels)

    def deviations() -> Iterator[list[NDArray[np.float32]]]:
        for block in stream():
            yield [np.abs(values - np.float32(middle)) for values, middle in zip(block, centre, strict=True)]

    return Background(centre, medians(deviations, n_channels))


def mean_and_deviation(stream: Stream, n_channels: int) -> Background:
    """Mean and standard deviation (of the population), in two passes.

    Examples
    --------
    >>> mean_and_deviation(lambda: [np.float32([[1, 3], [5, 5]])], 2)
    Background(centre=array([2., 5.]), spread=array([1., 0.]))
    """
    centre = _mean(stream, np.zeros(n_channels), power=1)
    return Background(centre, np.sqrt(_mean(stream, centre, power=2)))


def _mean(stream: Stream, origin: NDArray[np.float64], power: int) -> NDArray[np.float64]:
    """Mean of `(value - origin) ** power` for each channel; NaN where there are no values."""
    sums, count = np.zeros(len(origin)), 0
    for block in stream():
        for channel, values in enumerate(block):
            for first in range(0, len(values), GRAIN):
                sums[channel] += ((values[first : first + GRAIN].astype(np.float64) - origin[channel]) ** power).sum()
        count += len(block[0]) if len(block) else 0
    return sums / count if count else np.full(len(origin), np.nan)
