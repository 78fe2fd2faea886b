"""`oscine das train`: the line of DAS's documentation, what it writes, and what it refuses."""

from __future__ import annotations

import re
from pathlib import Path

import h5py
import numpy as np
import pytest
import yaml
from numpy.testing import assert_allclose, assert_array_equal

from oscine.compat.das.flammkuchen import read
from oscine.compat.das.grammar import parse
from oscine.compat.das.optimise import Judge
from oscine.compat.das.options import TrainOptions
from oscine.compat.das.segments import find_segments
from oscine.compat.das.train import (
    architecture_for,
    check,
    cut,
    events_of,
    load,
    params_for,
    steps_per_epoch,
    to_plain,
)
from oscine.core.errors import Cancelled, InputError
from oscine.core.monitor import Monitor
from oscine.datasets.store import store_for, version_hash
from oscine.networks.model import Model

SEEDS = (
    "train --data-dir {data} --save-dir {out} --nb-hist 256 --ignore-boundaries True --nb-filters 32 --kernel-size 32 "
    "--nb-conv 3 --use-separable False False False --learning-rate 0.0001 --nb-epoch {epochs} --model-name tcn "
    "--no-reduce-lr --no-tensorboard"
)


def options(dataset, line=""):
    return parse(["--data-dir", str(dataset), *line.split()], TrainOptions)[0]


def test_the_line_of_the_documentation(dataset, tmp_path, das, capsys):
    """But for the number of epochs."""
    assert das(SEEDS.format(data=dataset, out=tmp_path / "gui_demo.res", epochs=1)) == 0
    names = sorted(path.name for path in (tmp_path / "gui_demo.res").iterdir())
    assert len(names) == 3
    stems = {re.fullmatch(r"(\d{8}_\d{6})_(model\.h5|params\.yaml|results\.h5)", name)[1] for name in names}
    assert len(stems) == 1
    params = yaml.safe_load((tmp_path / "gui_demo.res" / f"{stems.pop()}_params.yaml").read_text())
    wanted = {"nb_hist": 256, "nb_filters": 32, "kernel_size": 32, "nb_conv": 3, "learning_rate": 0.0001,
              "data_padding": 96, "stride": 64, "nb_epoch": 1, "reduce_lr": False, "tensorboard": False,
              "use_separable": [False, False, False], "dilations": [1, 2, 4, 8, 16]}  # fmt: skip
    assert {name: params[name] for name in wanted} == wanted
    out, err = capsys.readouterr()
    assert "_model.h5" in out
    assert "shorter than what a frame could see" in err


def test_what_is_written(trained, dataset):
    model = Model.load(trained)
    assert model.labels == ("background", "pulse", "sine")
    assert model.events == ("pulse",)
    params = yaml.safe_load(trained.with_name("test_one_params.yaml").read_text())
    assert params["class_names"] == ["noise", "pulse", "sine"]
    assert params["class_types"] == ["segment", "event", "segment"]
    assert params["data_hash"] == version_hash(dataset)
    assert params["save_prefix"] == "test_"
    assert params["save_name"] == str(trained)
    assert params["report"]["accuracy"] > 0.97
    assert params["post_opt"]["score_val"] > 0.9
    assert 0 < params["post_opt"]["gap_dur"] <= 1
    assert not {"device", "das_compat", "wandb_api_token"} & set(params)
    assert not trained.with_name("test_one_training").exists()
    with h5py.File(trained.with_name("test_one_model.h5")) as file:
        assert file.attrs["keras_version"].startswith("2.")
        assert "model_weights" in file


