"""Tiles: the unit of a prediction's arithmetic.

A tile is a fixed number of frames (`Model.tile`) that begins at a whole multiple of it, computed by itself from the
sound that its frames see. However a recording is cut into blocks, read ahead, resumed or sampled, the same tiles are
computed, so that the scores are the same to the last bit. (Floating-point sums depend on the shape of the arrays:
the same frames computed in other tiles differ by about 1e-7.)

Beyond the ends of a recording the sound is mirrored; the last tile is cut where the frames end.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oscine.networks.frames import n_input_samples
from oscine.networks.model import Model
from oscine.recordings.padding import read_padded
from oscine.recordings.recording import Recording


def tile_count(model: Model, n_frames: int) -> int:
    """Tiles that hold this many frames."""
    return -(-n_frames // model.tile)


def read_tiles(model: Model, recording: Recording, first: int, stop: int) -> NDArray[np.float32]:
    """The sound that tiles `[first, stop)` see, axes (channel, sample).

    Parameters
    ----------
    recording
        At the model's sample rate.
    first, stop
        Numbers of tiles; the last one of the recording ends with its frames.
    """
    left, right = model.context
    n_frames = min(stop * model.tile, model.n_frames(recording.n_samples))
    return read_padded(recording, first * model.tile * model.hop - left, (n_frames - 1) * model.hop + 1 + right)


def score_tiles(model: Model, sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores (label, frame) of the tiles that `read_tiles` read, one tile at a time."""
    width = n_input_samples(model.tile, model.hop, model.context)
    starts = range(0, sound.shape[1] - sum(model.context), model.tile * model.hop)
    return np.concatenate([model.scores(sound[:, start : start + width]) for start in starts], axis=1)
