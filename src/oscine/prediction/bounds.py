"""Bounds between frames: where in between two of them one label overtakes another.

Frames of 2 ms say only within a millisecond where a syllable begins; the frame error of scores that are right in every
frame is 0.59 % on the song of a Bengalese finch for no other reason. But scores are more than their winners: where a
frame is nearly sure of one label and the next one barely of the other, the change is near the latter.

    log-probability of silence     -0.1     -2.5          difference  +2.4    -2.3
    log-probability of "a"         -2.5     -0.2
    time of the centres             10 ms    12 ms        zero at 10 + 2 · 2.4 / (2.4 + 2.3) = 11.02 ms

The difference of the two winners' log-probabilities is taken to go straight from one frame's centre to the next, and
the bound is where it is zero. Logarithms do better than probabilities, which hardly differ but near the bound (see
`docs/log.md`). Where a threshold decides, it is the log-odds of the one label that go from below the bar to above it.

Where the scores do not change sides between the two frames, because a decoder knew better, the bound is halfway, as it
is everywhere without this.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from oscine.prediction.scores import Scores

_BLOCK = 2**18
_LEAST = 1e-7
"""Probability below which nothing is told apart; float32 knows no more near 1."""


def place_bounds(
    scores: Scores, frames: NDArray[np.int64], label: int | None = None, bar: float = 0.5
) -> NDArray[np.float64]:
    """Time at which frames begin, in seconds, laid between them and the frames before them.

    Parameters
    ----------
    scores
        Of one recording.
    frames
        First frame after each bound, ascending, axes (bound,); `n_frames` is the end of the recording.
    label, bar
        The label that crosses a bar there; by default whatever labels are the most probable ones on either side.

    Returns
    -------
    NDArray
        (bound,), s, ascending: never before the centre of the frame before, nor after the frame's own.

    Examples
    --------
    >>> scores = Scores.from_array([[0.9, 0.5, 0.1], [0.1, 0.5, 0.9]], ["background", "a"], frame_rate=500.0)
    >>> place_bounds(scores, np.array([2])).tolist(), scores.edges(np.array([2])).tolist()
    ([0.002], [0.003])
    """
    bounds = scores.edges(frames)
    within = np.flatnonzero((frames > 0) & (frames < scores.n_frames))
    for start in range(0, scores.n_frames, _BLOCK):
        mine = within[(frames[within] >= start) & (frames[within] < start + _BLOCK)]
        if len(mine) == 0:
            continue
        begin = max(0, start - 1)
        values = scores.read(begin, min(start + _BLOCK, scores.n_frames))
        after = frames[mine] - begin
        share = _crossing(values[:, after - 1].astype(float), values[:, after].astype(float), label, bar)
        times = (frames[mine] - 1 + share) / scores.frame_rate
        bounds[mine] = np.where(np.isnan(share), bounds[mine], times)
    return bounds.clip(0, scores.duration)


def _crossing(
    before: NDArray[np.float64], after: NDArray[np.float64], label: int | None, bar: float
) -> NDArray[np.float64]:
    """Where between two frames (label, bound) sides change, from 0 to 1; `nan` where they do not."""
    known = np.isfinite(before).all(axis=0) & np.isfinite(after).all(axis=0)
    if label is None:
        rows, columns = np.stack([before.argmax(axis=0), after.argmax(axis=0)]), np.arange(before.shape[1])
        first, second = (_log(frame[rows[0], columns]) - _log(frame[rows[1], columns]) for frame in (before, after))
    else:
        level = _log_odds(np.array(bar))
        first, second = (_log_odds(frame[label]) - level for frame in (before, after))
    drop = first - second
    changes = known & (first * second <= 0) & (drop != 0)
    share: NDArray[np.float64] = np.divide(first, drop, out=np.full(len(drop), math.nan), where=changes)
    return share


def _log(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.log(np.maximum(values, _LEAST))


def _log_odds(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return _log(values) - _log(1 - values)
