"""Review: everything that deserves a look, with what is there, as a list and as files."""

from __future__ import annotations

import json
import tracemalloc

import numpy as np
import pytest
import soundfile

import oscine
from oscine import cli
from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.core.errors import InputError
from oscine.core.monitor import Monitor
from oscine.evaluation.review import Models, ReviewParams, review
from oscine.training.run import Run

HOP = 0.1


def song(n=100, **labels):
    """Scores (pulse, sine, background) of n frames: `pulse=[(first, stop, score), …]`, the rest background."""
    scores = np.zeros((3, n), np.float32)
    for place, label in enumerate(("pulse", "sine")):
        for first, stop, score in labels.get(label, ()):
            scores[place, first:stop] = score
    scores[2] = 1 - scores[:2].sum(axis=0)
    return scores


LABELS = ("pulse", "sine", "background")


@pytest.fixture
def project(tmp_path):
    """Make a folder of recordings whose channels are the scores of an oracle, and of files with annotations."""

    def make(scores, *annotations, name="a.wav"):
        folder = tmp_path / "songs"
        folder.mkdir(exist_ok=True)
        soundfile.write(folder / name, np.float32(scores).T, 10, "FLOAT")
        for table in annotations:
            table.save(folder)
        return folder

    return make


def table(*rows, kind="annotated", who="", covered="whole", recording="a.wav", **more):
    stretches = Coverage({recording: None if covered == "whole" else covered}, whole=False)
    made = [
        {"recording": recording, "onset": a, "offset": b, "label": label, "kind": kind, "annotator": who, **more}
        for a, b, label in rows
    ]
    return Annotations(made, coverage=stretches)


def told(found):
    return [(item.kind, item.recording, round(item.onset, 3), item.label, item.annotated) for item in found.items]


# -- with a model ----------------------------------------------------------------------------------------------------


def test_labels_that_the_model_does_not_know_are_named(oracle, project):
    class Told(Monitor):
        said = ()

        def warning(self, text):
            self.said = (*self.said, text)

    strange, none = Told(), Told()
    rows = [(1.0, 2.0, "chirp"), (3.0, 4.0, "sine"), (5.0, 6.0, "not_pulse")]
    review(project(song(), table(*rows)), oracle(labels=LABELS), monitor=strange)
    assert any("no model here knows chirp:" in text for text in strange.said)
    review(project(song(), table(*rows[1:])), oracle(labels=LABELS), monitor=none)
    assert not none.said


def test_mistaken_missed_uncertain_in_this_order(oracle, project):
    scores = song(pulse=[(10, 20, 0.95), (70, 75, 0.45)], sine=[(30, 40, 0.9), (50, 60, 0.97)])
    folder = project(scores, table((1.0, 2.0, "sine"), (3.0, 4.0, "sine")))
    found = review(folder, oracle(labels=LABELS))
    assert told(found) == [
        ("mistaken", "a.wav", 1.0, "pulse", "sine"),
        ("missed", "a.wav", 4.95, "sine", ""),
        ("uncertain", "a.wav", 6.95, "pulse", ""),
    ]
    assert [item.why for item in found.items] == [
        "annotated as sine, but the model says pulse (95%)",
        "the model is sure of sine (97%) where nothing is annotated",
        "the model wavers between background (55%) and pulse (45%)",
    ]
    assert found.items[2].score == pytest.approx(0.9, abs=0.01)
    assert dict(found.found) == {"mistaken": 1, "missed": 1, "uncertain": 1}


def test_what_nobody_has_looked_at_is_not_missed(oracle, project):
    scores = song(sine=[(30, 40, 0.9), (50, 60, 0.97)])
    folder = project(scores, table((3.0, 4.0, "sine"), covered=[(3.0, 4.0)]))
    assert told(review(folder, oracle(labels=LABELS))) == []


def test_nobody_overlooks_what_nobody_looks_for(oracle, project):
    scores = song(pulse=[(50, 60, 0.97)], sine=[(30, 40, 0.9)])
    folder = project(scores, table((3.0, 4.0, "sine")))
    assert told(review(folder, oracle(labels=LABELS))) == []


def test_labels_that_the_model_does_not_know_are_not_mistaken(oracle, project):
    folder = project(song(sine=[(30, 40, 0.9)]), table((1.0, 2.0, "hum"), (3.0, 4.0, "sine")))
    assert told(review(folder, oracle(labels=LABELS))) == []


def test_models_disagree(oracle, project):
    folder = project(song(pulse=[(10, 20, 0.9), (40, 50, 0.6)]))
    first = oracle(labels=LABELS)
    same = review(folder, Models({"replicate-1": first, "replicate-2": oracle(labels=LABELS)}))
    assert "disagreeing" not in same.found
    quiet = song(pulse=[(10, 20, 0.9)])
    other = Shifted(oracle(labels=LABELS), quiet)
    found = review(
        folder, Models({"replicate-1": first, "replicate-2": other.model}), ReviewParams(kinds=("disagreeing",))
    )
    assert told(found) == [("disagreeing", "a.wav", 3.95, "pulse", "")]
    assert found.items[0].why == "models differ; replicate-1: pulse (60%); replicate-2: background (100%)"


