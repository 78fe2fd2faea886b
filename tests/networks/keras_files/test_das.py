"""Models of DAS score alike here and there, and files that are not right are refused in one line."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
import yaml
from numpy.testing import assert_allclose

from oscine.core.errors import InputError
from oscine.networks.architectures.das import Das
from oscine.networks.architectures.songexplorer import SongExplorer
from oscine.networks.keras_files.das import read_contents, read_das, write_das
from oscine.networks.keras_files.das_layers import sizes_of
from oscine.networks.model import Model
from oscine.networks.specification import Specification
from oscine.networks.targets.exclusive import Exclusive

CASES = ["raw", "odd", "stft", "multichannel", "separable", "lstm", "coarse"]
ARCHIVES = ["stft_keras", "separable_keras", "lstm_keras"]
FIXTURES = Path(__file__).parent / "fixtures"


def _write(target: h5py.Group, name: str, values: object) -> None:
    del target[name]
    target[name] = values


# -- reading -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES + ARCHIVES)
def test_scores_are_those_of_das(case, unpacked, truth):
    stem = unpacked(case)
    model = Model.load(stem)
    sound, scores = truth(stem)
    assert scores.std() > 0.01, "there is something to compare"
    boundary = model.network.plan.boundary
    mine = model.scores(sound)
    assert mine.shape[-1] == model.tile == scores.shape[-1] - 2 * boundary
    assert_allclose(mine, scores[..., boundary : boundary + model.tile], atol=1e-5)


@pytest.mark.parametrize("case", CASES + ARCHIVES)
def test_every_sample_of_a_window(case, unpacked, truth):
    """Without boundary, all of what DAS's network gives for a window."""
    stem = unpacked(case)
    params = stem.with_name(stem.name + "_params.yaml")
    params.write_text(params.read_text().replace("data_padding: ", "data_padding: 0 # "))
    sound, scores = truth(stem)
    assert_allclose(read_das(stem).scores(sound), scores, atol=1e-5)


def test_morphology(unpacked, truth):
    """DAS's probabilities do not add up to one behind a closing and an opening; here they do."""
    stem = unpacked("morphology")
    sound, scores = truth(stem)
    total = scores.sum(axis=1, keepdims=True)
    assert np.abs(total - 1).max() > 0.01
    model = read_das(stem)
    assert_allclose(model.scores(sound), (scores / total)[..., 4:-4], atol=1e-5)
    with pytest.raises(InputError, match="because of its morphology"):
        write_das(model, stem.with_name("again"))


def test_what_a_model_is(unpacked):
    model = Model.load(unpacked("separable").with_name("separable_model.h5"))
    assert model.labels == ("background", "pulse", "sine")
    assert model.events == ("pulse",)
    assert (model.sample_rate, model.n_channels, model.hop, model.context) == (10000.0, 2, 1, (8, 8))
    assert model.tile == 48
    assert isinstance(model.target, Exclusive)
    assert model.thresholds == {}
    assert isinstance(model.architecture, Das)
    assert model.architecture.to_dict() | {"name": 0, "representation": 0} == {
        "name": 0,
        "n_filters": 4,
        "kernel_size": 4,
        "n_blocks": 2,
        "dilations": [1, 2],
        "separable": [True, False],
        "n_lstm_units": 0,
        "morphology": 0,
        "dropout": 0.0,
        "representation": 0,
        "upsample": False,
        "causal": False,
        "padding": "zeros",
        "boundary": 8,
        "standardise": False,
    }
    assert model.training["das"]["data_hash"]


def test_numbers_of_numpy_and_tuples_in_the_parameters(unpacked):
    """DAS's own file has both."""
    stem = unpacked("odd")
    text = stem.with_name("odd_params.yaml").read_text()
    assert "numpy.core.multiarray.scalar" in text
    assert "!!python/tuple" in text
    assert read_das(stem).training["das"]["dilations"] == [1, 2, 3]


def test_a_read_model_is_saved_as_ours(unpacked, truth, tmp_path):
    stem = unpacked("stft")
    model = read_das(stem)
    again = Model.load(model.save(tmp_path / "again_model.safetensors"))
    assert again.tile == model.tile
    assert np.array_equal(again.scores(truth(stem)[0]), model.scores(truth(stem)[0]))


