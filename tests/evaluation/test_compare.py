"""Comparing runs: the same recordings, tests that find real differences and none where there is none, words."""

from __future__ import annotations

import json
import math
import shutil

import numpy as np
import pandas as pd
import pytest
import soundfile

import oscine
from oscine.core.errors import InputError
from oscine.core.monitor import Monitor
from oscine.datasets.dataset import Dataset
from oscine.evaluation.candidates import RunSet
from oscine.evaluation.compare import FIGURES, CompareParams, _pairs, compare
from oscine.evaluation.comparison import Compared, Comparison
from oscine.evaluation.recording_counts import RecordingCounts
from oscine.figures.compare_report import report_comparison
from oscine.figures.draw import draw
from oscine.metrics.bootstrap import Interval
from oscine.metrics.events import score_events
from oscine.metrics.frames import ConfusionMatrix
from oscine.metrics.segments import score_segments
from oscine.networks.architectures.tcn import Tcn
from oscine.networks.frontends.spectrogram import Spectrogram
from oscine.training.params import TrainParams

RATE = 4000


class Heard(Monitor):
    def __init__(self):
        super().__init__()
        self.warnings = []

    def warning(self, text):
        self.warnings.append(text)


@pytest.fixture(scope="module")
def tones(tmp_path_factory) -> Dataset:
    """Recordings with a tone now and then."""
    folder = tmp_path_factory.mktemp("tones")
    times = np.arange(3 * RATE) / RATE
    for number in range(6):
        random = np.random.default_rng(number)
        sound, rows = 0.001 * random.normal(size=len(times)), []
        for onset in np.arange(0.2, 2.6, 0.4):
            inside = (times >= onset) & (times < onset + 0.2)
            sound[inside] += 0.2 * np.sin(2 * np.pi * 500 * times[inside])
            rows.append(f"a,{onset:.3f},{onset + 0.2:.3f}")
        soundfile.write(folder / f"{number}.wav", sound.astype(np.float32), RATE)
        (folder / f"{number}_annotations.csv").write_text("\n".join(["name,start_seconds,stop_seconds", *rows]))
    params = oscine.PrepareParams(few=1, splitter={"name": "files", "validation": 50})
    return Dataset.load(oscine.prepare(oscine.Recordings(folder), params=params).save(folder / "tones.dataset"))


