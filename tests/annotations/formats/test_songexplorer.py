from __future__ import annotations

import numpy as np
import pytest
import soundfile

from oscine.annotations.annotations import Annotations
from oscine.core.errors import InputError

FILES = {  # SongExplorer's own counts
    "PS_20130625111709_ch3.wav-annotated-person1.csv": {"ambient": 15, "mel-pulse": 73, "mel-sine": 11},
    "PS_20130625111709_ch3.wav-annotated-notsong.csv": {"not_mel-pulse": 37, "not_mel-sine": 49},
    "20161207T102314_ch1.wav-annotated-person1.csv": {"ambient": 18, "mel-pulse": 67, "mel-sine": 15},
    "20161207T102314_ch1.wav-annotated-notsong.csv": {"not_mel-pulse": 101, "not_mel-sine": 75},
    "20190122T093303a-7.wav-annotated-person2.csv": {"mel-pulse": 374},
    "20190122T093303a-7.wav-annotated-person3.csv": {"mel-pulse": 398},
    "20190122T132554a-14.wav-annotated-person2.csv": {"mel-pulse": 61},
    "20190122T132554a-14.wav-annotated-person3.csv": {"mel-pulse": 80},
}


@pytest.fixture
def load(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(5000), 2500)

    def read(text: str, name: str = "a.wav-annotated-ann.csv") -> Annotations:
        (tmp_path / name).write_text(text)
        return Annotations.load(tmp_path / name)

    return read


@pytest.mark.parametrize("name", FILES)
def test_fly_song(fly, tmp_path, name):
    found = Annotations.load(fly / name)
    assert found.count() == FILES[name]
    assert found.annotators == [name.removesuffix(".csv").rsplit("-", 1)[1]]
    assert found.kinds == ["annotated"]
    found.save(tmp_path / name)
    assert (tmp_path / name).read_text() == (fly / name).read_text().replace("\r\n", "\n")


def test_tics_become_exact_seconds_and_points_stay_points(load):
    found = load("a.wav,3,7,annotated,sine\na.wav,1113,1113,annotated,pulse\n")
    assert found.onsets.tolist() == [3 / 2500, 1113 / 2500]
    assert found.offsets.tolist() == [7 / 2500, 1113 / 2500]
    assert found.category("pulse") == "event"


def test_covers_what_is_annotated_only(load):
    found = load("a.wav,0,2500,annotated,x\na.wav,3000,3000,annotated,y\na.wav,3500,4000,detected,time\n")
    assert found.coverage.intervals("a.wav", 2).tolist() == [[0, 1], [1.2, 1.2]]
    only_detected = load("a.wav,3500,4000,detected,time\n", "a.wav-detected.csv")
    assert only_detected.coverage.intervals("a.wav", 2).tolist() == [[1.4, 1.6]]


def test_annotator_of_annotated_rows_only(load):
    found = load("a.wav,0,2500,annotated,x\na.wav,3500,4000,detected,time\n")
    assert [row.annotator for row in found] == ["ann", ""]
    assert load("a.wav,0,1,annotated,x\n", "a.wav-annotated-20201231T235959.csv").annotators == []


@pytest.mark.parametrize("name", ["a.wav-annotated.csv", "a-annotated.csv", "anything.csv"])
def test_any_name_will_do(load, name):
    assert load("a.wav,0,2500,annotated,x\n", name).recordings == ["a.wav"]


def test_mistakes_have_a_sixth_column(load, tmp_path):
    text = "a.wav,1,2,mistaken,x,y\na.wav,3,4,correct,x,x\n"
    found = load(text, "a.wav-mistakes.csv")
    assert found.to_pandas()["annotated_label"].tolist() == ["y", "x"]
    assert found.kinds == ["correct", "mistaken"]
    found.save(tmp_path / "a-mistakes.csv")
    assert (tmp_path / "a-mistakes.csv").read_text() == text


def test_detections_may_start_before_the_recording(load):
    found = load("a.wav,-16,64,detected,frequency\n", "a.wav-detected.csv")
    assert found.onsets.tolist() == [0]
    assert "1 rows start before the recording" in found.report[1]


def test_an_empty_file_is_no_error(load):
    found = load("")
    assert len(found) == 0
    assert found.recordings == ["a.wav"]
    assert found.coverage.intervals("a.wav", 2).tolist() == []


def test_logical_recordings(load, tmp_path):
    (tmp_path / "oscine.toml").write_text('[recordings."*.wav"]\nsplit = { recA = [0] }\n')
    assert load("a.wav-recA,2500,5000,annotated,x\n").onsets.tolist() == [1.0]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (
            "a.wav,1,2,annotated,x\na.wav,1,2,annotated\n",
            2,
            "has 4 columns where SongExplorer's files have five or six",
        ),
        ("a.wav,1,2,annotated,x,y,z\n", 1, "has 7 columns"),
        ("a.wav,1.5,2,annotated,x\n", 1, "start is not a whole number of samples; found '1.5'"),
        ("a.wav,1,two,annotated,x\n", 1, "stop is not a whole number of samples; found 'two'"),
        ("a.wav,3,2,annotated,x\n", 1, "starts after it stops"),
        ("a.wav,-3,2,annotated,x\n", 1, "starts before the recording"),
        ("a.wav,1,2,annotated,\n", 1, "label is blank"),
        ("b.wav,1,2,annotated,x\n", None, "counts samples"),
    ],
)
def test_mistakes_are_named_with_their_line(load, text, line, message):
    with pytest.raises(InputError, match=message) as caught:
        load(text)
    assert caught.value.line == line


def test_detected_rows_keep_their_channel(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros((1000, 2)), 100)
    both = {"recording": "a.wav", "onset": 1.0, "offset": 2.0, "kind": "detected"}
    rows = [{**both, "label": "time", "channel": 0}, {**both, "label": "frequency", "channel": 1}]
    path = tmp_path / "a.wav-detected.csv"
    Annotations(rows).save(path, format="songexplorer")
    assert path.read_text() == "a.wav,100,200,detected,time0\na.wav,100,200,detected,frequency1\n"
    table = Annotations.load(path).to_pandas()
    assert (table["label"].tolist(), table["channel"].tolist()) == (["time", "frequency"], [0, 1])
