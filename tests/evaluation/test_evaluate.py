"""Evaluation: by hand, on the very scores of prediction, and only where somebody has looked."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from oscine import cli
from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.labels import LabelSet
from oscine.core.errors import Cancelled, InputError
from oscine.datasets.dataset import Dataset
from oscine.datasets.prepare import PrepareParams, prepare
from oscine.evaluation import evaluate as module
from oscine.evaluation import pieces as tiled
from oscine.evaluation.evaluate import EvaluateParams, evaluate
from oscine.evaluation.info import info
from oscine.evaluation.scoring import score_model
from oscine.networks.model import Model
from oscine.networks.network import Network
from oscine.prediction.decoders.maximum import Maximum
from oscine.prediction.predict import predict
from oscine.prediction.segment import SegmentParams, segment
from oscine.prediction.thresholds import load_thresholds
from oscine.recordings.recordings import Recordings
from oscine.training.params import TrainParams
from oscine.training.run import Run
from oscine.training.runs import Runs
from oscine.training.train import train

PULSE = np.float32([0.1, 0.9, 0.2, 0.1, 0.4, 0.8, 0.1, 0.3, 0.2, 0.6])
"""Probability of a pulse in ten frames a tenth of a second apart; that of a sine is the rest."""
SCORES = np.stack([PULSE, 1 - PULSE])
TRUTH = [(0.1, 0.1, "pulse"), (0.4, 0.4, "pulse"), (0.2, 0.38, "sine"), (0.6, 0.9, "sine")]
"""So the frames 0 to 9 are: unknown, pulse, sine, sine, pulse, unknown, sine, sine, sine, unknown."""
COVERED = [(0.1, 0.1), (0.4, 0.4), (0.2, 0.38), (0.6, 0.9)]


@pytest.fixture
def by_hand(oracle, dataset):
    return evaluate(oracle(events=("pulse",)), dataset(a=(SCORES, TRUTH, COVERED)), EvaluateParams(tolerance=0.05))


def test_frames_by_hand(by_hand):
    """Frame 4, a pulse, scores 0.4: it is taken for a sine, and all others are right."""
    assert by_hand.confusion_matrix.counts.tolist() == [[1, 1], [0, 5]]
    assert by_hand.confusion_matrix.recall.tolist() == [0.5, 1.0]
    assert by_hand.confusion_matrix.precision.tolist() == [1.0, pytest.approx(5 / 6)]


def test_curves_and_thresholds_by_hand(by_hand):
    """Of the pulse's known scores 0.9 and 0.4 are true, 0.3, 0.2, 0.2, 0.1, 0.1 are not."""
    curve = by_hand.curves["pulse"]
    assert curve.thresholds.round(6).tolist() == [0.9, 0.4, 0.3, 0.2, 0.1]
    assert curve.n_true_at.tolist() == [1, 1, 0, 0, 0]
    assert curve.n_false_at.tolist() == [0, 0, 1, 2, 2]
    assert curve.average_precision == 1.0
    threshold = by_hand.thresholds["pulse"]
    assert 0.3 < threshold.value < 0.4, "as many predicted as there are, 2"
    assert (threshold.precision, threshold.recall) == (1.0, 1.0)


def test_sounds_by_hand(by_hand):
    """Pulses are found at 0.1 (right), 0.5 and 0.9 (where nobody has looked); the one at 0.4 scores too little."""
    pulse = by_hand.events.by_label["pulse"].counts
    assert (pulse.tp, pulse.n_true, pulse.n_predicted) == (1, 2, 1)
    sine = by_hand.segments.by_label["sine"]
    assert (sine.n_true, sine.n_predicted) == (0, 0), "nothing is known beyond their bounds, so nobody can judge them"
    assert set(by_hand.events.by_label) == {"pulse"}
    assert set(by_hand.segments.by_label) == {"sine"}


