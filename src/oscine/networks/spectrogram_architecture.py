"""Architectures over a spectrogram that suits the sounds: what those of the vak library have in common.

They all begin with a power spectrogram, a window of 512 samples every 64 at 32 kHz, that is 16 ms every 2 ms [1]_. What
fits at one sample rate does at no other, so where none is chosen it is found by rule:

- the window is the power of two in samples that is nearest to 16 ms, and has 16 to 1024 samples, so that the number of
  frequencies, and with it the size of the network, stays within reason for ultrasound too;
- it is longer than that for sounds that last more than sixteen of it, and shorter for sounds that it would blur (where
  the durations of the annotated sounds are known);
- the stride is the whole number of frames per second that is nearest to an eighth of those 16 ms.

References
----------
.. [1] Y. Cohen et al. (2022), Automated annotation of birdsong with a neural network that segments spectrograms,
   eLife 11: e63853.
"""

from __future__ import annotations

import math
from typing import Annotated, Self

import numpy as np
from numpy.typing import ArrayLike

from oscine.core.params import Field
from oscine.networks.architecture import Architecture
from oscine.networks.frames import is_whole_rate
from oscine.networks.frontend import FRONTENDS, FrontEnd
from oscine.networks.frontends.spectrogram import Spectrogram
from oscine.networks.specification import Specification
from oscine.networks.traits import Traits

Count = Annotated[int, Field(ge=1)]
"""A number of things of which there is at least one."""

WINDOW = 0.016
"""Window of the spectrogram, s: 512 samples at 32 kHz."""

STRIDES = 8
"""Strides in a window."""

_FEWEST, _MOST = 16, 1024  # samples in a window
_LONGEST = 16  # windows in a sound


class SpectrogramArchitecture(Architecture):
    """Base of architectures over a spectrogram that follows the sample rate and the sounds."""

    representation: Annotated[FrontEnd, FRONTENDS] | None = None
    """What the first layer makes of the waveform; a power spectrogram of 16 ms every 2 ms, or what is nearest to that
    and suits the sounds, where none is given."""

    def suited(self, traits: Traits) -> Self:
        """The same with a spectrogram that suits the sounds, where no representation was chosen."""
        if self.representation is not None:
            return self
        return self.model_copy(update={"representation": suitable_spectrogram(traits.sample_rate, traits.durations)})

    def front_end(self, specification: Specification) -> FrontEnd:
        """The representation, or else one that fits the sample rate."""
        return self.representation or suitable_spectrogram(specification.sample_rate)


def suitable_spectrogram(sample_rate: float, durations: ArrayLike = ()) -> Spectrogram:
    """The power spectrogram for a sample rate and for sounds of some length.

    Parameters
    ----------
    sample_rate
        Hz.
    durations
        Of the annotated sounds, s; instants without length say nothing.

    Examples
    --------
    >>> found = suitable_spectrogram(32000.0)
    >>> found.window * 32000, found.stride * 32000
    (512.0, 64.0)
    >>> found = suitable_spectrogram(44100.0)
    >>> round(found.window * 44100), round(found.stride * 44100)
    (512, 90)
    """
    lengths = np.asarray(durations, dtype=np.float64)
    lengths = lengths[lengths > 0]
    length = float(np.median(lengths)) if len(lengths) else WINDOW
    window = min(max(WINDOW, length / _LONGEST), length)
    samples = 2 ** round(math.log2(max(window * sample_rate, 1)))
    samples = min(max(samples, _FEWEST), _MOST)
    stride = _nearest_stride(window * sample_rate / STRIDES, samples // 2, sample_rate)
    return Spectrogram(window=samples / sample_rate, stride=stride / sample_rate, scale="power")


def _nearest_stride(samples: float, most: int, sample_rate: float) -> int:
    """The stride nearest to `samples`, by their ratio, that gives a whole number of frames per second."""
    whole = [stride for stride in range(1, most + 1) if is_whole_rate(sample_rate, stride)]
    return min(whole, key=lambda stride: abs(math.log(stride / max(samples, 1))))
