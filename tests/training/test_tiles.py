from __future__ import annotations

import numpy as np
import pytest

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.labels import LabelSet
from oscine.datasets.sampler import FrameGrid, Sampler
from oscine.networks.targets.exclusive import Exclusive
from oscine.recordings.recording import Recording
from oscine.training.examples import find_truth
from oscine.training.tiles import find_tiles

GRID = FrameGrid(10, (0, 0), 1000.0)
LABELS = LabelSet(["background", "pulse"])


@pytest.mark.parametrize("n_frames", [1, 7, 50, 400])
def test_each_covered_frame_is_in_one_window(n_frames):
    recording = Recording.from_sound(np.zeros((1, 10000)), 1000.0, name="a.wav")
    coverage = Coverage({"a.wav": [(0, 1.03), (1.1, 1.2), (1.8, 1.903), (2.5, 2.5), (8, 10)]}, whole=False)
    rows = [{"recording": "a.wav", "onset": 0.5, "offset": 0.7, "label": "pulse"}]
    part = Annotations(rows, labels=LABELS).with_coverage(coverage)
    tiles = find_tiles(part, {"a.wav": recording}, GRID, n_frames)
    truth = find_truth(part, {"a.wav": recording}, LABELS, Exclusive(), GRID)
    sampler = Sampler(tiles, {"a.wav": recording}, truth, GRID, n_frames=n_frames, seed=0)
    seen = np.concatenate([true.ravel() for _, true in sampler.centred(3)])
    whole = truth("a.wav", 0, 1001)
    assert (seen == 0).sum() == (whole == 0).sum()
    assert (seen == 1).sum() == (whole == 1).sum() == 20
