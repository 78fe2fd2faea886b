"""The workflow by hand, as a biologist types it: from recordings to a scored ethogram."""

from __future__ import annotations

import json
import shutil

import pandas as pd
import pytest

from oscine.recordings.recordings import Recordings

PS, OTHER = "PS_20130625111709_ch3.wav", "20161207T102314_ch1.wav"
TINY = [
    "--architecture=songexplorer",
    "--architecture.context=0.0512",
    "--architecture.n-conv-layers=1",
    "--architecture.features=4,4",
    "--n-steps=4",
    "--period=4",
    "--batch-size=8",
    "--device=cpu",
]


@pytest.fixture
def done(oscine):
    """Run a command that must work."""

    def run(*arguments):
        said = oscine(*arguments)
        assert said.code == 0, said.err
        return said

    return run


def test_by_hand(project, done):
    """Every command of a day's work, in its order, each with its defaults."""
    songs = project / "songs"

    done("detect", songs)
    for number in (1, 2, 3):
        table = pd.read_csv(songs / f"fly{number}_detected.csv")
        assert len(table) > 10

    said = done("prepare", songs, "--splitter.validation", "30", "--out", "my.dataset")
    assert "pulse" in said.out
    assert pd.read_csv(project / "my.dataset" / "train.csv")["label"].nunique() == 3

    said = done("train", "my.dataset", "--out", "my_run", *TINY)
    assert "best model: my_run" in said.out
    assert (project / "my_run" / "best_model.safetensors").is_file()
    assert (project / "my_run" / "learning_curves.pdf").is_file()

    said = done("evaluate", "my_run")
    assert "precision" in said.out
    tables = project / "my_run.evaluation"
    assert pd.read_csv(tables / "confusion-matrix.csv")["of"].tolist()[0] == "counts"
    assert pd.read_csv(tables / "thresholds.csv").columns[1:].tolist() == ["0.5", "1.0", "2.0"]
    assert {"label", "threshold", "precision", "recall"} <= set(pd.read_csv(tables / "curves.csv"))
    for name in ("confusion-matrix", "precision-recall", "train-validation-loss", "P-R-F1-average", "PvR"):
        assert (tables / f"{name}.pdf").is_file()
    assert {path.name for path in (tables / "replicate-1").glob("*.ckpt-4.csv")} == {
        "confusion-matrix.ckpt-4.csv",
        "thresholds.ckpt-4.csv",
        "curves.ckpt-4.csv",
    }

    done("predict", "my_run", songs, "--save-scores", "h5")
    for number in (1, 2, 3):
        assert (songs / f"fly{number}_scores.h5").is_file()
        table = pd.read_csv(songs / f"fly{number}_predicted.csv")
        assert table.columns[:3].tolist() == ["name", "start_seconds", "stop_seconds"]
        sounds = table.dropna(subset="start_seconds")  # a row without a start just names a label
        assert (sounds["start_seconds"] <= sounds["stop_seconds"]).all()

    before = pd.read_csv(songs / "fly3_predicted.csv")
    done("segment", songs / "fly3_scores.h5", "--decoder", "maximum", "--min-duration", "0.01")
    after = pd.read_csv(songs / "fly3_predicted.csv").dropna(subset="start_seconds")
    assert len(after) != len(before)

    done("misses", songs)
    for number in (1, 2, 3):
        table = pd.read_csv(songs / f"fly{number}_missed.csv")
        assert set(table["name"]) <= {"other"}

    done("convert", songs / "fly3_predicted.csv", "--to", "raven", "--out", "fly3.selections.txt")
    assert len(pd.read_csv(project / "fly3.selections.txt", sep="\t")) == len(after)

    for thing, what in (
        ("songs", "folder"),
        ("songs/fly1.wav", "recording"),
        ("songs/fly3_predicted.csv", "annotations"),
        ("songs/fly3_scores.h5", "scores"),
        ("my.dataset", "dataset"),
        ("my_run", "run"),
        ("my_run/best_model.safetensors", "model"),
        ("my_run.evaluation", "evaluation"),
    ):
        assert done("info", thing).out.startswith(f"{thing}: {what}\n")


def test_the_peers_words(project, done):
    done("classify", "run", "songs/fly3.wav", "--scores-only")
    done("ethogram", "songs/fly3_scores.h5")
    assert len(pd.read_csv(project / "songs" / "fly3_predicted.csv").columns) >= 4
    done("accuracy", "run")
    assert (project / "run.evaluation" / "evaluation.json").is_file()


