from __future__ import annotations

import pytest

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.core.artifacts import Provenance
from oscine.core.errors import InputError


@pytest.fixture
def song():
    rows = [
        {"recording": "a.wav", "onset": 0.1, "offset": 0.2, "label": "x", "annotator": "ann"},
        {"recording": "a.wav", "onset": 0.1, "offset": 0.3, "label": "x", "annotator": "bob"},
        {"recording": "a.wav", "onset": 0.1, "offset": 0.2, "label": "x", "kind": "mistaken"},
        {"recording": "a.wav", "onset": 0.4, "offset": 0.5, "label": "x", "kind": "correct"},
        {"recording": "b.flac", "onset": 0.4, "offset": 0.4, "label": "y"},
    ]
    return Annotations(rows, coverage=Coverage({"a.wav": [(0, 1)], "b.flac": None, "c.wav": None}, whole=False))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_gets_a_file_for_each(song, tmp_path):
    song.save(tmp_path)
    assert names(tmp_path) == [
        "a_annotations-ann.csv",
        "a_annotations-bob.csv",
        "a_mistakes.csv",
        "b_annotations.csv",
        "c_annotations.csv",
    ]
    assert (tmp_path / "b_annotations.csv").read_text() == (
        "name,start_seconds,stop_seconds,recording\ny,0.4,0.4,b.flac\n"
    )
    again = Annotations.load(tmp_path)
    assert again.recordings == song.recordings
    assert sorted(again.onsets) == sorted(song.onsets)
    assert again.coverage == song.coverage


def test_one_file_can_hold_everything(song, tmp_path):
    song.save(tmp_path / "all.csv")
    assert Annotations.load(tmp_path / "all.csv") == song


def test_a_format_of_one_recording_refuses_several(song, tmp_path):
    with pytest.raises(InputError, match="holds one recording"):
        song.save(tmp_path / "all.TextGrid")
    song.save(tmp_path, format="textgrid")
    assert "a-ann.TextGrid" in names(tmp_path)
    assert "b.TextGrid" in names(tmp_path)


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("a_annotations.csv", "name,start_seconds"),
        ("a.csv", "name,start_seconds"),
        ("a.TextGrid", "File type"),
        ("a.selections.txt", "Selection\t"),
    ],
)
def test_the_name_tells_the_format(song, tmp_path, name, start):
    song.select(recordings=["b.flac"]).save(tmp_path / name)
    assert (tmp_path / name).read_text().startswith(start)


@pytest.mark.parametrize("name", ["a.txt", "a", "a.docx", "a.mat"])
def test_a_name_that_does_not_tell_is_refused(song, tmp_path, name):
    with pytest.raises(InputError, match="does not tell the format"):
        song.save(tmp_path / name)
    assert names(tmp_path) == []


def test_the_project_tells_the_format(song, tmp_path):
    (tmp_path / "oscine.toml").write_text("[recordings]\n\n[annotation_format_of_others]\n", encoding="utf-8")
    (tmp_path / "oscine.toml").write_text('annotation_format = { name = "songexplorer", sample_rate = 1000 }\n')
    song.select(recordings=["a.wav"]).save(tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text().startswith("a.wav,100,200,annotated,x\n")


def test_provenance_lies_beside(song, tmp_path):
    path = tmp_path / "a_predicted.csv"
    story = Provenance(operation="predict", params={"threshold": 0.5})
    song.with_provenance(story).save(path)
    assert names(tmp_path) == ["a_predicted.csv", "a_predicted.provenance.json"]
    assert Annotations.load(path).provenance == story
    song.save(path)  # other rows, of which nothing is known
    assert names(tmp_path) == ["a_predicted.csv"]


def test_saving_is_all_or_nothing(song, tmp_path):
    path = tmp_path / "a.phn"
    path.write_text("0 1 x\n")
    with pytest.raises(InputError, match="counts samples"):
        song.select(recordings=["a.wav"]).save(path)
    assert path.read_text() == "0 1 x\n"
    assert names(tmp_path) == ["a.phn"]


def test_rows_without_a_recording_go_to_a_file_only(tmp_path):
    song = Annotations([{"onset": 0, "offset": 1, "label": "x"}])
    with pytest.raises(InputError, match="name no recording"):
        song.save(tmp_path)
    song.save(tmp_path / "a_annotations.csv")
    assert Annotations.load(tmp_path / "a_annotations.csv").recordings == ["a.wav"]
