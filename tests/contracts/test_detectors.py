"""What every detector must do; a new file in `detectors/` is tested without further ado."""

from __future__ import annotations

import json
import tracemalloc

import numpy as np
import pytest

from oscine.core.errors import Cancelled
from oscine.core.monitor import Monitor
from oscine.detection.detect import DetectParams, detect
from oscine.detection.detector import DETECTORS
from oscine.recordings.recording import Recording

RATE = 2500.0
TRAIN = np.arange(1, 9) * 0.9
"""Onsets of the pulses, in seconds."""


@pytest.fixture(params=DETECTORS.names())
def detector(request):
    return DETECTORS.get(request.param)()


def pulse_train(seed=0, n_samples=20000):
    """Noise with a pulse of 8 ms, 40 dB louder, at each time of `TRAIN`."""
    sound = np.random.default_rng(seed).normal(0, 0.002, n_samples)
    for onset in TRAIN:
        start = round(onset * RATE)
        sound[start : start + 20] += 0.4 * np.sin(2 * np.pi * 250 / RATE * np.arange(20)) * np.hanning(20)
    return sound.astype(np.float32)


def rows(detector, recording, **kwargs):
    return [
        (part.label, part.channel, onset, offset)
        for part in detector.detect(recording, **kwargs)
        for onset, offset in zip(part.onsets.tolist(), part.offsets.tolist(), strict=True)
    ]


@pytest.mark.parametrize("level", [0.0, 0.3])
def test_silence_gives_nothing(detector, level):
    assert not rows(detector, Recording.from_sound(np.full((1, 30000), level), RATE))


def test_a_pulse_train_is_found(detector):
    found = rows(detector, Recording.from_sound(pulse_train(), RATE))
    for onset in TRAIN:
        assert any(start < onset + 0.012 and stop > onset - 0.004 for _, _, start, stop in found)
    loud = [row for row in found if row[0] == found[0][0]]
    assert len(loud) <= 2 * len(TRAIN)


@pytest.mark.parametrize("block_size", [1, 1000, 4096, 7777])
def test_does_not_depend_on_the_block_size(detector, block_size):
    recording = Recording.from_sound(pulse_train(), RATE)
    assert rows(detector, recording, block_size=block_size) == rows(detector, recording, block_size=10**6)


def test_channels_are_independent(detector):
    sounds = [pulse_train(0), pulse_train(1)[::-1], 0.1 * pulse_train(2)]
    together = rows(detector, Recording.from_sound(np.stack(sounds), RATE))
    for channel, sound in enumerate(sounds):
        alone = rows(detector, Recording.from_sound(sound, RATE))
        assert alone
        assert [(*row[:1], *row[2:]) for row in together if row[1] == channel] == [
            (*row[:1], *row[2:]) for row in alone
        ]


@pytest.mark.parametrize("n_samples", [0, 1, 2, 10, 63, 64, 65, 129])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_short_recordings_are_no_error(detector, n_samples, n_channels):
    sound = np.random.default_rng(n_samples).normal(0, 0.1, (n_channels, n_samples))
    recording = Recording.from_sound(sound, RATE)
    for _, _, onset, offset in rows(detector, recording):
        assert 0 <= onset <= offset <= recording.duration
    assert detect(recording, DetectParams(detector=detector)).provenance is not None


@pytest.mark.parametrize("sample_rate", [100.0, 2500.0, 44100.0, 250000.0])
def test_results_lie_within_the_recording_at_any_sample_rate(detector, sample_rate):
    sound = np.random.default_rng(0).normal(0, 0.01, (1, 30011))
    sound[0, [0, 15000, 30010]] = 1
    recording = Recording.from_sound(sound, sample_rate)
    found = rows(detector, recording)
    assert found
    for _, channel, onset, offset in found:
        assert channel == 0
        assert 0 <= onset <= offset <= recording.duration


def test_memory_does_not_grow_with_the_recording(detector):
    sound = np.random.default_rng(0).normal(0, 0.01, 2_000_000).astype(np.float32)

    def peak(n_samples):
        recording = Recording.from_sound(sound[:n_samples], RATE)
        tracemalloc.start()
        try:
            n_found = len(rows(detector, recording, block_size=1 << 16))
            return tracemalloc.get_traced_memory()[1] - 500 * n_found
        finally:
            tracemalloc.stop()

    peak(100_000)  # what is imported on the way
    assert peak(2_000_000) < peak(500_000) + 2e6


def test_can_be_stopped(detector):
    class Stopping(Monitor):
        def updated(self, task):
            self.cancel()

    with pytest.raises(Cancelled):
        rows(detector, Recording.from_sound(pulse_train(), RATE), monitor=Stopping())


def test_options_go_to_json_and_back(detector):
    params = DetectParams(detector=detector)
    assert DetectParams.parse(json.loads(json.dumps(params.to_dict()))) == params
    schema = json.loads(json.dumps(type(detector).model_json_schema()))
    assert set(schema["properties"]) == set(type(detector).model_fields)
    for name, field in schema["properties"].items():
        assert field.get("description"), f"{name} has no help"
    alternatives = DetectParams.model_json_schema()["properties"]["detector"]["oneOf"]
    assert detector.plugin_name in [form["properties"]["name"]["const"] for form in alternatives]
