"""Searches over trainings that take a tenth of a second."""

from __future__ import annotations

import csv
import importlib.util
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from oscine.core.errors import Cancelled, InputError
from oscine.datasets.dataset import Dataset
from oscine.networks.model import Model
from oscine.training.run import BEST, Run
from oscine.training.search import Search
from oscine.training.space import Space
from oscine.training.train import train
from oscine.training.tune import TuneParams, tune

pytest.importorskip("optuna")

SPACE = {"learning-rate": {"low": 1e-4, "high": 1e-1, "log": True}, "architecture.dropout": [0.0, 0.5]}


@pytest.fixture
def small(helpers):
    def make(**options) -> TuneParams:
        return TuneParams(**{"space": SPACE, "train": helpers.tiny(), "n_trials": 4, "n_random": 2, **options})

    return make


def rows(path: Path) -> list[dict[str, str]]:
    with (path / "trials.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def plain(search: Search) -> list[tuple]:
    return [(trial.number, trial.state, trial.value, trial.step, trial.values) for trial in search.trials]


def test_the_best_model_is_kept_trained(song, small, helpers, tmp_path):
    """DAS saves the network of the best parameters with random weights (das.md §10.3, defect 9)."""
    params = small()
    search = tune(song, params, out=tmp_path / "s")
    best = search.best
    alone = train(song, Space(params.train, params.space).params(best.values), out=tmp_path / "alone")
    assert helpers.same(tmp_path / "s" / BEST, alone.path / BEST)
    assert search.model.thresholds == alone.model.thresholds
    fresh = search.model.architecture.build(search.model.specification)
    name, weights = next(iter(search.model.network.named_parameters()))
    assert not np.allclose(weights.detach(), fresh.get_parameter(name).detach())
    assert best.value == max(trial.value for trial in search.done)
    assert best.value == pytest.approx(Run.load(tmp_path / "s" / best.folder).best["replicate-1"]["f1"])


def test_the_table_tells_of_every_trial(song, small, tmp_path):
    search = tune(song, small(), out=tmp_path)
    table = rows(tmp_path)
    assert [row["trial"] for row in table] == ["1", "2", "3", "4"]
    assert {row["state"] for row in table} <= {"done", "pruned"}
    assert all(1e-4 <= float(row["learning-rate"]) <= 1e-1 for row in table)
    assert Search.load(tmp_path) == search
    assert all((tmp_path / f"trial-000{n}" / "run.json").exists() for n in (1, 2, 3, 4))


def test_the_same_seed_gives_the_same_search(song, small, tmp_path):
    one, same, other = (tune(song, small(seed=seed), out=tmp_path / str(n)) for n, seed in enumerate((3, 3, 4)))
    assert plain(one) == plain(same)
    assert [trial.values for trial in one.trials] != [trial.values for trial in other.trials]


def test_interrupted_it_goes_on_to_the_same_result(song, small, helpers, tmp_path):
    whole = tune(song, small(), out=tmp_path / "whole")

    class Stops(helpers.Told):
        def check(self) -> None:
            self.n = getattr(self, "n", 0) + 1
            if self.n > 30:
                self.cancel()
            super().check()

    out = tmp_path / "parts"
    with pytest.raises(Cancelled):
        tune(song, small(), out=out, monitor=Stops())
    assert 0 < len(Search.load(out).trials) < 4
    assert plain(tune(song, small(), out=out)) == plain(whole)
    assert helpers.same(out / BEST, tmp_path / "whole" / BEST)
    assert len(tune(song, small(n_trials=5), out=out).trials) == 5


def test_impossible_combinations_are_marked_and_skipped(song, small, helpers, tmp_path):
    told = helpers.Told()
    params = small(space={"window": [0.02, 500.0]}, sampler="random", n_trials=6, seed=1)
    search = tune(song, params, out=tmp_path, monitor=told)
    failed = [trial for trial in search.trials if trial.state == "failed"]
    assert len(search.trials) == 6
    assert 0 < len(failed) < 6
    assert all("window is longer" in trial.reason for trial in failed)
    assert all(trial.values["window"] == 500 for trial in failed)
    assert sum("failed" in text for text in told.warnings) == len(failed)
    assert search.best.values["window"] == 0.02


def test_where_all_fail_it_says_why(song, small, tmp_path):
    with pytest.raises(InputError, match=r"no trial could be trained.*window is longer"):
        tune(song, small(space={"window": [500.0, 600.0]}, n_trials=2), out=tmp_path)


def test_trials_worse_than_most_are_stopped(song, small, tmp_path):
    space = {"learning-rate": [1e-6, 1e-2]}
    search = tune(song, small(space=space, sampler="random", n_trials=14), out=tmp_path)
    states = {trial.state for trial in search.trials}
    assert states == {"done", "pruned"}
    assert all(trial.state == "done" for trial in search.trials[:5])


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"space": {"learning-rat": [1]}}, "learning-rate"),
        ({"space": {"learning-rate": [-1.0]}}, "out of range"),
        ({"space": {}}, "nothing to search"),
    ],
)
def test_mistakes_are_found_before_anything_starts(song, small, tmp_path, options, problem):
    with pytest.raises(InputError, match=problem):
        tune(song, small(**options), out=tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_recordings_that_no_trial_could_learn_from_are_refused(song, small, tmp_path, monkeypatch):
    monkeypatch.setattr(type(song), "sample_rates", lambda _: [2500.0, 5000.0])
    with pytest.raises(InputError, match="differ in sample rate"):
        tune(song, small(), out=tmp_path / "search")
    assert not (tmp_path / "search").exists()


def test_another_search_is_not_gone_on_with(song, small, tmp_path):
    tune(song, small(n_trials=1), out=tmp_path)
    with pytest.raises(InputError, match=r"another search.*seed 0 .not 1"):
        tune(song, small(n_trials=1, seed=1), out=tmp_path)


def test_it_needs_something_to_validate_on_and_optuna(song, small, tmp_path, monkeypatch):
    unsplit = Dataset(song.recordings, song.labels, {"train": song.train})
    with pytest.raises(InputError, match="no validation part"):
        tune(unsplit, small(), out=tmp_path / "s")
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "optuna" else found(name, *a))
    with pytest.raises(InputError, match=r"optuna.*oscine\[search\]"):
        tune(song, small(), out=tmp_path / "s")
    assert not (tmp_path / "s").exists()


@pytest.mark.slow
def test_killed_with_several_jobs_it_goes_on(song, helpers, environment, tmp_path):
    (tmp_path / "search.toml").write_text(
        "n_trials = 4\njobs = 2\n[space]\nlearning-rate = {low = 1e-4, high = 1e-1, log = true}\n"
        "[train]\nn_steps = 150\nperiod = 10\nbatch_size = 8\nwindow = 0.02\n"
        '[train.architecture]\nname = "songexplorer"\nfeatures = [4, 4]\ncontext = 0.0512\n'
    )
    out = tmp_path / "s"
    arguments = ["tune", str(song.path), "--params", str(tmp_path / "search.toml"), "--out", str(out), "--quiet"]
    process = subprocess.Popen([sys.executable, "-m", "oscine", *arguments], env=environment)
    while not list(out.glob("trial-*/replicate-1/checkpoint.safetensors")):
        time.sleep(0.05)
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    subprocess.run([sys.executable, "-m", "oscine", *arguments], env=environment, check=True)
    search = Search.load(out)
    assert [trial.number for trial in search.trials] == [1, 2, 3, 4]
    assert {trial.state for trial in search.trials} <= {"done", "pruned"}
    assert Model.load(out / BEST).digest == Model.load(out / search.best.folder / BEST).digest