def test_segments_are_judged_where_their_bounds_are_known(oracle, dataset):
    data = dataset(a=(SCORES, TRUTH, [(0.0, 1.0)]))
    sine = evaluate(oracle(events=("pulse",)), data, EvaluateParams(tolerance=0.05)).segments.by_label["sine"]
    assert sine.n_true == 2
    assert sine.tp == 1, "the one from 0.55 to 0.85; the other goes on to 0.45, 70 ms too far"


@pytest.mark.parametrize(("ratio", "n_predicted"), [(2.0, 1), (1.0, 2), (0.5, 4)])
def test_thresholds_for_a_wished_ratio(oracle, dataset, ratio, n_predicted):
    """Precision / recall is what is there over what is predicted."""
    scores = np.stack([np.linspace(0.9, 0.1, 8), np.linspace(0.1, 0.9, 8)])
    data = dataset(a=(scores, [(0.0, 0.15, "pulse"), (0.15, 0.8, "sine")], [(0.0, 0.8)]))
    result = evaluate(oracle(), data, EvaluateParams(ratio=ratio))
    assert result.thresholds["pulse"].counts.n_predicted == n_predicted
    assert result.thresholds["pulse"].ratio == ratio


def test_a_label_without_examples_has_no_rates(oracle, dataset):
    data = dataset(a=(SCORES, [(0.1, 0.3, "pulse")], [(0.1, 0.3)]))
    result = evaluate(oracle(), data)
    assert np.isnan(result.confusion_matrix.recall[1])
    assert np.isnan(result.thresholds["sine"].value)
    json.dumps(result.summary(), allow_nan=False)
    assert "–" in str(result)


def test_two_recordings_are_pooled(oracle, dataset):
    one = evaluate(oracle(), dataset(a=(SCORES, TRUTH, COVERED)))
    two = evaluate(oracle(), dataset(a=(SCORES, TRUTH, COVERED), b=(SCORES, TRUTH, COVERED)))
    assert (two.confusion_matrix.counts == 2 * one.confusion_matrix.counts).all()
    assert two.curves["pulse"].n_true == 2 * one.curves["pulse"].n_true
    assert two.segments.by_label["sine"].n_true == 2 * one.segments.by_label["sine"].n_true


# -- the scores are those of prediction ------------------------------------------------------------------------------


@pytest.fixture
def long(oracle, dataset):
    """100 s, of which stretches that begin and end anywhere are covered."""
    random = np.random.default_rng(0)
    scores = random.dirichlet([0.5, 0.5], 1000).T
    times = np.sort(random.uniform(0, 100, 60)).reshape(-1, 2)
    rows = [(a, b, ("pulse", "sine")[i % 2]) for i, (a, b) in enumerate(times)]
    return dataset(a=(scores, rows, times[5:20]))


@pytest.mark.parametrize("tile", [16, 64, 2048])
@pytest.mark.parametrize("decoder", ["threshold", "maximum"])
def test_scores_are_those_of_prediction_bit_for_bit(oracle, long, tile, decoder, monkeypatch):
    monkeypatch.setattr(Network, "tile", tile)
    monkeypatch.setattr(tiled, "_TILES", 2)
    model = oracle()
    recording = long.recordings[0]
    params = EvaluateParams(segment=SegmentParams(decoder=decoder, max_gap=0.2, min_duration=0.2))
    part = long.part("validation")
    pieces = list(tiled.pieces_of(model, part, recording, "a.wav", params.segment, params.tolerance))
    whole = predict(model, recording)
    for piece in pieces:
        stop = piece.begin + len(piece.truth)
        assert np.array_equal(piece.scores, whole.read(piece.begin, stop))
    computed = sum(len(piece.truth) for piece in pieces) / whole.n_frames
    assert (computed < 0.9) == (tile < 1000)
    result = evaluate(model, long, params)
    assert result.curves["pulse"].n_true == sum((piece.truth == 0).sum() for piece in pieces)


