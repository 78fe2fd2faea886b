from __future__ import annotations

import numpy as np
import pytest

from oscine.core.errors import InputError
from oscine.datasets.augmentation import Batch
from oscine.datasets.augmentations.mix_up import MixUp
from oscine.datasets.sampler import FrameGrid

GRID = FrameGrid(1, (0, 0), 100.0)


def test_truth_is_mixed_as_sound_is():
    values = np.arange(200)
    sound = np.zeros((200, 2, 5), np.float32)
    sound[values, values % 2] = 1  # the channel says which label
    batch = Batch(sound, (values % 2)[:, None].repeat(5, axis=1), GRID, n_outputs=2)
    changed = MixUp(share=1, alpha=1)(batch, np.random.default_rng(0))
    assert np.array_equal(changed.sound, changed.truth)
    assert changed.truth.sum(axis=1) == pytest.approx(1)
    mine = changed.truth[values, values % 2, 0]
    assert mine.min() >= 0.5
    mixed = mine[mine < 1 - 1e-6]
    assert len(mixed) > 70
    assert mixed.mean() == pytest.approx(0.75, abs=0.04)


def test_known_is_what_is_known_of_both():
    batch = Batch(np.zeros((2, 1, 3), np.float32), np.array([[0, -1, 1], [0, 0, -1]]), GRID, n_outputs=2)
    for step in range(20):
        changed = MixUp(share=1)(batch, np.random.default_rng(step))
        unknown = np.isnan(changed.truth)
        assert (unknown[:, 0] == unknown[:, 1]).all()
        assert unknown[0, 0].tolist() in ([False, True, False], [False, True, True])
    assert MixUp(share=0)(batch, np.random.default_rng(0)).truth[0].tolist()[1][2] == 1


def test_labels_have_to_be_counted():
    batch = Batch(np.zeros((1, 1, 2), np.float32), np.array([[0, 2]]), GRID)
    with pytest.raises(InputError, match="how many labels there are"):
        MixUp()(batch, np.random.default_rng(0))
