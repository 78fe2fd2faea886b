from __future__ import annotations

import numpy as np
import pytest

from oscine.datasets.augmentation import Batch
from oscine.datasets.augmentations.gain import Gain
from oscine.datasets.sampler import FrameGrid

BATCH = Batch(np.ones((500, 2, 3), np.float32), np.zeros((500, 3), np.int64), FrameGrid(1, (0, 0), 100.0))


def factors(**options):
    return Gain(**options)(BATCH, np.random.default_rng(0)).sound


def test_decibels():
    assert factors(decibels=20)[0, 0].tolist() == [10, 10, 10]
    drawn = 20 * np.log10(factors(decibels=(-6, 6))[..., 0])
    assert (drawn.min(), drawn.max()) == (pytest.approx(-6, abs=0.1), pytest.approx(6, abs=0.1))
    assert drawn.mean() == pytest.approx(0, abs=0.4)


def test_a_factor_of_each_channel_or_window():
    drawn = factors(factor=(0.5, 2))
    assert (drawn == drawn[..., :1]).all()
    assert (drawn[:, 0] != drawn[:, 1]).any(axis=1).mean() > 0.99
    together = factors(factor=(0.5, 2), each_channel=False)
    assert (together[:, 0] == together[:, 1]).all()
    assert len(np.unique(together)) > 400