def test_sounds_are_those_of_segment(oracle, long, monkeypatch):
    """Within what is covered, whatever has been left uncomputed beyond."""
    monkeypatch.setattr(Network, "tile", 16)
    model, recording = oracle(events=("pulse",)), long.recordings[0]
    params = EvaluateParams(segment=SegmentParams(decoder=Maximum(), event_distance=0.3))
    pieces = tiled.pieces_of(model, long.part("validation"), recording, "a.wav", params.segment, params.tolerance)
    partial = pd.concat([piece.sounds(model, "a.wav", params.segment) for piece in pieces])
    ours, whole = (
        {(round(row.onset, 6), row.label) for row in table.itertuples() if row.onset == row.offset}
        for table in (partial, segment(predict(model, recording), params.segment).to_pandas())
    )
    covered = long.part("validation").coverage.intervals("a.wav", 100.0)

    def inside(events):
        return {event for event in events if any(a <= event[0] < b for a, b in covered)}

    assert inside(ours) == inside(whole)
    assert len(inside(ours)) > 10


# -- parts, labels, files --------------------------------------------------------------------------------------------


def test_another_part(oracle, dataset):
    data = dataset("test", a=(SCORES, TRUTH, COVERED))
    assert evaluate(oracle(), data, EvaluateParams(part="test")).part == "test"
    with pytest.raises(InputError, match="no such part; found 'validation'; allowed: train, test"):
        evaluate(oracle(), data)
    with pytest.raises(InputError, match="the train part is empty"):
        evaluate(oracle(), data, EvaluateParams(part="train"))


def test_a_label_that_the_model_does_not_know(oracle, dataset):
    data = dataset(a=(SCORES, [(0.1, 0.3, "hum")], [(0.1, 0.3)]))
    with pytest.raises(InputError, match="does not know a label of the dataset; found 'hum'; allowed: pulse, sine"):
        evaluate(oracle(), data)


def test_labels_that_the_dataset_does_not_know_count(oracle, dataset):
    data = dataset(a=(np.stack([PULSE, 1 - PULSE, 0 * PULSE]), TRUTH, COVERED))
    result = evaluate(oracle(("pulse", "sine", "click")), data)
    assert result.confusion_matrix.counts.shape == (3, 3)


def test_thresholds_are_stored_in_the_model(oracle, dataset, tmp_path):
    data = dataset(a=(SCORES, [(0.1, 0.3, "pulse")], [(0.1, 0.6)]))
    model = oracle(events=("pulse",), thresholds={"pulse": 0.7, "sine": 0.2})
    path = model.save(tmp_path / "oracle_model.safetensors")
    result = evaluate(Model.load(path), data, EvaluateParams(store=True))
    stored = Model.load(path).thresholds
    assert stored == {"pulse": result.thresholds["pulse"].value, "sine": 0.2}, "what cannot be chosen stays"
    assert Model.load(path).digest == model.digest


def test_no_file_to_store_thresholds_in(oracle, dataset):
    with pytest.raises(InputError, match="no file to store thresholds in"):
        evaluate(oracle(), dataset(a=(SCORES, TRUTH, COVERED)), EvaluateParams(store=True))


def test_which_dataset(oracle, tmp_path):
    path = oracle().save(tmp_path / "oracle_model.safetensors")
    with pytest.raises(InputError, match=r"which dataset\?.* Give one: --dataset"):
        evaluate(Model.load(path))


def test_the_dataset_of_the_run(oracle, dataset, tmp_path):
    dataset(a=(SCORES, TRUTH, COVERED)).save(tmp_path / "run" / "dataset")
    path = oracle().save(tmp_path / "run" / "best_model.safetensors")
    assert evaluate(Model.load(path)).confusion_matrix.counts.sum() == 7