def test_defect_01_and_15_results_are_aligned(trained, dataset):
    """One row of scores for each sample, and each is where its sample is."""
    results = read(trained.with_name("test_one_results.h5"))
    truth = np.load(dataset / "test" / "y.npy").astype(float)
    assert_array_equal(results["y_test"], truth)
    assert_allclose(results["x_test"], np.load(dataset / "test" / "x.npy").astype(float))
    assert results["y_pred"].shape == truth.shape
    assert_allclose(results["y_pred"].sum(axis=1), 1, atol=1e-5)  # no row of zeros
    assert_array_equal(results["labels_pred"], results["y_pred"].argmax(axis=1))
    said, true = results["labels_pred"] == 2, results["labels_test"] == 2
    agreements = [np.mean(np.roll(said, -shift) == true) for shift in range(-16, 17)]
    assert abs(np.argmax(agreements) - 16) <= 2
    assert results["classification_report"]["accuracy"] == np.mean(results["labels_pred"] == results["labels_test"])
    assert set(results["fit_hist"]) == {"loss", "val_loss"}
    assert len(results["fit_hist"]["loss"]) == len(results["fit_hist"]["val_loss"]) <= 40
    assert results["params"]["class_names"] == ["noise", "pulse", "sine"]
    assert "data_splits" not in results["params"]


def test_defect_08_hdf5_datasets_are_read(make_dataset, tmp_path):
    path = make_dataset(tmp_path / "song.h5")
    loaded = load(options(path))
    assert list(loaded.labels) == ["background", "pulse", "sine"]
    assert loaded.counts()["train"]["sine"] == 20
    assert check(options(path)) == path


def test_defect_11_balance_holds_without_boundaries(dataset):
    for line, balanced in (("--balance --no-ignore-boundaries", True), ("--balance", True), ("", False)):
        found = _params(dataset, line)
        assert found.loss.balanced is balanced


def test_defect_16_a_class_that_is_never_there_is_kept(make_dataset, tmp_path):
    path = make_dataset(tmp_path / "song.npy", class_names=["noise", "pulse", "sine"])
    truth = np.load(path / "train" / "y.npy")
    assert events_of(load(options(path))) == ("pulse",)
    assert truth.shape[1] == 3


def _params(dataset, line):
    chosen = options(dataset, line)
    loaded = cut(load(chosen), chosen)
    with store_for(dataset).reading(dataset) as contents:
        return params_for(chosen, loaded, architecture_for(chosen, loaded), contents)


def test_what_a_line_means(dataset):
    found = _params(
        dataset, "--nb-hist 512 --reduce-lr --reduce-lr-patience 7 --tmse-weight 0.2 --seed 4 --nb-epoch 10"
    )
    assert found.architecture.padding == "zeros"
    assert found.architecture.boundary == 48
    assert found.window * 2000 == pytest.approx(512 - 96)
    assert (found.schedule.patience, found.patience, found.criterion) == (7, 20, "loss")
    assert found.smoothing.weight == 0.2
    assert found.seed == 4
    assert found.learning_rate == 0.0005
    assert found.n_steps == 10 * found.period
    assert found.target.event_width == pytest.approx(2.3548 * 0.0016, rel=1e-4)
    assert found.normalise is False
    assert (found.optimizer, found.weight_decay, found.clip, found.ema) == ("adam", 0, 1, None)
    assert found.augmentations == ()
    assert found.smoothing.plugin_name == "tmse"


def test_behind_a_spectrogram(dataset):
    found = _params(dataset, "--nb-pre-conv 4 --pre-nb-dft 64 --nb-hist 1024 --model-name tcn_stft")
    front_end = found.architecture.representation
    assert (front_end.plugin_name, front_end.normalise) == ("trainable-stft", "window")
    assert (front_end.window * 2000, front_end.stride * 2000) == (64, 16)
    assert found.architecture.upsample is True
    assert found.window * 2000 == pytest.approx(1024 - 96)


def test_epochs_are_those_of_das(dataset):
    """As many batches of windows as DAS's loader counts (das.md 4.8), at most 1000."""
    chosen = options(dataset, "--nb-hist 1024")
    assert steps_per_epoch(100_000, chosen) == (100_000 - 928 * 31 - 1024) // (928 * 32) + 1 == 3
    assert steps_per_epoch(100, chosen) == 1
    assert steps_per_epoch(10**9, chosen) == 1000


