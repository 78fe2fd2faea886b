from __future__ import annotations

import numpy as np
import pytest

from oscine.core.monitor import Monitor
from oscine.detection.detectors.envelope import Envelope
from oscine.recordings.recording import Recording

RATE = 2500.0


def found(sound, detector, **kwargs):
    (part,) = detector.detect(Recording.from_sound(sound, RATE), **kwargs)
    return part


@pytest.fixture
def pulses():
    """Pulses of 8 ms at 1, 1.015, 2 and 3 s, the second louder than the first."""
    sound = np.random.default_rng(0).normal(0, 0.001, 10000)
    for time, level in ((1, 0.1), (1.015, 0.2), (2, 0.1), (3, 0.1)):
        start = round(time * RATE) - 10
        sound[start : start + 20] += level * np.sin(np.arange(20))
    return sound


def test_events_are_peaks_no_nearer_than_the_minimum(pulses):
    np.testing.assert_allclose(found(pulses, Envelope()).onsets, [1.015, 2, 3], atol=0.003)
    part = found(pulses, Envelope(min_distance=0.010))
    np.testing.assert_allclose(part.onsets, [1, 1.015, 2, 3], atol=0.003)
    np.testing.assert_array_equal(part.onsets, part.offsets)


def test_segments_are_what_exceeds_the_threshold(pulses):
    part = found(pulses, Envelope(mark="segments", threshold=0.05, max_gap=0.02, min_duration=0.02))
    np.testing.assert_allclose(part.onsets, [0.994], atol=0.004)
    np.testing.assert_allclose(part.offsets, [1.022], atol=0.004)
    every = found(pulses, Envelope(mark="segments", threshold=0.05))
    assert len(every.onsets) == 4
    assert (every.offsets > every.onsets).all()


def test_the_threshold_is_said_and_gives_the_same_when_given(pulses):
    class Listening(Monitor):
        heard = ""

        def message(self, text):
            self.heard += text

    monitor = Listening()
    derived = found(pulses, Envelope(), monitor=monitor)
    threshold = float(monitor.heard.rpartition(": ")[2])
    assert 0.001 < threshold < 0.01
    np.testing.assert_array_equal(found(pulses, Envelope(threshold=threshold)).onsets, derived.onsets)


def test_digital_silence_does_not_lower_the_threshold(pulses):
    padded = np.concatenate([np.zeros(40000), pulses])
    np.testing.assert_allclose(found(padded, Envelope()).onsets - 16, found(pulses, Envelope()).onsets, atol=1e-9)


def test_finds_most_of_the_pulses_that_people_annotated(fly):
    import csv

    name = "20190122T132554a-14.wav"
    with open(fly / f"{name}-annotated-person2.csv") as stream:
        truth = np.array([int(row[1]) / RATE for row in csv.reader(stream)])
    (part,) = Envelope().detect(Recording(fly / name))
    distance = np.abs(part.onsets[:, None] - truth).min(axis=0)
    assert (distance < 0.010).mean() > 0.9