def test_saved_tables_are_read_back(by_hand, tmp_path):
    folder = by_hand.save(tmp_path / "oracle.evaluation")
    table = pd.read_csv(folder / "confusion-matrix.csv")
    assert table.columns.tolist() == ["of", "annotated", "pulse", "sine"]
    counts = table[table["of"] == "counts"].set_index("annotated")[["pulse", "sine"]]
    assert counts.to_numpy().tolist() == by_hand.confusion_matrix.counts.tolist()
    rows = table[table["of"] == "rows"][["pulse", "sine"]].to_numpy()
    np.testing.assert_array_equal(rows, by_hand.confusion_matrix.rows)
    columns = table[table["of"] == "columns"][["pulse", "sine"]].to_numpy()
    np.testing.assert_array_equal(columns, by_hand.confusion_matrix.columns)
    assert load_thresholds(folder / "thresholds.csv") == {
        label: threshold.value for label, threshold in by_hand.thresholds.items()
    }
    curves = pd.read_csv(folder / "curves.csv")
    pulse = curves[curves["label"] == "pulse"]
    np.testing.assert_allclose(pulse["precision"], by_hand.curves["pulse"].precision)
    card = json.loads((folder / "evaluation.json").read_text())
    assert card["frames"]["counts"] == [[1, 1], [0, 5]]
    assert card["provenance"]["operation"] == "evaluate"
    assert card["labels"] == ["pulse", "sine"]


def test_as_text(by_hand):
    lines = str(by_hand).splitlines()
    assert lines[0] == (
        "frames of the validation part, each taken for its most probable label; precision as these recordings are:"
    )
    assert lines[2].split()[:4] == ["pulse", "1.000", "0.500", "0.667"]
    assert lines[4].startswith("frame error 14.29%")
    assert lines[5].startswith("thresholds: where precision / recall is nearest 1 here, and those in use")


# -- temperature -----------------------------------------------------------------------------------------------------


@pytest.fixture
def boastful(oracle, dataset, tmp_path):
    """A saved model that is 99 % sure of everything and right in three of four frames, and its dataset."""
    random = np.random.default_rng(3)
    truth = np.repeat(random.random(100) < 0.5, 4)
    pulse = np.where(truth ^ (random.random(400) < 0.25), 0.99, 0.01) + random.uniform(-0.005, 0.005, 400)
    edges = [0, *(np.flatnonzero(np.diff(truth)) + 1), 400]
    sounds = [(a / 10, b / 10, "pulse" if truth[a] else "sine") for a, b in itertools.pairwise(edges)]
    sounds = [(max(0, a - 0.05), b - 0.05, label) for a, b, label in sounds]
    path = oracle(thresholds={"pulse": 0.9, "sine": 0.9}).save(tmp_path / "boastful_model.safetensors")
    return path, dataset(a=(np.stack([pulse, 1 - pulse]), sounds, [(0.0, 39.9)]))


def test_calibration_is_stored_with_thresholds_of_its_scale(boastful):
    path, data = boastful
    before = evaluate(Model.load(path), data)
    assert before.calibration.bias > 0.2
    assert before.fitted_temperature == pytest.approx(np.log(99) / np.log(3), rel=0.1), "odds of three to one"
    result = evaluate(Model.load(path), data, EvaluateParams(calibrate=True, store=True))
    assert result.temperature == pytest.approx(before.fitted_temperature)
    assert abs(result.calibration.bias) < 0.02
    assert result.calibration.log_loss < before.calibration.log_loss
    assert (result.confusion_matrix.counts == before.confusion_matrix.counts).all(), "the winners stay"
    stored = Model.load(path)
    assert stored.temperature == result.temperature
    assert stored.thresholds == result.in_use == {label: item.value for label, item in result.thresholds.items()}
    values = predict(stored, data.recordings[0]).read(0, 399)
    for row, label in enumerate(stored.labels):
        assert (values[row] >= stored.thresholds[label]).sum() == result.thresholds[label].counts.n_predicted
    assert evaluate(stored, data).fitted_temperature == pytest.approx(stored.temperature, rel=1e-3), "it stays there"


def test_calibration_without_store_leaves_the_model(boastful):
    path, data = boastful
    content = path.read_bytes()
    assert evaluate(Model.load(path), data, EvaluateParams(calibrate=True)).temperature > 2
    assert path.read_bytes() == content


# -- runs ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def counted(monkeypatch):
    """The titles of all that is judged."""
    titles = []

    def score(*arguments, **options):
        titles.append(options["title"])
        return score_model(*arguments, **options)

    monkeypatch.setattr(module, "score_model", score)
    return titles


