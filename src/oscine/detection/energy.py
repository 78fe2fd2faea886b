"""Smoothed energy envelope: how loud a recording is at each moment.

    envelope(t) = sqrt( Σ w(τ) x(t + τ)² ),    w Gaussian, cut off at ±3 standard deviations, Σ w = 1

The weights are symmetric, so that the envelope is not delayed; at the ends of the recording those that fall outside
are left out and the rest sum to 1 again, so that the envelope does not sag there. Nothing else is removed: filter
the recording first if it has an offset or hums.

The sum is computed by fast Fourier transforms over segments at fixed places of the recording (overlap-save), so
that it does not depend on how the recording is read, and takes the same time for long and for short windows.

References
----------
Steinfath E, Palacios-Muñoz A, Rottschäfer JR, Yuezak D, Clemens J (2021). Fast and accurate annotation of acoustic
signals with deep neural networks. eLife 10: e68837 (DAS's threshold mode, whose envelope this is).
Oppenheim AV, Schafer RW (2010). Discrete-Time Signal Processing, § 8.7.3 (overlap-save).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from oscine.detection.detector import blocks
from oscine.recordings.recording import Recording

_CUT_OFF = 3.0
_SEGMENTS = 8
_ROUNDING = 1e-14
"""Energy below this share of its segment's is what the transform leaves of silence."""


def gaussian_weights(deviation: float) -> NDArray[np.float64]:
    """Weights of a Gaussian with a standard deviation in samples, shape (2 ⌊3 deviation⌋ + 1,), summing to 1.

    Examples
    --------
    >>> gaussian_weights(0.5).round(3)
    array([0.107, 0.787, 0.107])
    """
    reach = int(_CUT_OFF * deviation)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(deviation, 1e-9)) ** 2)
    return np.asarray(weights / weights.sum())


class EnvelopeFilter:
    """The envelope of a recording, block by block.

    Parameters
    ----------
    recording
        Any length and number of channels.
    deviation
        Standard deviation of the weights, in seconds.
    """

    def __init__(self, recording: Recording, deviation: float) -> None:
        from scipy.fft import next_fast_len, rfft

        self.recording = recording
        self._weights = gaussian_weights(deviation * recording.sample_rate)
        self.reach = len(self._weights) // 2
        self._size = next_fast_len(max(1024, 8 * len(self._weights)), real=True)
        self._hop = self._size - 2 * self.reach
        self._response = rfft(self._weights, self._size)
        self._inside = np.cumsum(self._weights)[self.reach :]  # sum of the weights with 0, 1, … samples before

    def __call__(self, block_size: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """The envelope of the whole recording.

        Yields
        ------
        start, envelope
            First sample of the block, and its envelope, shape (channel, sample).
        """
        grain = _SEGMENTS * self._hop
        for block in blocks(self.recording, block_size, grain, left=self.reach, right=self.reach):
            length = block.stop - block.start
            n_batches = -(-length // grain)
            energy = np.zeros((len(block.sound), n_batches * grain + 2 * self.reach))
            before = self.reach - block.left
            np.square(block.sound, out=energy[:, before : before + block.sound.shape[1]], dtype=np.float64)
            smooth = np.empty((len(block.sound), n_batches * grain))
            for channel in range(len(energy)):
                for batch in range(n_batches):
                    first = batch * grain
                    smooth[channel, first : first + grain] = self._segments(energy[channel, first:])
            envelope = np.sqrt(smooth[:, :length] / self._norm(block.start, length))
            yield block.start, envelope.astype(np.float32)

    def _segments(self, energy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weighted sums of the first `_SEGMENTS` segments; always as many, as rounding may depend on how many."""
        from scipy.fft import irfft, rfft

        segments = np.lib.stride_tricks.sliding_window_view(energy, self._size)[:: self._hop][:_SEGMENTS]
        smooth = irfft(rfft(segments) * self._response, self._size)[:, 2 * self.reach :]
        smooth[smooth < _ROUNDING * segments.max(axis=1, keepdims=True)] = 0
        return smooth.reshape(-1)

    def _norm(self, start: int, length: int) -> NDArray[np.float64]:
        """Sum of the weights inside the recording, shape (sample,)."""
        norm = np.ones(length)
        if self.reach:
            after = self.recording.n_samples - start
            head = self._inside[start : self.reach][:length]
            norm[: len(head)] += head - 1
            to_end = np.arange(max(0, after - self.reach), length)
            norm[to_end] += self._inside[after - 1 - to_end] - 1
        return norm
