from __future__ import annotations

import numpy as np

from oscine.datasets.augmentation import Batch, augment, find_margin
from oscine.datasets.augmentations.shift import Shift
from oscine.datasets.sampler import FrameGrid

GRID = FrameGrid(4, (3, 6), 100.0)


def test_what_comes_in_is_real():
    shift = Shift(amount=(-0.2, 0.2))
    margin = find_margin([shift], GRID, 8)
    assert margin == 6
    n_frames = 8 + 2 * margin
    sound = np.arange(GRID.n_samples(n_frames), dtype=np.float32)[None, None].repeat(50, axis=0)
    changed = augment(Batch(sound, np.arange(n_frames)[None].repeat(50, axis=0), GRID, margin=margin), [shift], 0, 0)
    assert (np.diff(changed.sound) == 1).all()
    moves = margin * 4 - changed.sound[:, 0, 0]
    assert (moves.min() < -15) & (moves.max() > 15)
    assert np.abs(changed.truth[:, 0] - (margin - moves / 4)).max() <= 0.5


def test_samples_and_unknown_ends():
    batch = Batch(np.zeros((1, 1, GRID.n_samples(4)), np.float32), np.array([[1, 2, 3, 4]]), GRID)
    later = Shift(amount=8, unit="samples")(batch, np.random.default_rng(0))
    assert later.truth.tolist() == [[-1, -1, 1, 2]]
    far = Shift(amount=-800, unit="samples")(batch, np.random.default_rng(0))
    assert far.truth.tolist() == [[-1] * 4]
    soft = Batch(batch.sound, np.ones((1, 2, 4), np.float32), GRID)
    assert np.isnan(Shift(amount=-0.04)(soft, np.random.default_rng(0)).truth[0, :, 3]).all()
