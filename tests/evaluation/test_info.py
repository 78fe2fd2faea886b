"""What there is: every kind of thing, and what is out of date."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile

from oscine.core.artifacts import Provenance, write_json
from oscine.core.errors import InputError
from oscine.core.running import plain
from oscine.evaluation.evaluate import evaluate
from oscine.evaluation.info import find_stale, info
from oscine.evaluation.misses import MissesParams, misses, save_misses
from oscine.networks.model import Model
from oscine.prediction.outputs import save_prediction
from oscine.prediction.predict import PredictParams, predict
from oscine.recordings.recording import Recording
from oscine.training.run import Run
from oscine.training.runs import Runs
from oscine.training.stale import LOG

SCORES = np.float32([[0.9] * 10 + [0.1] * 10, [0.1] * 10 + [0.9] * 10])


@pytest.fixture
def folder(tmp_path, oracle):
    """A recording with its prediction, scores and misses, and the model that made them."""
    place = tmp_path / "songs"
    place.mkdir()
    soundfile.write(place / "a.wav", SCORES.T, 10, "FLOAT")
    model = oracle(events=("pulse",), thresholds={"pulse": 0.5})
    model.save(tmp_path / "old_model.safetensors")
    params = PredictParams(save_scores="h5")
    save_prediction(predict(model, Recording(place / "a.wav"), params), place / "a_predicted.csv", params)
    heard = "name,start_seconds,stop_seconds,kind\ntime,0.0,2.0,detected\n"
    (place / "a_detected.csv").write_text(heard)
    from oscine.annotations.annotations import Annotations

    save_misses(misses(Annotations.load(place)), place, MissesParams())
    return place


def about(path):
    """What is said; it can be printed, and be written as JSON."""
    found = info(path)
    json.dumps(plain(found.summary()), allow_nan=False)
    assert str(found).startswith(f"{path}: {found.what}\n")
    return found


def test_recording(folder):
    found = about(folder / "a.wav")
    assert found.what == "recording"
    assert found.facts == {"duration": "2.000 s", "sample rate": "10 Hz", "channels": 2, "samples": 20}


def test_annotations(folder):
    found = about(folder / "a_predicted.csv")
    assert found.what == "annotations"
    assert found.facts["predicted sine"] == 1
    assert found.facts["made by"].startswith("oscine predict ")
    assert "old_model.safetensors" in found.facts["made by"]


def test_annotations_without_rows(folder):
    (folder / "b_annotations.csv").write_text("name,start_seconds,stop_seconds\n")
    assert "nothing was there" in str(about(folder / "b_annotations.csv"))


def test_scores(folder):
    found = about(folder / "a_scores.h5")
    assert found.what == "scores"
    assert found.facts["labels"] == "pulse, sine"
    assert found.facts["frame_rate"] == "10 Hz"
    assert "predict" in found.facts["made by"]


def test_model(folder):
    found = about(folder.parent / "old_model.safetensors")
    assert found.what == "model"
    assert found.facts["labels"] == "pulse (events), sine"
    assert found.facts["thresholds"] == "pulse 0.500"


def test_dataset(dataset, tmp_path):
    data = dataset(a=(SCORES, [(0.0, 1.0, "pulse"), (1.0, 2.0, "sine")], [(0.0, 2.0)]))
    found = about(data.save(tmp_path / "a.dataset"))
    assert found.what == "dataset"
    assert found.facts["recordings"] == 1


def test_evaluation(dataset, oracle, tmp_path):
    data = dataset(a=(SCORES, [(0.0, 1.0, "pulse"), (1.0, 2.0, "sine")], [(0.0, 2.0)]))
    path = evaluate(oracle(), data).save(tmp_path / "a.evaluation")
    found = about(path)
    assert found.what == "evaluation"
    assert found.facts == {
        "part": "validation",
        "pulse": "precision 1.000, recall 1.000",
        "sine": "precision 1.000, recall 1.000",
    }
    (path / "evaluation.json").write_text("{}")
    with pytest.raises(InputError, match="card of this evaluation is damaged"):
        info(path)


@pytest.mark.parametrize("finished", [True, False])
def test_run(oracle, tmp_path, finished):
    Run(tmp_path, {}, ("pulse", "sine"), {"replicate-1": {"step": 30, "f1": 0.5}}, finished).save()
    oracle().save(tmp_path / "best_model.safetensors")
    found = about(tmp_path)
    assert found.what == "run"
    assert found.facts["finished"].startswith("yes" if finished else "no")
    assert found.facts["replicate-1"] == "step 30, f1 0.5"


@pytest.mark.parametrize("card", [True, False])
def test_folder_of_runs(oracle, tmp_path, card):
    for name, finished in (("fold-1", True), ("fold-2", False)):
        run = Run(tmp_path / name, {}, ("pulse", "sine"), {"replicate-1": {"step": 30, "f1": 0.5}}, finished)
        run.save()
    (tmp_path / ".hidden").write_text("")
    if card:
        Runs(tmp_path, "cross-validate", ("fold-1", "fold-2", "fold-3")).save()
    found = about(tmp_path)
    assert found.what == "runs"
    assert found.facts["finished"] == ("1 of 3" if card else "1 of 2")
    assert found.facts["not finished"] == ("fold-2, fold-3" if card else "fold-2")
    assert found.facts["fold-1"].startswith("replicate-1: best at step 30, F1 0.500")
    assert ("made by" in found.facts) == card


def test_recordings_beside_which_somebody_has_trained_are_a_folder(folder):
    Run(folder / "first", {}, ("pulse", "sine")).save()
    assert about(folder).what == "folder"


def test_folder(folder):
    (folder / "broken.wav").write_text("no")
    found = about(folder)
    assert found.what == "folder"
    assert found.facts["recordings"] == "1, 2 s, 10 Hz"
    assert found.facts["detected time"] == 1
    assert found.stale == ()


def test_project(folder):
    (folder / "oscine.toml").write_text('annotation_format = "songexplorer"\nlabels = ["pulse"]\ncoverage = "rows"\n')
    facts = about(folder).facts
    assert (facts["annotation format"], facts["labels"], facts["coverage"]) == ("songexplorer", "pulse", "rows")


def test_empty_folder(tmp_path):
    assert about(tmp_path).facts == {"recordings": "none", "annotations": "none that can be read"}


def test_nothing(tmp_path):
    with pytest.raises(InputError, match="there is no such file or folder"):
        info(tmp_path / "absent")


def test_something_else(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"\0\1\2")
    with pytest.raises(InputError, match="is of no annotation format that is known"):
        info(tmp_path / "a.bin")


# -- what is out of date ---------------------------------------------------------------------------------------------


def trained(folder, *digests):
    """As if somebody had trained on the recordings of a folder."""
    (folder / LOG).parent.mkdir(exist_ok=True)
    with (folder / LOG).open("a") as log:
        log.write(json.dumps({"time": "20260131T235959", "run": "runs/x", "models": digests}) + "\n")


def test_predictions_scores_and_misses_of_an_older_model(folder):
    trained(folder, "0123456789abcdef")
    assert [path.name for path in find_stale(folder)] == ["a_missed.csv", "a_predicted.csv", "a_scores.h5"]
    found = about(folder)
    assert "out of date" in str(found)
    assert "a_missed.csv" in str(found)
    assert len(found.summary()["stale"]) == 3


def test_those_of_the_model_trained_last_are_not(folder):
    digest = Model.load(folder.parent / "old_model.safetensors").digest
    trained(folder, "0123456789abcdef")
    trained(folder, "fedcba9876543210", digest)
    assert find_stale(folder) == []


def test_segments_of_older_scores(folder):
    """However far back the model is."""
    made_by = Provenance.load(folder / "a_predicted.provenance.json").model_dump(mode="json")
    story = Provenance.now("segment", {}, {"scores": {"recording": "a.wav", "made_by": made_by}})
    story.save(folder / "a_predicted.provenance.json")
    trained(folder, "0123456789abcdef")
    assert folder / "a_predicted.csv" in find_stale(folder)


def test_detections_and_damaged_stories_are_never_stale(folder):
    trained(folder, "0123456789abcdef")
    Provenance.now("detect", {}, {}).save(folder / "a_detected.provenance.json")
    (folder / "b_predicted.provenance.json").write_text("{")
    write_json(folder / "c_predicted.provenance.json", {"operation": "predict", "inputs": {"model": None}})
    (folder / "d_scores.h5").write_bytes(b"no")
    assert len(find_stale(folder)) == 3


def test_each_folder_has_its_own_training(folder):
    (folder / "below").mkdir()
    trained(folder / "below", "0123456789abcdef")
    assert find_stale(folder) == []
