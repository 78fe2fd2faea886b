"""Peaks: the frames at which an event happens, found block by block.

A frame is a peak if its score exceeds the threshold and is the highest of all that are less than `distance` frames
away (the first of equals). The rule is local, so the peaks do not depend on the size of the blocks; and no two peaks
are nearer than `distance`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from oscine.prediction.scores import Scores

_BLOCK = 2**18


def find_peaks(
    scores: Scores, label: int, threshold: float, distance: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Peaks of one label.

    Parameters
    ----------
    scores
        Of one recording.
    label
        Index of the label.
    threshold
        Score that a peak exceeds, in [0, 1].
    distance
        Frames that two peaks are apart at least.

    Returns
    -------
    frames, peaks
        Frame and score of each peak, axes (peak,).
    """
    frames, heights = [np.empty(0, np.int64)], [np.empty(0, np.float32)]
    reach = max(0, distance - 1)
    for start in range(0, scores.n_frames, _BLOCK):
        stop = min(start + _BLOCK, scores.n_frames)
        before, after = max(0, start - reach), min(scores.n_frames, stop + reach)
        values = scores.read(before, after)[label]
        found = is_peak(values, reach) & (values > threshold)
        inside = np.flatnonzero(found[start - before : stop - before])
        frames.append(inside + start)
        heights.append(values[inside + start - before])
    return np.concatenate(frames), np.concatenate(heights)


def is_peak(values: NDArray[np.float32], reach: int) -> NDArray[np.bool_]:
    """Whether each value is the highest within `reach` of it on either side, and the first of those equally high.

    Examples
    --------
    >>> is_peak(np.array([0.1, 0.9, 0.9, 0.2, 0.8], np.float32), 2).tolist()
    [False, True, False, False, False]
    >>> is_peak(np.array([0.1, 0.9, 0.9, 0.2, 0.8], np.float32), 1).tolist()
    [False, True, False, False, True]
    """
    if reach == 0 or len(values) == 0:
        return np.ones(len(values), bool)
    highest = maximum_filter1d(values, 2 * reach + 1, mode="constant", cval=-np.inf)
    padded = np.concatenate([np.full(reach, -np.inf, np.float32), values])
    before = maximum_filter1d(padded, reach)[reach // 2 :][: len(values)]  # of the `reach` values before each
    found: NDArray[np.bool_] = (values == highest) & (values > before)
    return found
