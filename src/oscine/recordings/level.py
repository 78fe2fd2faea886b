"""Recordings brought to one level of background noise, since microphones and recorders differ in gain.

The level of a recording is the median absolute deviation of its samples from their median, per channel: animals
are silent most of the time, so it is that of the noise, and neither loud calls nor an offset move it (Hampel 1974,
J. Am. Stat. Assoc. 69: 383-393). Where the noise is as faint as a step of the converter, the median is that of
grouped data, so that the gain follows the noise without a jump. It is measured once, on at most `N_BLOCKS` stretches
spread evenly over the recording, so that hours take no longer than minutes, and the result never depends on which
slice is read.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscine.recordings.recording import Recording, RecordingView

LEVEL = 0.01
"""Noise level after normalisation: faint enough that calls a hundred times louder stay within [-1, 1]."""

_GATED = 0.75
"""Share of samples at the centre above which they are digital silence, not noise."""

N_BLOCKS, BLOCK = 256, 8192
"""Stretches that are looked at, and samples of each; shorter recordings are looked at whole."""


class Normalised(RecordingView):
    """A recording less its median, times what brings its noise to `LEVEL`; a silent channel stays as it is.

    Parameters
    ----------
    parent
        The recording.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(0.2, 0.001, (1, 10000))
    >>> sound = Normalised(Recording.from_sound(noise, 2500)).read()
    >>> round(float(np.median(np.abs(sound))), 4)
    0.01
    """

    def __init__(self, parent: Recording) -> None:
        super().__init__(parent)
        self.parent = parent

    @cached_property
    def _median_and_gain(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        sample = _sample(self.parent)
        if sample.shape[1] == 0:
            return np.zeros((self.n_channels, 1), np.float32), np.ones((self.n_channels, 1), np.float32)
        median = np.median(sample, axis=1, keepdims=True)
        level = np.array([[_deviation(np.abs(channel))] for channel in sample - median])
        gain = np.divide(LEVEL, level, out=np.ones_like(level), where=level > 0)
        return median.astype(np.float32), gain.astype(np.float32)

    def _read(self, start: int, stop: int) -> NDArray[np.float32]:
        median, gain = self._median_and_gain
        return (self.parent.read(start, stop) - median) * gain

    def _description(self) -> dict[str, Any]:
        return {"normalised": LEVEL}


def _deviation(distances: NDArray[np.float32]) -> float:
    """The median of distances (sample,) from the centre, to finer than a step of the converter.

    In a faint recording most samples are one of a few numbers, so that a plain median jumps from none to one to two
    steps. Here each distance stands for an interval half a step to either side, as in a grouped median: the result
    follows the noise down to where three samples of four are the same number; those are then passed over.
    """
    values, counts = np.unique(distances, return_counts=True)
    if len(values) > 1 and counts[0] > _GATED * counts.sum():  # silenced by a gate: what is left tells the level
        values, counts = values[1:], counts[1:]
    if len(values) == 1:
        return float(values[0])
    step = float(np.diff(values).min())
    upper = np.cumsum(counts) / counts.sum()
    place = int(np.searchsorted(upper, 0.5))
    below = upper[place - 1] if place else 0.0
    lowest = max(float(values[place]) - step / 2, 0.0)
    width = float(values[place]) + step / 2 - lowest
    return lowest + width * float((0.5 - below) / (upper[place] - below))


def _sample(recording: Recording) -> NDArray[np.float32]:
    """Stretches of a recording, axes (channel, sample)."""
    n_samples = recording.n_samples
    if n_samples <= N_BLOCKS * BLOCK:
        return recording.read()
    starts = np.linspace(0, n_samples - BLOCK, N_BLOCKS).astype(int)
    return np.concatenate([recording.read(start, start + BLOCK) for start in starts], axis=1)
