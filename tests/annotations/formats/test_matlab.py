"""evsonganaly's and SongAnnotationGUI's files, which are Matlab's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.io import savemat

from oscine.annotations.annotations import Annotations
from oscine.annotations.formats.notmat import Notmat, milliseconds
from oscine.core.errors import InputError


def test_real_notmat_with_a_single_segment(data, tmp_path):
    found = Annotations.load(data / "formats/or60yw70_300912_0725.437.cbin.not.mat")
    assert found.recordings == ["or60yw70_300912_0725.437.cbin"]
    assert len(found) == 1
    assert 0.3 < found.onsets[0] < found.offsets[0] < 0.5
    path = tmp_path / "or60yw70_300912_0725.437.cbin.not.mat"
    found.save(path, format=Notmat(sample_rate=32000))
    assert Annotations.load(path) == found
    found.save(path, format=Notmat(sample_rate=32000))  # again, over itself


@pytest.mark.parametrize("n_segments", [0, 1, 2])
def test_notmat_of_any_length(tmp_path, n_segments):
    rows = [{"recording": "a.cbin", "onset": i + 0.1, "offset": i + 0.2, "label": "x"} for i in range(n_segments)]
    path = tmp_path / "a.cbin.not.mat"
    Annotations(rows).save(path, format=Notmat(sample_rate=32000))
    assert len(Annotations.load(path)) == n_segments


def test_milliseconds_give_back_their_seconds():
    random = np.random.default_rng(0)
    times = random.uniform(0, 100, 10_000) / 1000
    assert np.array_equal(milliseconds(times) / 1000, times) or (milliseconds(times) / 1000 == times).mean() > 0.95
    from_file = random.uniform(0, 1e5, 10_000)
    assert np.array_equal(milliseconds(from_file / 1000) / 1000, from_file / 1000)


@pytest.mark.parametrize("content", [b"", b"MATLAB 5.0 MAT-file", b"x" * 300])
def test_a_damaged_notmat_is_named(tmp_path, content):
    (tmp_path / "a.cbin.not.mat").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.cbin\.not\.mat: is no \.not\.mat file"):
        Annotations.load(tmp_path / "a.cbin.not.mat")


def test_a_notmat_of_unequal_lengths_is_named(tmp_path):
    savemat(tmp_path / "a.cbin.not.mat", {"onsets": [1.0, 2.0], "offsets": [1.5, 2.5], "labels": "x"})
    with pytest.raises(InputError, match="2 onsets, 2 offsets, 1 labels"):
        Annotations.load(tmp_path / "a.cbin.not.mat")


def test_notmat_wants_its_name_and_one_character(tmp_path):
    song = Annotations([{"recording": "a.cbin", "onset": 0, "offset": 1, "label": "x"}])
    with pytest.raises(InputError, match="another name"):
        song.save(tmp_path / "a.mat", format=Notmat(sample_rate=1))
    with pytest.raises(InputError, match="one character"):
        song.relabel({"x": "xx"}).save(tmp_path / "a.cbin.not.mat", format=Notmat(sample_rate=1))
    with pytest.raises(InputError, match="counts samples"):
        song.save(tmp_path / "a.cbin.not.mat")


def element(onsets: list[float], labels: list[int]) -> dict:
    return {
        "segFileStartTimes": np.array(onsets),
        "segFileEndTimes": np.array(onsets) + 0.1,
        "segType": np.array(labels),
        "fs": 32000,
    }


def test_yarden(tmp_path):
    crowsetta = pytest.importorskip("crowsetta")
    elements = np.empty(3, dtype=object)
    elements[:] = [element([0.1, 1 / 3], [1, 2]), element([0.5], [3]), element([0.2, 0.7], [1, 1])]
    names = np.array(["a.wav", "b.wav", "c.wav"], dtype=object)
    savemat(tmp_path / "song.mat", {"keys": names, "elements": elements})
    found = Annotations.load(tmp_path / "song.mat")
    assert found.recordings == ["a.wav", "b.wav", "c.wav"]
    assert found.onsets.tolist() == [0.1, 1 / 3, 0.5, 0.2, 0.7]
    assert found.to_pandas()["label"].tolist() == ["1", "2", "3", "1", "1"]
    theirs = crowsetta.formats.by_name("yarden").from_file(tmp_path / "song.mat").to_seq(round_times=False)
    assert np.concatenate([sequence.onsets_s for sequence in theirs]).tolist() == found.onsets.tolist()
    assert np.concatenate([sequence.labels for sequence in theirs]).tolist() == found.to_pandas()["label"].tolist()


def test_yarden_of_one_recording_and_of_an_empty_one(tmp_path):
    savemat(tmp_path / "one.mat", {"keys": "a.wav", "elements": element([0.1], [1])})
    assert Annotations.load(tmp_path / "one.mat").onsets.tolist() == [0.1]
    savemat(tmp_path / "none.mat", {"keys": "a.wav", "elements": element([], [])})
    found = Annotations.load(tmp_path / "none.mat")
    assert len(found) == 0
    assert found.recordings == ["a.wav"]


def test_a_matlab_file_of_something_else_is_named(tmp_path):
    savemat(tmp_path / "x.mat", {"x": 1})
    with pytest.raises(InputError, match="is of no annotation format"):
        Annotations.load(tmp_path / "x.mat")
    with pytest.raises(InputError, match="is no file of SongAnnotationGUI"):
        Annotations.load(tmp_path / "x.mat", format="yarden")
