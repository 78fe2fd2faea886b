"""A recording without the frequencies that are of no interest, filtered slice by slice, without delay.

A Butterworth filter in second-order sections is run forward and backward over the sound (`scipy.signal.sosfiltfilt`):
phases stay as they are, and the attenuation doubles, to 6 dB at the cut-off frequencies.

A slice is filtered with real sound on either side, as much as the filter remembers: the response to an impulse
decays as rⁿ with r the largest magnitude of a pole, and the context is the n at which it has fallen to 10⁻⁹. So a
slice equals the same stretch of the whole recording filtered at once, to within rounding. For a high-pass filter that
is about 9 / cut-off seconds: 9 s at 1 Hz. At the recording's ends the sound is continued by point reflection, as
sosfiltfilt does by default.

Reference: F. Gustafsson, Determining the initial states in forward-backward filtering, IEEE Trans. Signal Processing
44 (1996) 988-992.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscine.core.errors import InputError
from oscine.recordings.recording import Recording, RecordingView

MAX_ORDER = 12
"""Steeper ones ring for long and lose precision."""

_FORGOTTEN = 1e-9


class Filtered(RecordingView):
    """A recording high-passed, low-passed or band-passed (use `Recording.filter`).

    Parameters
    ----------
    parent
        The recording.
    low, high
        Cut-off frequencies in Hz, 0 < low < high < half the sample rate; either may be `None`.
    order
        Of the filter, 1 to `MAX_ORDER`.

    Examples
    --------
    >>> time = np.arange(8000) / 8000
    >>> mixed = Recording.from_sound(np.sin(2 * np.pi * 1000 * time) + 0.5, 8000)
    >>> float(abs(Filtered(mixed, 200, None).read(2000, 6000).mean())) < 1e-6
    True
    """

    def __init__(self, parent: Recording, low: float | None, high: float | None, order: int = 4) -> None:
        super().__init__(parent)
        self.low, self.high, self.order = low, high, order
        self._sections = butterworth(parent.sample_rate, low, high, order)
        self._context = context(self._sections)
        self._read_ahead = min(4 * self._context, 2**20)

    def _read(self, start: int, stop: int) -> NDArray[np.float32]:
        from scipy.signal import sosfiltfilt

        first, last = max(0, start - self._context), min(self.n_samples, stop + self._context)
        sound = self.parent.read(first, last).astype(np.float64)
        n_padded = min(3 * (2 * len(self._sections) + 1), sound.shape[1] - 1)
        smooth = sosfiltfilt(self._sections, sound, axis=1, padlen=n_padded)
        return np.ascontiguousarray(smooth[:, start - first : stop - first], dtype=np.float32)

    def _description(self) -> dict[str, Any]:
        return {"filter": {"low": self.low, "high": self.high, "order": self.order}}


def butterworth(sample_rate: float, low: float | None, high: float | None, order: int) -> NDArray[np.float64]:
    """Second-order sections of a Butterworth filter.

    Parameters
    ----------
    sample_rate
        In Hz.
    low, high
        Cut-off frequencies in Hz; with `low` alone a high-pass, with `high` alone a low-pass, with both a band-pass.
    order
        Of the filter; a band-pass has as many poles on each side.

    Returns
    -------
    sections
        Shape (section, 6), as `scipy.signal.sosfilt` takes them.

    Raises
    ------
    InputError
        For frequencies outside (0, sample_rate / 2) or in the wrong order.
    """
    from scipy.signal import butter

    nyquist = sample_rate / 2
    edges = [edge for edge in (low, high) if edge is not None]
    if not edges or not all(0 < edge < nyquist for edge in edges) or (len(edges) == 2 and edges[0] >= edges[1]):
        raise InputError(
            "impossible filter",
            found=f"low {low}, high {high} Hz",
            allowed=f"0 < low < high < {nyquist:g} Hz (half the sample rate)",
        )
    if not 1 <= order <= MAX_ORDER:
        raise InputError("impossible order of a filter", found=order, allowed=f"1 to {MAX_ORDER}")
    if len(edges) == 2:
        return butter(order, edges, "bandpass", fs=sample_rate, output="sos")
    return butter(order, edges[0], "highpass" if low is not None else "lowpass", fs=sample_rate, output="sos")


def context(sections: NDArray[np.float64]) -> int:
    """Samples after which a filter has forgotten what it heard (to within 10⁻⁹).

    >>> context(butterworth(2500, 100, None, 4))
    218
    """
    from scipy.signal import sos2zpk

    largest = float(np.abs(sos2zpk(sections)[1]).max())
    return max(1, math.ceil(math.log(_FORGOTTEN) / math.log(largest))) if largest > 0 else 1
