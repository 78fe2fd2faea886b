from __future__ import annotations

import numpy as np
import pytest

from oscine.core.errors import InputError
from oscine.core.monitor import Monitor
from oscine.detection.detect import DetectParams, detect
from oscine.detection.detectors.envelope import Envelope
from oscine.detection.detectors.time_frequency import TimeFrequency
from oscine.recordings.recording import Recording


@pytest.fixture
def clicks():
    sound = np.random.default_rng(0).normal(0, 0.01, (2, 20000)).astype(np.float32)
    sound[0, 5000:5020] += 0.5
    sound[1, 15000:15020] += 0.5
    return Recording.from_sound(sound, 2500, name="clicks.wav")


def test_rows(clicks):
    table = detect(clicks).select(labels=["time"]).to_pandas()
    assert set(table["kind"]) == {"detected"}
    assert set(table["recording"]) == {"clicks.wav"}
    assert table["channel"].tolist() == [0, 1]
    np.testing.assert_allclose(table["onset"], [2.0, 6.0], atol=0.001)


def test_the_channel_of_a_single_one_is_left_open(clicks):
    assert set(detect(clicks.select([0])).to_pandas()["channel"]) == {-1}


def test_provenance_holds_what_is_needed_to_do_it_again(clicks):
    params = DetectParams(detector=TimeFrequency(time_sigma=6))
    provenance = detect(clicks, params).provenance
    assert provenance.operation == "detect"
    assert provenance.inputs["recording"]["name"] == "clicks.wav"
    assert DetectParams.parse(provenance.params) == params


def test_the_detector_is_chosen_by_name(clicks):
    found = detect(clicks, DetectParams.parse({"detector": {"name": "envelope", "threshold": 0.2, "label": "click"}}))
    assert found.label_names == ["click"]
    assert len(found) == 2


def test_tells_what_it_does(clicks):
    class Listening(Monitor):
        def __init__(self):
            super().__init__()
            self.heard, self.tasks = [], []

        def message(self, text):
            self.heard.append(text)

        def closed(self, task):
            self.tasks.append(task)

    for detector in (TimeFrequency(), TimeFrequency(robust="mean"), Envelope(), Envelope(threshold=0.1)):
        monitor = Listening()
        detect(clicks, DetectParams(detector=detector), monitor=monitor)
        assert all(task.done == pytest.approx(task.total) for task in monitor.tasks)
        assert monitor.tasks


def test_unknown_detector_and_option_are_refused():
    with pytest.raises(InputError, match="time-frequency"):
        DetectParams.parse({"detector": "time-frequenzy"})
    with pytest.raises(InputError, match="time_sigma'"):
        DetectParams.parse({"detector": {"name": "time-frequency", "time_sigam": 3}})


def test_times_become_the_file_s_samples_again(fly):
    recording = Recording(fly / "20190122T132554a-14.wav")
    samples = detect(recording).onsets * recording.sample_rate
    np.testing.assert_allclose(samples, samples.round(), atol=1e-6)
