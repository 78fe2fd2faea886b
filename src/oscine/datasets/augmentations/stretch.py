"""Slower or faster, as a tape would be: durations and frequencies change together.

Sound is resampled with soxr. A factor is rounded to a multiple of 1/512, so that the first sample of a window falls on
a sample 512 before it in what soxr gets, which soxr's filter, a few hundred samples long, then has sound for.

Of truth each frame gets that of the nearest frame of before. Where sound becomes shorter, frames are left out; what is
true in a single one of them, such as an event, is not lost but goes to the nearest frame that stays:

    before   0  0  0  1  0  0  0  0        factor 0.75, about the middle
    nearest     0  0  0  0  0  0           left out: the frame that has the event
    after       0  0  1  0  0  0
"""

from __future__ import annotations

import math
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from oscine.datasets.augmentation import Augmentation, Batch
from oscine.datasets.draw import Draw, Limits
from oscine.datasets.sampler import FrameGrid
from oscine.recordings.padding import mirrored

_STEPS = 512
_SHORTEST, _LONGEST = 0.5, 4.0


class Stretch(Augmentation):
    """Play windows slower or faster about their middle, truth with them; their frequencies change as well."""

    factor: Annotated[Draw, Limits(ge=_SHORTEST, le=_LONGEST)] = Draw(0.95, 1.05)
    """How many times longer."""

    def margin(self, grid: FrameGrid, n_frames: int) -> int:
        """As many frames as come into a window that is shortened."""
        shortest = max(_SHORTEST, self.factor.ends[0])
        if shortest >= 1:
            return 0
        half = max(grid.context) + (n_frames - 1) * grid.hop / 2
        return math.ceil((half * (1 / shortest - 1) + 2) / grid.hop)

    def change(self, batch: Batch, random: np.random.Generator) -> Batch:
        """Each window stretched by a number of its own."""
        factors = np.rint(self.factor(random, len(batch)).clip(_SHORTEST, _LONGEST) * _STEPS) / _STEPS
        grid, n_samples = batch.grid, batch.sound.shape[-1]
        before = grid.context[0]
        middle = before + (batch.n_frames - 1) * grid.hop / 2
        starts = np.rint(middle - middle / factors).astype(np.int64)  # sample that becomes the first
        sound = np.stack([_stretched(*each, n_samples) for each in zip(batch.sound, factors, starts, strict=True)])
        centres = before + grid.hop * np.arange(batch.n_frames)
        exact = (starts[:, None] + centres / factors[:, None] - before) / grid.hop
        truth = batch.frames(np.rint(exact).astype(np.int64))
        for window in np.flatnonzero(factors < 1):
            _keep_events(batch.truth[window], truth[window], exact[window])
        return batch.with_sound(sound, truth)


def _stretched(window: NDArray[np.float32], factor: float, start: int, n_samples: int) -> NDArray[np.float32]:
    """So many samples of a window (channel, sample) that is `factor` times longer, from its sample `start` on."""
    import soxr

    n_needed = math.ceil(n_samples / factor) + 2 * _STEPS
    places = mirrored(np.arange(start - _STEPS, start - _STEPS + n_needed), window.shape[-1])
    longer = soxr.resample(np.ascontiguousarray(window[:, places].T), _STEPS, round(factor * _STEPS), quality="HQ")
    first = round(factor * _STEPS)
    result: NDArray[np.float32] = longer[first : first + n_samples].T
    return result


def _keep_events(before: NDArray[Any], after: NDArray[Any], exact: NDArray[np.float64]) -> None:
    """Give the truth of single frames that were left out to the nearest frame that stays, in place.

    Parameters
    ----------
    before, after
        ([output,] frame) each.
    exact
        Where frames of `after` lie on those of `before`.
    """
    single = np.zeros(before.shape[-1], bool)
    inner, left, right = before[..., 1:-1], before[..., :-2], before[..., 2:]
    if before.ndim == 1:
        single[1:-1] = (inner != left) & (inner != right) & (inner >= 0)
    else:
        with np.errstate(invalid="ignore"):
            single[1:-1] = ((inner > left) & (inner > right)).any(axis=0)
    single[np.rint(exact).astype(np.int64).clip(0, len(single) - 1)] = False
    for frame in np.flatnonzero(single):
        place = int(np.abs(exact - frame).argmin())
        if abs(exact[place] - frame) <= 1:
            after[..., place] = before[..., frame]
