"""Recordings brought to one level of background noise, since microphones and recorders differ in gain.

The level of a recording is the median absolute deviation of its samples from their median, per channel: animals
are silent most of the time, so it is that of the noise, and neither loud calls nor an offset move it (Hampel 1974,
J. Am. Stat. Assoc. 69: 383-393). It is measured once, on at most `N_BLOCKS` stretches spread evenly over the
recording, so that hours take no longer than minutes, and the result never depends on which slice is read.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscine.recordings.recording import Recording, RecordingView

LEVEL = 0.01
"""Noise level after normalisation: faint enough that calls a hundred times louder stay within [-1, 1]."""

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
        deviation = np.median(np.abs(sample - median), axis=1, keepdims=True)
        gain = np.divide(LEVEL, deviation, out=np.ones_like(deviation), where=deviation > 0)
        return median.astype(np.float32), gain.astype(np.float32)

    def _read(self, start: int, stop: int) -> NDArray[np.float32]:
        median, gain = self._median_and_gain
        return (self.parent.read(start, stop) - median) * gain

    def _description(self) -> dict[str, Any]:
        return {"normalised": LEVEL}


def _sample(recording: Recording) -> NDArray[np.float32]:
    """Stretches of a recording, axes (channel, sample)."""
    n_samples = recording.n_samples
    if n_samples <= N_BLOCKS * BLOCK:
        return recording.read()
    starts = np.linspace(0, n_samples - BLOCK, N_BLOCKS).astype(int)
    return np.concatenate([recording.read(start, start + BLOCK) for start in starts], axis=1)