def test_predicting_again_does_only_what_is_new(project, done):
    done("predict", "run", "songs")
    said = done("predict", "run", "songs")
    assert said.err.count("up to date: ") == 3
    assert "wrote" not in said.err
    shutil.copy(project / "songs" / "fly3.wav", project / "songs" / "fly4.wav")
    said = done("predict", "run", "songs")
    assert said.err.count("up to date: ") == 3
    assert said.err.count("wrote ") == 1
    assert done("predict", "run", "songs", "--force").err.count("wrote ") == 4


def test_as_json(project, done):
    said = done("predict", "run", "songs/fly3.wav", "--json")
    (report,) = json.loads(said.out)
    assert report["outputs"] == ["songs/fly3_predicted.csv"]
    assert report["result"]["n_frames"] == 12501
    (report,) = json.loads(done("predict", "run", "songs/fly3.wav", "--json").out)
    assert report["up_to_date"] is True


def test_the_model_trained_last_makes_others_stale(project, done):
    done("predict", "run", "songs")
    done("detect", "songs")
    done("misses", "songs")
    assert "out of date" not in done("info", "songs").out
    done("train", "fly.dataset", "--out", "newer", *TINY, "--seed", "1")
    said = done("info", "songs")
    assert "out of date" in said.out
    assert "fly3_missed.csv" in said.out
    done("predict", "newer", "songs")
    done("misses", "songs")
    assert "out of date" not in done("info", "songs").out


def test_songexplorer_s_folder(project, done):
    """Its names, its five columns, its probability WAVs; and what an older model made is set aside."""
    songs = project / "songs"
    for number in (1, 2):
        source = songs / f"fly{number}_annotations.csv"
        done("convert", source, "--to", "songexplorer", "--out", songs / f"fly{number}.wav-annotated-ann.csv")
        source.unlink()
    (songs / "oscine.toml").write_text('annotation_format = "songexplorer"\n')
    done("detect", songs)
    done("predict", "run", songs, "--save-scores", "wav")
    done("misses", songs)
    for number in (1, 2, 3):
        for kind in ("detected", "predicted", "missed"):
            path = songs / f"fly{number}.wav-{kind}.csv"
            if path.stat().st_size:
                table = pd.read_csv(path, header=None)
                assert table.shape[1] == 5
                assert set(table[3]) == {kind}
        assert (songs / f"fly{number}.wav-pulse.wav").is_file()
    assert Recordings(songs).names == ["fly1.wav", "fly2.wav", "fly3.wav"], "probabilities are no recordings"
    done("detect", songs)
    assert not list(songs.glob("*pulse.wav-*"))

    done("prepare", songs, "--out", "sparse.dataset")
    done("train", "sparse.dataset", "--out", "sparse_run", *TINY)
    assert not list(songs.glob("*-predicted*"))
    assert not list(songs.glob("*.wav-pulse.wav"))
    (aside,) = songs.glob("oldfiles-*")
    assert len(list(aside.glob("*.wav-predicted.csv"))) == 3
    assert len(list(aside.glob("*.wav-pulse.wav"))) == 3
    assert Recordings(songs).names == ["fly1.wav", "fly2.wav", "fly3.wav"]


def test_real_fly_song(fly, tmp_path, done, monkeypatch):
    """PS and 2016, as SongExplorer's users have annotated them."""
    monkeypatch.chdir(tmp_path)
    songs = tmp_path / "songs"
    songs.mkdir()
    for name in (PS, OTHER):
        shutil.copy(fly / name, songs)
        shutil.copy(fly / f"{name}-annotated-person1.csv", songs)
    labels = "mel-pulse,mel-sine,ambient"
    said = done("detect", f"songs/{PS}")
    assert said.out == f"{PS}: 45 frequency, 1635 neither, 536 time\n"
    done("prepare", "songs", "--labels", labels, "--splitter", "hash", "--splitter.validation", "40", "--out", "d")
    done("train", "d", "--out", "run", *TINY)
    said = done("evaluate", "run")
    rows = [line.split()[0] for line in said.out.splitlines() if line]
    assert [row for row in rows if row in labels.split(",")][:3] == labels.split(",")
    done("classify", "run", f"songs/{PS}", "--scores-only")
    done("ethogram", songs / PS.replace(".wav", "_scores.h5"))
    done(
        "misses",
        songs / PS.replace(".wav", "_detected.csv"),
        "--predicted",
        songs / PS.replace(".wav", "_predicted.csv"),
    )
    table = pd.read_csv(songs / PS.replace(".wav", "_missed.csv"))
    assert table.empty or table["stop_seconds"].max() <= 200
    done(
        "convert", songs / PS.replace(".wav", "_predicted.csv"), "--to", "songexplorer", "--out", "x.wav-predicted.csv"
    )
    assert pd.read_csv("x.wav-predicted.csv", header=None)[3].unique().tolist() == ["predicted"]
    assert "2500 Hz" in done("info", "songs").out
