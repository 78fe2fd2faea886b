"""`oscine das predict` and `evaluate`: files, exact lengths, faults of DAS, and DAS itself."""

from __future__ import annotations

import os
import shutil
import subprocess

import h5py
import numpy as np
import pandas as pd
import pytest
import soundfile
import yaml
from numpy.testing import assert_allclose, assert_array_equal

from oscine.annotations.annotations import Annotations
from oscine.compat.das.flammkuchen import read
from oscine.compat.das.reports import Report
from oscine.compat.das.windows import Windows, predict_windows
from oscine.networks.model import Model

MULTIPLE = 8 * 9 * 256  # samples: a multiple of (batch + 1) windows


def table(path):
    return pd.read_csv(path)


def test_a_recording(trained, recording, das, capsys):
    path = recording(10_000)
    assert das(["predict", path, trained]) == 0
    assert capsys.readouterr().out.strip() == str(path.with_name("rec_annotations.csv"))
    found = table(path.with_name("rec_annotations.csv"))
    assert list(found.columns) == ["name", "start_seconds", "stop_seconds", "channel"]
    counts = found["name"].value_counts()
    assert counts["sine"] == 10
    assert 8 <= counts["pulse"] <= 12
    pulses, sines = found[found["name"] == "pulse"], found[found["name"] == "sine"]
    assert (pulses["start_seconds"] == pulses["stop_seconds"]).all()
    assert_allclose(sines["start_seconds"], 0.1 + 0.5 * np.arange(10), atol=0.005)
    assert_allclose(sines["stop_seconds"] - sines["start_seconds"], 0.15, atol=0.01)
    assert found["start_seconds"].is_monotonic_increasing


def test_defect_02_song_is_found_to_the_end(trained, recording, das):
    """Of any length; DAS loses the end, and everything where the length is a multiple of its batches and one window."""
    for n_samples in (MULTIPLE, MULTIPLE + 700, 20_000):
        path = recording(n_samples)
        assert das(["predict", path, trained, "--save-format", "h5"]) == 0
        found = read(path.with_name("rec_das.h5"))
        assert found["class_probabilities"].shape == (n_samples, 3)
        assert_allclose(found["class_probabilities"].sum(axis=1), 1, atol=1e-5)
        onsets = found["segments"]["onsets_seconds"]
        assert len(onsets) == len(range(200, n_samples - 700, 1000))
        assert das(["predict", path, trained, "--das-compat", "--save-format", "h5"]) == 0
        theirs = read(path.with_name("rec_das.h5"))["segments"]["onsets_seconds"]
        assert len(theirs) < len(onsets)
        if n_samples == MULTIPLE:
            assert len(theirs) == 0


def test_defect_15_no_row_is_of_zeros(trained, recording, das):
    path = recording(20_000)
    das(["predict", path, trained, "--save-format", "h5", "--das-compat"])
    theirs = read(path.with_name("rec_das.h5"))["class_probabilities"]
    assert (theirs[:16] == 0).all()  # as in DAS
    das(["predict", path, trained, "--save-format", "h5"])
    assert read(path.with_name("rec_das.h5"))["class_probabilities"].min(axis=0).sum() >= 0
    assert (read(path.with_name("rec_das.h5"))["class_probabilities"].sum(axis=1) > 0.99).all()


def test_defect_08_predictions_are_real_arrays(trained, recording, das):
    path = recording(6_000)
    das(["predict", path, trained, "--save-format", "h5", "--save-filename", path.with_name("mine.h5")])
    with h5py.File(path.with_name("mine.h5")) as file:
        kinds = []
        file.visititems(lambda name, item: kinds.append(item.dtype.kind) if isinstance(item, h5py.Dataset) else None)
        assert set(kinds) <= set("iuf")
        assert file["segments/samples"].shape == (6000,)
    found = read(path.with_name("mine.h5"))
    assert found["class_names"] == ["noise", "pulse", "sine"]
    assert found["events"]["names"] == ["pulse"]
    assert len(found["events"]["seconds"]) == len(found["events"]["probabilities"]) == len(found["events"]["sequence"])
    assert set(found["segments"]["sequence"].tolist()) == {"sine"}


