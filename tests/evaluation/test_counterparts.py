"""Which recordings are the same, and how long they last."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from oscine.annotations.annotations import Annotations
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.evaluation.counterparts import find_durations, in_words, read_durations, same_recordings


def about(*names):
    return Annotations([{"recording": name, "onset": 0, "offset": 1.5, "label": "a"} for name in names])


class Listener(Monitor):
    def __init__(self):
        super().__init__()
        self.said = []

        self.warned = []

    def message(self, text):
        self.said.append(text)

    def warning(self, text):
        self.warned.append(text)


def test_names():
    assert same_recordings(about("a.wav"), about("a.wav")) == {}
    assert same_recordings(about("x/a.wav", "y/a.wav"), about("a.wav")) == {}, "it may be either"
    assert same_recordings(about("x/a.wav", "b.wav"), about("y/a.flac", "b.wav")) == {"y/a.flac": "x/a.wav"}
    assert same_recordings(about("a.wav"), about("b.wav")) == {}, "no file is known that they were named after"


def test_durations_from_recordings_wherever_they_lie(tmp_path):
    (tmp_path / "truth" / "day1").mkdir(parents=True)
    (tmp_path / "guess").mkdir()
    soundfile.write(tmp_path / "truth" / "day1" / "a.wav", np.zeros(2000), 1000)
    soundfile.write(tmp_path / "guess" / "b.flac", np.zeros(3000), 1000)
    truth = about("day1/a.wav", "b.wav", "c.wav", "d.wav").with_report((), source=tmp_path / "truth")
    guess = about("b.flac").with_report((), source=tmp_path / "guess")
    listener = Listener()
    sides = [(truth, {}), (guess, {"b.wav": "b.flac"})]
    found = find_durations(truth.recordings, sides, {"elsewhere/d.flac": 9.0}, listener)
    assert found == {"day1/a.wav": 2.0, "b.wav": 3.0, "c.wav": 1.5, "d.wav": 9.0}
    (said,) = listener.said
    assert said.startswith("how long c.wav lasts is not known")
    assert find_durations(["b.wav"], sides, {"b.wav": 7.0}, SILENT) == {"b.wav": 7.0}, "who says it knows it"


def test_sounds_beyond_the_end_are_told():
    """Of 1.5 s."""
    for duration, n in ((1.0, 1), (1.48, 0), (1.5, 0)):
        listener = Listener()
        assert find_durations(["a.wav"], [(about("a.wav"), {})], {"a.wav": duration}, listener) == {"a.wav": duration}
        assert len(listener.warned) == n
    listener = Listener()
    find_durations(["a.wav"], [(about("a.wav"), {})], {"a.wav": 0.1}, listener)
    assert "beyond the end of a.wav" in listener.warned[0]


def test_a_table_of_durations(tmp_path):
    path = tmp_path / "durations.csv"
    path.write_text("\ufeffFile , Seconds\na.wav,1.5\n b.wav,0\n")
    assert read_durations(path) == {"a.wav": 1.5, "b.wav": 0.0}
    path.write_text("file,seconds\na.wav,-1\n")
    with pytest.raises(InputError, match=r"line 2: a duration is none; found '-1'"):
        read_durations(path)
    path.write_text("file,seconds\na.wav\n")
    with pytest.raises(InputError, match=r"line 2: a duration is none"):
        read_durations(path)
    path.write_text("")
    with pytest.raises(InputError, match="no table of durations"):
        read_durations(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_durations(tmp_path)


def test_many_names():
    assert in_words([str(i) for i in range(7)]) == "0, 1, 2, 3, 4 and 2 more"
