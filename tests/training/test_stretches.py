"""Stretches: every covered instant, and nothing else, is seen."""

from __future__ import annotations

import numpy as np
import pytest

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.datasets.sampler import FrameGrid, Sampler
from oscine.recordings.recording import Recording
from oscine.training.stretches import find_stretches

RECORDINGS = {"a.wav": Recording.from_sound(np.zeros((1, 2000)), 100.0, name="a.wav")}
GRID = FrameGrid(hop=1, context=(0, 0), sample_rate=100.0)


def part(*covered):
    row = {"recording": "a.wav", "onset": 1.0, "offset": 1.5, "label": "song"}
    return Annotations([row], coverage=Coverage({"a.wav": np.array(covered, float)}, whole=False))


def sampler(examples):
    def truth(name, first, n_frames):
        return np.arange(first, first + n_frames)

    return Sampler(examples, RECORDINGS, truth, GRID, n_frames=200, seed=3)


def test_every_instant_is_as_likely_as_any_other():
    drawn = np.concatenate(
        [sampler(find_stretches(part((0, 4), (6, 16)), RECORDINGS, 2.0)).batch(i, 64)[1][:, 0] for i in range(40)]
    )
    in_first = np.mean(drawn < 400)
    assert in_first == pytest.approx(4 / 14, abs=0.03)
    assert drawn[drawn < 400].min() >= 0
    assert drawn[drawn < 400].max() + 200 <= 400 + 1
    assert drawn[drawn >= 400].min() >= 599
    assert drawn.max() + 200 <= 1600 + 1
    late = drawn[drawn >= 400]
    assert np.histogram(late, bins=4, range=(600, 1400))[0].min() > 0.8 * len(late) / 4


def test_points_cover_no_stretch():
    assert find_stretches(part((3, 3)), RECORDINGS, 1.0) == []