def test_archive_comes_first(unpacked):
    unpacked("stft")
    assert read_das(unpacked("stft_keras")).path.name == "stft_model.keras"


def test_names_of_old_parameters(unpacked):
    stem = unpacked("raw")
    params = stem.with_name("raw_params.yaml")
    text = params.read_text().replace("nb_filters:", "unused:").replace("nb_kernels: null", "nb_kernels: 4")
    params.write_text(text)
    assert read_das(stem).training["das"]["nb_filters"] == 4


def test_linear_layer_and_softmax_apart(unpacked, truth):
    """As older DAS has it."""
    stem = unpacked("raw")
    with h5py.File(f"{stem}_model.h5", "r+") as file:
        config = json.loads(file.attrs["model_config"])
        layers = config["config"]["layers"]
        assert layers[-1]["class_name"] == "Dense"
        layers[-1]["config"]["activation"] = "linear"
        layers.append({"class_name": "Activation", "name": "out", "config": {"name": "out", "activation": "softmax"}})
        file.attrs["model_config"] = json.dumps(config)
    sound, scores = truth(stem)
    assert_allclose(read_das(stem).scores(sound), scores[..., 8:-8], atol=1e-5)


def test_code_is_not_looked_at(unpacked, truth):
    """Whatever stands in place of the code of a Lambda layer, nothing is made of it."""
    stem = unpacked("raw")
    with h5py.File(f"{stem}_model.h5", "r+") as file:
        config = json.loads(file.attrs["model_config"])
        for layer in config["config"]["layers"]:
            if layer["class_name"] == "Lambda":
                layer["config"]["function"] = ["not even code", None, None]
        file.attrs["model_config"] = json.dumps(config)
    sound, scores = truth(stem)
    assert_allclose(read_das(stem).scores(sound), scores[..., 8:-8], atol=1e-5)


def test_spectrogram_that_is_no_number(unpacked):
    stem = unpacked("stft")
    with h5py.File(f"{stem}_model.h5", "r+") as file:
        file["model_weights/trainable_stft/trainable_stft/real_kernels:0"][0] = np.nan
    with pytest.warns(UserWarning, match="the Fourier transform is taken in its place"):
        model = read_das(stem)
    fresh = model.architecture.build(model.specification).front_end
    assert torch.equal(model.network.front_end.real, fresh.real)
    assert torch.equal(model.network.front_end.imaginary, fresh.imaginary)


# -- files that are not right --------------------------------------------------------------------------------------


