"""Which runs are meant: lists, folders, patterns and SongExplorer's prefixes."""

from __future__ import annotations

import json

import pytest

from oscine.core.errors import InputError
from oscine.evaluation.candidates import RunSet, by_prefix
from oscine.training.run import Run


def make(folder, *names, begun=True):
    for name in names:
        path = folder / name
        (path / "replicate-1").mkdir(parents=True)
        Run(path, {}, ("a",), {"replicate-1": {"step": 1}} if begun else {}, finished=begun).save()
    return folder


def names(found):
    return [candidate.name for candidate in found.candidates]


def test_a_prefix_is_the_variable_and_what_is_fixed(tmp_path):
    make(tmp_path, "hidden100_bird7", "hidden16_bird7_lr3", "hidden16_bird8", "lr_bird7", "bird7_hidden8")
    found = RunSet.load(str(tmp_path / "hidden_bird7"))
    assert names(found) == ["bird7_hidden8", "hidden16_bird7_lr3", "hidden100_bird7"]  # by value, not by letters
    assert found.prefix == "hidden_bird7"
    assert [path.name for path in by_prefix(tmp_path / "hidden_bird8")] == ["hidden16_bird8"]


def test_a_folder_means_all_its_runs_and_a_pattern_those_that_fit(tmp_path):
    make(tmp_path, "a-10", "a-9", "b")
    assert names(RunSet.load(str(tmp_path))) == ["a-9", "a-10", "b"]
    assert names(RunSet.load(str(tmp_path / "a-*"))) == ["a-9", "a-10"]
    assert names(RunSet.load_all([str(tmp_path / "b"), str(tmp_path / "a-9")])) == ["b", "a-9"]


def test_runs_that_belong_together_are_one_of_several_and_several_alone(tmp_path):
    make(tmp_path / "folds", "fold-1", "fold-2")
    card = {"oscine": "runs", "version": 1, "kind": "cross-validate", "runs": ["fold-1", "fold-2"], "params": {}}
    (tmp_path / "folds" / "runs.json").write_text(json.dumps({**card, "provenance": None}))
    make(tmp_path, "single")
    assert names(RunSet.load(str(tmp_path / "folds"))) == ["fold-1", "fold-2"]
    assert names(RunSet.load_all([str(tmp_path / "folds"), str(tmp_path / "single")])) == ["folds", "single"]


def test_runs_of_one_name_are_told_apart_by_their_folders(tmp_path):
    make(tmp_path / "x", "run")
    make(tmp_path / "y", "run")
    assert names(RunSet.load_all([str(tmp_path / "x" / "run"), str(tmp_path / "y" / "run")])) == ["x/run", "y/run"]


def test_the_same_run_twice_is_one(tmp_path):
    make(tmp_path, "a", "b")
    assert names(RunSet.of([tmp_path / "a", Run.load(tmp_path / "a"), tmp_path / "b"])) == ["a", "b"]


def test_what_is_incomplete_is_named(tmp_path):
    make(tmp_path, "w1", "w2")
    path = tmp_path / "w3"
    path.mkdir()
    Run(path, {}, ("a",)).save()
    (tmp_path / "w4").mkdir()
    found = RunSet.load(str(tmp_path / "w"))
    assert names(found) == ["w1", "w2"]
    assert [text.partition(" (")[2] for text in found.missing] == [
        "no model was kept yet)",
        "neither the folder of a training nor one that holds some)",
    ]


@pytest.mark.parametrize("text", ["nothing_here", "nowhere/x", "z-*"])
def test_what_means_nothing_is_refused_and_says_what_is_there(tmp_path, text):
    make(tmp_path, "a", "b")
    with pytest.raises(InputError) as caught:
        RunSet.load(str(tmp_path / text))
    assert "\n" not in str(caught.value)
    if text == "nothing_here":
        assert "allowed: a, b" in str(caught.value)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no run in this folder"):
        RunSet.load(str(tmp_path / "empty"))
