"""Two sets of annotations compared: against a scorer that shares no line with ours, by hand, by command line."""

from __future__ import annotations

import importlib.util
import json
import math
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from oscine import cli
from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT
from oscine.evaluation.score import ScoreParams, score
from oscine.evaluation.score_sides import recordings_of
from oscine.metrics.counts import Counts

SCORER = Path(os.environ.get("OSCINE_SCORER", Path(__file__).parents[3] / "shared" / "tools" / "score.py"))
DURATIONS = {"a.wav": 0.5, "b.wav": 0.25, "c.wav": 0.1004}
HEADER = "name,start_seconds,stop_seconds\n"


def annotations(*rows, **more):
    columns = ("recording", "onset", "offset", "label")
    return Annotations([dict(zip(columns, row, strict=True)) for row in rows], **more)


@pytest.fixture(scope="module")
def scorer():
    if not SCORER.is_file():
        pytest.skip(f"no independent scorer at {SCORER} (set OSCINE_SCORER)")
    spec = importlib.util.spec_from_file_location("score", SCORER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def durations(tmp_path_factory):
    path = tmp_path_factory.mktemp("durations") / "durations.csv"
    path.write_text("file,seconds\n" + "".join(f"{name},{seconds}\n" for name, seconds in DURATIONS.items()))
    return path


# coarse times make ties, abutting, overlapping and equal segments, and differences of just a tolerance; many are events
TIMES = st.integers(0, 80).map(lambda step: step * 0.002) | st.integers(0, 5000).map(lambda step: step / 10000)
SPANS = st.tuples(TIMES, TIMES) | TIMES.map(lambda time: (time, time))
ROWS = st.lists(
    st.tuples(st.sampled_from(sorted(DURATIONS)), SPANS, st.sampled_from(["0", "1", "10", "b"])), max_size=16
).map(lambda rows: [(name, min(span), max(span), label) for name, span, label in rows])
EVERYWHERE = Coverage(dict.fromkeys(DURATIONS), whole=False)


@settings(max_examples=100, deadline=None)
@given(truth=ROWS, predicted=ROWS, tolerance=st.sampled_from([0.004, 0.010]), near=st.sampled_from([0.02, 0.006]))
def test_agrees_with_an_independent_scorer(scorer, durations, truth, predicted, tolerance, near):
    theirs = scorer.score(
        _by_file(truth), _by_file(predicted), DURATIONS, tols=(0.010, 0.004), seg_tol=near, events=True
    )
    params = ScoreParams(tolerance=tolerance, segment_tolerance=near, durations=durations, draws=0)
    ours = score(annotations(*truth, coverage=EVERYWHERE), annotations(*predicted), params).summary()
    ms, close = f"{tolerance * 1000:g}ms", f"{near * 1000:g}ms"
    assert ours["frame_error"] == theirs["frame_error"]
    assert ours["frame_error_song"] == theirs["frame_error_song"]
    assert ours["segment_error_rate"] == theirs["seg_error_rate"]
    assert ours["mean_over_recordings"]["segment_error_rate"] == pytest.approx(theirs["seg_error_rate_macro"])
    assert (ours["n_true"], ours["n_predicted"]) == (theirs["ref_segments"], theirs["pred_segments"])
    assert ours["label_accuracy"] == theirs["label_acc_matched"]
    assert _same(ours["boundary"], theirs[f"boundary@{ms}"])
    assert _same(ours["onset"], theirs[f"onset@{ms}"])
    assert _same(ours["offset"], theirs[f"offset@{ms}"])
    assert _same(ours["segment"], theirs[f"segment@{close}"])
    assert _same(ours["segment_nolabel"], theirs[f"segment_nolabel@{close}"])
    assert _same(ours["event_nolabel"], theirs.get(f"event[*]@{ms}", dict.fromkeys(("tp", "n_ref", "n_pred"), 0)))
    for label, found in ours["by_label"].items():
        other = theirs[f"event[{label}]@{ms}"]
        assert _same(found["event"], other)
        if found["event"]["tp"]:
            assert found["event"]["median_error"] * 1000 == pytest.approx(other["median_abs_dt_ms"])


def _by_file(rows):
    files = {}
    for name, *row in rows:
        files.setdefault(name, []).append(tuple(row))
    return {name: sorted(found) for name, found in files.items()}


def _same(ours, theirs):
    if (ours["tp"], ours["n_true"], ours["n_predicted"]) != (theirs["tp"], theirs["n_ref"], theirs["n_pred"]):
        return False
    rates = {"precision": "P", "recall": "R", "f1": "F1"}
    return all(ours[name] is None or ours[name] == theirs[short] for name, short in rates.items())


def test_worked_by_hand():
    """5 ms late onset, 11 ms late offset, one wrong name, one invented; a pulse found, another one called otherwise."""
    truth = annotations(
        ("a.wav", 0.1, 0.2, "x"), ("a.wav", 0.3, 0.4, "y"), ("a.wav", 0.6, 0.7, "x"),
        ("a.wav", 0.8, 0.8, "p"), ("a.wav", 0.9, 0.9, "p"),
    )  # fmt: skip
    guess = annotations(
        ("a.wav", 0.105, 0.2, "x"), ("a.wav", 0.3, 0.411, "y"), ("a.wav", 0.6, 0.7, "z"), ("a.wav", 0.75, 0.78, "x"),
        ("a.wav", 0.803, 0.803, "p"), ("a.wav", 0.9, 0.9, "q"),
    )  # fmt: skip
    found = score(truth, guess, ScoreParams(iou=(0.5, 0.95)))
    card = found.summary()
    assert card["n_frames"] == 900, "up to the last offset"
    assert card["frame_error"] == pytest.approx((5 + 11 + 100 + 30) / 900)
    assert card["frame_error_song"] == pytest.approx((5 + 11 + 100 + 30) / (300 + 11 + 30))
    assert card["segment_error_rate"] == pytest.approx(1 / 3), "xyzx for xyx"
    assert (card["onset"]["tp"], card["offset"]["tp"], card["boundary"]["tp"]) == (2, 2, 4)
    assert found.pooled.segments.labelled == Counts(2, 3, 4)
    assert found.pooled.segments.unlabelled == Counts(3, 3, 4)
    assert card["label_accuracy"] == pytest.approx(2 / 3)
    assert [card["iou"][share]["tp"] for share in ("0.5", "0.95")] == [2, 1]
    assert card["iou"]["0.95"]["nolabel"]["tp"] == 2
    assert (card["event"]["tp"], card["event_nolabel"]["tp"]) == (1, 2)
    assert card["timing"]["onset"]["percentiles"]["50"] == 0
    assert card["timing"]["onset"]["n"] == 3
    frames = card["by_label"]["x"]["frames"]
    assert (frames["n_true"], frames["n_predicted"], frames["recall"]) == (200, 125, pytest.approx(0.475))
    assert (card["labels_in_truth_only"], card["labels_in_predictions_only"]) == ([], ["q", "z"])
    assert json.loads(json.dumps(card, allow_nan=False)) == card


@settings(max_examples=25, deadline=None)
@given(truth=ROWS, predicted=ROWS)
def test_what_must_hold_of_any_annotations(durations, truth, predicted):
    one, two = annotations(*truth, coverage=EVERYWHERE), annotations(*predicted, coverage=EVERYWHERE)
    params = ScoreParams(draws=0, durations=durations)
    there, back = score(one, two, params).summary(), score(two, one, params).summary()
    for name in ("boundary", "segment", "segment_nolabel", "event"):
        assert there[name]["f1"] == back[name]["f1"]
        assert there[name]["precision"] == back[name]["recall"]
    for name in ("frame_error", "frame_error_song", "kappa", "macro_f1"):
        assert there[name] == pytest.approx(back[name]), name
        assert there[name] is None or -1 <= there[name] <= 1 + 1e-12
    alone = score(one, one, params).summary()
    assert not alone["frame_error"]
    assert all(alone[name]["f1"] in (1, None) for name in ("boundary", "segment_nolabel", "segment", "event"))
    parts = [score(one.select(recordings=[name]), two.select(recordings=[name]), params) for name in DURATIONS]
    pooled = parts[0].pooled.headline.boundary + parts[1].pooled.headline.boundary + parts[2].pooled.headline.boundary
    assert pooled == score(one, two, params).pooled.headline.boundary


def test_intervals_are_over_recordings(tmp_path):
    rng = np.random.default_rng(0)
    rows = [(f"{i}.wav", onset, onset + 0.05, "x") for i in range(20) for onset in np.arange(0, 2, 0.1)]
    guess = [(name, a + rng.normal(0, 0.004), b, label) for name, a, b, label in rows if rng.uniform() < 0.9]
    guess = [(name, max(a, 0), b, label) for name, a, b, label in guess]
    found = score(annotations(*rows), annotations(*guess))
    for name, interval in found.intervals.items():
        assert math.isnan(interval.value) or interval.low <= interval.value <= interval.high, name
    assert 0.005 < found.intervals["boundary_f1"].high - found.intervals["boundary_f1"].low < 0.1
    again = score(annotations(*rows), annotations(*guess), ScoreParams(seed=1))
    assert again.intervals["boundary_f1"] != found.intervals["boundary_f1"]
    assert found.save(tmp_path / "scores.json").is_file()
    card = json.loads((tmp_path / "scores.json").read_text())
    assert card["intervals"]["segment_f1"]["value"] == card["segment"]["f1"]
    assert card["provenance"]["operation"] == "score"


def test_names_of_the_same_recording():
    truth = annotations(("day1/a.wav", 0.1, 0.2, "x"), ("b.wav", 0.1, 0.2, "x"))
    found = score(truth, annotations(("a.wav", 0.1, 0.2, "x"), ("b.flac", 0.1, 0.2, "x")))
    assert found.summary()["segment"]["f1"] == 1
    assert list(found.by_recording) == ["b.wav", "day1/a.wav"]


def test_only_what_somebody_has_looked_at_counts():
    coverage = Coverage({"a.wav": [(0.0, 0.5)]}, whole=False)
    truth = annotations(("a.wav", 0.1, 0.2, "x"), ("a.wav", 0.3, 0.3, "p"), coverage=coverage)
    guess = annotations(*((("a.wav", a, b, "x")) for a, b in [(0.1, 0.2), (0.6, 0.7), (0.8, 0.8)]))
    card = score(truth, guess).summary()
    assert card["seconds"] == 0.5
    assert (card["n_frames"], card["frame_error"]) == (500, 0)
    assert card["segment"]["n_predicted"] == card["iou"]["0.5"]["n_predicted"] == card["n_predicted"] == 1
    assert (card["boundary"]["n_predicted"], card["event_nolabel"]["n_predicted"]) == (2, 0)


def test_peers_count_otherwise():
    truth = annotations(("a.wav", 0.100, 0.150, "x"), ("a.wav", 0.150, 0.200, "x"), ("a.wav", 0.5, 0.5, "p"))
    guess = annotations(("a.wav", 0.102, 0.150, "x"), ("a.wav", 0.150, 0.200, "x"), ("a.wav", 0.501, 0.501, "p"))
    legacy = score(truth, guess, ScoreParams(legacy=True)).legacy
    assert legacy["VocalPy 0.6.1"] == {"boundary_precision": 1, "boundary_recall": 1, "boundary_f1": 1}
    assert legacy["WhisperSeg"]["segment_f1"] == 1
    assert legacy["DAS"]["event_f1"] == 1
    assert set(legacy) == {"VocalPy 0.6.1", "VocalPy later", "vak 1.1.0", "WhisperSeg", "DAS"}


# -- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def metrics(capsys, tmp_path, monkeypatch):
    """Run `oscine metrics` in an empty folder: exit code, what it printed, and what it said."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        capsys.readouterr()
        before = sorted(map(str, tmp_path.rglob("*")))
        with pytest.raises(SystemExit) as ended:
            cli.main(["metrics", *map(str, arguments)])
        captured = capsys.readouterr()
        assert sorted(map(str, tmp_path.rglob("*"))) == before, "something was written"
        return ended.value.code or 0, captured.out, captured.err

    return run


@pytest.fixture
def refused(metrics):
    """The one line that a command says which cannot say anything."""

    def run(*arguments):
        code, out, err = metrics(*arguments)
        problems = [line for line in err.splitlines() if line.startswith("oscine: error: ")]
        assert (code, out, len(problems)) == (2, "", 1), err
        assert err.splitlines()[-1] == problems[0]
        assert "Traceback" not in err
        return problems[0]

    return run


@pytest.fixture
def files(tmp_path):
    """Write annotation files of our own format: by path, rows of label, onset and offset."""

    def write(**sides):
        for path, rows in sides.items():
            place = tmp_path / path.replace("__", "/").replace("DOT", ".")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.with_suffix(".csv").write_text(HEADER + "".join(f"{a},{b},{c}\n" for a, b, c in rows))

    return write


def test_two_files_are_about_one_recording(metrics, files):
    files(truth=[("x", 0.1, 0.2), ("y", 0.3, 0.4)], guess=[("x", 0.103, 0.2), ("z", 0.3, 0.43)])
    code, out, err = metrics("truth.csv", "guess.csv", "--tolerance", "0.004", "--json")
    assert code == 0
    card = json.loads(out)["result"]
    assert (card["boundary"]["precision"], card["segment"]["f1"], card["segment_error_rate"]) == (0.75, 0.5, 0.5)
    assert "guess.wav of the predictions is taken to be truth.wav of the truth" in err
    assert "warning: guess.wav" not in err
    assert "how long truth.wav lasts is not known" in err
    assert "labels that are never predicted, and so count as missed: y" in err
    assert "labels that nobody annotated, and so count as invented: z" in err
    code, out, _ = metrics("truth.csv", "guess.csv")
    assert "labels never predicted: y" in out
    assert "syllable error rate" in out
    assert "onsets and offsets within 4 ms" in out


def test_two_files_that_name_different_recordings(metrics, files):
    files(may01_annotations=[("x", 0.1, 0.2)], may02_predicted=[("x", 0.1, 0.2)])
    code, out, err = metrics("may01_annotations.csv", "may02_predicted.csv")
    assert code == 0
    assert "warning: may02.wav of the predictions is taken to be may01.wav of the truth" in err
    assert "1 recording, 0.2 s: 1 segment annotated, 1 predicted" in out
    assert "interval" not in out


def test_folders_recordings_and_durations(metrics, files, tmp_path):
    files(
        truth__a_annotations=[("x", 0.1, 0.2)],
        truth__b_annotations=[],
        truth__c_annotations=[("x", 0.1, 0.2)],
        guess__a_predicted=[("x", 0.1, 0.2)],
        guess__b_predicted=[("x", 0.5, 0.6)],
        guess__d_predicted=[("x", 0.5, 0.6)],
    )
    for name in "ab":
        soundfile.write(tmp_path / "truth" / f"{name}.wav", np.zeros(2000), 1000)
    (tmp_path / "durations.csv").write_text("recording,seconds\nelsewhere/c.wav,4\n")
    code, out, err = metrics("truth", "guess", "--json", "--durations", "durations.csv")
    card = json.loads(out)["result"]
    assert code == 0
    assert {name: one["duration"] for name, one in card["by_recording"].items()} == {"a.wav": 2, "b.wav": 2, "c.wav": 4}
    assert card["frame_error"] == pytest.approx(0.2 / 8)
    assert (card["segment"]["tp"], card["segment"]["n_true"], card["segment"]["n_predicted"]) == (1, 2, 2)
    assert card["recordings_in_truth_only"] == ["c.wav"]
    assert card["recordings_in_predictions_only"] == ["d.wav"]
    assert "nothing is predicted in c.wav: all that is annotated there counts as missed" in err
    assert "nobody has annotated d.wav: predictions there are not scored" in err
    assert "not known" not in err


def test_one_folder_with_both(metrics, files):
    files(a_annotations=[("x", 0.1, 0.2)], a_predicted=[("x", 0.1, 0.21)], a_detected=[("time", 0.0, 0.9)])
    code, out, err = metrics(".", ".", "--json", "--tolerance", "0.02")
    assert code == 0
    assert (
        json.loads(out)["result"]["boundary"] | {"tp": 2, "n_true": 2, "n_predicted": 2}
        == json.loads(out)["result"]["boundary"]
    )
    assert "predicted: rows of kind predicted are taken, not annotated, detected" in err
    code, out, _ = metrics(".", ".", "--json", "--predicted-kind", "detected", "--relabel", "time=x")
    assert json.loads(out)["result"]["by_label"]["x"]["frames"]["n_predicted"] > 200 - 1


def test_two_annotators(metrics, refused, files):
    files(**{"a_annotations-ann": [("x", 0.1, 0.2)], "a_annotations-ben": [("x", 0.1, 0.25)]})
    said = refused(".", ".")
    assert "several people have annotated a.wav" in said
    assert "--truth-annotator ann" in said
    code, out, _ = metrics(".", ".", "--truth-annotator", "ann", "--predicted-annotator", "ben", "--json")
    assert code == 0
    assert json.loads(out)["result"]["boundary"]["tp"] == 1
    assert "Did you mean 'ben'" in refused(".", ".", "--truth-annotator", "bem")


def test_annotators_of_the_recording_alone_are_named_and_other_recordings_come_first(refused, files, tmp_path):
    for folder, recording in (("one", "a"), ("two", "b")):
        (tmp_path / folder).mkdir()
        for who in ("ann", "ben"):
            file = tmp_path / folder / f"{recording}_annotations-{who}.csv"
            file.write_text("name,start_seconds,stop_seconds\nx,0.1,0.2\n")
    (tmp_path / "one" / "c_annotations-aaa.csv").write_text("name,start_seconds,stop_seconds\nx,0.1,0.2\n")
    assert "no recording in common" in refused("one", "two")
    said = refused("one", "one")
    assert "found 'ann, ben'" in said
    assert "aaa" not in said


def test_empty_annotations(metrics, refused, files, tmp_path):
    files(truth=[("x", 0.1, 0.2)], nothing=[])
    code, out, _ = metrics("truth.csv", "nothing.csv", "--json")
    card = json.loads(out)["result"]
    assert (code, card["segment"]["recall"], card["segment"]["precision"], card["segment_error_rate"]) == (
        0,
        0,
        None,
        1,
    )
    code, out, _ = metrics("nothing.csv", "truth.csv", "--json")
    card = json.loads(out)["result"]
    assert (code, card["segment_error_rate"], card["segment"]["precision"], card["frame_error_song"]) == (0, None, 0, 1)
    assert "both sides are empty" in refused("nothing.csv", "nothing.csv")
    (tmp_path / "durations.csv").write_text("recording,seconds\nnothing.wav,2\n")
    code, out, _ = metrics("nothing.csv", "nothing.csv", "--durations", "durations.csv")
    assert code == 0
    assert "1 recording, 2.0 s: 0 segments annotated, 0 predicted" in out


def test_what_says_nothing(refused, metrics, files, tmp_path):
    files(one__a_annotations=[("x", 0.1, 0.2)], other__b_predicted=[("x", 0.1, 0.2)])
    assert "no such annotation file" in refused("one/a_annotations.csv", "absent.csv")
    (tmp_path / "bare").mkdir()
    assert "holds no annotations" in refused("one", "bare")
    said = refused("one", "other")
    assert "no recording in common" in said
    assert "'b.wav'" in said
    assert "allowed: a.wav" in said
    (tmp_path / "unseen_annotations.csv").write_text("name,start_seconds,stop_seconds,kind\n,,,coverage\n")
    said = refused("unseen_annotations.csv", "unseen_annotations.csv")
    assert "nobody has looked" in said
    assert "--coverage whole" in said
    assert "unknown label" in refused("one", "one", "--labels", "y")
    assert "unknown kind" in refused("one", "one", "--truth-kind", "detected")
    assert "no such table of durations" in refused("one", "one", "--durations", "none.csv")
    (tmp_path / "durations.csv").write_text("recording,seconds\na.wav,long\n")
    said = refused("one", "one", "--durations", "durations.csv")
    assert "durations.csv, line 2: a duration is none; found 'long'" in said
    (tmp_path / "durations.csv").write_text("recording,minutes\na.wav,1\n")
    assert "allowed: recording,seconds" in refused("one", "one", "--durations", "durations.csv")
    assert "an intersection over union is none" in refused("one", "one", "--iou", "0.5,1.5")
    assert "out of range" in refused("one", "one", "--tolerance", "-1")


def test_a_sparse_truth_is_said_to_be_one(metrics, files, tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(1000), 1000)
    (tmp_path / "a.wav-annotated-ann.csv").write_text("a.wav,100,200,annotated,x\n")
    (tmp_path / "a.wav-annotated-ben.csv").write_text("a.wav,100,200,annotated,x\na.wav,300,400,annotated,x\n")
    code, out, err = metrics("a.wav-annotated-ann.csv", "a.wav-annotated-ben.csv", "--json")
    assert (code, json.loads(out)["result"]["segment"]["precision"]) == (0, 1)
    assert "covers nothing but its own sounds in a.wav" in err
    code, out, err = metrics("a.wav-annotated-ann.csv", "a.wav-annotated-ben.csv", "--json", "--coverage", "whole")
    assert (code, json.loads(out)["result"]["segment"]["precision"]) == (0, 0.5)
    assert "warning" not in err


def test_in_python_all_is_covered_unless_said():
    truth = annotations(("a.wav", 0.1, 0.2, "x"))
    found = score(truth, annotations(("a.wav", 0.1, 0.2, "x"), ("b.wav", 0.1, 0.2, "x")))
    assert found.summary()["segment"]["precision"] == 0.5
    assert found.recordings_in_predictions_only == ("b.wav",)
    with pytest.raises(InputError, match="no recording in common"):
        score(annotations(("a.wav", 0, 1, "x"), coverage=Coverage({"a.wav": None}, whole=False)),
              annotations(("b.wav", 0, 1, "x")))  # fmt: skip


def test_people_on_real_song(fly, metrics):
    person2, person3 = (fly / f"20190122T093303a-7.wav-annotated-person{n}.csv" for n in (2, 3))
    code, out, _ = metrics(person2, person3, "--coverage", "whole", "--json")
    event = json.loads(out)["result"]["event"]
    assert (code, event["tp"], event["n_true"], event["n_predicted"]) == (0, 372, 374, 398)


def test_real_song_against_shifted_song(data, metrics, tmp_path):
    folder = data / "bengalese_finch" / "val"
    truth = Annotations.load(folder)
    table = truth.to_pandas()
    rng = np.random.default_rng(0)
    table["onset"] += rng.normal(0.001, 0.002, len(table))
    (tmp_path / "shifted").mkdir()
    Annotations(table.assign(kind="predicted")).save(tmp_path / "shifted")
    code, out, _ = metrics(folder, "shifted", "--json")
    card = json.loads(out)["result"]
    assert code == 0
    assert card["n_recordings"] == 9
    assert card["timing"]["onset"]["bias"] == pytest.approx(0.001, abs=0.0005)
    assert card["segment"]["f1"] == 1
    assert 0.9 < card["boundary"]["f1"] < 0.99
    assert 0 < card["frame_error"] < 0.02


def test_a_truth_of_nothing_is_told_what_to_do():
    nothing = Annotations([], coverage=Coverage({}, whole=False))
    with pytest.raises(InputError, match=r"names no recording\. Give annotations that have rows"):
        recordings_of(nothing, nothing, SILENT)