def _refused(stem: Path, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        Model.load(stem)
    assert "\n" not in str(caught.value)
    assert str(stem.parent) in str(caught.value)


def test_missing_weight(unpacked):
    stem = unpacked("raw")
    with h5py.File(f"{stem}_model.h5", "r+") as file:
        del file["model_weights/conv1d_2/conv1d_2/bias:0"]
    _refused(stem, r"a weight of this model is missing; found 'no conv1d_2/conv1d_2/bias:0'")


def test_layer_without_weights(unpacked):
    stem = unpacked("raw")
    with h5py.File(f"{stem}_model.h5", "r+") as file:
        del file["model_weights/conv1d_2"]
    _refused(stem, r"a weight of this model is missing; found 'no conv1d_2/kernel'")


def test_extra_weight(unpacked):
    stem = unpacked("raw")
    with h5py.File(f"{stem}_model.h5", "r+") as file:
        file["model_weights/other/kernel:0"] = np.zeros(3)
    _refused(stem, "a weight that belongs to no layer; found 'model_weights/other/kernel:0'")


def test_extra_weight_of_a_layer(unpacked):
    stem = unpacked("raw")
    with h5py.File(f"{stem}_model.h5", "r+") as file:
        group = file["model_weights/dense"]
        group["dense/scale:0"] = np.zeros(3)
        group.attrs["weight_names"] = ["dense/kernel:0", "dense/bias:0", "dense/scale:0"]
    _refused(stem, "a weight that belongs to no layer; found 'dense/scale'")


def test_wrong_shape(unpacked):
    stem = unpacked("raw")
    with h5py.File(f"{stem}_model.h5", "r+") as file:
        _write(file["model_weights/dense/dense"], "kernel:0", np.zeros((3, 4)))
    _refused(stem, r"another shape than its layer; found 'dense/kernel \(3, 4\)'; allowed: \(4, 3\)")


def test_sizes_that_no_weight_has_are_refused_before_memory_is_taken(unpacked):
    stem = unpacked("raw")
    with h5py.File(f"{stem}_model.h5", "r+") as file:
        config = json.loads(file.attrs["model_config"])
        for layer in config["config"]["layers"]:
            if "filters" in layer["config"]:
                layer["config"]["filters"] = 10**7
        file.attrs["model_config"] = json.dumps(config)
    _refused(stem, "another shape than its layer; found 'conv1d_?[0-9]*/kernel")


def test_empty_space_is_not_a_weight(unpacked):
    stem = unpacked("raw")
    with h5py.File(f"{stem}_model.h5", "r+") as file:
        group = file["model_weights/dense/dense"]
        del group["kernel:0"]
        group.create_dataset("kernel:0", shape=(10**7, 10**5), dtype="f4", chunks=(100, 100))
    _refused(stem, "a weight is larger than any of DAS's")


def test_weight_that_is_no_number(unpacked):
    stem = unpacked("raw")
    with h5py.File(f"{stem}_model.h5", "r+") as file:
        file["model_weights/dense/dense/kernel:0"][0, 0] = np.inf
    _refused(stem, "a weight of this model is not a number; found 'dense/kernel'")


def test_weight_of_text(unpacked):
    stem = unpacked("raw")
    with h5py.File(f"{stem}_model.h5", "r+") as file:
        _write(file["model_weights/dense/dense"], "kernel:0", "text")
    _refused(stem, "a weight is not an array of numbers")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"class_name": "MaxPooling1D"}, "the layers of this model are not those of DAS; found 'MaxPooling1D as layer"),
        ({"activation": "tanh"}, "setting activation of layer activation is not one of DAS's; found 'tanh'"),
    ],
)
def test_another_network(change, message, unpacked):
    stem = unpacked("raw")
    with h5py.File(f"{stem}_model.h5", "r+") as file:
        config = json.loads(file.attrs["model_config"])
        layer = next(layer for layer in config["config"]["layers"] if layer["class_name"] == "Activation")
        layer["class_name"] = change.get("class_name", "Activation")
        layer["config"].update(change)
        file.attrs["model_config"] = json.dumps(config)
    _refused(stem, message)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"class_name": "Functional", "config": {"layers": [{}]}}'])
def test_damaged_description(text, unpacked):
    stem = unpacked("raw")
    with h5py.File(f"{stem}_model.h5", "r+") as file:
        file.attrs["model_config"] = text
    _refused(stem, "the description of the layers is damaged")


def test_weights_alone(unpacked):
    stem = unpacked("raw")
    with h5py.File(f"{stem}_model.h5", "r+") as file:
        del file.attrs["model_config"]
    _refused(stem, "not a model of Keras, or weights without their layers")


@pytest.mark.parametrize("case", ["raw", "stft_keras"])
@pytest.mark.parametrize("share", [0, 0.3, 0.9])
def test_cut_off(case, share, unpacked):
    stem = unpacked(case)
    path = next(stem.parent.glob("*_model.*"))
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    _refused(stem, "cut off")


def _repack(path: Path, change) -> None:
    """Write an archive anew; `change` takes and gives the content of each member, or None to leave it out."""
    with zipfile.ZipFile(path) as source:
        members = {name: source.read(name) for name in source.namelist()}
    with zipfile.ZipFile(path, "w") as target:
        for name, content in members.items():
            if (changed := change(name, content)) is not None:
                target.writestr(name, changed)


