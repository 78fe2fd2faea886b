"""What an exported file says of itself, and what becomes of what cannot be exported; scores are the contract tests'."""

from __future__ import annotations

import importlib.util
import json

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from oscine import cli
from oscine.core.errors import InputError
from oscine.networks import export as module
from oscine.networks.architectures.autoencoder import Autoencoder
from oscine.networks.architectures.songexplorer import SongExplorer
from oscine.networks.export import ExportParams, export, read_about
from oscine.networks.exporting import formats, portable
from oscine.networks.model import Model
from oscine.networks.specification import Specification
from oscine.networks.target import TARGETS

TORCH = ExportParams(to="torch-export")


def model(target: str = "exclusive", architecture=None) -> Model:
    labels = ("pulse", "sine", "background")
    architecture = architecture or SongExplorer(features=(4, 4), context=0.0512)
    outputs = TARGETS.make(target).outputs(labels, 1)
    task = Specification(labels=labels, sample_rate=2500.0, n_outputs=len(outputs), normalise=True)
    network = architecture.build(task)
    network.standardise([0.01 * torch.randn((1, 1, 5000), generator=torch.Generator().manual_seed(3))])
    return Model(network.eval(), architecture, TARGETS.make(target), thresholds={outputs[0]: 0.4})


@pytest.mark.parametrize("target", ["exclusive", "overlapped", "events", "boundaries"])
def test_probabilities_are_those_of_the_target(target):
    made = model(target)
    function, about = formats.open_torch_export(export(made, TORCH).content)
    sound = (0.05 * np.random.default_rng(2).standard_normal((2, 1, 900))).astype(np.float32)
    assert_allclose(function(sound), made.scores(sound), atol=1e-5)
    assert about["outputs"] == list(made.outputs)
    assert about["target"] == made.target.to_dict()


def test_probabilities_are_those_of_the_temperature():
    made = model("boundaries").with_temperature(2.5)
    function, about = formats.open_torch_export(export(made, TORCH).content)
    sound = (0.05 * np.random.default_rng(2).standard_normal((2, 1, 900))).astype(np.float32)
    assert_allclose(function(sound), made.scores(sound), atol=1e-5)
    assert about["temperature"] == 2.5


def test_sound_and_logits_are_given_as_they_are():
    made = model("reconstruction", Autoencoder(features=(4, 4), context=0.0512))
    assert export(made, TORCH).difference < 1e-5
    made = model()
    exported = export(made, ExportParams(to="torch-export", logits=True))
    function, about = formats.open_torch_export(exported.content)
    sound = (0.05 * np.random.default_rng(2).standard_normal((2, 1, 900))).astype(np.float32)
    with torch.inference_mode():
        assert_allclose(function(sound), made.network(torch.from_numpy(sound)), atol=1e-4)
    assert about["gives"] == "logits"


def test_what_is_needed_to_use_it_is_in_the_file(tmp_path):
    pytest.importorskip("onnxruntime")
    made = model()
    for to in ("onnx", "torch-export"):
        path = export(made, ExportParams(to=to)).save(tmp_path / "x")
        about = read_about(path)
        assert path.suffix == module.SUFFIXES[to]
        assert about["labels"] == ["pulse", "sine", "background"]
        assert (about["sample_rate"], about["hop"], about["context"]) == (2500.0, made.hop, list(made.context))
        assert (about["thresholds"], about["normalise"]) == ({"pulse": 0.4}, True)
        assert about["digest"] == made.digest
        assert about["provenance"]["operation"] == "export"


def test_the_model_stays_as_it_was():
    made = model()
    before, digest = dict(made.network.named_modules()), made.digest
    export(made, TORCH)
    assert dict(made.network.named_modules()) == before
    assert made.digest == digest


def test_what_differs_is_not_written(tmp_path, monkeypatch):
    path = model().save(tmp_path / "a_model.safetensors")
    monkeypatch.setattr(portable, "groups", lambda _: ((0, 2, True), (2, 3, False)))
    with pytest.raises(InputError, match="gives other scores than the model"):
        export(Model.load(path), TORCH)
    with pytest.raises(SystemExit) as stop:
        cli.main(["export", str(path), "--to", "torch-export", "--quiet"])
    assert stop.value.code == 2
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a_model.safetensors", "a_params.yaml"]


def test_what_fails_inside_says_which_format(monkeypatch):
    def fail(*_):
        raise RuntimeError("no such operator")

    monkeypatch.setattr(formats, "as_torch_export", fail)
    with pytest.raises(InputError, match=r"cannot hold the network \(RuntimeError: no such operator\).*--to onnx"):
        export(model(), TORCH)


def test_missing_packages_name_the_extra(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "onnxscript" else found(name, *a))
    with pytest.raises(InputError, match=r"onnxscript.*oscine\[export\]"):
        export(model())
    export(model(), TORCH)


def test_a_name_of_the_other_format_is_refused(tmp_path):
    with pytest.raises(InputError, match="another suffix"):
        export(model(), TORCH).save(tmp_path / "x.onnx")
    assert list(tmp_path.iterdir()) == []


def test_freeze_writes_beside_the_model(tmp_path, capsys):
    path = model().save(tmp_path / "a_model.safetensors")
    with pytest.raises(SystemExit) as stop:
        cli.main(["freeze", str(path), "--to", "torch-export", "--json", "--quiet"])
    assert stop.value.code in {0, None}
    (report,) = json.loads(capsys.readouterr().out)
    assert report["outputs"] == [str(tmp_path / "a_model.pt2")]
    assert report["result"]["outputs"] == ["pulse", "sine", "background"]
    assert read_about(tmp_path / "a_model.pt2")["hop"] == model().hop


def test_other_files_are_refused(tmp_path):
    (tmp_path / "a.pt2").write_bytes(b"no archive")
    with pytest.raises(InputError, match="not a model that"):
        read_about(tmp_path / "a.pt2")
