"""Some of many frames: evenly spaced, never too many, whatever the pieces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscine.evaluation.frame_sample import FrameSample


@given(st.lists(st.integers(0, 40), min_size=1, max_size=12), st.integers(1, 50))
def test_evenly_spaced_and_never_too_many(lengths, most):
    sample, n = FrameSample(most), 0
    for length in lengths:
        frames = np.arange(n, n + length)
        sample.add(frames[np.newaxis], frames)
        n += length
    kept = sample.columns(0)[0]
    assert (kept == sample.columns(1)).all(), "the same ones of all arrays"
    assert len(kept) <= most
    assert len(kept) >= min(n, most / 2)
    assert len(kept) == 0 or kept[0] == 0
    assert len(set(np.diff(kept))) <= 1


def test_nothing_added():
    with pytest.raises(ValueError, match="nothing was added"):
        FrameSample(3).columns(0)
