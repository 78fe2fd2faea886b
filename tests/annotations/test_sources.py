from __future__ import annotations

import numpy as np
import pytest
import soundfile

from oscine.annotations.annotations import Annotations
from oscine.annotations.sources import Sources, between_samples
from oscine.core.errors import InputError
from oscine.recordings.recording import Recording


@pytest.fixture
def folder(tmp_path):
    for name in ("a.wav", "a.b.flac", "Wave/w.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        soundfile.write(tmp_path / name, np.zeros(500), 1000)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "recording"),
    [
        ("a_annotations.csv", "a.wav"),
        ("a.wav-annotated-ann.csv", "a.wav"),
        ("a.b_annotations.csv", "a.b.flac"),
        ("a.b.Table.1.selections.txt", "a.b.flac"),
        ("a-ann.TextGrid", "a.wav"),
        ("a.b.c-d.txt", "a.b.flac"),
        ("new.txt", "new.wav"),
        ("new.cbin.not.mat", "new.cbin"),
    ],
)
def test_recording_of_a_file(folder, file, recording):
    assert Sources(folder).name_for(folder / file) == recording


def test_annotator_of_a_file(folder):
    sources = Sources(folder)
    assert sources.annotator_for(folder / "a-ann.TextGrid") == "ann"
    assert sources.annotator_for(folder / "a-20200101T000000.TextGrid") == ""
    assert sources.annotator_for(folder / "new-ann.TextGrid") == ""  # perhaps the recording's own name
    assert sources.annotator_for(folder / "a_annotations-bob.csv") == "bob"


def test_rates_and_durations(folder):
    sources = Sources(folder)
    assert sources.sample_rate("a.wav", folder / "x.csv") == 1000
    assert sources.duration("w.wav") == 0.5
    assert sources.duration("none.wav") is None
    with pytest.raises(InputError, match=r"x\.csv: counts samples.*none\.wav"):
        sources.sample_rate("none.wav", folder / "x.csv")


def test_recordings_of_the_caller_come_first(folder):
    sources = Sources(folder, [Recording.from_sound(np.zeros(100), 50, name="a.wav")])  # type: ignore[arg-type]
    assert sources.duration("a.wav") == 2.0


def test_another_place(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert Sources(elsewhere, also=folder).duration("w.wav") == 0.5
    assert Sources(elsewhere, also=folder / "a_annotations.csv").duration("a.wav") == 0.5
    assert Sources(elsewhere, also=folder).name_for(elsewhere / "a.b.txt") == "a.b.wav"  # a reader would not know it


def test_a_broken_recording(folder):
    (folder / "broken.wav").write_text("no sound")
    sources = Sources(folder)
    assert sources.duration("broken.wav") is None
    with pytest.raises(InputError, match=r"broken\.wav"):
        sources.sample_rate("broken.wav", folder / "x.csv")


def test_between_samples(folder):
    def at(time):
        return Annotations([{"recording": "a.wav", "onset": time, "offset": time, "label": "a"}])

    assert between_samples(at(0.123), Sources(folder)) == []
    assert between_samples(at(np.nextafter(0.123, 1)), Sources(folder)) == []
    assert between_samples(at(0.1234), Sources(folder)) == ["times between samples"]
