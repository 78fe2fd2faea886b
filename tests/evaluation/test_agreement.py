"""The comparison of annotators and a machine: real people, and everything that may be missing or odd."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

import oscine
from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.core.errors import InputError
from oscine.core.monitor import Monitor
from oscine.core.running import run
from oscine.evaluation.agreement import AgreementParams, agreement
from oscine.evaluation.agreement_comparison import N_THRESHOLDS
from oscine.evaluation.opinions import Opinions
from oscine.figures.agreement import agreement_drawings
from oscine.metrics.counts import Counts
from oscine.networks.architectures.songexplorer import SongExplorer
from oscine.networks.model import Model
from oscine.networks.specification import Specification
from oscine.networks.targets.exclusive import Exclusive
from oscine.prediction.scores import Scores
from oscine.recordings.recording import Recording
from oscine.recordings.recordings import Recordings


class Listener(Monitor):
    def __init__(self):
        super().__init__()
        self.warnings = []

    def warning(self, text):
        self.warnings.append(text)


def rows(who, times, *, recording="a.wav", label="pulse", length=0.0, kind="annotated"):
    who = "" if kind == "predicted" else who
    return [
        {"recording": recording, "onset": t, "offset": t + length, "label": label, "annotator": who, "kind": kind}
        for t in times
    ]


def compare(*tables, coverage=None, model=None, recordings=None, scores=None, **options):
    listener = Listener()
    annotations = Annotations([row for table in tables for row in table], coverage=coverage)
    params = AgreementParams(**options)
    result = agreement(annotations, model, recordings, None, scores, params, monitor=listener)
    return result, [text for text in listener.warnings if "not there" not in text]


def write(folder, name, text):
    (folder / name).write_text("name,start_seconds,stop_seconds\n" + text)


def sound(folder, name="a.wav", seconds=10):
    soundfile.write(folder / name, np.zeros(1000 * seconds), 1000)


NETWORK = SongExplorer(
    context=0.064, features=(4, 4), representation={"name": "spectrogram", "window": 0.016, "stride": 0.004}
)


def untrained(path=None):
    task = Specification(labels=("pulse", "ambient"), sample_rate=1000)
    model = Model(NETWORK.build(task), NETWORK, Exclusive(), events=("pulse",))
    if path is not None:
        model.save(path)
        return Model.load(path)
    return model


@pytest.mark.parametrize(("recording", "f1"), [("20190122T093303a-7", 0.964), ("20190122T132554a-14", 0.865)])
def test_two_people_on_every_pulse_of_fly_song(fly, recording, f1):
    opinions = Opinions.load_all([fly / f"{recording}.wav-annotated-person{i}.csv" for i in (2, 3)])
    result = agreement(opinions)
    assert result.parties == ("person2", "person3")
    one = result.labels["mel-pulse"]
    assert one.pair("person2", "person3").f1 == pytest.approx(f1, abs=5e-4)
    counts = one.counts("label")
    assert 2 * counts.everyone / (2 * counts.everyone + counts.only("person2") + counts.only("person3")) == (
        one.pair("person2", "person3").f1
    )


def test_events_within_a_tolerance_or_convolved():
    tables = rows("ann", [1.0, 2.0, 3.0]), rows("ben", [1.008, 2.5, 3.0])
    everyone = {
        name: compare(*tables, **options)[0].labels["pulse"].counts("label").everyone
        for name, options in {
            "default": {},
            "wide": {"tolerance": 0.5},
            "narrow": {"tolerance": 0.005},
            "convolved": {"convolve": 0.010},
            "not": {"convolve": 0.0},
        }.items()
    }
    assert everyone == {"default": 2, "wide": 3, "narrow": 1, "convolved": 2, "not": 1}


def test_convolving_widens_in_both_measures():
    result, _ = compare(rows("ann", [1.0]), rows("ben", [1.006]), convolve=0.010, portion="whole")
    tics = result.labels["pulse"].counts("tic")
    assert (tics.only("ann"), tics.everyone, tics.only("ben")) == (6, 5, 6)


def test_segments_must_overlap_whatever_the_tolerance():
    tables = rows("ann", [1.0], length=0.1), rows("ben", [1.104], length=0.1)
    result, _ = compare(*tables, tolerance=0.05)
    assert result.labels["pulse"].counts("label").everyone == 0


def test_false_positives_count_where_somebody_looked_and_found_nothing(tmp_path):
    sound(tmp_path, "a.wav")
    sound(tmp_path, "b.wav")
    write(tmp_path, "a_annotations-ann.csv", "pulse,1.0,1.0\n")
    write(tmp_path, "b_annotations-ann.csv", "")
    for name in "ab":
        write(tmp_path, f"{name}_predicted.csv", "pulse,1.0,1.0\npulse,9.0,9.0\n")
    result = agreement(Opinions.load(tmp_path))
    counts = result.labels["pulse"].counts("label")
    assert counts.against("model") == Counts(1, 1, 4)
    assert result.labels["pulse"].by_recording("label")["b.wav"].only("model") == 2


def test_sparse_files_tell_no_more_than_from_the_first_to_the_last_sound():
    coverage = Coverage({"a.wav": [(t, t) for t in (1.0, 2.0, 3.0)]}, whole=False)
    tables = rows("ann", [1.0, 3.0]), rows("ben", [1.0, 2.0]), rows("", [0.5, 1.0, 2.5, 9.0], kind="predicted")
    said = {
        portion: compare(*tables, coverage=coverage, portion=portion)[0].labels["pulse"].counts("label")
        for portion in ("union", "intersection", "whole")
    }
    assert {portion: counts.only("model") for portion, counts in said.items()} == {
        "union": 1,  # 2.5
        "intersection": 0,
        "whole": 3,
    }
    assert said["intersection"].only("ann") == 0  # annotators are cut, too: 3.0 is outside


def test_a_label_that_is_used_elsewhere_was_looked_for_here():
    stretches = {"a.wav": [(1.0, 1.0), (5.0, 5.0)], "b.wav": [(1.0, 1.0)]}
    tables = (
        rows("ann", [1.0, 5.0], label="sine"),
        rows("ann", [1.0], recording="b.wav"),
        rows("", [2.0, 8.0], kind="predicted"),
        rows("", [1.0], recording="b.wav", kind="predicted"),
    )
    result, _ = compare(*tables, coverage=Coverage(stretches, whole=False))
    assert result.labels["pulse"].by_recording("label")["a.wav"].only("model") == 1  # 2.0; nobody looked at 8.0


def test_recordings_of_one_annotator_are_named_and_left_out():
    result, warnings = compare(rows("ann", [1.0]), rows("ben", [1.0]), rows("ann", [1.0], recording="alone.wav"))
    assert result.recordings == ("a.wav",)
    assert any("alone.wav (by ann)" in text for text in warnings)


def test_who_has_no_file_counts_as_having_found_nothing_or_not_at_all():
    tables = (
        rows("ann", [1.0, 2.0]),
        rows("ben", [1.0]),
        rows("", [1.0, 2.0], kind="predicted"),
        rows("ann", [1.0], recording="b.wav"),
        rows("", [1.0], recording="b.wav", kind="predicted"),
    )
    nothing, warnings = compare(*tables)
    assert nothing.labels["pulse"].counts("label").without("ben") == 2
    assert any("ben has no file of b.wav" in text for text in warnings)
    one = nothing.labels["pulse"]
    assert list(one.pairs["ann", "ben"]) == ["a.wav"]  # two by two, only where both have looked
    assert one.pair("ann", "model").counts == Counts(3, 3, 3)
    unknown, warnings = compare(*tables, absent="unknown")
    assert unknown.recordings == ("a.wav",)
    assert any("not all annotators" in text and "b.wav" in text for text in warnings)


def test_labels_of_one_and_not_of_the_other_are_reported_and_count():
    result, warnings = compare(rows("ann", [1.0]), rows("ben", [1.0]), rows("ben", [2.0, 3.0], label="sine"))
    assert result.labels["sine"].counts("label").only("ben") == 2
    assert any(text.startswith("sine is used by ben, not by ann") for text in warnings)
    assert any("sine is used by ben" in text for text in result.remarks)


def test_no_coverage_is_said():
    tables = rows("ann", [1.0], label="sine"), rows("", [1.0], kind="predicted")
    coverage = Coverage({"a.wav": [(1.0, 1.0)]}, whole=False)
    result, warnings = compare(*tables, coverage=coverage)
    assert list(result.labels) == ["sine"]
    assert any(text.startswith("pulse: no coverage") for text in warnings)
    with pytest.raises(InputError, match="no coverage"):
        compare(*tables, coverage=coverage, labels=("pulse",))
    whole, _ = compare(*tables, coverage=coverage, portion="whole")
    assert whole.labels["pulse"].counts("label").only("model") == 1


@pytest.mark.parametrize(
    ("tables", "options", "message"),
    [
        ([rows("ann", [1.0])], {}, "no second party"),
        ([rows("", [1.0], kind="predicted")], {}, "no second party"),
        ([rows("ann", [1.0]), rows("ben", [1.0], recording="b.wav")], {}, "no second party"),
        ([rows("ann", [1.0]), rows("ben", [1.0])], {"annotators": ("ann",)}, "no second party"),
        ([rows("ann", [1.0]), rows("ben", [1.0])], {"annotators": ("bem",)}, "Did you mean 'ben'"),
        ([rows("ann", [1.0]), rows("ben", [1.0])], {"labels": ("puls",)}, "Did you mean 'pulse'"),
        ([rows("ann", [1.0]), rows("", [1.0], kind="predicted")], {"n_thresholds": 5}, "there are none"),
        ([rows("ann", [1.0]), rows("ben", [1.0])], {"n_thresholds": 5}, "there are none"),
        ([rows("ann", [1.0]), rows("ben", [1.0])], {"store": True}, "no model to store"),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_line(tables, options, message):
    with pytest.raises(InputError, match=message) as caught:
        compare(*tables, **options)
    assert "\n" not in str(caught.value)


def test_parties_may_be_called_like_sets(tmp_path):
    table = [*rows("everyone", [1.0]), *rows("ben", [1.0, 2.0]), *rows("not ben", [1.0, 2.0, 3.0])]
    folder = agreement(Annotations(table), params=AgreementParams(measure="label")).save(tmp_path / "x")
    sizes = {kind: len((folder / f"a.wav-disjoint-label-{kind}.csv").read_text().splitlines()) - 1
             for kind in ("everyone", "onlyeveryone", "onlynot ben", "noteveryone")}  # fmt: skip
    assert sizes == {"everyone": 1, "onlyeveryone": 0, "onlynot ben": 1, "noteveryone": 1}


def test_params_are_checked():
    assert AgreementParams(measure="sample").measures == ("tic",)
    assert AgreementParams().measures == ("tic", "label")
    for wrong in ({"ratios": (0,)}, {"ratios": ()}, {"tolerance": -1}, {"measure": "word"}, {"n_thresholds": 0}):
        with pytest.raises(InputError):
            AgreementParams(**wrong)


def test_several_files_are_parties_of_their_names(tmp_path):
    for who, times in (("ann", (1, 2)), ("ben", (1, 3))):
        (tmp_path / who).mkdir()
        write(tmp_path / who, "a_annotations.csv", "".join(f"pulse,{t},{t}\n" for t in times))
    result = agreement(Opinions.load(f"{tmp_path / 'ann'},{tmp_path / 'ben'}"))
    assert result.parties == ("ann", "ben")
    assert result.labels["pulse"].counts("label").to_dict() == {"ann": 1, "ann & ben": 1, "ben": 1}


# -- thresholds ------------------------------------------------------------------------------------------------------


PEAKS = {1.0: 0.9, 2.0: 0.8, 3.0: 0.7, 4.0: 0.6, 5.0: 0.4, 6.0: 0.3}
"""Times and heights of what a machine takes for pulses; people say that only 1, 2, 4 and 5 are."""


def scored(folder):
    sound(folder)
    values = np.zeros((2, 1001), np.float32)
    for t, height in PEAKS.items():
        values[0, round(t * 100)] = height
    scores = Scores.from_array(
        values, ("pulse", "hum"), 100.0, recording="a.wav", duration=10.0, events=("pulse",), thresholds={"pulse": 0.5}
    )
    scores.save(folder / "a_scores.h5")
    for who in ("ann", "ben"):
        write(folder, f"a_annotations-{who}.csv", "".join(f"pulse,{t},{t}\n" for t in (1, 2, 4, 5)))
    return folder


def test_thresholds_of_scores_beside_the_recordings(tmp_path):
    result = agreement(Opinions.load(scored(tmp_path)), params=AgreementParams(ratios=(0.5, 1.0, 2.0)))
    one = result.labels["pulse"]
    assert [value for value, _ in one.curve] == pytest.approx([i / 21 for i in range(1, 21)])
    by_threshold = {value: counts["label"].against("model") for value, counts in one.curve}
    assert by_threshold[one.curve[0][0]] == Counts(4, 4, 6)
    assert by_threshold[one.curve[-1][0]] == Counts(0, 4, 0)
    half, even, double = one.dense["label"]
    assert (even.value, even.counts) == (pytest.approx(0.5, abs=1e-6), Counts(3, 4, 4))  # 4 predicted of 4
    assert double.value == pytest.approx(0.75, abs=1e-6)
    assert half.counts == Counts(4, 4, 6)
    assert all(0 <= item.value <= 1 for item in one.dense["label"])
    assert one.in_use == 0.5
    assert one.counts("label").against("model") == Counts(3, 4, 4)


def test_tables_have_a_row_for_what_was_predicted_and_one_for_each_threshold(tmp_path):
    path = agreement(Opinions.load(scored(tmp_path))).save(tmp_path / "result")
    with (path / "agreement.label.pulse.csv").open() as file:
        lines = list(csv.reader(file))
    assert len(lines) == N_THRESHOLDS + 2
    names = ("ann", "ben", "model")
    sets = [f"{word} {name}" for word in ("only", "not") for name in names]
    assert lines[0] == ["", *sets, "Everyone", "Precision", "Recall"]
    assert [float(line[0]) for line in lines[2:]] == pytest.approx([i / 21 for i in range(1, 21)])
    assert (path / "thresholds-dense-label.csv").read_text().splitlines()[0] == "precision/recall,1.0"


def test_predicted_rows_count_before_scores_and_scores_of_a_folder_are_found(tmp_path):
    scored(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    shutil.move(tmp_path / "a_scores.h5", tmp_path / "elsewhere" / "a_scores.h5")
    write(tmp_path, "a_predicted.csv", "pulse,1,1\n")
    result = agreement(Opinions.load(tmp_path), scores=tmp_path / "elsewhere")
    one = result.labels["pulse"]
    assert one.counts("label").against("model") == Counts(1, 4, 1)
    assert one.dense["label"][0].value == pytest.approx(0.5, abs=1e-6)
    with pytest.raises(InputError, match="no such scores"):
        agreement(Opinions.load(tmp_path), scores=tmp_path / "nowhere")


def test_a_model_is_applied_and_gets_its_thresholds(tmp_path):
    scored(tmp_path)
    rng = np.random.default_rng(0)
    soundfile.write(tmp_path / "a.wav", rng.normal(0, 0.1, 10_000), 1000)
    (tmp_path / "a_scores.h5").unlink()
    model = untrained(tmp_path / "fly_model.safetensors")
    inputs = {"annotations": str(tmp_path), "model": str(model.path)}
    params = AgreementParams(labels=("pulse",), store=True, n_thresholds=3)
    (report,) = run(agreement, inputs, params, out=str(tmp_path / "result"), monitor=Listener())
    chosen = {measure: report.result.labels["pulse"].dense[measure][0] for measure in ("tic", "label")}
    assert Model.load(model.path).thresholds["pulse"] == chosen["label"].value
    assert len(report.result.labels["pulse"].curve) == 3
    for folder, prefix in ((tmp_path, "fly_"), (tmp_path / "result", "")):
        text = (folder / f"{prefix}thresholds-dense-label.csv").read_text()
        assert float(text.split("pulse,")[1]) == chosen["label"].value
    assert report.result.provenance.inputs["model"]["digest"] == model.digest


def test_a_model_needs_the_recordings():
    with pytest.raises(InputError, match="no such recording"):
        compare(rows("ann", [1.0]), model=untrained())


def test_recordings_in_memory_and_those_chosen():
    recordings = Recordings([Recording.from_sound(np.zeros((1, 5000)), 500.0, name="b.wav")])
    tables = [rows(who, [1.0], recording=name) for who in ("ann", "ben") for name in ("a.wav", "b.wav")]
    result, _ = compare(*tables, recordings=recordings)
    assert dict(result.sample_rates) == {"b.wav": 500.0}


def test_a_dataset_says_which_recordings():
    recordings = Recordings([Recording.from_sound(np.zeros((1, 5000)), 500.0, name=f"{name}.wav") for name in "abc"])
    truth = Annotations([row for name in "abc" for row in rows("", [1.0, 2.0], recording=f"{name}.wav")])
    params = oscine.PrepareParams(
        splitter={"name": "files", "validation_recordings": ("b.wav",), "test_recordings": ("c.wav",)}, few=1
    )
    dataset = oscine.prepare(recordings, truth, params)
    annotations = Annotations([row for who in ("ann", "ben") for name in "abc"
                               for row in rows(who, [1.0], recording=f"{name}.wav")])  # fmt: skip
    chosen = agreement(annotations, dataset=dataset, params=AgreementParams())
    assert chosen.recordings == ("b.wav", "c.wav")
    assert agreement(annotations, dataset=dataset, params=AgreementParams(parts=("test",))).recordings == ("c.wav",)


def test_three_people_have_fleiss_kappa_and_two_none():
    result, _ = compare(*(rows(who, [1.0, 2.0], length=0.1) for who in ("ann", "ben", "cleo")))
    assert result.labels["pulse"].votes.kappa == 1
    assert "Fleiss" in str(result)
    two, _ = compare(*(rows(who, [1.0, 2.0], length=0.1) for who in ("ann", "ben")))
    assert "Fleiss" not in str(two)
    assert two.machine is None
    assert two.summary()["labels"]["pulse"]["pairs"][0]["kappa"] == 1


def test_an_earlier_comparison_in_the_folder_is_replaced(tmp_path):
    compare(rows("ann", [1.0]), rows("ben", [1.0]), rows("cleo", [1.0], label="sine"))[0].save(tmp_path / "x")
    assert (tmp_path / "x" / "agreement.label.sine.csv").exists()
    (tmp_path / "x" / "mine.txt").write_text("keep")
    compare(rows("ann", [1.0]), rows("ben", [1.0]))[0].save(tmp_path / "x")
    names = {path.name for path in (tmp_path / "x").iterdir()}
    assert not [name for name in names if "sine" in name or "cleo" in name]
    assert {"mine.txt", "agreement.label.pulse.csv"} <= names


def test_the_folder_is_passed_over_when_the_project_is_read(tmp_path):
    for who in ("ann", "ben"):
        write(tmp_path, f"a_annotations-{who}.csv", "pulse,1,1\n")
    before = Annotations.load(tmp_path)
    agreement(Opinions.load(tmp_path)).save(tmp_path / "inside.agreement")
    assert Annotations.load(tmp_path) == before


def test_two_by_two_with_limits_over_recordings(tmp_path):
    tables = [rows(who, [1.0, 2.0] if who == "ann" or name == "a" else [1.0], recording=f"{name}.wav", length=0.1)
              for who in ("ann", "ben") for name in "abcd"]  # fmt: skip
    result, _ = compare(*tables)
    found = result.labels["pulse"].pair_intervals("ann", "ben")["f1"]
    assert found.value == pytest.approx(result.labels["pulse"].pair("ann", "ben").f1)
    assert found.low < found.value < found.high
    with (result.save(tmp_path / "x") / "agreement.pairs.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert (float(row["f1"]), float(row["f1_low"])) == (found.value, found.low)
    assert row["recordings"] == "4"
    told = result.summary()["labels"]["pulse"]["pairs"][0]
    assert told["intervals"]["kappa"]["level"] == 0.95
    assert list(told["recordings"]) == ["a.wav", "b.wav", "c.wav", "d.wav"]


def test_every_label_and_party_has_files_of_its_own(tmp_path):
    labels = ("song/a", "song-a", "song\\a")
    tables = [rows(who, range(1, n + 2), label=label) for who in ("x/y", "x-y") for n, label in enumerate(labels)]
    result, _ = compare(*tables)
    folder = result.save(tmp_path / "x")
    names = [f"agreement.label.song-a{end}.csv" for end in ("", "-2", "-3")]
    assert sorted(path.name for path in folder.glob("agreement.label.*")) == sorted(names)
    everyone = [(folder / name).read_text().splitlines()[1].split(",")[3] for name in names]
    assert sorted(everyone) == ["1", "2", "3"]
    assert len(list(folder.glob("*-disjoint-label-only*"))) == 2
    figures = [name for name, _ in agreement_drawings(result)]
    assert len(figures) == len(set(figures))


def test_two_files_name_the_result_however_they_are_separated(tmp_path):
    from oscine.core.running import target

    files = [tmp_path / "a_annotations-ann.csv", tmp_path / "a_annotations-ben.csv"]
    for file in files:
        file.write_text("name,start_seconds,stop_seconds\npulse,1,1\n")
    comma = Path(",".join(map(str, files)))
    expected = tmp_path / "a_annotations-ann+a_annotations-ben.agreement"
    assert target(agreement.operation, files[0], given=comma) == target(agreement.operation, comma) == expected
