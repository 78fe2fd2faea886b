"""What a prediction writes, where; and that it is not done again where it is there already."""

from __future__ import annotations

import os

import numpy as np
import pytest
import soundfile

from oscine.annotations.annotations import Annotations
from oscine.annotations.project import rename_in_project
from oscine.core.artifacts import Provenance
from oscine.core.monitor import SILENT
from oscine.core.running import run
from oscine.networks.model import Model
from oscine.prediction.predict import PredictParams, predict
from oscine.prediction.scores import Scores
from oscine.prediction.segment import SegmentParams, segment
from oscine.recordings.recordings import Recordings


@pytest.fixture
def archive(tmp_path, oracle):
    """A folder of two recordings of 10 s, and a model beside it."""
    folder = tmp_path / "archive"
    folder.mkdir()
    for name, seed in (("a.wav", 1), ("b.wav", 2)):
        told = np.random.default_rng(seed).dirichlet([0.3, 0.3], 100).repeat(10, axis=0)
        soundfile.write(folder / name, told, 100, "PCM_16")
    oracle(("pulse", "ambient"), events=("pulse",)).save(tmp_path / "oracle_model.safetensors")
    return folder


def predicted(archive, out=None, **params):
    """Run it as the command line does; what was written, and what was up to date."""
    texts = {"model": str(archive.parent / "oracle_model.safetensors"), "recording": [str(archive)]}
    reports = list(run(predict, texts, PredictParams(**params), out=out, monitor=SILENT))
    assert [report.error for report in reports] == [None] * len(reports)
    done = [path.name for report in reports if not report.up_to_date for path in report.outputs]
    kept = [path.name for report in reports if report.up_to_date for path in report.outputs]
    return done, kept


def files(archive):
    return sorted(path.name for path in archive.iterdir() if path.suffix != ".toml")


def test_annotations_beside_the_recording(archive):
    assert predicted(archive) == (["a_predicted.csv", "b_predicted.csv"], [])
    story = Provenance.load(archive / "a_predicted.provenance.json")
    assert story.operation == "predict"
    assert story.inputs["recording"]["name"] == "a.wav"
    found = Annotations.load(archive / "a_predicted.csv")
    assert found.kinds == ["predicted"]
    assert found.count()["pulse"] > 10


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"save_scores": "h5"}, ["a_predicted.csv", "a_predicted.provenance.json", "a_scores.h5"]),
        ({"scores_only": True}, ["a_scores.h5"]),
        ({"scores_only": True, "save_scores": "h5"}, ["a_scores.h5"]),
        (
            {"save_scores": "wav"},
            ["a.wav-ambient.wav", "a.wav-pulse.wav", "a_predicted.csv", "a_predicted.provenance.json"],
        ),
        (
            {"save_scores": "wav", "scores_only": True},
            ["a.wav-ambient.wav", "a.wav-pulse.wav", "a_scores.provenance.json"],
        ),
    ],
)
def test_scores_on_request(archive, params, expected):
    (archive / "b.wav").unlink()
    predicted(archive, **params)
    assert files(archive) == sorted(["a.wav", *expected])
    assert predicted(archive, **params)[0] == [], "it is up to date"
    assert files(archive) == sorted(["a.wav", *expected])


def test_saved_scores_are_those_of_python(archive):
    predicted(archive, save_scores="h5")
    model = Model.load(archive.parent / "oracle_model.safetensors")
    scores = predict(model, Recordings(archive).by_name("a.wav"))
    loaded = Scores.load(archive / "a_scores.h5")
    assert np.array_equal(loaded.values, scores.values)
    assert loaded.events == ("pulse",)
    assert loaded.provenance.inputs["model"]["digest"] == model.digest


def test_songexplorer_s_names(archive):
    (archive / "oscine.toml").write_text('annotation_format = "songexplorer"\n')
    predicted(archive, save_scores="wav")
    assert files(archive) == [
        "a.wav",
        "a.wav-ambient.wav",
        "a.wav-predicted.csv",
        "a.wav-predicted.provenance.json",
        "a.wav-pulse.wav",
        "b.wav",
        "b.wav-ambient.wav",
        "b.wav-predicted.csv",
        "b.wav-predicted.provenance.json",
        "b.wav-pulse.wav",
    ]
    first = (archive / "a.wav-predicted.csv").read_text().splitlines()[0].split(",")
    assert first[0] == "a.wav"
    assert first[1].isdigit()
    assert first[2].isdigit()
    assert first[3:] in (["predicted", "pulse"], ["predicted", "ambient"])
    assert [item.name for item in Recordings(archive)] == ["a.wav", "b.wav"], "probabilities are no recordings"
    assert predicted(archive, save_scores="wav")[0] == []


