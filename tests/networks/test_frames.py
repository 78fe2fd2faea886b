"""Frames cover every sample of a recording, whatever its length."""

from __future__ import annotations

import numpy as np
import pytest

from oscine.networks.frames import frame_times, is_whole_rate, n_frames, n_input_samples, n_valid_frames


@pytest.mark.parametrize("hop", [1, 2, 3, 4, 7])
def test_every_sample_has_a_frame(hop):
    for n_samples in range(1, 60):
        centres = hop * np.arange(n_frames(n_samples, hop))
        assert centres[0] == 0
        assert np.abs(np.arange(n_samples)[:, None] - centres).min(axis=1).max() <= hop / 2
        assert centres[-1] - hop / 2 <= n_samples - 1, "the last frame stands for a sample at least"
    assert n_frames(0, hop) == 0


@pytest.mark.parametrize("context", [(0, 0), (5, 2), (256, 255)])
def test_valid_frames_and_input_samples_are_inverse(context):
    for frames in (1, 2, 5, 64):
        for hop in (1, 4):
            n_samples = n_input_samples(frames, hop, context)
            assert n_valid_frames(n_samples, hop, context) == frames
            assert n_valid_frames(n_samples - 1, hop, context) == frames - 1


def test_frame_times():
    assert frame_times(3, 4.0, start=1.0).tolist() == [1.0, 1.25, 1.5]


def test_whole_rates():
    assert is_whole_rate(2500, 4)
    assert not is_whole_rate(2500, 3)
    assert is_whole_rate(24414.0625, 3)