def test_scores_on_disk_serve_where_this_model_made_them(oracle, project, monkeypatch):
    folder = project(song(pulse=[(10, 20, 0.95)]), table((1.0, 2.0, "sine")))
    model, n = oracle(labels=LABELS), []
    predict = oscine.predict
    predict(model, oscine.Recording(folder / "a.wav")).save(folder / "a_scores.h5")
    monkeypatch.setattr("oscine.evaluation.review.predict", lambda *args, **more: n.append(1) or predict(*args, **more))
    assert told(review(folder, model)) == [("mistaken", "a.wav", 1.0, "pulse", "sine")]
    assert n == []
    project(song(pulse=[(10, 20, 0.9)]))
    assert told(review(folder, model)) == [("mistaken", "a.wav", 1.0, "pulse", "sine")]
    assert n == [1], "the sound is another one"


def test_replicates_of_a_run(tmp_path, monkeypatch):
    best = {"replicate-1": {"f1": 0.5, "step": 1.0}, "replicate-2": {"f1": 0.9, "step": 1.0}}
    run = Run(tmp_path / "run", {}, LABELS, best, True)
    for number in (1, 2, 3):
        (run.path / f"replicate-{number}").mkdir(parents=True)
        if number < 3:  # the third is not trained yet
            (run.path / f"replicate-{number}" / "best_model.safetensors").touch()
    run.save()
    monkeypatch.setattr("oscine.evaluation.review.Model.load", lambda path: path.name)
    assert Models.load(run.path).by_name == {
        "replicate-2": "best_model.safetensors",
        "replicate-1": "best_model.safetensors",
    }
    assert list(Models.of(run).by_name) == ["replicate-2", "replicate-1"], "the best first"
    (tmp_path / "run" / "best_model.safetensors").touch()
    assert list(Models.load(tmp_path).by_name) == ["run"], "a folder of runs"


class Shifted:
    """A model that says something else than the sound."""

    def __init__(self, model, scores):
        self.model, original = model, model.scores
        model.scores = lambda waveform: scores[:, : original(waveform).shape[-1]]


# -- with what is there ----------------------------------------------------------------------------------------------


def test_annotators_alone(project):
    folder = project(
        song(),
        table((1.0, 2.0, "sine"), (5.0, 6.0, "pulse"), who="Ann"),
        table((1.0, 2.0, "pulse"), (5.0, 6.0, "pulse"), who="Bob"),
    )
    found = review(folder)
    assert told(found) == [("disagreeing", "a.wav", 1.0, "pulse", "sine")]
    assert [text.split(",")[0] for text in found.without] == ["a model", "detections"]


def test_detections_alone(project):
    heard = table((1.0, 2.0, "time"), (2.0, 9.0, "neither"), (3.0, 3.01, "time"), kind="detected")
    found = review(project(song(), heard))
    assert told(found) == [("missed", "a.wav", 1.0, "other", "")]
    assert found.items[0].why == "a sound was detected for 1 s, and nothing is predicted or annotated"
    assert found.summary()["items"][0]["score"] is None


def test_predictions_on_disk_serve_without_a_model(project):
    folder = project(
        song(),
        table((1.0, 2.0, "sine"), (5.0, 6.0, "pulse"), covered=[(1.0, 2.0), (5.0, 6.0)]),
        table((1.0, 2.0, "pulse"), (8.0, 8.0, "pulse"), kind="predicted", score=0.6),
    )
    assert told(review(folder)) == [
        ("mistaken", "a.wav", 1.0, "pulse", "sine"),
        ("mistaken", "a.wav", 5.0, "background", "pulse"),
        ("uncertain", "a.wav", 8.0, "pulse", ""),
    ]


def test_limits_kinds_and_labels(oracle, project):
    scores = song(pulse=[(10, 20, 0.95), (70, 75, 0.45)], sine=[(50, 60, 0.97)])
    folder = project(scores, table((1.0, 2.0, "sine")))
    model = oracle(labels=LABELS)
    assert len(review(folder, model, ReviewParams(most=1)).items) == 1
    assert review(folder, model, ReviewParams(most=1)).found["uncertain"] == 1, "found, though there was no room"
    only = review(folder, model, ReviewParams(kinds=("uncertain", "missed")))
    assert [kind for kind, *_ in told(only)] == ["missed", "uncertain"]
    assert [kind for kind, *_ in told(review(folder, model, ReviewParams(labels=("pulse",))))] == [
        "mistaken",
        "uncertain",
    ]
    with pytest.raises(InputError, match=r"unknown label; found 'puls'.*Did you mean 'pulse'"):
        review(folder, model, ReviewParams(labels=("puls",)))


