from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from oscine.core.artifacts import Provenance
from oscine.core.errors import InputError
from oscine.training.run import Run
from oscine.training.train import train


@pytest.fixture(scope="module")
def run(song, tmp_path_factory, helpers):
    return train(song, helpers.tiny(n_replicates=2), out=tmp_path_factory.mktemp("runs") / "run")


def test_what_a_run_holds(run, song):
    assert run.labels == tuple(song.labels)
    assert [folder.name for folder in run.replicates] == ["replicate-1", "replicate-2"]
    assert list(run.models(2)) == [0, 4, 8, 12]
    assert run.dataset.parts == song.parts
    assert (run.path / "labels.txt").read_text().split() == list(song.labels)
    assert run.training["step"] == list(range(1, 13))
    assert set(run.training) == set(run.validation) == {"step", "loss", "accuracy"}
    assert run.validation["step"] == [0, 4, 8, 12]
    lines = run.metrics(run.winner)
    assert run.validation["accuracy"] == [line["validation_recall"] for line in lines if "validation_recall" in line]
    assert run.training["accuracy"] == [line["accuracy"] for line in lines if "accuracy" in line]
    assert str(run).count("F1") == 2
    json.dumps(run.summary(), allow_nan=False)
    assert run.identity()["model"]["digest"] == run.model.digest


def test_what_was_made_of_a_replicate_is_none(run, tmp_path):
    copy = Path(shutil.copytree(run.path, tmp_path / "copy"))
    (copy / "replicate-1.evaluation").mkdir()
    (copy / "replicate-2_postprocess.json").write_text("{}")
    (copy / "replicate-3").write_text("a file")
    assert [folder.name for folder in Run.load(copy).replicates] == ["replicate-1", "replicate-2"]


def test_save_and_load_are_a_closed_loop(run):
    again = Run.load(run.path)
    assert again == run
    assert again.provenance == run.provenance
    told = again.with_provenance(Provenance(operation="mine"))
    assert Run.load(run.path).provenance == told.provenance
    run.save()


def test_models_stand_in_the_order_of_steps(tmp_path):
    (tmp_path / "replicate-1").mkdir()
    for step in (999999, 1000000, 30):
        (tmp_path / "replicate-1" / f"step-{step:06d}_model.safetensors").touch()
    assert list(Run(tmp_path, {}, ()).models()) == [30, 999999, 1000000]


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"params": 3, "labels": 1}', "\0"])
def test_a_damaged_card(tmp_path, content):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(InputError, match=r"card of this training is damaged.*Choose another --out") as error:
        Run.load(tmp_path)
    assert "\n" not in str(error.value)


def test_no_run(tmp_path):
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "nothing", tmp_path / "file"):
        with pytest.raises(InputError, match=r"not the folder of a training. Make one: oscine train DATASET"):
            Run.load(path)


def test_nothing_measured_yet(tmp_path):
    run = Run(tmp_path, {}, ("x",))
    assert (run.training, run.validation, run.winner, run.replicates) == ({}, {}, 1, [])
