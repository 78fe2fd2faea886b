"""Folders, files and patterns of recordings; broken files among them; names."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
import soundfile

from oscine.core.errors import InputError
from oscine.recordings.recording import Recording
from oscine.recordings.recordings import Recordings


@pytest.fixture
def folder(write, noise, tmp_path):
    for name in ("b.wav", "a.WAV", "sub/c.flac", "._b.wav", "oldfiles-20200101T000000/old.wav", ".trash/x.wav"):
        write(name, noise[:, :100])
    (tmp_path / "notes.txt").write_text("no sound")
    return tmp_path


def test_folder(folder):
    recordings = Recordings(folder)
    assert recordings.names == ["a.WAV", "b.wav", "c.flac"]
    assert recordings.failed == []
    assert [item.name for item in recordings] == recordings.names
    assert Recordings(folder, recursive=False).names == ["a.WAV", "b.wav"]
    assert isinstance(recordings[1:], Recordings)
    assert recordings[1:].names == ["b.wav", "c.flac"]
    assert Recordings.load(str(folder)).names == recordings.names


def test_broken_files_do_not_stop_the_rest(folder):
    (folder / "empty.wav").touch()
    (folder / "text.wav").write_text("words")
    recordings = Recordings(folder)
    assert len(recordings) == 3
    assert [path.name for path, _ in recordings.failed] == ["empty.wav", "text.wav"]
    assert "2 failed" in repr(recordings)


def test_containers_of_other_things_are_passed_over(folder):
    np.savez(folder / "results.npz", confusion=np.eye(3))
    np.save(folder / "x.npy", np.zeros(3))
    with h5py.File(folder / "run_model.h5", "w") as file:
        file["weights"] = np.zeros(3)
    recordings = Recordings(folder)
    assert (len(recordings), recordings.failed) == (3, [])
    with pytest.raises(InputError, match="no array 'data'"):
        Recordings(folder / "results.npz")


def test_sources_of_every_kind(folder):
    assert Recordings(folder / "b.wav").names == ["b.wav"]
    assert Recordings(str(folder / "*.wav")).names == ["b.wav"]
    assert Recordings([folder / "sub", folder / "b.wav"]).names == ["c.flac", "b.wav"]
    opened = Recording(folder / "b.wav")
    assert Recordings([opened])[0] is opened
    assert len(Recordings([])) == 0


def test_names_with_brackets_are_no_patterns(write, noise):
    assert Recordings(write("bird [1].wav", noise)).names == ["bird [1].wav"]


def test_folder_without_recordings(tmp_path):
    with pytest.raises(InputError, match="no recordings in it") as caught:
        Recordings(tmp_path)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="no such recording"):
        Recordings(tmp_path / "nowhere")
    with pytest.raises(InputError, match="no file fits"):
        Recordings(tmp_path / "*.wav")


def test_nothing_usable(tmp_path):
    for name in ("a.wav", "b.wav"):
        (tmp_path / name).touch()
    with pytest.raises(InputError, match=r"none of 2 recordings can be opened.*is empty"):
        Recordings(tmp_path)
    with pytest.raises(InputError, match="is empty"):
        Recordings(tmp_path / "a.wav")


def test_links_that_go_in_circles(folder):
    (folder / "sub" / "up").symlink_to(folder, target_is_directory=True)
    assert Recordings(folder).names == ["a.WAV", "b.wav", "c.flac"]


def test_linked_folders_are_searched(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("project")
    (elsewhere / "data").symlink_to(folder, target_is_directory=True)
    assert len(Recordings(elsewhere)) == 3


def test_by_name(folder):
    recordings = Recordings(folder)
    assert recordings.by_name("c.flac") is recordings[2]
    with pytest.raises(InputError, match=r"Did you mean 'c.flac'"):
        recordings.by_name("c.flak")


def test_same_name_in_two_folders(folder, write, noise):
    write("sub/b.wav", noise)
    recordings = Recordings(folder)
    with pytest.raises(InputError, match="several recordings"):
        recordings.by_name("b.wav")
    assert recordings.by_name("sub/b.wav").n_samples == 16_000


def test_probability_wavs_are_no_recordings(tmp_path):
    """`X.wav-<label>.wav` beside `X.wav` holds scores; without `X.wav`, or called otherwise, it is sound."""
    for name in ("a.wav", "a.wav-mel-pulse.wav", "a-b.wav", "c.wav-song.wav", "d.flac-x.wav"):
        soundfile.write(tmp_path / name, np.zeros(10), 100)
    kept = ["a-b.wav", "a.wav", "c.wav-song.wav", "d.flac-x.wav"]
    assert Recordings(tmp_path).names == kept
    assert Recordings(tmp_path / "*.wav").names == kept
    assert Recordings(tmp_path / "a.wav-mel-pulse.wav").names == ["a.wav-mel-pulse.wav"], "who names it, gets it"