def test_a_dataset_and_a_single_recording(oracle, project, tmp_path):
    folder = project(song(pulse=[(10, 20, 0.95)]), table((1.0, 2.0, "sine")))
    project(song(), table((1.0, 2.0, "sine"), recording="b.wav"), name="b.wav")
    model = oracle(labels=LABELS)
    assert {recording for _, recording, *_ in told(review(folder, model))} == {"a.wav", "b.wav"}
    assert {recording for _, recording, *_ in told(review(folder / "a.wav", model))} == {"a.wav"}
    oscine.prepare(oscine.Recordings(folder), Annotations.load(folder), oscine.PrepareParams(few=1)).save(
        tmp_path / "x.dataset"
    )
    assert [kind for kind, *_ in told(review(tmp_path / "x.dataset", model))] == ["mistaken", "mistaken"]


def test_memory_does_not_grow_with_the_recording(oracle, project, monkeypatch):
    """Scores go to a file where they are many, and are read block by block."""
    monkeypatch.setattr("oscine.prediction.predict.IN_MEMORY", 2**20)
    monkeypatch.setattr("oscine.recordings.level.N_BLOCKS", 8)
    monkeypatch.setattr("oscine.core.artifacts._WHOLE", 2**20)  # digests of small files read them at once
    peaks = []
    for n in (600_000, 1_200_000):
        scores = song(n, pulse=[(10, 20, 0.95)])
        folder = project(scores, table((1.0, 2.0, "sine")))
        model = oracle(labels=LABELS)
        tracemalloc.start()
        review(folder, model)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


# -- files, and the command line -------------------------------------------------------------------------------------


def test_the_folder(oracle, project, tmp_path):
    scores = song(pulse=[(10, 20, 0.95), (70, 75, 0.45)], sine=[(50, 60, 0.97)])
    folder = project(scores, table((1.0, 2.0, "sine")))
    found = review(folder, oracle(labels=LABELS))
    place = found.save(tmp_path / "songs.review")
    names = ["a_missed.csv", "a_mistakes.csv", "a_uncertain.csv", "review.json"]
    assert sorted(path.name for path in place.iterdir()) == names
    card = json.loads((place / "review.json").read_text())
    assert (card["oscine"], card["version"], card["found"]["missed"]) == ("review", 1, 1)
    assert list(card["items"][0]) == ["recording", "onset", "offset", "label", "annotated", "kind", "score", "why"]
    rows = Annotations.load(place / "a_mistakes.csv").to_pandas()
    assert rows[["label", "kind", "annotated_label", "why"]].values.tolist() == [
        ["pulse", "mistaken", "sine", "annotated as sine, but the model says pulse (95%)"]
    ]
    review(folder, params=ReviewParams(kinds=("missed",)))
    assert "3 sounds to look at" in str(found)


def test_a_review_again_takes_the_old_files_away(oracle, project, tmp_path):
    folder = project(song(pulse=[(10, 20, 0.95), (70, 75, 0.45)]), table((1.0, 2.0, "sine")))
    place = review(folder, oracle(labels=LABELS)).save(tmp_path / "songs.review")
    review(folder, oracle(labels=LABELS), ReviewParams(kinds=("uncertain",))).save(place)
    assert sorted(path.name for path in place.iterdir()) == ["a_uncertain.csv", "review.json"]


def test_a_review_within_the_project_is_no_part_of_it(oracle, project):
    folder = project(song(pulse=[(10, 20, 0.95)]), table((1.0, 2.0, "sine")))
    review(folder, oracle(labels=LABELS)).save(folder / "todo")
    assert Annotations.load(folder).kinds == ["annotated"]


def run(*arguments):
    with pytest.raises(SystemExit) as exited:
        cli.main(["review", *map(str, arguments)])
    return exited.value.code


def test_from_the_command_line(project, tmp_path, capsys):
    folder = project(song(), table((1.0, 2.0, "time"), kind="detected"))
    assert run(folder, "--json") == 0
    said = json.loads(capsys.readouterr().out)["result"]
    assert said["listed"] == {"mistaken": 0, "missed": 1, "disagreeing": 0, "uncertain": 0}
    assert (tmp_path / "songs.review" / "a_missed.csv").is_file()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: (folder / "no",), "there is no such folder or recording"),
        (lambda folder: (folder,), "there is nothing to review by.*Annotate some sounds"),
        (lambda folder: (folder, "--model", folder / "no"), "there is no such model"),
        (lambda folder: (folder, "--most", "0"), "greater than or equal to 1|at least 1|≥ 1"),
        (
            lambda folder: (folder, "--kinds", "mistake"),
            "found 'mistake'.*mistaken, missed, disagreeing, uncertain|mistaken",
        ),
    ],
)
def test_bad_input_is_one_line(project, make, message, capsys, tmp_path):
    folder = project(song())
    assert run(*make(folder)) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    assert len(lines) == 1
    assert pytest.importorskip("re").search(message, lines[0]), lines[0]
    assert not (tmp_path / "songs.review").exists()
