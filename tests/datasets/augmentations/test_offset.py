from __future__ import annotations

import numpy as np

from oscine.datasets.augmentation import Batch
from oscine.datasets.augmentations.offset import Offset
from oscine.datasets.sampler import FrameGrid


def test_a_constant_is_added():
    batch = Batch(np.zeros((300, 2, 3), np.float32), np.zeros((300, 3), np.int64), FrameGrid(1, (0, 0), 100.0))
    added = Offset(amount=(-0.1, 0.3))(batch, np.random.default_rng(0)).sound
    assert (added == added[..., :1]).all()
    assert added.min() >= np.float32(-0.1)
    assert 0.28 < added.max() <= np.float32(0.3)
    assert (added[:, 0] != added[:, 1]).any()
    together = Offset(amount=(-0.1, 0.3), each_channel=False)(batch, np.random.default_rng(0)).sound
    assert (together[:, 0] == together[:, 1]).all()
