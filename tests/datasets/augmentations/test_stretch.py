from __future__ import annotations

import numpy as np
import pytest

from oscine.datasets.augmentation import Batch, augment, find_margin
from oscine.datasets.augmentations.stretch import Stretch
from oscine.datasets.sampler import FrameGrid


@pytest.mark.parametrize("factor", [0.6, 0.93, 1.0, 1.3])
@pytest.mark.parametrize("context", [(50, 50), (400, 20)])
def test_a_tone_is_stretched_about_the_middle(factor, context):
    grid = FrameGrid(16, context, 8000.0)
    stretch = Stretch(factor=factor)
    exact = round(factor * 512) / 512
    margin = find_margin([stretch], grid, 100)
    n_samples = grid.n_samples(100 + 2 * margin)
    middle = context[0] + (99 + 2 * margin) * 8
    tone = np.sin(2 * np.pi * 300 * (np.arange(n_samples) - middle) / 8000).astype(np.float32)
    batch = Batch(tone[None, None], np.arange(100 + 2 * margin)[None], grid, margin=margin)
    changed = augment(batch, [stretch], 0, 0)
    times = (np.arange(changed.sound.shape[-1]) - (context[0] + 99 * 8)) / 8000
    expected = np.sin(2 * np.pi * 300 / exact * times)
    assert np.abs(changed.sound[0, 0] - expected).max() < 0.5 * 2 * np.pi * 300 / 8000 + 1e-3  # half a sample
    wished = (np.arange(100) - 49.5) / exact + 49.5 + margin
    assert np.abs(changed.truth[0] - wished).max() <= (0.6 if factor > 0.7 else 1)  # no frame's truth is lost


def test_single_frames_are_not_lost():
    grid = FrameGrid(1, (0, 0), 1000.0)
    for dtype in (int, np.float32):
        for place in range(20, 80):
            truth = np.zeros((1, 100), np.int64)
            truth[0, place] = 1
            if dtype is np.float32:
                truth = truth[:, None].astype(dtype)
            changed = Stretch(factor=0.6)(
                Batch(np.zeros((1, 1, 100), np.float32), truth, grid), np.random.default_rng(0)
            )
            (found,) = np.flatnonzero(changed.truth[0].reshape(-1) == 1)[:1]
            assert abs(found - (49.5 + (place - 49.5) * 307 / 512)) <= 1


def test_longer_needs_no_margin():
    grid = FrameGrid(4, (100, 10), 1000.0)
    assert Stretch(factor=(1, 2)).margin(grid, 50) == 0
    assert Stretch(factor=(0.5, 2)).margin(grid, 51) == 51  # half of 400 samples and the context, and a half
