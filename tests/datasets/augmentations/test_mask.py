from __future__ import annotations

import numpy as np
import pytest

from oscine.datasets.augmentation import Batch
from oscine.datasets.augmentations.mask import Mask
from oscine.datasets.sampler import FrameGrid

GRID = FrameGrid(4, (5, 3), 1000.0)
SOUND = np.random.default_rng(1).normal(3, 1, (20, 2, GRID.n_samples(50))).astype(np.float32)
BATCH = Batch(SOUND, np.ones((20, 50), np.int64), GRID)


@pytest.mark.parametrize("truth", [np.ones((20, 50), np.int64), np.ones((20, 3, 50), np.float32)])
def test_a_stretch_becomes_its_mean_and_its_frames_unknown(truth):
    changed = Mask(duration=0.03)(Batch(SOUND, truth, GRID), np.random.default_rng(0))
    for before, after, known in zip(SOUND, changed.sound, changed.truth, strict=True):
        places = np.flatnonzero((before != after).any(axis=0))
        start, stop = places[0], places[-1] + 1
        assert stop - start == 30
        assert np.allclose(after[:, start:stop], before[:, start:stop].mean(axis=1, keepdims=True))
        centres = 5 + 4 * np.arange(50)
        masked = (centres >= start) & (centres < stop)
        unknown = known == -1 if known.ndim == 1 else np.isnan(known).all(axis=0)
        assert unknown[masked].all()
        assert masked.sum() <= unknown.sum() <= masked.sum() + 2


def test_noise_of_the_windows_own_height_or_of_a_given_one():
    own = Mask(duration=1e9, unit="samples", fill="noise")(BATCH, np.random.default_rng(0)).sound
    assert own.mean() == pytest.approx(0, abs=0.05)
    assert own.std() == pytest.approx(SOUND.std(), rel=0.05)
    given = Mask(duration=9, fill="noise", deviation=0.1, mean=5)(BATCH, np.random.default_rng(0)).sound
    assert (given.mean(), given.std()) == (pytest.approx(5, abs=0.05), pytest.approx(0.1, rel=0.05))


def test_labels_may_stay():
    assert Mask(duration=0.03, unlabel=False)(BATCH, np.random.default_rng(0)).truth is BATCH.truth
    nothing = Mask(duration=0)(BATCH, np.random.default_rng(0))
    assert np.array_equal(nothing.sound, SOUND)
    assert (nothing.truth == 1).all()
