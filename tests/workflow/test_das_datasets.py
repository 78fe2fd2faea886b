"""DAS's datasets by hand: written by `prepare`, looked at, trained on and judged by like any other."""

from __future__ import annotations

import json

import pytest
import soundfile

from oscine import cli
from oscine.testing import fly_song


def oscine(*arguments):
    with pytest.raises(SystemExit) as done:
        cli.main([str(argument) for argument in arguments])
    return done.value.code


def test_from_recordings_to_a_model(tmp_path, monkeypatch, capsys):
    name = "song.npy"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flies").mkdir()
    for seed in range(2):
        sound, truth = fly_song(20, seed=seed, name=f"{seed}.wav")
        soundfile.write(f"flies/{seed}.wav", sound[0], 2500)
        truth.save(f"flies/{seed}_annotations.csv")
    split = ["--splitter", "stratified", "--splitter.validation", "30", "--splitter.block", "4"]
    assert oscine("prepare", "flies", "--out", name, "--event-width", "0.003", *split) == 0
    capsys.readouterr()
    assert oscine("inspect", name, "--out", "look", "--json") == 0
    result = json.loads(capsys.readouterr().out)["result"]
    assert result["counts"]["validation"]["pulse"] > 0
    assert {path.name for path in (tmp_path / "look").iterdir()} == {
        "inspection.json", "examples.npz", "dataset_labels.pdf", "dataset_examples.pdf",
    }  # fmt: skip
    assert oscine("train", name, "--n-steps", "2", "--out", "run") == 0
    assert oscine("evaluate", "run", "--out", "result") == 0  # on the copy of the dataset that the run keeps
    assert (tmp_path / "result" / "evaluation.json").is_file()
    assert {path.name for path in (tmp_path / name).iterdir()} == {"attrs.npy", "train", "val"}, "nothing was added"


def test_what_cannot_be_is_said_in_a_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.mat").write_bytes(b"MATLAB 5.0")
    assert oscine("train", "x.mat") == 2
    assert "allowed: a folder made by oscine prepare, or DAS's .h5, .npy, .zarr" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["x.mat"]
