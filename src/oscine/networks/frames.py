"""Frames: which samples of a recording the scores of a network stand for.

Frame `i` is centred on sample ``i * hop``, that is on time ``i / frame_rate``, and stands for the half-open stretch
``[(i - 1/2) / frame_rate, (i + 1/2) / frame_rate)`` clipped to the recording, so that every sample has exactly one
frame and the last ones have theirs too.

A network needs ``context = (left, right)`` samples before and after the sample at a frame's centre. It is *valid*: it
pads nothing, and an input of ``left + 1 + right + (n - 1) * hop`` samples gives exactly `n` frames. Whoever predicts
pads the ends of the recording by the context, once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oscine.recordings.frames import n_frames as n_frames  # the same for spectrograms

TILE = 2048
"""Frames that a network computes at once in prediction, unless it is trained on windows that it pads itself."""


def n_valid_frames(n_samples: int, hop: int, context: tuple[int, int]) -> int:
    """Number of frames that a network gives for an input of `n_samples` samples, without padding.

    Examples
    --------
    >>> n_valid_frames(512 + 3 * 4, hop=4, context=(256, 255))
    4
    >>> n_valid_frames(511, hop=4, context=(256, 255))
    0
    """
    left, right = context
    return max(0, (n_samples - (left + 1 + right)) // hop + 1)


def n_input_samples(n_frames: int, hop: int, context: tuple[int, int]) -> int:
    """Length of the input, in samples, that gives exactly `n_frames` valid frames.

    Examples
    --------
    >>> n_input_samples(4, hop=4, context=(256, 255))
    524
    """
    left, right = context
    return left + 1 + right + (n_frames - 1) * hop


def frame_times(n_frames: int, frame_rate: float, start: float = 0.0) -> NDArray[np.float64]:
    """Centres of frames, s, where the first is centred on `start`.

    Examples
    --------
    >>> frame_times(3, frame_rate=625.0).tolist()
    [0.0, 0.0016, 0.0032]
    """
    return start + np.arange(n_frames) / frame_rate


def is_whole_rate(sample_rate: float, hop: int) -> bool:
    """Whether frames `hop` samples apart come at a whole number per second.

    Probability WAVs can hold no other rate. Nothing is asked of a sample rate that is not whole itself (some
    acquisition systems run at 24414.0625 Hz).

    Examples
    --------
    >>> is_whole_rate(2500, 4), is_whole_rate(2500, 8), is_whole_rate(24414.0625, 8)
    (True, False, True)
    """
    return not float(sample_rate).is_integer() or int(sample_rate) % hop == 0