def test_defect_03_thresholds_and_durations_are_heeded(trained, recording, das):
    path = recording(6_000)
    counts = []
    for more in ("--segment-thres 0.5", "--segment-thres 1", "--segment-minlen 0.2", "--segment-fillgap 0.4",
                 "--event-thres 1"):  # fmt: skip
        das(["predict", path, trained, *more.split()])
        found = table(path.with_name("rec_annotations.csv")).dropna()
        counts.append(tuple(int((found["name"] == name).sum()) for name in ("sine", "pulse")))
    n_pulses = counts[0][1]
    assert counts == [(6, n_pulses), (0, n_pulses), (0, n_pulses), (1, n_pulses), (6, 0)]


def test_types_without_a_sound_are_not_forgotten(trained, tmp_path, das):
    soundfile.write(tmp_path / "quiet.wav", np.zeros(4000), 2000)
    assert das(["predict", tmp_path / "quiet.wav", trained, "--segment-thres", "1", "--event-thres", "1"]) == 0
    found = table(tmp_path / "quiet_annotations.csv")
    assert found["name"].tolist() == ["pulse", "sine"]
    assert found["start_seconds"].isna().all()
    assert found["stop_seconds"].isna().tolist() == [True, False]
    assert sorted(Annotations.load(tmp_path / "quiet_annotations.csv").labels) == ["pulse", "sine"]


def test_a_folder(trained, recording, das, capsys):
    folder = recording(6_000, "a.wav").parent
    recording(4_000, "b.WAV")
    (folder / "broken.wav").write_text("no sound")
    (folder / "lonely_annotations.csv").write_text("name,start_seconds,stop_seconds\n")  # defect 16: no sound to it
    (folder / "deep").mkdir()
    shutil.copy(folder / "a.wav", folder / "deep" / "c.wav")
    assert das(["predict", folder, trained, "--save-filename", folder / "all.csv"]) == 2
    err = capsys.readouterr().err
    assert "--save-filename is ignored" in err
    assert "broken.wav" in err
    assert "1 of 3 recordings could not be used" in err
    assert (folder / "a_annotations.csv").exists()
    assert (folder / "b_annotations.csv").exists()
    assert not (folder / "all.csv").exists()
    assert not (folder / "deep" / "c_annotations.csv").exists()


def test_other_rates_and_filters(trained, recording, tmp_path, das, capsys):
    x, _ = soundfile.read(recording(6_000))
    soundfile.write(tmp_path / "fast.wav", np.repeat(x, 2), 4000)
    for more in (
        [],
        ["--das-compat", "--segment-thres", "0.5"],
        ["--bandpass-low-freq", "20", "--bandpass-up-freq", "5e3"],
    ):
        assert das(["predict", tmp_path / "fast.wav", trained, *more]) == 0
    assert das(["predict", tmp_path / "fast.wav", trained, "--no-resample"]) == 2
    assert "sample rate" in capsys.readouterr().err


def test_defect_17_a_model_without_a_weight_is_refused(trained, recording, tmp_path, das, capsys):
    for ending in ("_model.h5", "_params.yaml"):
        shutil.copy(trained.with_name(trained.name + ending), tmp_path / f"bad{ending}")
    with h5py.File(tmp_path / "bad_model.h5", "a") as file:
        layer = next(name for name in file["model_weights"] if name.startswith("dense"))
        del file["model_weights"][layer][layer]["kernel:0"]
    assert das(["predict", recording(4000), tmp_path / "bad"]) == 2
    assert "a weight of this model is missing" in capsys.readouterr().err


