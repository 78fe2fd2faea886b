"""Folders of several runs."""

from __future__ import annotations

import json

import pytest

from oscine.core.artifacts import Provenance
from oscine.core.errors import InputError
from oscine.training.runs import Runs
from oscine.training.train import train


@pytest.fixture(scope="module")
def folder(song, helpers, tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "xval"
    runs = Runs.begin(path, "cross-validate", ["fold-1", "fold-2", "fold-10"], {"k": 3}, dataset_digest="d")
    assert not path.exists()
    runs.save()
    train(song, helpers.tiny(), out=path / "fold-2")
    unfinished = train(song, helpers.tiny(), out=path / "fold-10")
    card = json.loads((unfinished.path / "run.json").read_text())
    (unfinished.path / "run.json").write_text(json.dumps({**card, "finished": False}))
    return path


def test_what_is_missing_is_named(folder):
    runs = Runs.load(folder)
    assert (runs.kind, runs.names) == ("cross-validate", ("fold-1", "fold-2", "fold-10"))
    assert list(runs.runs) == ["fold-2", "fold-10"]
    assert list(runs.finished) == ["fold-2"]
    assert runs.missing == ("fold-1", "fold-10")
    assert str(runs).splitlines()[1] == "not finished: fold-1, fold-10"
    assert json.loads(json.dumps(runs.summary()))["missing"] == ["fold-1", "fold-10"]


def test_saved_and_loaded_it_is_the_same(folder, tmp_path):
    story = Provenance(operation="cross-validate", version="1")
    runs = Runs(tmp_path, "generalize", ("a", "b"), {"omit": "one"}, "digest", story)
    runs.save()
    assert Runs.load(tmp_path) == runs
    assert Runs.load(tmp_path).provenance == story
    assert Runs.load(tmp_path).missing == ("a", "b")


def test_a_damaged_run_counts_as_missing_and_a_damaged_card_is_refused(folder, tmp_path):
    Runs(tmp_path, "generalize", ("a",)).save()
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "run.json").write_text("{")
    assert Runs.load(tmp_path).missing == ("a",)
    (tmp_path / "runs.json").write_text('{"kind": "x"}')
    with pytest.raises(InputError, match=r"runs.json: the card of these trainings is damaged \(KeyError: 'runs'\)"):
        Runs.load(tmp_path)


def test_a_folder_that_holds_runs_and_a_single_run(folder, tmp_path):
    assert Runs.load(folder / "fold-2").finished.keys() == {"fold-2"}
    assert Runs.load(folder / "fold-2").kind == "train"
    for name in ("b-10", "b-9"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_bytes((folder / "fold-2" / "run.json").read_bytes())
    runs = Runs.load(tmp_path)
    assert (runs.kind, list(runs.finished)) == ("runs", ["b-9", "b-10"])


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_what_holds_none_is_refused(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="neither the folder of a training nor one that holds some"):
        Runs.load(tmp_path / name)


def begin(path, kind="cross-validate", names=("fold-1", "fold-2", "fold-10"), params=None, digest="d", **options):
    return Runs.begin(path, kind, names, params or {"k": 3}, dataset_digest=digest, **options)


def test_only_the_same_is_continued(folder, tmp_path):
    assert begin(folder).names == ("fold-1", "fold-2", "fold-10")
    assert begin(folder, params={"k": 4}, may_change=["k"]).params == {"k": 4}
    for wrong, found in (
        ({"params": {"k": 4}}, "this folder holds another cross-validate; found 'k 3 (not 4)'"),
        ({"digest": "e"}, "found 'another dataset'"),
        ({"names": ("a",)}, "found 'runs fold-1, fold-2, fold-10 (not a)'"),
        ({"kind": "generalize"}, "holds trainings of 'cross-validate'"),
    ):
        with pytest.raises(InputError) as caught:
            begin(folder, **wrong)
        assert found in str(caught.value)
    with pytest.raises(InputError, match="holds a single training"):
        begin(folder / "fold-2")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="holds something else"):
        begin(tmp_path)
    with pytest.raises(InputError, match="holds something else"):
        begin(tmp_path / "notes.txt")
