from __future__ import annotations

import numpy as np

from oscine.detection.detector import DETECTORS, blocks
from oscine.recordings.recording import Recording


def test_our_detectors():
    assert {"time-frequency", "envelope"} <= set(DETECTORS.names())


def test_blocks_hold_whole_grains():
    recording = Recording.from_sound(np.zeros((1, 1000)), 100)
    assert [block.stop - block.start for block in blocks(recording, 130, 64)] == [128] * 7 + [104]
    assert [block.stop - block.start for block in blocks(recording, 1, 300)] == [300, 300, 300, 100]
    assert [block.right for block in blocks(recording, 500, 500, right=7)] == [7, 0]
