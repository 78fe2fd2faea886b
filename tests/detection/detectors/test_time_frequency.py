from __future__ import annotations

import numpy as np
import pytest

from oscine.core.errors import InputError
from oscine.core.monitor import Monitor
from oscine.detection.detectors.time_frequency import TimeFrequency
from oscine.recordings.recording import Recording

RATE = 2500.0
REFERENCE = {
    "PS_20130625111709_ch3.wav": ((536, 45, 1635), (2251, 2252), (113872, 114032)),
    "20161207T102314_ch1.wav": ((1298, 179, 1065), (4755, 4758), (1328, 1424)),
    "Antigua_20110313095210_ch26.wav": ((1662, 205, 2044), (509, 512), (11696, 12080)),
    "20190122T093303a-7.wav": ((425, 77, 674), (6279, 6283), (2480, 2576)),
    "20190122T132554a-14.wav": ((168, 28, 329), (2978, 2980), (71536, 71696)),
}
"""Counts of time, frequency and neither, and the first events, in samples, as SongExplorer finds them."""


def found(recording, detector=None, **kwargs):
    """Samples of each label, shape (sound, 2), of the first channel."""
    detector = TimeFrequency() if detector is None else detector
    return {
        part.label: np.column_stack([part.onsets, part.offsets]) * recording.sample_rate
        for part in detector.detect(recording, **kwargs)
        if part.channel == 0
    }


def noise(n_samples, seed=0, level=0.01):
    return np.random.default_rng(seed).normal(0, level, n_samples).astype(np.float32)


@pytest.mark.parametrize("name", REFERENCE)
def test_finds_what_songexplorer_finds(fly, name):
    counts, time, frequency = REFERENCE[name]
    parts = found(Recording(fly / name))
    assert tuple(len(parts[label]) for label in ("time", "frequency", "neither")) == counts
    assert tuple(parts["time"][0].round()) == time
    assert tuple(parts["frequency"][0].round()) == frequency


def test_first_neither(fly):
    parts = found(Recording(fly / "PS_20130625111709_ch3.wav"))
    np.testing.assert_allclose(parts["neither"][0], [388, 778])


@pytest.mark.parametrize("block_size", [2048, 30000, 10**7])
def test_does_not_depend_on_blocks(fly, block_size):
    recording = Recording(fly / "20190122T093303a-7.wav")
    whole, parts = found(recording), found(recording, block_size=block_size)
    for label, expected in whole.items():
        np.testing.assert_array_equal(parts[label], expected)


def test_gaps_up_to_the_smoothing_are_filled():
    sound = noise(20000)
    sound[5000] = sound[5016] = 1  # a gap of 15 samples, less than 16
    sound[9000] = sound[9017] = 1  # and one of 16
    times = found(Recording.from_sound(sound, RATE))["time"]
    np.testing.assert_allclose(times, [[5000, 5017], [9000, 9001], [9017, 9018]])


def test_tones_are_found_where_they_are_and_within_the_range():
    sound = noise(30000)
    time = np.arange(5000) / RATE
    sound[10000:15000] += 0.1 * np.sin(2 * np.pi * 160 * time).astype(np.float32)
    recording = Recording.from_sound(sound, RATE)
    tones = found(recording, TimeFrequency(frequency_low=100, frequency_high=300))["frequency"]
    longest = tones[np.argmax(tones[:, 1] - tones[:, 0])]
    assert longest == pytest.approx([10000, 15000], abs=64)
    outside = found(recording, TimeFrequency(frequency_low=400))["frequency"]
    assert not any((outside[:, 0] > 10064) & (outside[:, 1] < 14900) & (outside[:, 1] - outside[:, 0] > 200))


def test_a_tone_across_songexplorers_chunks_stays_in_one_piece():
    chunk = 1 << 20
    sound = noise(chunk + 20000, level=0.001)
    time = np.arange(4000) / RATE
    sound[chunk - 2000 : chunk + 2000] += 0.3 * np.sin(2 * np.pi * 200 * time).astype(np.float32)
    tones = found(Recording.from_sound(sound, RATE))["frequency"]
    across = tones[(tones[:, 0] < chunk) & (tones[:, 1] > chunk)]
    np.testing.assert_allclose(across, [[chunk - 2000, chunk + 2000]], atol=64)


def test_neither_is_quiet_and_lies_between_sounds():
    sound = noise(50000, level=0.001)
    sound[[10000, 30000, 40000]] = 1
    parts = found(Recording.from_sound(sound, RATE))
    assert len(parts["neither"])
    assert parts["neither"].min() >= 0
    assert parts["neither"].max() < 50000
    assert (np.diff(parts["neither"].reshape(-1)) >= 0).all()
    for start, stop in parts["time"]:
        assert not any((parts["neither"][:, 0] < stop) & (parts["neither"][:, 1] > start))


def test_mean_and_deviation_instead(fly):
    recording = Recording(fly / "20190122T093303a-7.wav")
    sound = recording.read()[0].astype(np.float64)
    loud = np.flatnonzero(np.abs(sound - sound.mean()) > 5 * sound.std())
    times = found(recording, TimeFrequency(robust="mean", time_sigma=5))["time"]
    assert len(times) == 1 + np.count_nonzero(np.diff(loud) > 16)


def test_windows_are_lengthened_to_a_power_of_two_and_say_so():
    class Listening(Monitor):
        heard = ""

        def message(self, text):
            self.heard += text

    monitor = Listening()
    found(Recording.from_sound(noise(48000), 48000), monitor=monitor)
    assert monitor.heard == "windows of 1229 samples are lengthened to 2048 (42.67 ms)"
    monitor = Listening()
    found(Recording.from_sound(noise(2000), 100), monitor=monitor)
    assert "lengthened to 16" in monitor.heard


def test_says_that_the_background_has_no_spread():
    class Listening(Monitor):
        heard = ""

        def warning(self, text):
            self.heard += text

    sound = np.zeros(5000)
    sound[::10] = 0.1
    monitor = Listening()
    found(Recording.from_sound(sound, RATE), monitor=monitor)
    assert "robust = 'mean'" in monitor.heard


def test_an_impossible_range_is_refused():
    with pytest.raises(InputError, match="0 ≤ low < high ≤ 1250 Hz"):
        found(Recording.from_sound(noise(1000), RATE), TimeFrequency(frequency_high=2000))