def test_titles_count(oracle, dataset, counted):
    evaluate(oracle(), dataset(a=(SCORES, TRUTH, COVERED)))
    evaluate(oracle(), dataset(a=(SCORES, TRUTH, COVERED), b=(SCORES, TRUTH, COVERED)))
    assert counted == ["Evaluating on 1 recording", "Evaluating on 2 recordings"]


def test_every_checkpoint_is_judged_once(run_folder, tmp_path, counted):
    out = tmp_path / "run.evaluation"
    first = evaluate(Runs.load(run_folder), out=out)
    assert [model.name for model in first.models] == ["replicate-1", "replicate-2"]
    assert [list(model.by_step) for model in first.models] == [[0, 4, 8], [0, 4, 8]]
    assert {model.steps_per_epoch for model in first.models} == {Run.load(run_folder).steps_per_epoch} - {None}
    assert len(counted) == 6
    second = evaluate(Runs.load(run_folder), out=out)
    assert len(counted) == 6, "nothing is judged again"
    assert second.summary() == first.summary()
    evaluate(Runs.load(run_folder), None, EvaluateParams(tolerance=0.02), out=out)
    assert len(counted) == 12, "another tolerance is another question"
    path = run_folder / "replicate-1" / "best_model.safetensors"
    for file in (path, run_folder / "best_model.safetensors"):
        Model.load(file).with_thresholds({"pulse": 0.123}).save(file)
    counted.clear()
    again = evaluate(Runs.load(run_folder), None, EvaluateParams(tolerance=0.02), out=out)
    assert {title.partition(" at ")[0] for title in counted} >= {"replicate-1"}, "a model with new thresholds"
    assert len(counted) <= 2
    assert again.models[0].by_step[again.models[0].chosen].in_use["pulse"] == 0.123


def test_thresholds_of_a_run_are_stored_in_its_best_models(run_folder):
    result = evaluate(Run.load(run_folder), None, EvaluateParams(checkpoints="best", store=True))
    winner = Run.load(run_folder).winner
    for number, model in enumerate(result.models, 1):
        chosen = {label: item.value for label, item in model.at_best.thresholds.items() if not item.reason}
        assert Model.load(run_folder / model.name / "best_model.safetensors").thresholds == chosen
        if number == winner:
            assert Model.load(run_folder / "best_model.safetensors").thresholds == chosen


def test_an_evaluation_that_was_stopped_goes_on(run_folder, tmp_path, monkeypatch):
    out, judged = tmp_path / "run.evaluation", []

    def score(*arguments, **options):
        if len(judged) == 4:
            raise Cancelled
        judged.append(options["title"])
        return score_model(*arguments, **options)

    monkeypatch.setattr(module, "score_model", score)
    with pytest.raises(Cancelled):
        evaluate(Runs.load(run_folder), out=out)
    judged.clear()
    result = evaluate(Runs.load(run_folder), out=out)
    assert len(judged) == 2
    monkeypatch.undo()
    assert result.summary() == evaluate(Runs.load(run_folder)).summary(), "as without a folder, and at once"


def test_the_best_step_is_that_of_the_highest_f1(run_folder):
    result = evaluate(Run.load(run_folder))
    for model in result.models:
        f1 = {step: evaluation.overall["f1"] for step, evaluation in model.by_step.items()}
        assert f1[model.best] == max(f1.values())
        assert model.metrics
    assert result.pooled.confusion_matrix.counts.sum() == sum(
        model.at_best.confusion_matrix.counts.sum() for model in result.models
    )


def test_the_chosen_model_is_judged_with_its_thresholds(run_folder):
    result = evaluate(Run.load(run_folder), None, EvaluateParams(checkpoints="best"))
    run = Run.load(run_folder)
    model = result.models[run.winner - 1]
    assert list(model.by_step) == [model.chosen]
    assert model.at_best.in_use == {label: run.model.thresholds.get(label, 0.5) for label in run.model.labels}