def test_defect_20_nothing_in_parameters_is_run(trained, recording, tmp_path, das, capsys):
    shutil.copy(trained.with_name(trained.name + "_model.h5"), tmp_path / "bad_model.h5")
    text = trained.with_name(trained.name + "_params.yaml").read_text()
    (tmp_path / "bad_params.yaml").write_text(f"{text}\nx: !!python/object/apply:os.mkdir ['{tmp_path}/trace']\n")
    assert das(["predict", recording(4000), tmp_path / "bad"]) == 2
    assert "asks for a Python object" in capsys.readouterr().err
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["predict", "nowhere.wav", "{stem}"], "there is no such recording or folder"),
        (["predict", "{stem}_params.yaml", "https://example.org/x"], "not fetched from the network"),
        (["predict", "{stem}_model.h5", "nothing"], "there is no such model"),
        (["evaluate", "nothing"], "there is no such model"),
        (["predict", "{stem}_params.yaml", "{stem}", "--save-format", "xls"], "allowed: csv, h5"),
    ],
)
def test_what_is_refused(trained, words, message, das, capsys):
    assert das([word.format(stem=trained) for word in words]) == 2
    assert message in capsys.readouterr().err


def test_evaluate(trained, dataset, tmp_path, das, capsys):
    for ending in ("_model.h5", "_params.yaml"):
        shutil.copy(trained.with_name(trained.name + ending), tmp_path / f"copy{ending}")
    assert das(["evaluate", tmp_path / "copy", "0"]) == 0
    known, found = (read(path) for path in (trained.with_name("test_one_results.h5"), tmp_path / "copy_results.h5"))
    assert_array_equal(found["confusion_matrix"], known["confusion_matrix"])
    assert_allclose(found["y_pred"], known["y_pred"], atol=1e-6)
    assert "macro avg" in capsys.readouterr().out
    params = yaml.safe_load((tmp_path / "copy_params.yaml").read_text())
    (tmp_path / "copy_params.yaml").write_text(yaml.safe_dump({**params, "data_dir": str(tmp_path / "gone.npy")}))
    assert das(["evaluate", tmp_path / "copy"]) == 2
    assert "is not where it was" in capsys.readouterr().err


def test_defect_01_the_misaligned_report_of_das_is_there_for_comparison(trained, dataset, tmp_path, das):
    """Shifted by the boundary, as in DAS: what it says of a good network is bad."""
    for ending in ("_model.h5", "_params.yaml"):
        shutil.copy(trained.with_name(trained.name + ending), tmp_path / f"copy{ending}")
    assert das(["evaluate", tmp_path / "copy", "0", "--das-compat"]) == 0
    theirs, ours = read(tmp_path / "copy_results.h5"), read(trained.with_name("test_one_results.h5"))
    assert len(theirs["y_pred"]) == len(theirs["y_test"]) + 2 * 16  # the boundary, kernel-size × nb-conv
    assert_array_equal(theirs["y_test"], ours["y_test"][16 : 16 + len(theirs["y_test"])])
    assert_array_equal(theirs["y_pred"][:16], 0)
    bad, good = (item["classification_report"]["pulse"]["f1-score"] for item in (theirs, ours))
    assert bad < 0.5 * good
    right = Report.of(theirs["labels_test"], theirs["labels_pred"][16:], ["noise", "pulse", "sine"])
    assert right.rates()["accuracy"] > theirs["classification_report"]["accuracy"]


def test_defect_10_rows_are_true_and_columns_are_said():
    report = Report.of(np.array([0, 0, 0, 1]), np.array([0, 1, 1, 1]), ["noise", "sine"])
    assert report.counts.tolist() == [[1, 2], [0, 1]]
    assert report.rates()["sine"]["support"] == 1
    lines = str(report).splitlines()
    assert lines[-4] == "true (rows), said (columns):"
    assert lines[-2].split() == ["noise", "1", "2"]


def test_rates_are_those_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(2)
    true, said = random.integers(0, 3, (2, 500))
    known = metrics.classification_report(true, said, target_names=["a", "b", "c"], output_dict=True)
    found = Report.of(true, said, ["a", "b", "c"])
    for name, rates in known.items():
        assert found.rates()[name] == pytest.approx(rates)
    assert_array_equal(found.counts, metrics.confusion_matrix(true, said))


def test_version(das, capsys):
    assert das("version") == 0
    assert "in place of DAS" in capsys.readouterr().out
    assert das("--version") == 0


