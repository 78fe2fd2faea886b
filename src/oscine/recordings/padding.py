"""Reading beyond the ends of a recording, where a network needs context that is not there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oscine.recordings.recording import Recording


def read_padded(recording: Recording, start: int, stop: int) -> NDArray[np.float32]:
    """Read samples `[start, stop)`, which may lie outside; what is outside mirrors what is inside.

    A mirrored end has the loudness and the spectrum of its neighbourhood, so that a network sees there neither
    a click nor a silence that it never learnt. At any position the result does not depend on where the slice
    begins or ends.

    Parameters
    ----------
    start, stop
        In samples; may be negative, or beyond the end.

    Returns
    -------
    sound
        Float32 (channel, stop - start); zeros where the recording is empty.
    """
    n_samples = recording.n_samples
    if n_samples == 0:
        return np.zeros((recording.n_channels, stop - start), np.float32)
    if start >= 0 and stop <= n_samples:
        return recording.read(start, stop)
    inside = mirrored(np.arange(start, stop), n_samples)
    first, last = int(inside.min()), int(inside.max())
    return np.ascontiguousarray(recording.read(first, last + 1)[:, inside - first])


def mirrored(positions: NDArray[np.int64], n_samples: int) -> NDArray[np.int64]:
    """Positions reflected into `[0, n_samples)`, the first and last sample not repeated.

    Examples
    --------
    >>> mirrored(np.arange(-2, 6), 4).tolist()
    [2, 1, 0, 1, 2, 3, 2, 1]
    """
    if n_samples == 1:
        return np.zeros_like(positions)
    period = 2 * (n_samples - 1)
    folded = np.abs(positions) % period
    inside: NDArray[np.int64] = np.minimum(folded, period - folded)
    return inside