def test_fractions(dataset):
    seconds = {}
    for line in ("--fraction-data 0.6 --nb-hist 128 --batch-size 4", "--fraction-data 6 --nb-hist 128 --batch-size 4",
                 "--first-sample-train 1000 --last-sample-train 9000 --first-sample-val 0 --last-sample-val 4000",
                 "--fraction-data 0.5 --batch-level-subsampling"):  # fmt: skip
        chosen = options(dataset, line)
        parts = cut(load(chosen), chosen).parts
        seconds[line] = [
            sum(float(np.diff(part.coverage.intervals(name, 10.0)).sum()) for name in part.recordings)
            for part in (parts["train"], parts["validation"], parts["test"])
        ]
    assert [[round(value, 3) for value in row] for row in seconds.values()] == [
        [6.0, 2.4, 4.0], [6.0, 2.4, 4.0], [4.0, 2.0, 4.0], [5.0, 2.0, 4.0],
    ]  # fmt: skip


def test_augmentations(dataset, tmp_path):
    file = tmp_path / "augmentations.yaml"
    file.write_text("Gain:\n  gain: {Normal: {mean: 1, std: 0.1}}\nCircShift: {shift: 10}\n")
    found = _params(dataset, f"-a {file}").augmentations
    assert [member.plugin_name for member in found] == ["gain", "shift"]
    file.write_text("Gian:\n  gain: 2\n")
    with pytest.raises(InputError, match=r"unknown augmentation of DAS; found 'Gian'; allowed: CircShift, Gain"):
        check(options(dataset, f"-a {file}"))


def test_defect_20_nothing_in_augmentations_is_run(dataset, tmp_path):
    file, trace = tmp_path / "augmentations.yaml", tmp_path / "trace"
    file.write_text(f"Gain: !!python/object/apply:os.mkdir ['{trace}']\n")
    with pytest.raises(InputError, match="holds an object, which is not made"):
        check(options(dataset, f"-a {file}"))
    assert not trace.exists()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--model-name stft_res_dense", "cannot be trained here; found 'stft_res_dense'; allowed: tcn, tcn_stft"),
        ("--model-name tnc", "unknown model; found 'tnc'.*Did you mean 'tcn'"),
        ("--morph-nb-kernels 2", "found '--morph-nb-kernels'"),
        ("--resnet-compute", "found '--resnet-compute'"),
        ("--no-with-y-hist", "found '--no-with-y-hist'"),
        ("--nb-hist 96", "nothing is left of a window but its boundaries.*--no-ignore-boundaries"),
        ("--nb-pre-conv 4 --nb-hist 1000", "a window is no whole number of spectra.*multiples of 16"),
        ("--nb-pre-conv 4 --nb-hist 512 --pre-nb-dft 1024", "shorter than that of its spectrogram"),
    ],
)
def test_what_is_refused_before_anything_is_read(dataset, line, message):
    with pytest.raises(InputError, match=message):
        check(options(dataset, line))


def test_what_is_no_dataset(tmp_path, das, capsys):
    for name, message in (("x.npy", "there is no such dataset"), (".", "this is no dataset of DAS's")):
        with pytest.raises(InputError, match=message):
            check(options(tmp_path / name))
    assert das(f"train --data-dir {tmp_path}/x.npy --save-dir {tmp_path}/res") == 2
    assert "there is no such dataset" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_dataset_without_validation_is_refused(make_dataset, tmp_path, das, capsys):
    path = make_dataset(tmp_path / "x.npy", splits=(("train", 20_000),))
    assert das(f"train --data-dir {path} --save-dir {tmp_path}/res") == 2
    assert "no validation part" in capsys.readouterr().err
    assert not (tmp_path / "res").exists()


def test_a_window_longer_than_the_training_data_is_refused_in_words_of_das(dataset, tmp_path, das, capsys):
    assert das(f"train --data-dir {dataset} --save-dir {tmp_path}/res --nb-hist 30000 --nb-conv 1 --verbose 0") == 2
    said = capsys.readouterr().err
    assert "found 'nb-hist 30000'; allowed: up to 20000. Use a shorter --nb-hist" in said
    assert not (tmp_path / "res").exists()


