from __future__ import annotations

import numpy as np
import pytest

from oscine.datasets.augmentation import AUGMENTATIONS, Batch, augment, find_margin, moved, stretches
from oscine.datasets.sampler import FrameGrid

GRID = FrameGrid(4, (6, 2), 100.0)


def batch_of(n_frames=10, margin=0):
    n_samples = GRID.n_samples(n_frames)
    sound = np.arange(2 * 3 * n_samples, dtype=np.float32).reshape(2, 3, n_samples)
    return Batch(sound, np.arange(2 * n_frames).reshape(2, n_frames), GRID, margin=margin)


def test_margins_are_cut_off_together_with_their_truth():
    batch = batch_of(margin=2)
    inner = batch.trimmed()
    assert inner.truth.tolist() == batch.truth[:, 2:8].tolist()
    assert np.array_equal(inner.sound, batch.sound[..., 8 : 8 + GRID.n_samples(6)])
    assert inner.margin == 0
    assert inner.trimmed() is inner


def test_margins_add_up_and_the_first_leaves_enough_to_the_others():
    shift = AUGMENTATIONS.make({"name": "shift", "amount": [-3, 5], "unit": "samples"})
    stretch = AUGMENTATIONS.make({"name": "stretch", "factor": 0.5})
    assert find_margin([], GRID, 10) == find_margin([AUGMENTATIONS.make("gain")], GRID, 10) == 0
    assert find_margin([shift], GRID, 10) == 2
    assert find_margin([stretch, shift], GRID, 10) == 2 + stretch.margin(GRID, 14) > 2 + stretch.margin(GRID, 10)
    assert find_margin([shift, stretch], GRID, 10) == 2 + stretch.margin(GRID, 10)


def test_each_has_random_numbers_of_its_own():
    noise, gain = AUGMENTATIONS.make("noise"), AUGMENTATIONS.make({"name": "gain", "factor": 1})
    batch = batch_of()
    alone = augment(batch, [noise], 0, 0).sound - batch.sound
    assert np.array_equal(augment(batch, [noise, gain], 0, 0).sound, augment(batch, [noise], 0, 0).sound)
    assert not np.array_equal(augment(batch, [gain, noise], 0, 0).sound - batch.sound, alone)
    assert augment(batch, [], 0, 0) is batch


@pytest.mark.parametrize("by", [0, 1, -1, 4, -4, 5, -5, 7, -13])
def test_sound_moves_and_its_ends_are_mirrored(by):
    window = np.arange(5.0)[None].repeat(2, axis=0).astype(np.float32)
    position = np.abs((np.arange(5) - by + 8 * 10) % 8)
    expected = np.minimum(position, 8 - position)
    assert moved(window, by).tolist() == [expected.tolist()] * 2


def test_random_stretches_lie_inside():
    places = stretches(np.full(3000, 3.0), 10, np.random.default_rng(0))
    assert {start for start, _ in places} == set(range(8))
    assert {stop - start for start, stop in places} == {3}
    assert stretches(np.array([0.0, 1e9]), 10, np.random.default_rng(0))[1] == (0, 10)
