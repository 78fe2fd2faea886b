"""Handles: few are kept, all work again."""

from __future__ import annotations

import numpy as np

from oscine.recordings import source as module
from oscine.recordings.recording import Recording


def test_least_recently_used_is_closed_and_opens_again(write, noise, monkeypatch):
    monkeypatch.setattr(module, "MAX_OPEN", 2)
    recordings = [Recording(write(f"{number}.wav", noise[:, :10] * number / 9)) for number in range(4)]
    first = [recording.read(0, 5) for recording in recordings]
    sources = [recording._source for recording in recordings]
    assert [source._handle is None for source in sources] == [True, True, False, False]
    again = [recording.read(0, 5) for recording in recordings]
    np.testing.assert_array_equal(first, again)


def test_close(write, noise):
    recording = Recording(write("a.flac", noise))
    before = recording.read(100, 200)
    recording._source.close()
    assert recording._source._handle is None
    np.testing.assert_array_equal(recording.read(100, 200), before)
