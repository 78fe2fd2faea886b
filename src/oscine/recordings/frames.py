"""How many frames cover a recording: the same rule for spectrograms and for the scores of networks.

Frame `i` is centred on sample ``i * hop`` and stands for half a hop on either side, so that every sample has a frame.
"""

from __future__ import annotations


def n_frames(n_samples: int, hop: int) -> int:
    """Number of frames that cover a recording.

    Parameters
    ----------
    n_samples
        Length of the recording, samples.
    hop
        Distance of two frames, samples.

    Examples
    --------
    >>> [n_frames(n, hop=4) for n in (0, 1, 2, 3, 6, 7)]
    [0, 1, 1, 2, 2, 3]
    """
    return (n_samples - 1 + hop // 2) // hop + 1 if n_samples > 0 else 0
