from __future__ import annotations

import numpy as np

from oscine.datasets.augmentation import Batch
from oscine.datasets.augmentations.invert import Invert
from oscine.datasets.sampler import FrameGrid


def test_half_of_the_windows_change_their_sign():
    batch = Batch(np.ones((1000, 2, 3), np.float32), np.zeros((1000, 3), np.int64), FrameGrid(1, (0, 0), 100.0))
    changed = Invert()(batch, np.random.default_rng(0))
    assert set(np.unique(changed.sound)) == {-1, 1}
    assert (changed.sound == changed.sound[:, :1, :1]).all()
    assert 450 < (changed.sound[:, 0, 0] < 0).sum() < 550
    assert changed.truth is batch.truth