def test_songexplorer_s_names_in_another_folder(archive, tmp_path):
    """Its files count samples, at a rate that only the recording knows."""
    (tmp_path / "results").mkdir()
    (archive / "oscine.toml").write_text('annotation_format = "songexplorer"\n')
    done, _ = predicted(archive, out=str(tmp_path / "results"))
    assert done == ["a.wav-predicted.csv", "b.wav-predicted.csv"]
    assert (tmp_path / "results" / "a.wav-predicted.csv").read_text().startswith("a.wav,")


def test_rename_in_project(archive):
    default = archive / "a_predicted.csv"
    assert rename_in_project(default, archive / "a.wav") == default
    (archive / "oscine.toml").write_text('annotation_format = "songexplorer"\n')
    assert rename_in_project(default, archive / "a.wav").name == "a.wav-predicted.csv"
    assert rename_in_project(archive / "a.wav-x_missed.csv", archive / "a.wav-x").name == "a.wav-x-missed.csv"
    assert rename_in_project(archive / "runs", archive / "a.wav").name == "runs"


def test_segment_follows_the_project_too(archive):
    (archive / "oscine.toml").write_text('annotation_format = "songexplorer"\n')
    predicted(archive, scores_only=True)
    reports = list(run(segment, {"scores": [str(archive)]}, SegmentParams(), monitor=SILENT))
    assert [path.name for report in reports for path in report.outputs] == [
        "a.wav-predicted.csv",
        "b.wav-predicted.csv",
    ]
    assert (archive / "a.wav-predicted.csv").read_text().startswith("a.wav,")


@pytest.mark.parametrize(("out", "scores"), [("x_predicted.csv", "x_scores.h5"), ("x.csv", "x_scores.h5")])
def test_scores_stand_beside_annotations_that_are_called_otherwise(archive, tmp_path, out, scores):
    (archive / "b.wav").unlink()
    predicted(archive, out=str(tmp_path / out), save_scores="h5")
    assert (tmp_path / out).is_file()
    assert (tmp_path / scores).is_file()


def test_out_may_be_the_file_of_scores(archive, tmp_path):
    (archive / "b.wav").unlink()
    assert predicted(archive, out=str(tmp_path / "x.h5"), scores_only=True)[0] == ["x.h5"]


# -- what is up to date ----------------------------------------------------------------------------------------------


def test_an_archive_goes_on_where_it_stopped(archive):
    predicted(archive)
    before = (archive / "a_predicted.csv").stat().st_mtime_ns
    soundfile.write(archive / "c.wav", np.full((100, 2), 0.5), 100, "PCM_16")
    assert predicted(archive) == (["c_predicted.csv"], ["a_predicted.csv", "b_predicted.csv"])
    assert (archive / "a_predicted.csv").stat().st_mtime_ns == before


@pytest.mark.parametrize("params", [{"block": 1.0}, {"device": "cpu"}])
def test_what_changes_no_result_does_not_count(archive, params):
    predicted(archive)
    assert predicted(archive, **params)[0] == []


@pytest.mark.parametrize(
    "params",
    [
        {"force": True},
        {"channels": (1, 0)},
        {"segment": SegmentParams(min_duration=0.5)},
        {"prevalences": {"pulse": 1, "ambient": 2}},
        {"save_scores": "h5"},
    ],
)
def test_other_parameters(archive, params):
    predicted(archive)
    assert len(predicted(archive, **params)[0]) >= 2


def test_another_recording_of_that_name(archive):
    predicted(archive)
    soundfile.write(archive / "a.wav", np.full((100, 2), 0.5), 100, "PCM_16")
    assert predicted(archive) == (["a_predicted.csv"], ["b_predicted.csv"])


def test_another_model_or_other_thresholds(archive, oracle):
    predicted(archive)
    path = archive.parent / "oracle_model.safetensors"
    Model.load(path).with_thresholds({"pulse": 0.9}).save(path)
    assert len(predicted(archive)[0]) == 2
    assert predicted(archive)[0] == []
    oracle(("pulse", "noise")).save(path)
    assert len(predicted(archive)[0]) == 2


def test_unfinished_or_told_wrongly(archive):
    predicted(archive, save_scores="h5")
    (archive / "a_scores.h5").unlink()
    (archive / "b_predicted.provenance.json").write_text("{")
    assert len(predicted(archive, save_scores="h5")[0]) == 4
    (archive / "a_predicted.provenance.json").write_text('{"operation": "detect"}')
    os.truncate(archive / "b_scores.h5", 100)
    assert predicted(archive)[0] == ["a_predicted.csv", "b_predicted.csv"]
    predicted(archive, scores_only=True)
    os.truncate(archive / "b_scores.h5", 100)
    assert predicted(archive, scores_only=True) == (["b_scores.h5"], ["a_scores.h5"])
