"""Cross-validation of trainings that take a tenth of a second, on synthetic song of four recordings."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch

from oscine.core.errors import Cancelled, InputError
from oscine.core.monitor import Monitor
from oscine.datasets.dataset import Dataset
from oscine.datasets.prepare import PrepareParams, prepare
from oscine.evaluation.cross_validate import CrossValidateParams, cross_validate
from oscine.evaluation.evaluate import EvaluateParams, evaluate
from oscine.networks.architectures.songexplorer import SongExplorer
from oscine.recordings.recordings import Recordings
from oscine.testing import fly_song
from oscine.training import many
from oscine.training.runs import Runs

TRAIN = {
    "architecture": SongExplorer(features=(4, 4), context=0.0512),
    "n_steps": 12,
    "period": 4,
    "batch_size": 8,
    "window": 0.02,
    "augmentations": (),
}


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def songs(tmp_path_factory) -> Dataset:
    folder = tmp_path_factory.mktemp("songs")
    for i in range(4):
        sound, truth = fly_song(10, seed=i, name=f"bird{i}.wav")
        soundfile.write(folder / f"bird{i}.wav", sound[0], 2500, subtype="FLOAT")
        truth.save(folder / f"bird{i}_annotations.csv")
    dataset = prepare(Recordings(folder), params=PrepareParams(few=1))
    return Dataset.load(dataset.save(folder / "songs.dataset"))


def some(**options) -> CrossValidateParams:
    return CrossValidateParams(**{"k": 2, "at_once": 1, "train": TRAIN, **options})


class Told(Monitor):
    def __init__(self, stop_at=None):
        super().__init__()
        self.messages, self.warnings, self.stop_at = [], [], stop_at

    def message(self, text):
        self.messages.append(text)

    def warning(self, text):
        self.warnings.append(text)

    def updated(self, task):
        if task.unit == "steps" and task.done == self.stop_at:
            self.cancel()


@pytest.fixture(scope="module")
def result(songs, tmp_path_factory):
    torch.set_num_threads(1)
    return cross_validate(songs, some(), out=tmp_path_factory.mktemp("xval") / "x")


def test_each_fold_is_judged_by_the_model_of_the_others(songs, result):
    runs = Runs.load(result.path)
    assert (runs.kind, list(runs.finished), runs.missing) == ("cross-validate", ["fold-1", "fold-2"], ())
    seen = []
    for name, run in runs.runs.items():
        validation = run.dataset.part("validation")
        assert not set(validation.recordings) & set(run.dataset.train.recordings)
        seen += validation.recordings
        again = evaluate(run.model, run.dataset, EvaluateParams())
        assert np.array_equal(again.confusion_matrix.counts, result.folds[name].confusion_matrix.counts)
    assert sorted(seen) == sorted(songs.names())
    total = sum(fold.confusion_matrix.counts for fold in result.folds.values())
    assert np.array_equal(result.pooled.confusion_matrix.counts, total)
    assert len(result.pooled.by_recording) == 4


def test_mean_sd_and_pooled_are_told_with_an_interval(result):
    f1 = [fold.overall["f1"] for fold in result.folds.values()]
    assert list(result.table["f1"]) == pytest.approx(f1)
    assert result.mean["f1"] == pytest.approx(np.mean(f1))
    assert result.sd["f1"] == pytest.approx(np.std(f1, ddof=1))
    text = str(result)
    assert text.startswith("2 folds by recordings, each judged by a model of the others:")
    assert f"{f1[0]:.3f}" in text
    pooled = result.summary()["pooled"]["f1"]
    assert pooled["low"] <= pooled["value"] <= pooled["high"]


def test_no_prediction_becomes_stale_by_it(songs, result):
    """In SongExplorer only a training sets older predictions aside, not these (songexplorer.md §1.5)."""
    assert not (songs.recordings[0].path.parent / ".oscine").exists()
    assert all(run.provenance.operation == "train" for run in Runs.load(result.path).runs.values())


def test_its_folder_tells_everything(result):
    card = json.loads((result.path / "cross-validation.json").read_text())
    assert card["provenance"]["operation"] == "cross_validate"
    assert card["pooled"] == result.summary()["pooled"]
    table = pd.read_csv(result.path / "cross-validation.csv", index_col="fold")
    pd.testing.assert_frame_equal(table, result.table)
    assert (result.path / "pooled.evaluation" / "evaluation.json").exists()


def test_given_again_it_trains_and_judges_nothing_and_says_the_same(songs, result, monkeypatch):
    monkeypatch.setattr(many, "run_here", None)
    monkeypatch.setattr("oscine.evaluation.evaluate.score_model", None)
    assert cross_validate(songs, some(), out=result.path).summary() == result.summary()


def test_roles_can_be_swapped(songs, tmp_path):
    result = cross_validate(songs, some(k=-4), out=tmp_path / "x")
    for run in Runs.load(tmp_path / "x").runs.values():
        assert (len(run.dataset.train.recordings), len(run.dataset.part("validation").recordings)) == (1, 3)
    assert "learning from one and judged on the others" in str(result)


def test_what_is_dealt_out_follows_from_the_annotations(songs, tmp_path):
    for k, expected in ((4, "recordings"), (5, "blocks")):
        told = Told(stop_at=0)
        with pytest.raises(Cancelled):
            cross_validate(songs, some(k=k), out=tmp_path / str(k), monitor=told)
        assert f"{k} folds by {expected}" in told.messages[:2]


def test_stopped_it_goes_on_to_the_same_result(songs, result, tmp_path):
    told = Told(stop_at=18)
    with pytest.raises(Cancelled):
        cross_validate(songs, some(), out=tmp_path / "x", monitor=told)
    assert list(Runs.load(tmp_path / "x").finished) == ["fold-1"]
    again = cross_validate(songs, some(), out=tmp_path / "x")
    assert {**again.summary(), "path": ""} == {**result.summary(), "path": ""}


@pytest.mark.slow  # tests/training/test_many.py kills one likewise
def test_killed_it_goes_on_to_the_same_result(songs, tmp_path):
    """The command itself, killed while it trains the second fold."""
    (tmp_path / "cross.toml").write_text(
        "k = 2\nat_once = 1\n[train]\nn_steps = 60\nperiod = 4\nbatch_size = 8\nwindow = 0.02\n"
        'architecture = {name = "songexplorer", features = [4, 4], context = 0.0512}\n'
    )
    command = [sys.executable, "-m", "oscine", "cross-validate", str(songs.path), "--params", tmp_path / "cross.toml"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([*command, "--out", tmp_path / "killed"], env=environment)
    deadline = time.monotonic() + 120
    while not (tmp_path / "killed" / "fold-2" / "replicate-1" / "checkpoint.safetensors").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "killed" / "cross-validation.json").exists()
    assert Runs.load(tmp_path / "killed").missing == ("fold-2",)
    subprocess.run([*command, "--out", tmp_path / "killed", "--quiet"], env=environment, check=True)
    whole = cross_validate(songs, CrossValidateParams.load(tmp_path / "cross.toml"), out=tmp_path / "whole")
    card = json.loads((tmp_path / "killed" / "cross-validation.json").read_text())
    assert {name: card[name] for name in ("folds", "pooled", "mean", "sd")} == {
        name: json.loads(json.dumps(whole.summary()))[name] for name in ("folds", "pooled", "mean", "sd")
    }


def test_a_fold_that_cannot_be_trained_is_named_and_the_others_are_judged(songs, tmp_path, monkeypatch):
    here = many.run_here

    def failing(dataset, params, out, watcher, *, aside):
        assert aside
        if out.name == "fold-2":
            return many.Outcome("failed", {}, "the loss is no number any more", 0.0)
        return here(dataset, params, out, watcher, aside=aside)

    monkeypatch.setattr(many, "run_here", failing)
    told = Told()
    result = cross_validate(songs, some(), out=tmp_path / "x", monitor=told)
    assert result.missing == ("fold-2",)
    assert "fold-2 failed: the loss is no number any more" in told.warnings
    assert "not trained: fold-2" in str(result)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 9, "by": "recordings"}, "there are more folds than recordings; found '9 folds, 4 recordings'"),
        ({"k": 1}, "there must be two folds at least; found 'k 1'"),
        ({"k": -1}, "there must be two folds at least"),
        ({"groups": "day", "by": "blocks"}, "groups of recordings stay together only where recordings are dealt out"),
        ({"groups": "day"}, "a recording has no group: there is no date in its name"),
        ({"train": {**TRAIN, "patience": 0}}, "option train.patience is out of range"),
        ({"train": {**TRAIN, "seed": 7}}, "the seed of the trainings is that of all of it"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(songs, tmp_path, options, message):
    with pytest.raises(InputError) as caught:
        cross_validate(songs, some(**options), out=tmp_path / "x")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "x").exists()


def test_another_one_in_the_folder_is_refused(songs, result, tmp_path):
    with pytest.raises(InputError, match=r"this folder holds another cross-validate; found 'k 2 \(not 3\)'"):
        cross_validate(songs, some(k=3), out=result.path)
    with pytest.raises(InputError, match=r"found 'train.n-steps 12 \(not 13\)'"):
        cross_validate(songs, some(train={**TRAIN, "n_steps": 13}), out=result.path)
    with pytest.raises(InputError, match="this folder holds a single training"):
        cross_validate(songs, some(), out=result.path / "fold-1")
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="this folder holds something else"):
        cross_validate(songs, some(), out=tmp_path)


def test_blocks_are_taken_with_a_reason_where_folds_are_more_than_recordings(songs):
    told = Told()
    with pytest.raises(InputError, match=r"most of the labels.*--k \d|no annotation to|more folds than"):
        cross_validate(songs, some(k=1000), monitor=told)
    assert told.messages[0].startswith("blocks of time are dealt out, as 1000 folds are more than 4 recordings; ")
    assert "--k 4 would deal out recordings" in told.messages[0]
