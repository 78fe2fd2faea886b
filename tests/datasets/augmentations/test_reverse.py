from __future__ import annotations

import numpy as np
import pytest

from oscine.datasets.augmentation import Batch, augment, find_margin
from oscine.datasets.augmentations.reverse import Reverse
from oscine.datasets.sampler import FrameGrid


@pytest.mark.parametrize("context", [(4, 4), (9, 2), (0, 7)])
def test_each_frame_stays_on_its_sample(context):
    grid = FrameGrid(3, context, 100.0)
    reverse = Reverse(share=1)
    margin = find_margin([reverse], grid, 5)
    n_frames = 5 + 2 * margin
    sound = np.arange(grid.n_samples(n_frames), dtype=np.float32)[None, None]
    batch = Batch(sound, np.arange(n_frames)[None], grid, margin=margin)
    changed = augment(batch, [reverse], 0, 0)
    assert changed.truth.tolist() == [[margin + 4 - i for i in range(5)]]
    assert changed.sound[0, 0, context[0] :: 3][:5].tolist() == [context[0] + 3 * label for label in changed.truth[0]]
    assert (np.diff(changed.sound[0, 0]) == -1).all()  # real sound throughout


def test_an_onset_becomes_an_offset():
    truth = np.zeros((1, 4, 6), np.float32)
    truth[0, 2, 1] = 1  # onset
    truth[0, 3, 4] = 0.5  # offset
    batch = Batch(np.zeros((1, 1, 6), np.float32), truth, FrameGrid(1, (0, 0), 1.0), reversal=(0, 1, 3, 2))
    changed = Reverse(share=1)(batch, np.random.default_rng(0)).truth[0]
    assert changed[3].tolist() == [0, 0, 0, 0, 1, 0]
    assert changed[2].tolist() == [0, 0.5, 0, 0, 0, 0]
