"""A recording at another sample rate, computed slice by slice with soxr at its very high quality.

Sample j of the view stands at time j / `sample_rate`, exactly: soxr takes out the delay of its filter. That a slice
does not depend on where it begins is a matter of phase. With the rates' ratio p / q in lowest terms, every q-th
sample of the view falls on a sample of the recording, and resampling can begin anew there as if the sound began
there, given some real sound before it. Example, 32 000 to 24 000 Hz, p / q = 4 / 3:

    recording   0   1   2   3   4   5   6   7   8   9  10  11  12
    view        0     1     2     3     4     5     6     7     8
                ^                 ^                 ^       begin here only

So a slice is computed from the last such place that leaves `_CONTEXT` samples before it. Where p or q exceeds
`_MAX_PERIOD` (44 100 to 31 999 Hz), soxr interpolates its filter, and its clock drifts by up to 10⁻⁵ of a sample per
second; slices are then computed in pieces that always begin at the same places, so that they agree all the same (and
are closer to the truth than soxr's own output of the recording in one piece).

References: the SoX resampler library, soxr.sourceforge.net; J. O. Smith, Digital Audio Resampling (ccrma.stanford.edu).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscine.core.errors import InputError
from oscine.recordings.recording import Recording, RecordingView

_CONTEXT = 256  # samples at the lower rate; soxr's filter at "VHQ" falls below 1e-8 within 130
_MAX_PERIOD = 1024
_PIECE = 2**18
_MAX_TERM = 2**20


class Resampled(RecordingView):
    """A recording at another sample rate (use `Recording.resample`).

    Parameters
    ----------
    parent
        The recording.
    sample_rate
        In Hz, > 0, also below 1 or not whole.

    Examples
    --------
    >>> tone = Recording.from_sound(np.sin(2 * np.pi * 100 * np.arange(8000) / 8000), 8000)
    >>> Resampled(tone, 1000).read(500, 503).round(3)
    array([[0.   , 0.588, 0.951]], dtype=float32)
    """

    def __init__(self, parent: Recording, sample_rate: float) -> None:
        super().__init__(parent)
        if not 0 < sample_rate < float("inf"):
            raise InputError("impossible sample rate", path=parent.path, found=sample_rate, allowed="> 0 Hz")
        self.sample_rate = float(sample_rate)
        self._ratio = ratio(parent.sample_rate, self.sample_rate)
        self.n_samples = round(parent.n_samples / self._ratio)
        self._read_ahead = int(parent._read_ahead / self._ratio)

    def _read(self, start: int, stop: int) -> NDArray[np.float32]:
        period = self._ratio.denominator
        longest = max(period, self._ratio.numerator)
        regular = longest <= _MAX_PERIOD
        step = period * max(1, _PIECE // longest) if regular else period
        pieces = []
        for piece in range(start // step * step, stop, step):
            low, high = max(start, piece), min(stop, piece + step)
            pieces.append(self._piece(low if regular else piece, low, high))
        return np.concatenate(pieces, axis=1)

    def _piece(self, origin: int, start: int, stop: int) -> NDArray[np.float32]:
        """Samples `[start, stop)`, begun so that `origin` has its context."""
        import soxr

        p, q = self._ratio.numerator, self._ratio.denominator
        context = int(_CONTEXT * max(1.0, float(self._ratio)))  # samples of the recording
        first = max(0, (origin * p // q - context) // p * p)
        last = -(-stop * p // q) + context
        sound = self.parent.read(min(first, self.parent.n_samples), min(last, self.parent.n_samples))
        padded = np.zeros((last - first, self.n_channels))  # silence behind the end
        padded[: sound.shape[1]] = sound.T
        skip = start - first // p * q
        out = soxr.resample(padded, p, q, quality="VHQ")[skip : skip + stop - start]
        return np.ascontiguousarray(out.T, dtype=np.float32)

    def _description(self) -> dict[str, Any]:
        return {"sample_rate": self.sample_rate}


def ratio(old: float, new: float) -> Fraction:
    """The ratio of two sample rates, in lowest terms.

    Terms beyond 2²⁰ come of rates that are not meant so exactly (44 100.1 Hz in binary); they are rounded, to within
    10⁻⁹ for rates of sound.

    >>> ratio(44100, 48000), ratio(24414.0625, 10000)
    (Fraction(147, 160), Fraction(625, 256))
    >>> ratio(44100.1, 2500)
    Fraction(441001, 25000)
    """
    exact = Fraction(old).limit_denominator(10**6) / Fraction(new).limit_denominator(10**6)
    largest = max(exact.numerator, exact.denominator)
    return exact if largest <= _MAX_TERM else exact.limit_denominator(max(1, int(_MAX_TERM / max(1.0, float(exact)))))