def test_thresholds_for_one_balance_precision_and_recall(run_folder):
    """On the validation data that they were computed on; those for other ratios are in the tables."""
    result = evaluate(Run.load(run_folder), None, EvaluateParams(checkpoints="best"))
    for model in result.models:
        for threshold in model.at_best.thresholds.values():
            assert abs(threshold.precision - threshold.recall) <= 0.05
        for chosen in model.at_best.thresholds_at.values():
            assert all(0 <= threshold.value <= 1 for threshold in chosen.values())


@pytest.mark.slow
def test_thresholds_for_one_on_real_song(fly, tmp_path):
    """Half a minute of training on SongExplorer's recordings; measured: 0.0006 after 60 steps."""
    songs = Path(shutil.copytree(fly, tmp_path / "fly"))
    params = PrepareParams(labels=("mel-pulse", "mel-sine", "ambient"), few=1)
    data = prepare(Recordings(songs), Annotations.load(songs), params)
    architecture = {"name": "songexplorer"}
    run = train(
        data, TrainParams.parse({"n_steps": 20, "period": 20, "architecture": architecture}), out=tmp_path / "run"
    )
    for evaluation in evaluate(run).models[0].by_step.values():
        for threshold in evaluation.thresholds.values():
            assert abs(threshold.precision - threshold.recall) <= 0.05


def test_a_model_in_a_run_is_judged_as_the_run_judges_it(run_folder):
    result = evaluate(Run.load(run_folder))
    for model in result.models:
        alone = evaluate(Model.load(run_folder / model.name / "best_model.safetensors"))
        summaries = [one.summary() for one in (alone, model.by_step[model.chosen])]
        for area in ("average_precision", "auc"):  # of curves that are thinned when they are kept
            one, other = (summary.pop(area) for summary in summaries)
            assert one == pytest.approx(other, abs=1e-3)
        assert summaries[0] == summaries[1]


def test_all_of_a_run_by_another_dataset(run_folder, tmp_path):
    data = Dataset.load(run_folder / "dataset")
    data = Dataset(data.recordings, data.labels, {"test": data.part("train")})
    result = evaluate(Run.load(run_folder), data, EvaluateParams(part="test", checkpoints="last"))
    assert result.part == result.pooled.part == "test"
    with pytest.raises(InputError, match="the model does not know a label of the dataset"):
        evaluate(Run.load(run_folder), _renamed(data), EvaluateParams(part="test"))


def _renamed(data):
    rows = data.part("test")
    table = rows.to_pandas().replace({"label": {"pulse": "hum"}})
    return Dataset(data.recordings, LabelSet(sorted(set(table["label"]))), {"test": Annotations(table)})


# -- as it is typed --------------------------------------------------------------------------------------------------


@pytest.fixture
def typed(capsys):
    """Run a command line: exit code, standard output, the last line of standard error."""

    def run(*arguments):
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main(["evaluate", *map(str, arguments)])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return ended.value.code or 0, captured.out, (captured.err.splitlines() or [""])[-1]

    return run


def test_a_folder_of_runs(run_folder, tmp_path, typed, monkeypatch):
    """One run is whole, one has not finished, one has kept nothing: the first two are judged, the last is named."""
    monkeypatch.setattr(cli, "_figures", lambda *_: [])  # which are tested beside their modules
    runs = tmp_path / "runs"
    for name in ("whole", "begun", "empty"):
        shutil.copytree(run_folder, runs / name)
    card = json.loads((runs / "begun" / "run.json").read_text())
    (runs / "begun" / "run.json").write_text(json.dumps({**card, "finished": False, "best": {}}))
    for name in ("begun/replicate-2", "empty/replicate-1", "empty/replicate-2"):
        shutil.rmtree(runs / name)
    code, out, _ = typed(runs, "--checkpoints", "last", "--json")
    assert code == 0
    found = json.loads(out)["result"]
    assert found["best"] == {"begun": 8, "whole/replicate-1": 8, "whole/replicate-2": 8}
    assert found["missing"][0] == "begun (not finished: at step 8 of 8)"
    assert found["missing"][1].startswith("empty (this training has kept no model yet")
    folder = tmp_path / "runs.evaluation"
    card = json.loads((folder / "evaluation.json").read_text())
    assert card["best"] == found["best"]
    assert card["provenance"]["operation"] == "evaluate"
    assert (folder / "whole" / "replicate-2" / "thresholds.ckpt-8.csv").is_file()
    assert list((folder / "begun" / "predictions.ckpt-8").glob("*-mistakes.csv"))