def test_an_interrupted_training_goes_on(dataset, tmp_path, monkeypatch):
    """The same command with the same name ends where it would have ended."""
    from oscine.compat.das.train import train

    line = (
        f"--save-dir {tmp_path} --save-name x --nb-hist 128 --nb-filters 2 --kernel-size 4 --nb-conv 1 --nb-epoch 2 "
        "--batch-size 16 --dilations 1 2"
    )

    class Impatient(Monitor):
        def __init__(self):
            super().__init__()
            self.warnings = []

        def metric(self, step, **values):
            if step > 3:
                self.cancel()

        def warning(self, text):
            self.warnings.append(text)

    impatient = Impatient()
    with pytest.raises(Cancelled):
        train(options(dataset, line), impatient)
    assert "--save-name x" in impatient.warnings[-1]
    assert (tmp_path / "x_training").is_dir()
    assert not (tmp_path / "x_model.h5").exists()
    with pytest.raises(InputError, match=r"holds another run.*Choose another --save-name"):
        train(options(dataset, line + " --learning-rate 0.1"))
    train(options(dataset, line))
    train(options(dataset, line.replace("name x", "name y")))
    first, second = (Model.load(tmp_path / name) for name in "xy")
    sound = np.random.default_rng(0).normal(size=(1, 128)).astype(np.float32)
    assert_array_equal(first.scores(sound), second.scores(sound))
    assert not (tmp_path / "x_training").exists()


def test_the_search_scores_as_cleaning_does():
    random = np.random.default_rng(1)
    true, said = (np.repeat(random.integers(0, 3, 200), random.integers(1, 9, 200)).astype(np.uint16) for _ in range(2))
    n = min(len(true), len(said))
    judge = Judge(true[:n], said[:n], 3)
    for gap, shortest in ((0, 0), (3, 0), (0, 4), (5, 6)):
        cleaned = find_segments(said[:n], 1.0, 3, gap=gap, shortest=shortest).samples
        rates = []
        for label in range(3):
            hits = np.sum((cleaned == label) & (true[:n] == label))
            rates.append(2 * hits / (np.sum(cleaned == label) + np.sum(true[:n] == label)))
        assert judge.score(gap, shortest) == pytest.approx(np.mean(rates))


def test_plain_values():
    assert to_plain({1: (np.int64(2), Path("a")), "b": np.array([[0.5]])}) == {"1": [2, "a"], "b": [[0.5]]}


TINY = "--nb-filters 2 --kernel-size 4 --nb-conv 1 --nb-epoch 1 --batch-size 16 --dilations 1 2 --verbose 0"


def test_one_song_type_alone(make_dataset, tmp_path, das):
    path = make_dataset(
        tmp_path / "song.npy", class_names_sine=["noise", "sine"], class_types_sine=["segment", "segment"]
    )
    for part in ("train", "val", "test"):
        truth = np.load(path / part / "y.npy")
        np.save(path / part / "y_sine.npy", np.stack([1 - truth[:, 2], truth[:, 2]], axis=1))
    line = f"train -d {path} -y sine --save-dir {tmp_path} --save-name x --nb-hist 128 --balance --post-opt {TINY}"
    assert das(line) == 0
    params = yaml.safe_load((tmp_path / "x_params.yaml").read_text())
    assert params["class_names"] == ["noise", "sine"]
    assert params["y_suffix"] == "sine"
    assert params["class_weights"] == pytest.approx([1 / 0.7, 1 / 0.3], rel=0.01)
    assert read(tmp_path / "x_results.h5")["y_test"].shape == (8000, 2)
    assert das(["evaluate", tmp_path / "x", "0"]) == 0


def test_without_upsampling(dataset, tmp_path, das):
    line = f"train -d {dataset} --save-dir {tmp_path} --save-name x --nb-hist 512 --nb-pre-conv 4 --no-upsample {TINY}"
    assert das(line) == 0
    results = read(tmp_path / "x_results.h5")
    assert results["y_pred"].shape == results["y_test"].shape == (500, 3)
    assert_array_equal(results["y_test"], np.load(dataset / "test" / "y.npy").astype(float)[::16])
    assert das(["evaluate", tmp_path / "x", "0", "--das-compat"]) == 2  # DAS has no such
