"""Learning curves: sizes, choices that hold every label, a run that resumes, and the table."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import soundfile

import oscine
from oscine.annotations.coverage import Coverage
from oscine.annotations.labels import LabelSet
from oscine.core.artifacts import Provenance
from oscine.core.errors import Cancelled, InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.datasets.dataset import Dataset
from oscine.evaluation.learning_curve import LearningCurveParams, learning_curve
from oscine.evaluation.learning_curve_result import LearningCurve, fitted
from oscine.evaluation.learning_curve_sizes import plan_sizes
from oscine.figures.learning_curve_fit import plot_learning_curve_fit
from oscine.networks.architectures.tcn import Tcn
from oscine.networks.frontends.spectrogram import Spectrogram
from oscine.training.params import TrainParams
from oscine.training.subset import choose_subset

RATE = 4000.0
TINY = TrainParams(
    architecture=Tcn(n_filters=4, n_layers=1, representation=Spectrogram(window=0.016, stride=0.008)),
    n_steps=4, period=2, window=0.5, batch_size=2, device="cpu",
)  # fmt: skip


def song(folder, name, *, seconds, seed, labels="ab"):
    """Tones, an octave apart by label, with a pause after each; `.wav` and its annotations."""
    random = np.random.default_rng(seed)
    times = np.arange(round(seconds * RATE)) / RATE
    sound = 0.001 * random.normal(size=len(times))
    rows, onset, place = [], 0.2, 0
    while onset + 0.3 < seconds:
        label = labels[place % len(labels)]
        inside = (times >= onset) & (times < onset + 0.15)
        sound[inside] += 0.2 * np.sin(2 * np.pi * 400 * 2 ** labels.index(label) * times[inside])
        rows.append(f"{label},{onset:.3f},{onset + 0.15:.3f}")
        onset, place = onset + 0.35, place + 1
    soundfile.write(folder / f"{name}.wav", sound.astype(np.float32), int(RATE))
    (folder / f"{name}_annotations.csv").write_text("\n".join(["name,start_seconds,stop_seconds", *rows]) + "\n")


@pytest.fixture(scope="module")
def tones(tmp_path_factory) -> Dataset:
    """A dataset of two tones, annotated from end to end."""
    folder = tmp_path_factory.mktemp("tones")
    for number in range(6):
        song(folder, f"song{number}", seconds=8, seed=number)
    params = oscine.PrepareParams(few=1, splitter={"name": "files", "validation": 17, "test": 17})
    return Dataset.load(oscine.prepare(oscine.Recordings(folder), params=params).save(folder / "tones.dataset"))


PARAMS = LearningCurveParams(durations=(4.0, 8.0, 16.0), n_replicates=2, train=TINY, at_once=1)


@pytest.fixture(scope="module")
def curve(tones, tmp_path_factory) -> LearningCurve:
    return learning_curve(tones, PARAMS, out=tmp_path_factory.mktemp("runs") / "curve")


def test_every_size_is_trained_and_judged_on_the_test_part(curve, tones):
    assert curve.part == "test"
    table = curve.table
    assert list(table["train_dur"]) == [4, 4, 8, 8, 16, 16]
    assert list(table["replicate_num"]) == [1, 2] * 3
    assert (table["frame_error"].between(0, 1)).all()
    assert table["syllable_error_rate"].notna().all()
    assert np.allclose(table["avg_acc"], 1 - table["frame_error"], atol=0.1)
    for name in table["run"]:
        run = oscine.Run.load(curve.path / name)
        assert run.finished
        assert run.params["seconds"] == float(name.split("s/")[0].removeprefix("train_dur_"))


def test_the_files_hold_vaks_columns_first(curve):
    written = pd.read_csv(curve.path / "learning_curve.csv")
    assert list(written.columns[:2]) == ["train_dur", "replicate_num"]
    assert {"avg_acc", "avg_character_error_rate_tfm", "frame_error", "syllable_error_rate"} <= set(written.columns)
    card = json.loads((curve.path / "learning_curve.json").read_text())
    assert card["laws"]["frame_error"]["doubled"]["n"] == 16
    assert card["provenance"]["operation"] == "learning_curve"
    assert "3 sizes" in " ".join(card["notes"])
    assert json.loads((curve.path / "runs.json").read_text())["kind"] == "learning-curve"


def test_the_same_command_again_trains_nothing_and_gives_the_same(curve, tones):
    before = {file: file.stat().st_mtime_ns for file in curve.path.rglob("best_model.safetensors")}
    again = learning_curve(tones, PARAMS, out=curve.path)
    pd.testing.assert_frame_equal(again.table, curve.table)
    assert before == {file: file.stat().st_mtime_ns for file in curve.path.rglob("best_model.safetensors")}


def test_it_is_read_again_as_it_was(curve):
    read = LearningCurve.load(curve.path)
    assert str(read) == str(curve)
    assert read.laws["frame_error"].band(32.0) == curve.laws["frame_error"].band(32.0)


class Impatient(Monitor):
    """Stops as soon as the second training has begun."""

    def message(self, text):
        pass

    def updated(self, task):
        if "1 of" in task.note:
            self.cancel()


def test_interrupted_it_goes_on_and_ends_the_same(tones, tmp_path, curve):
    params = PARAMS.model_copy(update={"durations": (4.0, 8.0), "n_replicates": 1})
    with pytest.raises(Cancelled):
        learning_curve(tones, params, out=tmp_path / "curve", monitor=Impatient())
    resumed = learning_curve(tones, params, out=tmp_path / "curve")
    chosen = curve.table[(curve.table["replicate_num"] == 1) & (curve.table["train_dur"] < 10)]
    pd.testing.assert_frame_equal(resumed.table.reset_index(drop=True), chosen.reset_index(drop=True))


def test_other_trainings_do_not_mix_with_these(curve, tones):
    other = PARAMS.model_copy(update={"train": TINY.model_copy(update={"batch_size": 3})})
    with pytest.raises(InputError, match="holds another learning-curve"):
        learning_curve(tones, other, out=curve.path)


def test_replicates_learn_from_different_stretches_and_all_hold_every_label(tones):
    sizes = plan_sizes(tones, [4.0, 8.0], [], 3, 0, SILENT)
    assert [size.name for size in sizes] == ["train_dur_4s", "train_dur_8s"]
    assert len(set(sizes[0].seeds)) == 3
    assert sizes[0].seeds == sizes[1].seeds


def test_by_default_everything_is_halved_and_halved_again(tones):
    sizes = plan_sizes(tones, [], [], 1, 0, SILENT)
    assert sizes[-1].seconds == pytest.approx(32.0, rel=0.01)
    assert sizes[-2].seconds == pytest.approx(16.0, rel=0.01)


def rare(dataset: Dataset) -> Dataset:
    """The same, with one annotation of a third label."""
    rows = dataset.train.to_pandas()
    rows.loc[rows.index[3], "label"] = "rare"
    labels = LabelSet([*dataset.labels, "rare"])
    parts = {name: part.with_rows(part.to_pandas(), labels=labels) for name, part in dataset.parts.items()}
    parts["train"] = dataset.train.with_rows(rows, labels=labels)
    return Dataset(dataset.recordings, parts["train"].labels, parts)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"durations": (4.0, 400.0)}, "not as much to learn from; found '400 s'"),
        ({"durations": (-1.0,)}, "not as much to learn from"),
        ({"durations": (4.0,), "fractions": (0.5,)}, "said twice"),
        ({"durations": (), "fractions": (0.5,)}, "told off by seconds"),
        ({"durations": (4.0,), "part": "holiday"}, "no such part"),
        ({"durations": (0.2,)}, "cannot hold every label"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(tones, tmp_path, params, said):
    with pytest.raises(InputError, match=said):
        learning_curve(tones, PARAMS.model_copy(update=params), out=tmp_path / "curve")
    assert not (tmp_path / "curve").exists()


@pytest.mark.parametrize(
    ("train", "said"),
    [
        ({"n_replicates": 3}, "told this by the curve; found 'train.n_replicates 3'. Give --n-replicates"),
        ({"seconds": 4.0}, "found 'train.seconds 4.0'. Give --durations"),
        ({"fraction": 0.5}, "found 'train.fraction 0.5'. Give --fractions"),
        ({"seed": 7}, "found 'seed 0, train.seed 7'. Give --seed"),
    ],
)
def test_what_every_training_is_told_is_not_said_twice(train, said):
    with pytest.raises(InputError, match=said):
        LearningCurveParams(train=train)


def test_a_choice_without_a_rare_label_is_replaced_by_another(tones):
    dataset = rare(tones)
    recordings = {name: dataset.recordings.by_name(name) for name in dataset.train.recordings}
    sizes = plan_sizes(dataset, [8.0], [], 4, 0, SILENT)
    for seed in sizes[0].seeds:
        chosen = choose_subset(dataset.train, recordings, seconds=8.0, seed=seed)
        assert "rare" in set(chosen.to_pandas()["label"])


def test_single_sounds_are_told_off_by_their_share(tones):
    def sparse(part):
        rows = part.to_pandas()
        spans = {str(name): mine[["onset", "offset"]].to_numpy() for name, mine in rows.groupby("recording")}
        return part.with_rows(rows, coverage=Coverage(spans, whole=False))

    dataset = Dataset(tones.recordings, tones.labels, {name: sparse(part) for name, part in tones.parts.items()})
    sizes = plan_sizes(dataset, [], [0.25, 1.0], 2, 0, SILENT)
    assert [size.name for size in sizes] == ["fraction_0.25", "fraction_1"]
    assert sizes[0].n_rows[0] == pytest.approx(sizes[1].n_rows[0] / 4, abs=1)
    with pytest.raises(InputError, match="--fractions"):
        plan_sizes(dataset, [4.0], [], 2, 0, SILENT)


def made(tmp_path, part="test", sizes=(30, 60, 120, 240)) -> LearningCurve:
    rows = [
        {"train_dur": 1.0 * n, "replicate_num": k, "n_annotations": 5 * n, "frame_error": 0.09 * n**-0.7 * (10 + k)}
        for n in sizes for k in (0, 1, 2)
    ]  # fmt: skip
    table = pd.DataFrame(rows).assign(run="x")
    return LearningCurve(tmp_path, "s", part, table, fitted(table, "s"))


def test_it_says_what_a_user_wants_to_know(tmp_path):
    text = str(made(tmp_path))
    assert "Doubling the annotations, from 240 s to 480 s, would lower the fitted frame error from " in text
    assert "Note" not in text
    assert "judged on the validation part" in str(made(tmp_path, part="validation"))
    assert "Not finished: a" in str(LearningCurve(tmp_path, "s", "test", made(tmp_path).table, {}, ("a",)))


def test_one_training_of_a_size_has_no_standard_deviation(tmp_path):
    curve = made(tmp_path)
    assert "(mean ± standard deviation over trainings)" in str(curve)
    table = curve.table.drop_duplicates("train_dur")
    alone = str(LearningCurve(tmp_path, "s", "test", table, fitted(table, "s")))
    assert "±" not in alone
    assert alone.startswith("errors on the test part, %:")


def test_the_number_of_the_double_stands_by_its_circle(tmp_path):
    axes = plot_learning_curve_fit(made(tmp_path)).axes[0]
    (number,) = [text for text in axes.texts if text.get_text().endswith(" %") and text.xy != (0, 1)]
    circle = next(line for line in axes.lines if line.get_markerfacecolor() == "white")
    assert number.xy == (circle.get_xdata()[0], circle.get_ydata()[0])


def test_provenance_is_kept(tmp_path):
    curve = made(tmp_path).with_provenance(Provenance.now("learning_curve", {"seed": 3}, {}))
    assert LearningCurve.load(tmp_path).provenance == curve.provenance


def test_a_folder_that_is_none_is_refused(tmp_path):
    with pytest.raises(InputError, match="not the folder of a learning curve"):
        LearningCurve.load(tmp_path)


def test_the_figure_draws_every_training_the_fit_and_its_double(tmp_path):
    figure = plot_learning_curve_fit(made(tmp_path))
    (axes,) = figure.axes
    points = next(line for line in axes.get_lines() if len(line.get_xdata()) == 12)
    assert sorted(set(points.get_xdata())) == [30, 60, 120, 240]
    assert max(line.get_xdata()[-1] for line in axes.get_lines()) == pytest.approx(480)
    assert axes.get_yscale() == "log"
    figure.draw_without_rendering()


def test_a_figure_of_errors_of_nought_has_a_linear_axis(tmp_path):
    table = made(tmp_path).table.assign(frame_error=[0.1] * 6 + [0.0] * 6)
    figure = plot_learning_curve_fit(LearningCurve(tmp_path, "s", "test", table, fitted(table, "s")))
    assert figure.axes[0].get_yscale() == "linear"
    figure.draw_without_rendering()
