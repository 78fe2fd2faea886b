"""Pruning deletes what it knows to be of another step, and nothing else."""

from __future__ import annotations

import json
import shutil

import pytest

from oscine.core.errors import Cancelled, InputError
from oscine.networks.model import Model
from oscine.training.prune import PruneParams, prune
from oscine.training.run import BEST, Run
from oscine.training.runs import Runs
from oscine.training.train import alone, train


@pytest.fixture(scope="module")
def trained(song, helpers, tmp_path_factory):
    folder = tmp_path_factory.mktemp("prune") / "bird"
    train(song, helpers.tiny(n_replicates=2), out=folder)
    (folder / "replicate-1" / "notes.txt").write_text("mine")
    (folder / "replicate-1" / "step-000004_model.safetensors.bak").write_text("mine")
    (folder / "best_of_mine.ckpt-4.pdf").write_text("mine")
    found = folder.with_name("bird.evaluation")
    for name in ("replicate-1", "replicate-2"):
        for step in (0, 4, 8, 12):
            (found / name / f"predictions.ckpt-{step}").mkdir(parents=True)
            (found / name / f"predictions.ckpt-{step}" / "a.csv").write_text("12345")
            (found / name / f"thresholds.ckpt-{step}.csv").write_text("1234567890")
        (found / name / "notes.ckpt-4.old.txt.ckpt-x").write_text("mine")
    (found / "confusion-matrix.pdf").write_text("all")
    return folder


@pytest.fixture
def run(trained, tmp_path):
    shutil.copytree(trained.parent, tmp_path / "all")
    return tmp_path / "all" / "bird"


def best_of(folder) -> dict[str, int]:
    return {name: int(best["step"]) for name, best in Run.load(folder).best.items()}


def everything(folder) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.name != ".lock"}


def test_all_but_the_best_goes(run):
    before, best = everything(run.parent), best_of(run)
    digests = {name: Model.load(run / name / BEST).digest for name in best}
    size = sum(file.stat().st_size for file in run.parent.rglob("*") if file.is_file())
    result = prune(Runs.load(run))
    gone = before - everything(run.parent)
    expected = set()
    for name, step in best.items():
        expected.add(f"bird/{name}/checkpoint.safetensors")
        for other in {0, 4, 8, 12} - {step}:
            expected |= {
                f"bird/{name}/step-{other:06d}_model.safetensors",
                f"bird/{name}/step-{other:06d}_params.yaml",
                f"bird.evaluation/{name}/thresholds.ckpt-{other}.csv",
                f"bird.evaluation/{name}/predictions.ckpt-{other}",
                f"bird.evaluation/{name}/predictions.ckpt-{other}/a.csv",
            }
    assert gone == expected
    assert result.freed == size - sum(file.stat().st_size for file in run.parent.rglob("*") if file.is_file())
    assert {name: Model.load(run / name / BEST).digest for name in best} == digests
    assert result.kept == {name: (step,) for name, step in best.items()}
    assert "freed" in str(result)
    assert str(prune(Runs.load(run))) == "nothing to delete"


def test_a_dry_run_deletes_nothing(run):
    before = everything(run.parent)
    told = prune(Runs.load(run), PruneParams(dry_run=True))
    assert everything(run.parent) == before
    assert (told.files, told.kept) == ((done := prune(Runs.load(run))).files, done.kept)
    assert "would be deleted" in str(told)


def test_steps_that_are_named_stay_and_so_does_what_an_evaluation_found_best(run):
    best = best_of(run)
    card = {"best": {"replicate-1": 0, "replicate-2": best["replicate-2"]}}
    (run.parent / "bird.evaluation" / "evaluation.json").write_text(json.dumps(card))
    result = prune(Runs.load(run), PruneParams(keep=(4,)))
    assert result.kept["replicate-1"] == tuple(sorted({0, 4, best["replicate-1"]}))
    assert (run.parent / "bird.evaluation" / "replicate-1" / "thresholds.ckpt-0.csv").exists()
    assert set(Run.load(run).models(1)) == set(result.kept["replicate-1"])


def test_a_step_that_there_is_no_model_of_is_refused(run):
    before = everything(run.parent)
    with pytest.raises(InputError, match="no model was kept at this step; found 'keep 5'"):
        prune(Runs.load(run), PruneParams(keep=(4, 5)))
    assert everything(run.parent) == before


def test_a_pruned_run_is_finished_and_not_trained_again(song, helpers, run, tmp_path):
    prune(Runs.load(run))
    before = {file: file.read_bytes() for file in run.rglob("*model.safetensors")}
    again = train(song, helpers.tiny(n_replicates=2), out=run)
    assert {file: file.read_bytes() for file in run.rglob("*model.safetensors")} == before
    assert again.finished
    more = train(song, helpers.tiny(n_replicates=3), out=run)
    assert list(more.best) == ["replicate-1", "replicate-2", "replicate-3"]
    with pytest.raises(InputError, match="this training was pruned, and cannot go on"):
        train(song, helpers.tiny(n_replicates=2, n_steps=20), out=run)


def test_an_unfinished_run_keeps_what_it_needs_to_go_on(song, helpers, tmp_path):
    with pytest.raises(Cancelled):
        train(song, helpers.tiny(), out=tmp_path / "run", monitor=helpers.Told(stop_after=9))
    there = set(Run(tmp_path / "run", {}, ()).models())
    result = prune(Runs.load(tmp_path / "run"))
    gone = sorted(there - set(result.kept["replicate-1"]))
    assert len(gone) == 2
    assert [path.name for path, _ in result.files] == [
        f"step-{step:06d}_{what}" for step in gone for what in ("model.safetensors", "params.yaml")
    ]
    assert (tmp_path / "run" / "replicate-1" / "checkpoint.safetensors").exists()
    whole = train(song, helpers.tiny(), out=tmp_path / "whole")
    again = train(song, helpers.tiny(), out=tmp_path / "run")
    assert helpers.same(whole.path / BEST, again.path / BEST)


def test_a_folder_of_runs(song, helpers, run):
    for name in ("a", "b"):
        train(song, helpers.tiny(seed=ord(name)), out=run.parent / "runs" / name)
        place = run.parent / "runs.evaluation" / name
        place.mkdir(parents=True)
        for step in (0, 4, 8, 12):
            (place / f"thresholds.ckpt-{step}.csv").write_text("x")
    result = prune(Runs.load(run.parent / "runs"))
    assert list(result.kept) == ["a", "b"]
    for name, steps in result.kept.items():
        assert set(Run.load(run.parent / "runs" / name).models()) == set(steps)
        left = {path.name for path in (run.parent / "runs.evaluation" / name).iterdir()}
        assert left == {f"thresholds.ckpt-{step}.csv" for step in steps}


def test_not_while_a_training_runs_there(run):
    before = everything(run.parent)
    with alone(run), pytest.raises(InputError, match="a training is running in this folder"):
        prune(Runs.load(run))
    assert everything(run.parent) == before


def test_a_replicate_whose_best_step_is_not_known_is_left(run):
    card = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**card, "best": {}, "finished": False}))
    for number in (1, 2):
        (run / f"replicate-{number}" / "checkpoint.safetensors").write_text("x")
    result = prune(Runs.load(run))
    assert result.files == ()
    assert "replicate-1: its best step is not known, and all of it is left" in str(result)
