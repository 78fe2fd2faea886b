from __future__ import annotations

import numpy as np
import pytest

from oscine.datasets.augmentation import Batch
from oscine.datasets.augmentations.normalise import Normalise
from oscine.datasets.sampler import FrameGrid

SOUND = np.array([[[0, 2, -4], [1, 1, 0]], [[0, 0, 0], [0, 0, 0]], [[0.5, 0, 0], [0, 0.1, -0.2]]], np.float32)
BATCH = Batch(SOUND, np.zeros((3, 3), np.int64), FrameGrid(1, (0, 0), 1.0))


def heights(**options):
    changed = Normalise(**options)(BATCH, np.random.default_rng(0)).sound
    assert np.array_equal(changed[1], SOUND[1])
    return [SOUND[0, 0, 1] / changed[0, 0, 1], SOUND[2, 0, 0] / changed[2, 0, 0]]


def test_what_is_divided_by():
    assert heights() == pytest.approx([4, 0.5])
    assert heights(floor=1) == pytest.approx([4, 1])  # as DAS
    assert heights(by="deviation") == pytest.approx([SOUND[0].std(), SOUND[2].std()])
    assert heights(by="percentile", percentile=80) == pytest.approx([2, 0.2])
