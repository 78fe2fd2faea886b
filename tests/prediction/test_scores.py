"""Scores: frames and their edges, files, and files that are none."""

from __future__ import annotations

import json
import os

import h5py
import numpy as np
import pytest

from oscine.core.artifacts import Provenance
from oscine.core.errors import InputError
from oscine.prediction import scores as module
from oscine.prediction.scores import Scores


@pytest.fixture
def random(scores):
    return scores(
        np.random.default_rng(0).random((2, 1000)),
        events=("pulse",),
        thresholds={"pulse": 0.3},
        duration=99.96,
        provenance=Provenance.now("predict", {"block": 60.0}, {"recording": {"name": "a.wav", "path": "songs/a.wav"}}),
    )


@pytest.fixture
def saved(random, tmp_path):
    return random.save(tmp_path / "a_scores.h5")


def test_frames_are_centred_on_their_times(scores):
    one = scores([[0.0, 0.5, 1.0, 0.5]], duration=0.34)
    assert one.times.tolist() == pytest.approx([0.0, 0.1, 0.2, 0.3])
    assert one.edges(np.arange(5)).tolist() == pytest.approx([0.0, 0.05, 0.15, 0.25, 0.34])


def test_edges_stay_within_the_recording(scores):
    """A recording may end before the middle between its last two frames' centres is over."""
    one = scores([[0.0, 0.5]], duration=0.04)
    assert one.edges(np.array([0, 1, 2])).tolist() == pytest.approx([0.0, 0.04, 0.04])


@pytest.mark.parametrize("size", [1, 7, 1000, 5000])
def test_blocks_are_the_whole(random, size):
    blocks = list(random.blocks(size))
    assert [first for first, _ in blocks] == list(range(0, 1000, size))
    assert np.array_equal(np.concatenate([block for _, block in blocks], axis=1), random.values)


def test_saved_scores_are_the_same(random, saved):
    loaded = Scores.load(saved)
    assert np.array_equal(loaded.values, random.values)
    assert (loaded.labels, loaded.events, loaded.thresholds) == (random.labels, random.events, random.thresholds)
    assert (loaded.frame_rate, loaded.duration, loaded.recording) == (10.0, 99.96, "a.wav")
    assert loaded.provenance == random.provenance
    assert loaded.path == saved
    assert loaded.source.as_posix() == "songs/a.wav"
    assert np.array_equal(loaded.read(10, 20), random.values[:, 10:20])


@pytest.mark.parametrize("block", [1, 64, 10**6])
def test_files_do_not_depend_on_the_block(random, saved, tmp_path, block, monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", block)
    assert np.array_equal(Scores.load(random.save(tmp_path / "b.h5")).values, random.values)
    assert np.array_equal(Scores.load(saved).values, random.values)


def test_no_frames(scores, tmp_path):
    loaded = Scores.load(scores(np.empty((2, 0))).save(tmp_path / "a_scores.h5"))
    assert loaded.values.shape == (2, 0)
    assert list(loaded.blocks()) == []
    assert loaded.edges(np.array([0])).tolist() == [0.0]


def test_summary_and_text(random):
    assert random.summary() == {
        "recording": "a.wav",
        "labels": ["pulse", "sine"],
        "n_frames": 1000,
        "frame_rate": 10.0,
    }
    assert str(random) == "a.wav: scores of pulse, sine in 1000 frames at 10 Hz"


def test_what_provenance_records_of_a_file(saved):
    identity = Scores.load(saved).identity()
    assert identity["recording"] == "a.wav"
    assert len(identity["digest"]) == 16
    assert identity["made_by"]["operation"] == "predict"
    json.dumps(identity)


# -- files that are none -------------------------------------------------------------------------------------------


def refused(path):
    with pytest.raises(InputError) as caught:
        Scores.load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_absent(tmp_path):
    assert "oscine predict" in refused(tmp_path / "none_scores.h5")


@pytest.mark.parametrize("size", [0, 10, 200, -1])
def test_cut_off(saved, size):
    os.truncate(saved, size if size >= 0 else saved.stat().st_size - 1000)
    assert "cut off" in refused(saved)


def test_text(tmp_path):
    (tmp_path / "a_scores.h5").write_text("pulse,1,2\n")
    assert "not a file of scores" in refused(tmp_path / "a_scores.h5")


def test_hdf5_of_another_kind(tmp_path):
    with h5py.File(tmp_path / "a_scores.h5", "w") as file:
        file["something"] = np.arange(3)
    assert "not a file of scores" in refused(tmp_path / "a_scores.h5")


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.__delitem__("scores"),
        lambda file: file.attrs.__setitem__("labels", "pulse"),
        lambda file: file.attrs.__setitem__("labels", '["pulse"]'),
        lambda file: file.attrs.__setitem__("thresholds", '["pulse"]'),
        lambda file: file.attrs.__setitem__("provenance", '{"params": 1}'),
        lambda file: file.attrs.__delitem__("frame_rate"),
        lambda file: (file.__delitem__("scores"), file.create_group("scores")),
    ],
)
def test_damaged(saved, damage):
    with h5py.File(saved, "r+") as file:
        damage(file)
    assert "not a file of scores" in refused(saved)


# -- several files -------------------------------------------------------------------------------------------------


def test_gather(random, tmp_path):
    for name in ("b_scores.h5", "a_scores.h5", "below/c_scores.h5"):
        random.save(tmp_path / name)
    (tmp_path / "bad_scores.h5").write_bytes(b"no")
    found = list(Scores.gather(str(tmp_path)))
    assert [path.name for path, _ in found] == ["a_scores.h5", "b_scores.h5", "bad_scores.h5", "c_scores.h5"]
    assert [isinstance(item, Scores) for _, item in found] == [True, True, False, True]
    assert [path.name for path, _ in Scores.gather(str(tmp_path / "?_scores.h5"))] == ["a_scores.h5", "b_scores.h5"]


def test_gather_nothing(tmp_path):
    with pytest.raises(InputError, match="no files of scores"):
        list(Scores.gather(str(tmp_path)))
    with pytest.raises(InputError, match="no files of scores"):
        list(Scores.gather(str(tmp_path / "*.h5")))


def test_a_recording_is_no_scores(tmp_path):
    (tmp_path / "x.wav").write_bytes(b"RIFF" + bytes(100))
    assert "this is a recording, not scores" in (said := refused(tmp_path / "x.wav"))
    assert "synchronously" not in said