def test_archive_without_weights(unpacked):
    stem = unpacked("stft_keras")
    _repack(Path(f"{stem}_model.keras"), lambda name, content: None if name.endswith(".h5") else content)
    _refused(stem, "this model of Keras has no model.weights.h5")


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("layers/dense/vars/1", "a weight of this model is missing; found 'no dense/bias'"),
        ("layers/dense/vars/2", "a weight that belongs to no layer; found 'layers/dense/vars/2'"),
        ("layers/other/vars/0", "a weight that belongs to no layer; found 'layers/other/vars/0'"),
    ],
)
def test_archive_with_other_weights(place, message, unpacked, tmp_path):
    stem = unpacked("stft_keras")

    def change(name: str, content: bytes) -> bytes:
        if not name.endswith(".h5"):
            return content
        scratch = tmp_path / "scratch.h5"
        scratch.write_bytes(content)
        with h5py.File(scratch, "r+") as file:
            if place in file:
                del file[place]
            else:
                file[place] = np.zeros(3)
        return scratch.read_bytes()

    _repack(Path(f"{stem}_model.keras"), change)
    _refused(stem, message)


def test_evil_parameters_run_nothing(unpacked, tmp_path):
    stem = unpacked("raw")
    params = stem.with_name("raw_params.yaml")
    mark = tmp_path / "ran"
    params.write_text(params.read_text() + f"\nevil: !!python/object/apply:os.system ['touch {mark}']\n")
    _refused(stem, r"line \d+: this file asks for a Python object.*found '!!python/object/apply:os.system'")
    assert not mark.exists()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("- sine\n", "", "the class names do not fit the network"),
        ("data_padding: 8", "data_padding: 40", "data_padding does not fit the windows of the network; found 40"),
        ("samplerate_x_Hz", "samplerate", "the sample rate is not a number"),
        ("- event\n", "", "not as many class_types"),
    ],
)
def test_parameters_that_do_not_fit(old, new, message, unpacked):
    stem = unpacked("raw")
    params = stem.with_name("raw_params.yaml")
    assert old in params.read_text()
    params.write_text(params.read_text().replace(old, new, 1))
    _refused(stem, message)


def test_without_parameters(unpacked):
    stem = unpacked("raw")
    stem.with_name("raw_params.yaml").unlink()
    _refused(stem, "comes without its parameter file.* Put raw_params.yaml beside it")


def test_nothing_there(tmp_path):
    _refused(tmp_path / "x_model.h5", "there is no such model")
    _refused(tmp_path / "x_model.keras", "there is no such model")
    with pytest.raises(InputError, match="there is no such model"):
        Model.load(tmp_path / "x")


# -- writing -------------------------------------------------------------------------------------------------------

STFT = {"name": "trainable-stft", "window": 0.0016, "stride": 0.0004, "normalise": "window"}
ZEROS = {"n_filters": 4, "kernel_size": 4, "n_blocks": 2, "dilations": (1, 2), "padding": "zeros", "standardise": False}
OURS = {
    "waveform": ZEROS,
    "separable": ZEROS | {"separable": (True, False), "dropout": 0.1},
    "spectrogram": ZEROS | {"representation": STFT, "upsample": True, "n_lstm_units": 3},
    "standardised": ZEROS | {"standardise": True, "kernel_size": 3},
    "sees real sound": ZEROS | {"padding": "context", "standardise": True},
}


def _trained(options: dict, n_channels: int = 2) -> Model:
    """A model whose weights, biases too, and standardisation are not those that it began with."""
    architecture = Das(**options)
    network = architecture.build(Specification(("pulse", "background", "sine"), 10000.0, n_channels))
    generator = torch.Generator().manual_seed(4)
    network.standardise([1 + 3 * torch.randn((n_channels, 4000), generator=generator)])
    with torch.no_grad():
        for name, weights in network.named_parameters():
            noise = torch.randn(weights.shape, generator=generator)
            weights.add_(noise, alpha=0.02 if "front_end" in name else 0.5)
    network.tile = 48
    return Model(network.eval(), architecture, Exclusive(), events=["pulse"])


