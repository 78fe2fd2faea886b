"""Models: a file that holds everything, and one-line errors for those that do not."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest
import safetensors.torch
import torch
import yaml

from oscine.core.artifacts import Provenance
from oscine.core.errors import InputError
from oscine.networks.architectures.songexplorer import SongExplorer
from oscine.networks.model import FORMAT_VERSION, Model, find_model
from oscine.networks.specification import Specification
from oscine.networks.targets.exclusive import Exclusive

TASK = Specification(labels=("pulse", "sine", "ambient"), sample_rate=2500.0)
ARCHITECTURE = SongExplorer(features=(4, 4), representation="waveform")


@pytest.fixture
def sound():
    return np.random.default_rng(0).normal(0, 0.01, (1, 1000)).astype(np.float32)


@pytest.fixture
def model(sound):
    network = ARCHITECTURE.build(TASK).initialise(7).standardise([sound])
    return Model(
        network,
        ARCHITECTURE,
        Exclusive(event_width=0.01),
        events=("pulse",),
        thresholds={"pulse": 0.7, "sine": float("nan")},
        decoding={"min_duration": 0.01},
        training={"n_steps": 300, "losses": np.array([1.0, np.nan], np.float32), "counts": {"pulse": np.int64(73)}},
        provenance=Provenance(operation="train", params={"seed": 7}, version="0.1.0"),
    )


@pytest.fixture
def path(model, tmp_path):
    return model.save(tmp_path / "fly_model.safetensors")


def _rewritten(path, **changed):
    """The same file with another header."""
    with safetensors.safe_open(path, "pt") as file:
        header = json.loads(file.metadata()["oscine"]) | changed
    weights = safetensors.torch.load_file(path)
    safetensors.torch.save_file(weights, path, metadata={"oscine": json.dumps(header)})
    return path


def test_save_and_load(model, path, sound):
    loaded = Model.load(path)
    assert np.array_equal(loaded.scores(sound), model.scores(sound))
    assert (loaded.labels, loaded.sample_rate, loaded.n_channels) == (TASK.labels, 2500.0, 1)
    assert (loaded.hop, loaded.context, loaded.frame_rate) == (1, (256, 255), 2500.0)
    assert loaded.architecture == ARCHITECTURE
    assert loaded.target == Exclusive(event_width=0.01)
    assert loaded.events == ("pulse",)
    assert loaded.thresholds == {"pulse": 0.7}
    assert loaded.decoding == {"min_duration": 0.01}
    assert loaded.training == {"n_steps": 300, "losses": [1.0, None], "counts": {"pulse": 73}}
    assert loaded.provenance == model.provenance
    assert loaded.identity() == {
        "name": "fly_model.safetensors",
        "path": str(path),
        "digest": model.digest,
        "thresholds": model.thresholds,
        "decoding": {"min_duration": 0.01},
    }
    assert not loaded.network.training


def test_saving_again_gives_the_same_bytes(path, tmp_path):
    again = Model.load(path).save(tmp_path / "again_model.safetensors")
    assert again.read_bytes() == path.read_bytes()


def test_params_to_read(model, path):
    text = path.with_name("fly_params.yaml").read_text()
    assert yaml.safe_load(text) == model.to_dict()
    assert text.startswith("# What fly_model.safetensors is")


def test_suffix_is_added(model, tmp_path):
    assert model.save(tmp_path / "fly_model").name == "fly_model.safetensors"


def test_only_the_model_and_its_params_are_left(path):
    assert sorted(file.name for file in path.parent.iterdir()) == ["fly_model.safetensors", "fly_params.yaml"]


def test_a_save_that_fails_leaves_the_old_file(model, path, monkeypatch):
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(InputError, match="the disk is full"):
        model.with_thresholds({}).save(path)
    assert path.read_bytes() == before
    assert not list(path.parent.glob(".*"))


def test_digest_is_of_what_the_scores_depend_on(model):
    assert model.with_thresholds({"pulse": 0.1}).digest == model.digest
    assert len(model.digest) == 16
    other = Model(ARCHITECTURE.build(TASK).initialise(8), ARCHITECTURE, Exclusive())
    assert other.digest != model.digest
    target = Model(model.network, ARCHITECTURE, Exclusive())
    assert target.digest != model.digest
    unstandardised = Model(ARCHITECTURE.build(TASK).initialise(7), ARCHITECTURE, model.target)
    assert unstandardised.digest != model.digest


def test_other_models_share_the_network(model):
    other = model.with_thresholds({"sine": 0.2}).with_decoding({"max_gap": 1}).with_training({}).with_provenance(None)
    assert other.network is model.network
    assert (other.thresholds, other.decoding, other.training) == ({"sine": 0.2}, {"max_gap": 1}, {})
    assert other.events == model.events
    assert model.thresholds == {"pulse": 0.7}


def test_scores(model, sound):
    scores = model.scores(sound)
    assert scores.shape == (3, model.network.n_valid_frames(1000))
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores.sum(0), 1, rtol=1e-6)
    assert np.array_equal(model.scores(sound), scores)
    batch = model.scores(np.stack([sound, sound[:, ::-1]]))
    np.testing.assert_allclose(batch[0], scores, atol=1e-6)
    assert model.scores(sound[:, :511]).shape == (3, 0)
    assert model.scores(sound[None, :, :511]).shape == (1, 3, 0)
    assert model.n_frames(1000) == 1000


def test_scores_leave_training_mode_and_take_any_memory(model, sound):
    model.network.train()
    first = model.scores(sound)
    assert np.array_equal(model.scores(np.asfortranarray(sound.astype(np.float64))), first)


@pytest.mark.parametrize("wrong", [np.zeros((2, 1000), np.float32), np.zeros(1000, np.float32)])
def test_other_channels_are_refused(model, wrong):
    with pytest.raises(InputError, match="another number of channels than the model"):
        model.scores(wrong)


def test_devices(model):
    assert model.to("cpu").device == "cpu"
    assert model.to("auto") is model
    model.to("cpu")
    if not torch.cuda.is_available():
        with pytest.raises(InputError, match="this device cannot be used"):
            model.to("cuda")
    with pytest.raises(InputError, match="this device cannot be used"):
        model.to("abacus")


def test_labels_that_are_not_there(model):
    with pytest.raises(InputError, match=r"unknown label of a threshold or event; found 'puls'.*Did you mean 'pulse'"):
        model.with_thresholds({"puls": 0.5})


def test_folders(model, path):
    folder = path.parent
    assert Model.load(folder).path == path
    newer = model.save(folder / "step-300_model.safetensors")
    os.utime(newer, ns=(2**62, 2**62))
    assert Model.load(folder).path == newer
    best = model.save(folder / "best_model.safetensors")
    os.utime(best, ns=(0, 0))
    assert Model.load(folder).path == best


# -- files that cannot be used ---------------------------------------------------------------------------------


def _refused(path):
    with pytest.raises(InputError) as error:
        Model.load(path)
    text = str(error.value)
    assert "\n" not in text
    assert text.startswith(str(path))
    return text


def test_no_file(tmp_path):
    assert "there is no such model" in _refused(tmp_path / "x_model.safetensors")
    assert "no model in this folder" in _refused(tmp_path)


def test_empty(tmp_path):
    path = tmp_path / "x_model.safetensors"
    path.touch()
    assert "is empty" in _refused(path)


@pytest.mark.parametrize("share", [0.001, 0.05, 0.5, 0.999])
def test_cut_off(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: max(1, int(len(content) * share))])
    assert "cut off" in _refused(path)


@pytest.mark.parametrize(
    "content", [b"just a text\n" * 50, b"RIFF\x00\x00\x00\x00WAVE", b"\x89HDF\r\n\x1a\n" + bytes(999)]
)
def test_foreign(tmp_path, content):
    path = tmp_path / "x_model.safetensors"
    path.write_bytes(content)
    assert "not a model" in _refused(path)


def test_weights_of_another_program(tmp_path):
    path = tmp_path / "x_model.safetensors"
    safetensors.torch.save_file({"a": torch.zeros(3)}, path)
    assert "not a model of Oscine" in _refused(path)


def test_newer(path):
    text = _refused(_rewritten(path, format_version=FORMAT_VERSION + 1))
    assert "written by a newer Oscine" in text
    assert "Update Oscine" in text


def test_unknown_plugin(path):
    text = _refused(_rewritten(path, architecture={"name": "songexplorr"}))
    assert "unknown architecture; found 'songexplorr'" in text
    assert "Did you mean 'songexplorer'?" in text


def test_unknown_option(path):
    assert "unknown option; found 'colour'" in _refused(
        _rewritten(path, architecture={"name": "songexplorer", "colour": 3})
    )


def test_weights_that_do_not_fit(path):
    text = _refused(_rewritten(path, architecture={**ARCHITECTURE.to_dict(), "features": [4, 5]}))
    assert "weights do not fit the architecture" in text


@pytest.mark.parametrize(
    "header", [{"specification": {}}, {"target": None}, {"architecture": 3}, {"format_version": "1"}]
)
def test_damaged_header(path, header):
    _refused(_rewritten(path, **header))


def test_header_that_is_no_json(path):
    weights = safetensors.torch.load_file(path)
    safetensors.torch.save_file(weights, path, metadata={"oscine": "{"})
    assert "header of this model is damaged" in _refused(path)


def test_a_folder_that_is_a_file(model, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        model.save(tmp_path / "file" / "x_model.safetensors")


# -- temperature -----------------------------------------------------------------------------------------------------


def test_a_temperature_of_one_changes_no_bit(model, sound):
    with torch.inference_mode():
        plain = Exclusive().decode(model.network.eval()(torch.from_numpy(sound)[None])[0].numpy())
    assert model.temperature == 1
    assert np.array_equal(model.scores(sound), plain)
    assert model.with_temperature(1.0).digest == model.digest


def test_a_temperature_divides_what_the_network_says(model, sound, tmp_path):
    warm = model.with_temperature(2.5)
    with torch.inference_mode():
        expected = Exclusive().decode(model.network.eval()(torch.from_numpy(sound)[None])[0].numpy() / np.float32(2.5))
    assert np.array_equal(warm.scores(sound), expected)
    assert (warm.scores(sound).argmax(axis=0) == model.scores(sound).argmax(axis=0)).all(), "the winners stay"
    assert warm.digest != model.digest, "predictions of the other one are out of date"
    loaded = Model.load(warm.save(tmp_path / "warm_model.safetensors"))
    assert loaded.temperature == 2.5
    assert np.array_equal(loaded.scores(sound), warm.scores(sound))
    assert loaded.digest == warm.digest


def test_a_model_of_an_older_version_has_a_temperature_of_one(path):
    with safetensors.safe_open(path, "pt") as file:
        header = json.loads(file.metadata()["oscine"])
    del header["temperature"]
    weights = safetensors.torch.load_file(path)
    safetensors.torch.save_file(weights, path, metadata={"oscine": json.dumps(header)})
    assert Model.load(path).temperature == 1


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan"), float("inf")])
def test_temperatures_that_are_none(model, temperature):
    with pytest.raises(InputError, match="temperature of a model is out of range"):
        model.with_temperature(temperature)


def test_files_from_before_decoding_had_its_name_still_open(path):
    """It was called "decoder", and never held anything."""
    with safetensors.safe_open(path, "pt") as file:
        header = json.loads(file.metadata()["oscine"])
    header["decoder"] = header.pop("decoding")
    weights = safetensors.torch.load_file(path)
    safetensors.torch.save_file(weights, path, metadata={"oscine": json.dumps(header)})
    assert Model.load(path).decoding == {"min_duration": 0.01}


def test_a_recording_is_no_model(tmp_path):
    (tmp_path / "115.wav").write_bytes(b"RIFF" + bytes(100))
    assert "this is a recording, not a model" in (said := _refused(tmp_path / "115.wav"))
    assert "deserializing" not in said


def test_what_is_beside_or_within_is_suggested(tmp_path):
    for name in ("runs/first/run.json", "runs/second/run.json", "song.dataset/dataset.json"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("{}")
    for given, said in (
        ("runs/frist", f"Did you mean '{tmp_path / 'runs' / 'first'}'?"),
        ("runs", f"such as {tmp_path / 'runs' / 'first'}"),
        ("song.dataset", "this is a dataset, not a model"),
    ):
        with pytest.raises(InputError) as caught:
            find_model(tmp_path / given)
        assert said in str(caught.value)