@pytest.mark.parametrize(
    ("spoil", "arguments", "said"),
    [
        ("models", [], "has kept no model yet. Give its train command again, with --out"),
        ("dataset", [], "the dataset of this training is gone. Give it: --dataset FOLDER"),
        ("recordings", [], "recordings are not where they were"),
        ("card", [], "the card of this training is damaged"),
        ("", ["--part", "test"], "no such part; found 'test'; allowed: train, validation"),
        ("", ["--ratios", "1,0"], "ratios"),
        ("", ["--ratio", "-1"], "ratio"),
        ("", ["--dataset", "absent"], "absent: there is no such dataset"),
        ("labels", ["--dataset", "labels"], "the model does not know a label of the dataset; found 'hum'"),
        ("empty", ["--dataset", "empty"], "the validation part is empty"),
        ("coverage", ["--dataset", "coverage"], "the validation part covers nothing"),
    ],
)
def test_what_cannot_be_judged_is_told_in_one_line(run_folder, tmp_path, typed, spoil, arguments, said, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = Dataset.load(run_folder / "dataset")
    if spoil == "models":
        for path in run_folder.glob("replicate-*"):
            shutil.rmtree(path)
    elif spoil == "dataset":
        shutil.rmtree(run_folder / "dataset")
    elif spoil == "recordings":
        card = run_folder / "dataset" / "dataset.json"
        card.write_text(card.read_text().replace("/fly1.wav", "/gone1.wav"))
    elif spoil == "card":
        (run_folder / "run.json").write_text("{}")
    elif spoil == "labels":
        table = data.part("validation").to_pandas().replace({"label": {"pulse": "hum"}})
        labels = LabelSet(sorted(set(table["label"])))
        Dataset(data.recordings, labels, {"validation": Annotations(table)}).save(tmp_path / "labels")
    elif spoil == "empty":
        nothing = {"train": data.part("train"), "validation": data.part("train").select(recordings=[])}
        Dataset(data.recordings, data.labels, nothing).save(tmp_path / "empty")
    elif spoil == "coverage":
        rows = data.part("validation")
        nowhere = Coverage({name: [] for name in rows.recordings}, whole=False)
        unknown = rows.with_rows(rows.to_pandas(), coverage=nowhere)
        Dataset(data.recordings, data.labels, {"validation": unknown}).save(tmp_path / "coverage")
    before = sorted(tmp_path.rglob("*"))
    code, out, error = typed("run", *arguments)
    assert (code, out) == (2, "")
    assert said in error
    assert sorted(tmp_path.rglob("*")) == before, "nothing is written"


def test_a_model_that_reconstructs_has_losses_only(tmp_path, typed, run_folder):
    data = Dataset.load(run_folder / "dataset")
    architecture = {"name": "autoencoder"}
    params = {"n_steps": 2, "period": 1, "batch_size": 4, "device": "cpu", "architecture": architecture}
    train(data, TrainParams.parse({**params, "target": "reconstruction"}), out=tmp_path / "sound")
    code, out, _ = typed(tmp_path / "sound")
    assert code == 0
    assert "of which only losses are" in out
    card = json.loads((tmp_path / "sound.evaluation" / "evaluation.json").read_text())
    losses = {
        line["step"]: line["validation_loss"]
        for line in Run.load(tmp_path / "sound").metrics()
        if "validation_loss" in line
    }
    assert card["best"] == {"replicate-1": min(losses, key=losses.get)}
    assert info(tmp_path / "sound.evaluation").what == "evaluation"
