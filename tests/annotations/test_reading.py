from __future__ import annotations

import numpy as np
import pytest
import soundfile

from oscine.annotations.annotations import Annotations
from oscine.core.artifacts import Provenance
from oscine.core.errors import InputError
from oscine.core.monitor import Monitor
from oscine.datasets.dataset import Dataset
from oscine.datasets.prepare import prepare
from oscine.recordings.recordings import Recordings

HEADER = "name,start_seconds,stop_seconds\n"


class Listener(Monitor):
    def __init__(self):
        super().__init__()
        self.messages, self.warnings = [], []

    def message(self, text):
        self.messages.append(text)

    def warning(self, text):
        self.warnings.append(text)


@pytest.fixture
def folder(tmp_path):
    for name in ("a.wav", "b.wav", "below/c.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        soundfile.write(tmp_path / name, np.zeros(2000), 1000)
    (tmp_path / "a_annotations.csv").write_text(HEADER + "x,0.5,0.75\ny,1,1\n")
    (tmp_path / "a_predicted.csv").write_text(HEADER + "x,0.5,0.75\n")
    (tmp_path / "b.wav-annotated-ann.csv").write_text("b.wav,100,200,annotated,x\nb.wav,300,300,annotated,y\n")
    (tmp_path / "below/c_annotations.csv").write_text(HEADER)
    return tmp_path


def test_a_folder(folder):
    listener = Listener()
    found = Annotations.load(folder, monitor=listener)
    assert found.recordings == ["a.wav", "b.wav", "c.wav"]
    assert found.kinds == ["annotated", "predicted"]
    assert found.coverage.is_whole("a.wav")
    assert found.coverage.is_whole("c.wav")  # looked, nothing there
    assert found.coverage.intervals("b.wav", 2).tolist() == [[0.1, 0.2], [0.3, 0.3]]
    assert found.coverage.intervals("never seen.wav", 2).tolist() == []
    assert found.select(annotators=["ann"]).onsets.tolist() == [0.1, 0.3]
    assert listener.warnings == []
    assert "4 files (3 oscine, 1 songexplorer); 5 rows: annotated x: 2, y: 2; predicted x: 1" in listener.messages[0]
    assert found.report == (listener.messages[0],)


def test_what_cannot_be_used_is_named_and_the_rest_is_read(folder):
    (folder / "b_annotations.csv").write_text(HEADER + "x,1,oops\n")
    (folder / "notes.txt").write_text("a sunny day\n")
    listener = Listener()
    assert len(Annotations.load(folder, monitor=listener)) == 5
    assert len(listener.warnings) == 2
    assert "b_annotations.csv, line 2: stop_seconds is not a number; found 'oops'" in listener.warnings[0]
    assert "notes.txt: is of no annotation format that is known" in listener.warnings[1]


def test_what_is_put_aside_is_not_read(folder):
    for name in ("oldfiles-20200101T000000", "congruence-20200101T000000", ".oscine"):
        (folder / "below" / name).mkdir()
        (folder / "below" / name / "a_annotations.csv").write_text(HEADER + "x,0,1\n")
    assert len(Annotations.load(folder)) == 5


def test_what_a_model_says_covers_nothing(folder):
    (folder / "b_predicted.csv").write_text(HEADER + "x,1,1.5\n")
    (folder / "d_predicted.csv").write_text(HEADER + "x,1,1.5\n")
    found = Annotations.load(folder)
    assert found.coverage.intervals("b.wav", 2).tolist() == [[0.1, 0.2], [0.3, 0.3]]
    assert len(found.coverage.intervals("d.wav", 2)) == 0


def test_an_empty_folder(tmp_path):
    with pytest.raises(InputError, match="holds no annotations"):
        Annotations.load(tmp_path)


def test_namesakes_are_named(folder):
    (folder / "below/a_annotations.csv").write_text(HEADER + "x,0,1\n")
    listener = Listener()
    Annotations.load(folder, monitor=listener)
    assert "a.wav is annotated in 2 folders" in listener.warnings[0]


def test_sounds_beyond_the_end(folder):
    (folder / "a_annotations.csv").write_text(HEADER + "x,0.5,0.75\nx,1.5,2.5\nx,0,2.001\n")
    listener = Listener()
    Annotations.load(folder / "a_annotations.csv", monitor=listener)
    assert listener.warnings == ["a_annotations.csv: 1 of 3 sounds end after a.wav (2 s), the first at 1.5 s"]


def test_milliseconds_are_noticed_and_can_be_read(folder):
    (folder / "a_annotations.csv").write_text(HEADER + "x,500,750\nx,1000,1000\n")
    listener = Listener()
    Annotations.load(folder / "a_annotations.csv", monitor=listener)
    assert "look like milliseconds" in listener.warnings[0]
    listener = Listener()
    right = Annotations.load(folder / "a_annotations.csv", unit="ms", monitor=listener)
    assert right.onsets.tolist() == [0.5, 1.0]
    assert listener.warnings == []
    with pytest.raises(InputError, match="unit of their own"):
        Annotations.load(folder / "b.wav-annotated-ann.csv", unit="ms")


def test_real_milliseconds_are_noticed_without_the_recording(data):
    path = data / "formats/bl26lb16_190412_0721.20144_annotations.csv"
    assert any("look like milliseconds" in line for line in Annotations.load(path).report)
    right = Annotations.load(path, unit="ms")
    assert len(right.report) == 1
    assert right.onsets[0] == 23331.875 / 1000
    assert len(right) == 79


def test_real_seconds_are_not_suspected(data, fly):
    assert len(Annotations.load(fly).report) == 1
    assert len(Annotations.load(data / "bengalese_finch/val").report) == 1


def test_real_folder(data):
    found = Annotations.load(data / "formats", recordings=Recordings(data / "bengalese_finch/train"))
    assert "formats: 7 files (1 aud-seq, 1 textgrid, 1 raven, " in found.report[0]
    assert not any("not used" in line for line in found.report)
    assert len(found) == 77 + 18 + 198 + 92 + 79 + 1 + 18


def test_rates_may_come_from_elsewhere(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    moved = (folder / "b.wav-annotated-ann.csv").rename(elsewhere / "b.wav-annotated-ann.csv")
    with pytest.raises(InputError, match="counts samples"):
        Annotations.load(moved)
    assert Annotations.load(moved, recordings=Recordings(folder)).onsets.tolist() == [0.1, 0.3]


def test_project_says_what_is_covered_and_which_labels_there_are(folder):
    (folder / "oscine.toml").write_text('coverage = "rows"\nlabels = ["y", "xx"]\n')
    listener = Listener()
    found = Annotations.load(folder / "a_annotations.csv", monitor=listener)
    assert found.coverage.intervals("a.wav", 2).tolist() == [[0.5, 0.75], [1, 1]]
    assert found.label_names == ["y", "xx", "x"]
    assert "label 'x' is not one of the project's (y, xx)" in listener.warnings[0]
    (folder / "oscine.toml").write_text('coverage = "whole"\n')
    found = Annotations.load(folder)
    assert found.coverage.is_whole("b.wav")
    assert not found.coverage.is_whole("never seen.wav")


def test_provenance_is_read_back(folder):
    Provenance(operation="predict", seed=3).save(folder / "a_predicted.provenance.json")
    found = Annotations.load(folder / "a_predicted.csv")
    assert found.provenance is not None
    assert found.provenance.seed == 3
    assert Annotations.load(folder / "a_annotations.csv").provenance is None


@pytest.mark.parametrize("name", ["x.csv", "x.txt", "x.xml", "x"])
def test_an_unknown_format_is_named(tmp_path, name):
    (tmp_path / name).write_text("what, is, this\n")
    with pytest.raises(InputError, match="is of no annotation format"):
        Annotations.load(tmp_path / name)


def test_a_format_can_be_insisted_on(folder):
    assert len(Annotations.load(folder / "a_annotations.csv", format="das")) == 2
    with pytest.raises(InputError, match="columns where SongExplorer"):
        Annotations.load(folder / "a_annotations.csv", format="songexplorer")
    with pytest.raises(InputError, match="Did you mean 'raven'"):
        Annotations.load(folder / "a_annotations.csv", format="ravn")


def test_cancelling_stops(folder):
    from oscine.core.errors import Cancelled

    monitor = Monitor()
    monitor.cancel()
    with pytest.raises(Cancelled):
        Annotations.load(folder, monitor=monitor)


@pytest.mark.parametrize("root", ["", "deeper/"])
def test_namesakes_with_their_recordings_go_by_their_paths(tmp_path, root):
    for day in ("day1", "day2"):
        place = tmp_path / root / day
        place.mkdir(parents=True)
        soundfile.write(place / "ch1.wav", np.zeros(1000), 100)
        (place / "ch1_annotations.csv").write_text("name,start_seconds,stop_seconds\nx,1,2\n")  # alike, and no copies
    found = Annotations.load(tmp_path)
    assert found.recordings == [f"{root}day1/ch1.wav", f"{root}day2/ch1.wav"]
    assert len(found) == 2
    (tmp_path / "out").mkdir()
    found.save(tmp_path / "out", format="songexplorer")
    assert (tmp_path / "out" / root / "day2/ch1.wav-annotated.csv").read_text() == "ch1.wav,100,200,annotated,x\n"


def test_namesakes_can_be_prepared_and_learnt_from(tmp_path):
    for day in ("day1", "day2"):
        place = tmp_path / "songs" / day
        place.mkdir(parents=True)
        soundfile.write(place / "ch1.wav", np.zeros(20000), 1000)
        rows = "".join(f"x,{i},{i + 0.5}\n" for i in range(20))
        (place / "ch1_annotations.csv").write_text(f"name,start_seconds,stop_seconds\n{rows}")
    prepare(Recordings(tmp_path / "songs")).save(tmp_path / "songs.dataset")
    dataset = Dataset.load(tmp_path / "songs.dataset")
    assert sorted(dataset.names()) == ["day1/ch1.wav", "day2/ch1.wav"]
    assert {dataset.recordings.by_name(name).path.parent.name for name in dataset.names()} == {"day1", "day2"}