def test_das_itself_finds_the_same(trained, recording, tmp_path, das):
    """With the real thing: OSCINE_DAS_PYTHON is a Python that has DAS 0.32."""
    python = os.environ.get("OSCINE_DAS_PYTHON")
    if not python:
        pytest.skip("no DAS here (set OSCINE_DAS_PYTHON)")
    for place, n_samples in enumerate((20_000, 40_000, MULTIPLE, 3 * MULTIPLE + 1)):
        recording(n_samples, f"{place}.wav")
    code = "import sys; sys.argv[0] = 'das'; from das.cli import main; main()"
    more = ["--event-dist", "0.02", "--segment-minlen", "0.01", "--segment-fillgap", "0.02"]
    for chosen in ([], more):
        command = [python, "-c", code, "predict", tmp_path, trained, "--verbose", "0", *chosen]
        subprocess.run(command, check=True, capture_output=True)
        theirs = {path.name: table(path) for path in tmp_path.glob("*_annotations.csv")}
        assert len(theirs) == 4
        assert das(["predict", tmp_path, trained, "--das-compat", "--verbose", "0", *chosen]) == 0
        for name, known in theirs.items():
            found = table(tmp_path / name)
            assert list(found.columns) == list(known.columns)
            keys = ["name", "start_seconds"]
            known, found = (
                item.dropna().sort_values(keys, ignore_index=True).drop(columns="Unnamed: 0") for item in (known, found)
            )
            assert found["name"].tolist() == known["name"].tolist()
            assert_array_equal(found["start_seconds"], known["start_seconds"])
            assert_array_equal(found["stop_seconds"], known["stop_seconds"])


PROBE = """
import json, sys
import numpy as np
from das import evaluate, predict, utils

stem, source, target = sys.argv[1:]
model, params = utils.load_model_and_params(stem)
values = predict.predict(np.load(source), model=model, params=params, save_memory=False)[2]
counts, report, results = evaluate.evaluate(stem, verbose=0)
np.savez(target, values=values, counts=counts, accuracy=report["accuracy"], n_rows=len(results["y_test"]))
"""


@pytest.mark.parametrize(
    "line",
    [
        "--nb-hist 256",
        "--nb-hist 512 --nb-pre-conv 4 --pre-nb-dft 64 --model-name tcn_stft",
        "--nb-hist 256 --nb-lstm-units 4 --use-separable True False --no-ignore-boundaries",
    ],
)
def test_das_itself_scores_and_judges_alike(line, dataset, song, tmp_path, das):
    """Networks that were trained here: their probabilities, and the report, in DAS and with --das-compat."""
    python = os.environ.get("OSCINE_DAS_PYTHON")
    if not python:
        pytest.skip("no DAS here (set OSCINE_DAS_PYTHON)")
    small = "--nb-filters 8 --kernel-size 8 --nb-conv 2 --learning-rate 0.005 --batch-size 8 --nb-epoch 3 --verbose 0"
    assert das(f"train --data-dir {dataset} --save-dir {tmp_path} --save-name x {small} {line}") == 0
    sound = song(30_000, 5)[0].astype(np.float32)
    np.save(tmp_path / "sound.npy", sound)
    command = [python, "-c", PROBE, tmp_path / "x", tmp_path / "sound.npy", tmp_path / "theirs.npz"]
    subprocess.run(command, check=True, capture_output=True)
    theirs = np.load(tmp_path / "theirs.npz")
    model = Model.load(tmp_path / "x")
    assert_allclose(predict_windows(model, sound.T, Windows.of_model(model)).T, theirs["values"], atol=1e-5)
    assert das(["evaluate", tmp_path / "x", "0", "--das-compat"]) == 0
    found = read(tmp_path / "x_results.h5")
    assert len(found["y_test"]) == theirs["n_rows"]
    assert np.abs(found["confusion_matrix"] - theirs["counts"]).sum() <= 2  # frames on a knife's edge
    assert found["classification_report"]["accuracy"] == pytest.approx(float(theirs["accuracy"]), abs=1e-3)