@pytest.mark.parametrize("case", CASES)
def test_written_is_what_was_read(case, unpacked, tmp_path):
    """DAS's own layers and weights come back, in the same order under the same names."""
    stem = unpacked(case)
    path = write_das(read_das(stem), tmp_path / "again")
    mine, theirs = read_contents(path), read_contents(Path(f"{stem}_model.h5"))
    assert sizes_of(mine, path) == sizes_of(theirs, path)
    assert [layer.kind for layer in mine.layers] == [layer.kind for layer in theirs.layers]
    for one, other in zip(mine.layers, theirs.layers, strict=True):
        assert one.weights.keys() == other.weights.keys()
        for name, weights in one.weights.items():
            assert np.array_equal(weights, other.weights[name]), (one.name, name)
        assert set(one.settings) <= set(other.settings), one.name
    params = yaml.safe_load((tmp_path / "again_params.yaml").read_text())
    theirs = read_das(stem).training["das"]
    for name, value in params.items():
        if name in theirs and name not in ("save_name", "batch_size", "use_separable", "pre_nb_dft"):
            assert value == theirs[name], name


@pytest.mark.parametrize("case", OURS)
def test_ours_come_back(case, tmp_path):
    model = _trained(OURS[case])
    again = read_das(write_das(model, tmp_path / "x_model.h5"))
    assert again.labels == ("background", "pulse", "sine")
    assert again.events == ("pulse",)
    sound = 1 + 3 * np.random.default_rng(3).normal(size=(2, 600)).astype(np.float32)
    n_samples = again.network.n_input_samples(again.tile)
    mine = model.scores(sound)
    window = again.scores(sound[:, :n_samples])
    if case == "sees real sound":
        first = again.context[0] - model.context[0]
        mine = mine[:, first : first + again.tile]
    else:
        mine = model.scores(sound[:, :n_samples])
    assert mine.std() > 0.01
    assert_allclose(window, mine[[1, 0, 2]], atol=1e-5)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (ZEROS | {"representation": STFT | {"normalise": "none"}}, "its spectrogram"),
        (ZEROS | {"representation": "spectrogram"}, "its front end"),
        (ZEROS | {"causal": True}, "its convolutions"),
        (ZEROS | {"n_blocks": 1, "dilations": (1,)}, "its depth"),
    ],
)
def test_what_das_has_no_words_for(model, message, tmp_path):
    with pytest.raises(InputError, match=f"cannot be written for DAS because of {message}"):
        write_das(_trained(model), tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_another_architecture_is_not_written(tmp_path):
    architecture = SongExplorer()
    network = architecture.build(Specification(("pulse", "background"), 10000.0))
    with pytest.raises(InputError, match=r"because of its architecture; found 'songexplorer'; allowed: das"):
        write_das(Model(network, architecture, Exclusive()), tmp_path / "x")


def test_das_needs_a_class_for_what_is_not_song(tmp_path):
    architecture = Das(**ZEROS)
    network = architecture.build(Specification(("pulse", "sine"), 10000.0))
    with pytest.raises(InputError, match=r"because of its labels; found 'pulse, sine'"):
        write_das(Model(network, architecture, Exclusive()), tmp_path / "x")


@pytest.mark.parametrize("case", OURS)
def test_das_itself_scores_alike(case, tmp_path):
    """With the real thing: OSCINE_DAS_PYTHON is a Python that has DAS 0.32."""
    python = os.environ.get("OSCINE_DAS_PYTHON")
    if not python:
        pytest.skip("no DAS here (set OSCINE_DAS_PYTHON)")
    model = _trained(OURS[case])
    path = write_das(model, tmp_path / "x")
    again = read_das(path)
    n_samples = sizes_of(read_contents(path), path).n_samples
    sound = (1 + 3 * np.random.default_rng(3).normal(size=(3, 2, n_samples))).astype(np.float32)
    np.save(tmp_path / "sound.npy", sound.transpose(0, 2, 1))
    subprocess.run(
        [python, FIXTURES / "make_fixtures.py", tmp_path / "x", tmp_path / "sound.npy", tmp_path / "scores.npy"],
        check=True,
        capture_output=True,
    )
    theirs = np.load(tmp_path / "scores.npy").transpose(0, 2, 1)
    boundary = again.network.plan.boundary
    assert theirs.std() > 0.01
    assert_allclose(again.scores(sound), theirs[..., boundary : boundary + again.tile], atol=1e-5)
