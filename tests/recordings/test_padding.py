"""Reading beyond the ends of a recording."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscine.recordings.padding import mirrored, read_padded
from oscine.recordings.recording import Recording


@given(n_samples=st.integers(1, 40), start=st.integers(-100, 100), length=st.integers(1, 150))
def test_it_is_numpys_reflection(n_samples, start, length):
    sound = np.arange(n_samples, dtype=np.float32)[None] / 100
    recording = Recording.from_sound(sound, 100.0)
    far = 300
    whole = np.pad(sound, ((0, 0), (far, far)), mode="reflect")
    expected = whole[:, far + start : far + start + length]
    np.testing.assert_array_equal(read_padded(recording, start, start + length), expected)


def test_only_what_is_needed_is_read(monkeypatch):
    recording = Recording.from_sound(np.zeros((1, 1000)), 100.0)
    read, asked = recording.read, []
    monkeypatch.setattr(recording, "read", lambda start, stop: asked.append((start, stop)) or read(start, stop))
    read_padded(recording, -10, 20)
    read_padded(recording, 100, 200)
    assert asked == [(0, 20), (100, 200)]


@pytest.mark.parametrize("n_samples", [1, 2, 5])
def test_positions_lie_inside(n_samples):
    positions = mirrored(np.arange(-50, 50), n_samples)
    assert positions.min() == 0
    assert positions.max() == n_samples - 1