def trained(dataset, out, *, n_filters=4, n_steps=2, **more):
    params = TrainParams(
        architecture=Tcn(
            n_filters=n_filters, n_layers=1, representation=Spectrogram(window=0.016, stride=0.008), causal=False
        ),
        n_steps=n_steps, period=max(1, n_steps // 2), window=0.5, batch_size=2, device="cpu", learning_rate=0.02,
        **more,
    )  # fmt: skip
    return oscine.train(dataset, params, out=out)


@pytest.fixture(scope="module")
def runs(tones, tmp_path_factory):
    """A run that has learnt something and one that has not, with two models."""
    folder = tmp_path_factory.mktemp("runs")
    trained(tones, folder / "width16_x", n_filters=16, n_steps=40)
    trained(tones, folder / "width4_x", n_steps=2, n_replicates=2)
    return folder


PARAMS = CompareParams(speed=0.5, n_draws=400)


@pytest.fixture(scope="module")
def result(runs) -> Comparison:
    return compare(RunSet.load(str(runs / "width_x")), params=PARAMS)


def test_the_better_run_is_first_and_every_cost_is_told(result, runs):
    assert [one.name for one in result.candidates] == ["width4_x", "width16_x"]
    best, worse = result.ranked
    assert best.name == "width16_x"
    assert result.metric == "frame_error"
    assert best.rates["frame_error"].value < worse.rates["frame_error"].value
    assert (len(best.models), len(worse.models)) == (1, 2)
    assert best.n_parameters == oscine.Run.load(runs / "width16_x").model.network.n_parameters > worse.n_parameters
    assert all(value > 0 for one in result.candidates for value in one.seconds.values())
    assert best.speed > 1
    assert best.confusion.counts.sum() * 2 == worse.confusion.counts.sum()


def test_the_figures_are_those_of_evaluate(result, runs):
    alone = oscine.evaluate(oscine.Run.load(runs / "width16_x"), params=oscine.EvaluateParams(checkpoints="best"))
    mine = next(one for one in result.candidates if one.name == "width16_x")
    assert mine.rates["frame_error"].value == pytest.approx(alone.pooled.confusion_matrix.frame_error)
    assert mine.rates["f1"].value == pytest.approx(alone.pooled.overall["f1"])
    assert set(result.recordings) == set(alone.pooled.by_recording)


def test_it_says_in_words_which_is_better_and_how_sure_that_is(result):
    text = str(result)
    assert text.splitlines()[1].startswith("width16_x")
    assert "width16_x has the lowest frame error" in text
    assert "take them with caution" in text
    assert "width4_x" in result.verdict[1]


def test_files_go_by_the_seeds_names(result, tmp_path):
    result.save(tmp_path / "cmp")
    paths = draw(result, tmp_path / "cmp")
    assert {path.name for path in paths} == {
        "width_x-compare-overall-params-speed.pdf",
        "width_x-compare-confusion-matrices.pdf",
        "width_x-compare-PR-classes.pdf",
        "width_x-compare.html",
    }
    card = json.loads((tmp_path / "cmp" / "comparison.json").read_text())
    assert card["ranking"] == ["width16_x", "width4_x"]
    assert card["pairs"]["frame_error"][0]["p_corrected"] <= 1
    table = pd.read_csv(tmp_path / "cmp" / "width_x-compare.csv")
    assert table["run"].tolist() == ["width16_x", "width4_x"]
    html = (tmp_path / "cmp" / "width_x-compare.html").read_text()
    assert "width16_x has the lowest frame error" in html
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert "sortable" in html


def test_a_run_that_is_not_finished_is_judged_as_far_as_it_came_and_one_without_models_is_named(runs):
    folder = runs.with_name("copied")  # as far from the recordings as the original
    shutil.copytree(runs, folder)
    broken = folder / "width99_x"
    shutil.copytree(folder / "width4_x", broken)
    for file in broken.rglob("*_model.safetensors"):
        file.unlink()
    card = json.loads((broken / "run.json").read_text())
    (broken / "run.json").write_text(json.dumps({**card, "finished": False, "best": {}}))
    shutil.rmtree(broken / "replicate-1")
    shutil.rmtree(broken / "replicate-2")
    heard = Heard()
    found = compare(RunSet.load(str(folder / "width_x")), params=PARAMS, monitor=heard)
    assert [one.name for one in found.candidates] == ["width4_x", "width16_x"]
    assert any("width99_x" in text for text in found.missing)
    assert any("width99_x" in text for text in heard.warnings)
    assert "Left out" in str(found)


def test_a_run_that_is_not_finished_is_left_out_though_it_has_models(runs):
    folder = runs.with_name("stopped")
    shutil.copytree(runs, folder)
    stopped = folder / "width5_x"
    shutil.copytree(folder / "width4_x", stopped)
    card = json.loads((stopped / "run.json").read_text())
    (stopped / "run.json").write_text(json.dumps({**card, "finished": False}))
    found = compare(RunSet.load(str(folder / "width_x")), params=PARAMS)
    assert [one.name for one in found.candidates] == ["width4_x", "width16_x"]
    assert any("width5_x (this training is not finished" in text for text in found.missing)
    with pytest.raises(InputError, match="not finished"):
        compare([stopped, folder / "width4_x"], params=PARAMS)


def test_a_run_whose_dataset_is_gone_is_left_out_where_others_are_there(runs):
    folder = runs.with_name("moved")
    shutil.copytree(runs, folder)
    shutil.copytree(folder / "width4_x", folder / "width5_x")
    shutil.rmtree(folder / "width5_x" / "dataset")
    found = compare(RunSet.load(str(folder / "width_x")), params=PARAMS)
    assert [one.name for one in found.candidates] == ["width4_x", "width16_x"]
    assert any("width5_x (the dataset of this training is gone)" in text for text in found.missing)
    shutil.rmtree(folder / "width4_x" / "dataset")
    with pytest.raises(InputError, match="the dataset of this training is gone"):
        compare(RunSet.load(str(folder / "width_x")), params=PARAMS)


def test_one_run_alone_is_refused(runs):
    with pytest.raises(InputError, match="nothing to compare with; found 'width4_x'"):
        compare([runs / "width4_x"], params=PARAMS)


def test_runs_of_other_labels_and_batches_are_warned_of(tones, runs, tmp_path):
    rows = {name: part.to_pandas().assign(label="b") for name, part in tones.parts.items()}
    labels = oscine.LabelSet(["background", "b"])
    parts = {
        name: oscine.Annotations(table, coverage=tones.parts[name].coverage, labels=labels)
        for name, table in rows.items()
    }
    trained(Dataset(tones.recordings, labels, parts), tmp_path / "other", n_steps=2)
    found = compare([runs / "width4_x", tmp_path / "other"], params=PARAMS)
    assert any("other labels (width4_x: background, a; other: background, b)" in text for text in found.warnings)
    assert any("other datasets" in text for text in found.warnings)


def test_recordings_with_another_truth_are_left_out_and_none_left_is_an_error(tones, runs, tmp_path):
    part = tones.parts["validation"]
    table = part.to_pandas()
    name = part.recordings[0]
    less = table.drop(table.index[table["recording"] == name][0])
    dataset = Dataset(tones.recordings, tones.labels, {**tones.parts, "validation": part.with_rows(less)})
    trained(dataset, tmp_path / "less")
    found = compare([runs / "width4_x", tmp_path / "less"], params=PARAMS)
    assert name not in found.recordings
    assert len(found.recordings) == len(part.recordings) - 1
    assert any("recordings were judged for all runs" in text for text in found.warnings)
    swapped = Dataset(
        tones.recordings, tones.labels, {"train": tones.parts["validation"], "validation": tones.parts["train"]}
    )
    trained(swapped, tmp_path / "swapped")
    with pytest.raises(InputError, match=r"no recording that all of these runs were judged on.*--dataset"):
        compare([runs / "width4_x", tmp_path / "swapped"], params=PARAMS)
    both = compare([runs / "width4_x", tmp_path / "swapped"], tones, PARAMS)  # judged by one dataset
    assert set(both.recordings) == set(part.recordings)


# -- tests, on counts whose difference is known ------------------------------------------------------------------------


def counts(wrong: int, n: int = 1000) -> RecordingCounts:
    """A recording with so many wrong frames of one label."""
    matrix = np.array([[n // 2, 0], [wrong, n // 2 - wrong]], np.int64)
    none = np.empty((0, 2))
    return RecordingCounts(
        ConfusionMatrix(matrix, ("background", "a")),
        score_events([], [], [], [], 0.01),
        score_segments(none, [], none, []),
    )


def made(name: str, wrong) -> Compared:
    by_recording = {f"{place}.wav": counts(int(value)) for place, value in enumerate(wrong)}
    whole = sum(int(value) for value in wrong) / (1000 * len(wrong))
    matrix = next(iter(by_recording.values())).confusion
    rates = {"frame_error": Interval(whole, whole, whole), "f1": Interval(1 - whole, 0, 1)}
    return Compared(
        name, None, "tcn", rates, by_recording, {"m": matrix}, 10, {"m": 60.0}, {"m": ([], [])}, 5.0, ("a",)
    )


def compared(*ones: Compared, n_draws=1000) -> Comparison:
    pairs = {name: _pairs(ones, name, CompareParams(n_draws=n_draws)) for name in ("frame_error", "f1")}
    return Comparison("x", ones, tuple(ones[0].counts), "test", "frame_error", pairs)


def test_a_small_difference_that_is_there_in_every_recording_is_sure():
    hard = np.random.default_rng(0).integers(20, 300, 15)  # recordings differ far more than models do
    found = compared(made("one", hard), made("other", hard + 8))
    pair = found.pair("one", "other")
    assert pair.difference.value == pytest.approx(-0.008)
    assert pair.p < 0.01
    assert pair.difference.high < 0
    assert "surely better than other (by 0.80 percentage points" in " ".join(found.verdict)


def test_of_three_recordings_nothing_is_sure():
    found = compared(made("one", [100, 150, 200]), made("other", [300, 350, 400]))
    assert found.pair("one", "other").p < 0.05
    text = " ".join(found.verdict)
    assert "surely" not in text
    assert "better than other (by 20.00 percentage points" in text
    assert "on these 3 recordings; too few to be sure" in text


def test_a_run_alone_that_is_post_processed_or_calibrated_is_said(runs, tmp_path):
    for name in ("width16_x", "width4_x"):
        shutil.copytree(runs / name, tmp_path / name)
    file = tmp_path / "width16_x" / "best_model.safetensors"
    model = oscine.Model.load(file)
    model.with_decoding({"min_duration": 0.02}).with_temperature(2.0).save(file)
    heard = Heard()
    compare(RunSet.load(str(tmp_path / "width_x")), params=PARAMS, monitor=heard)
    text = "\n".join(heard.warnings)
    assert "width16_x is post-processed, width4_x is not" in text
    assert "width16_x is calibrated by a stored temperature, width4_x is not" in text


def test_a_difference_by_chance_is_not_sure():
    random = np.random.default_rng(1)
    found = compared(made("one", random.integers(50, 150, 15)), made("other", random.integers(50, 150, 15)))
    assert found.pair("one", "other").p > 0.05
    assert "is not sure" in " ".join(found.verdict)


def test_claims_among_equal_models_are_rare():
    random = np.random.default_rng(2)
    wrong = 0
    for _ in range(12):
        ones = [made(f"m{k}", random.integers(50, 150, 20)) for k in range(3)]
        found = _pairs(ones, "frame_error", CompareParams(n_draws=300))
        wrong += any(pair.p < 0.05 for pair in found)
    assert wrong <= 3


def test_a_pair_reads_the_same_from_either_side():
    found = compared(made("one", [10, 20, 30]), made("other", [15, 25, 60]))
    one, other = found.pair("one", "other").difference, found.pair("other", "one").difference
    assert (one.value, one.low, one.high) == (-other.value, -other.high, -other.low)


def test_of_one_recording_nothing_is_said_about_others():
    found = compared(made("one", [10]), made("other", [20]))
    assert math.isnan(found.pair("one", "other").p)
    assert "cannot be said" in " ".join(found.verdict)
    assert "one recording" in " ".join(found.verdict)
    report_comparison(found).to_html()


def test_many_runs_can_still_differ_for_sure():
    hard = np.random.default_rng(0).integers(20, 200, 12)
    ones = [made(f"m{k}", hard + 10 * k) for k in range(8)]  # 28 pairs
    found = compared(*ones, n_draws=100)
    assert found.pair("m0", "m7").p < 0.05


def test_every_main_figure_can_be_made_of_counts():
    one = counts(10)
    values = {name: statistic(lean(one)) for name, (lean, statistic) in FIGURES.items() if lean(one) is not None}
    assert values["frame_error"] == pytest.approx(0.01)
    assert values["recall"] == pytest.approx((1 + 0.98) / 2)
