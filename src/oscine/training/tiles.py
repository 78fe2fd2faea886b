"""Windows side by side over everything that somebody has looked at: what a validation goes through."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from oscine.annotations.annotations import Annotations
from oscine.annotations.labels import BACKGROUND
from oscine.datasets.sampler import Example, FrameGrid
from oscine.recordings.recording import Recording

_ROUNDING = 1e-6
"""Of a frame: what times are rounded by."""


def find_tiles(part: Annotations, recordings: Mapping[str, Recording], grid: FrameGrid, n_frames: int) -> list[Example]:
    """Windows side by side over everything that a part covers, each frame in one of them.

    Parameters
    ----------
    part
        Annotations with coverage.
    recordings
        By name, at the grid's sample rate.
    grid, n_frames
        The network's frames, and how many of them a window has.

    Returns
    -------
    list
        Instants: a window centred on each of them has frames that no other has.
    """
    tiles = []
    for name in part.recordings:
        if name not in recordings:
            continue
        end = 0
        for onset, offset in part.coverage.intervals(name, recordings[name].duration):
            first = int(np.rint(onset * grid.frame_rate))
            stop = math.ceil(offset * grid.frame_rate - _ROUNDING)  # the last frame's centre lies before the offset
            for begin in range(max(first, end), max(stop, first + 1), n_frames):
                instant = (begin + n_frames // 2) / grid.frame_rate
                tiles.append(Example(name, instant, instant, BACKGROUND))
                end = begin + n_frames
    return tiles
