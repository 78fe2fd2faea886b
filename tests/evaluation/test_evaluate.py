"""Evaluation: by hand, on the very scores of prediction, and only where somebody has looked."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from oscine.core.errors import InputError
from oscine.evaluation import scoring
from oscine.evaluation.evaluate import EvaluateParams, evaluate
from oscine.networks.model import Model
from oscine.networks.network import Network
from oscine.prediction.decoders.maximum import Maximum
from oscine.prediction.predict import predict
from oscine.prediction.segment import SegmentParams, segment
from oscine.prediction.thresholds import load_thresholds

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
    monkeypatch.setattr(scoring, "_TILES", 2)
    model = oracle()
    recording = long.recordings[0]
    params = EvaluateParams(segment=SegmentParams(decoder=decoder, max_gap=0.2, min_duration=0.2))
    part = long.part("validation")
    pieces = list(scoring.pieces_of(model, part, recording, "a.wav", params.segment, params.tolerance))
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
    pieces = scoring.pieces_of(model, long.part("validation"), recording, "a.wav", params.segment, params.tolerance)
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
    with pytest.raises(InputError, match=r"which dataset to evaluate on.* Give one: --dataset"):
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
    assert lines[0] == "frames of the validation part, each taken for its most probable label:"
    assert lines[2].split()[:4] == ["pulse", "1.000", "0.500", "0.667"]
    assert lines[4].startswith("frame error 14.29%")
    assert lines[5].startswith("thresholds: where precision / recall is nearest 1 here, and those in use")
