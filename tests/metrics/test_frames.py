from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscine.metrics.counts import pool
from oscine.metrics.frames import ConfusionMatrix, FrameErrors, confusion_matrix, frame_errors, frame_labels

LABELS = ("pulse", "ambient")
WORKED = ConfusionMatrix(np.array([[90, 10], [50, 950]]), LABELS)  # the example of the module's docstring


def test_the_worked_example() -> None:
    np.testing.assert_allclose(WORKED.rows, [[0.9, 0.1], [0.05, 0.95]])
    np.testing.assert_allclose(WORKED.columns, [[90 / 140, 10 / 960], [50 / 140, 950 / 960]])
    np.testing.assert_allclose(WORKED.balanced_columns, [[0.9 / 0.95, 0.1 / 1.05], [0.05 / 0.95, 0.95 / 1.05]])
    np.testing.assert_allclose(WORKED.balanced_precision, [0.947, 0.905], atol=1e-3)
    assert WORKED.accuracy == pytest.approx(1040 / 1100)
    assert WORKED.frame_error == pytest.approx(60 / 1100)
    assert WORKED.balanced_accuracy == pytest.approx(0.925)


@given(st.lists(st.tuples(st.integers(-1, 2), st.integers(0, 2)), max_size=40))
def test_against_counting_by_hand(frames: list[tuple[int, int]]) -> None:
    truth, predicted = (np.array([frame[i] for frame in frames], int) for i in (0, 1))
    matrix = confusion_matrix(truth, predicted, "abc")
    for i in range(3):
        for j in range(3):
            assert matrix.counts[i, j] == sum(frame == (i, j) for frame in frames)
        n_true = sum(t == i for t, _ in frames)
        n_predicted = sum(t >= 0 and p == i for t, p in frames)
        tp = frames.count((i, i))
        for rate, part, whole in (
            (matrix.recall[i], tp, n_true),
            (matrix.precision[i], tp, n_predicted),
            (matrix.f1[i], 2 * tp, n_true + n_predicted),
        ):
            assert math.isnan(rate) if whole == 0 else rate == pytest.approx(part / whole)


@given(st.lists(st.integers(0, 60), min_size=9, max_size=9), st.integers(2, 5))
def test_balanced_rates_do_not_depend_on_how_frequent_a_label_is(cells: list[int], factor: int) -> None:
    counts = np.array(cells).reshape(3, 3)
    often = counts.copy()
    often[1] *= factor
    once, more = ConfusionMatrix(counts, tuple("abc")), ConfusionMatrix(often, tuple("abc"))
    np.testing.assert_allclose(more.balanced_columns, once.balanced_columns)
    np.testing.assert_allclose(more.balanced_f1, once.balanced_f1)


def test_balanced_f1_is_the_harmonic_mean() -> None:
    p, r = WORKED.balanced_precision, WORKED.recall
    np.testing.assert_allclose(WORKED.balanced_f1, 2 * p * r / (p + r))


def test_unknown_frames_are_not_counted() -> None:
    matrix = confusion_matrix([-1, 0, -1, 1], [1, 0, -7, 0], LABELS)
    assert matrix.counts.tolist() == [[1, 0], [1, 0]]


def test_a_label_without_frames_is_nan_and_left_out_of_means() -> None:
    matrix = confusion_matrix([0, 0, 1], [0, 1, 1], ["a", "b", "c"])
    assert math.isnan(matrix.recall[2])
    assert math.isnan(matrix.precision[2])
    assert math.isnan(matrix.f1[2])
    assert matrix.balanced_accuracy == pytest.approx(0.75)
    plain = matrix.to_dict()
    assert plain["by_label"]["c"]["recall"] is None
    assert json.dumps(plain, allow_nan=False)
    assert math.isnan(confusion_matrix([], [], LABELS).accuracy)


def test_a_label_that_is_never_true_but_predicted_has_precision_zero() -> None:
    matrix = confusion_matrix([0, 0], [0, 1], LABELS)
    assert matrix.precision[1] == 0
    assert math.isnan(matrix.recall[1])


def test_pooling() -> None:
    rng = np.random.default_rng(0)
    truth, predicted = rng.integers(-1, 3, 300), rng.integers(0, 3, 300)
    parts = [confusion_matrix(truth[s], predicted[s], "abc") for s in (slice(0, 120), slice(120, 300))]
    assert (pool(parts).counts == confusion_matrix(truth, predicted, "abc").counts).all()
    with pytest.raises(ValueError, match="different labels"):
        _ = parts[0] + WORKED


@pytest.mark.parametrize(
    ("truth", "predicted", "problem"),
    [
        ([0, 1], [0], "frame"),
        ([0.0, 1.0], [0, 1], "integers"),
        ([0, 2], [0, 1], "true frame labels"),
        ([0, -2], [0, 1], "true frame labels"),
        ([0, 1], [0, -1], "predicted frame labels"),
    ],
)
def test_what_are_no_frame_labels_is_refused(truth, predicted, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        confusion_matrix(truth, predicted, LABELS)
    with pytest.raises(ValueError, match="square"):
        ConfusionMatrix(np.zeros((2, 3), int), LABELS)


def test_a_frame_has_the_label_that_holds_at_its_centre() -> None:
    labels = frame_labels([[0.0104, 0.0106], [0.0154, 0.0155], [0.0155, 0.0164]], [0, 1, 2], 20, background=9)
    assert np.flatnonzero(labels == 0).tolist() == [10]
    assert np.flatnonzero(labels == 1).tolist() == []  # half-open: ends on the centre of frame 15
    assert np.flatnonzero(labels == 2).tolist() == [15]  # begins on it
    assert (labels == 9).sum() == 18


def test_every_centre_of_a_millisecond_is_met_in_binary() -> None:
    centres = np.round(np.arange(5000) / 1000 + 0.0005, 4)
    firsts = [np.flatnonzero(frame_labels([[t, 9.0]], [0], 5000, background=1) == 0)[0] for t in centres[::7]]
    assert firsts == list(range(0, 5000, 7))


def test_the_one_that_starts_later_holds() -> None:
    spans = [[0.002, 0.003], [0.0, 0.005]]
    assert frame_labels(spans, [1, 0], 6, background=9).tolist() == [0, 0, 1, 0, 0, 9]
    together = [[0.0, 0.004], [0.0, 0.002], [0.0, 0.004]]
    assert frame_labels(together, [1, 2, 0], 5, background=9).tolist() == [1, 1, 1, 1, 9]


def test_what_lies_beyond_the_ends_or_lasts_no_time() -> None:
    spans = [[-0.002, 0.001], [0.003, 0.9], [0.0015, 0.0015], [7.0, 8.0]]
    assert frame_labels(spans, [0, 1, 2, 3], 5, background=9).tolist() == [0, 9, 9, 1, 1]
    assert frame_labels([], [], 3, background=9).tolist() == [9, 9, 9]
    assert frame_labels([[0.0, 1.0]], [0], 0, background=9).tolist() == []


def test_frames_of_any_length() -> None:
    assert frame_labels([[0.1, 0.3]], [0], 5, frame=0.1, background=1).tolist() == [1, 0, 0, 1, 1]


def test_frame_labels_say_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="one label per segment"):
        frame_labels([[0.0, 1.0]], [0, 1], 5, background=9)
    with pytest.raises(ValueError, match="longer than 0 s"):
        frame_labels([[0.0, 1.0]], [0], 5, 0.0, background=9)
    with pytest.raises(ValueError, match="must both be"):
        frame_errors([0, 1], [0], background=9)


def test_silence_earns_no_credit_in_the_sound_error() -> None:
    truth, predicted = [9] * 90 + [0] * 10, [9] * 85 + [0] * 10 + [9] * 5
    errors = frame_errors(truth, predicted, background=9)
    assert errors == FrameErrors(n_wrong=10, n_frames=100, n_sound=15)
    assert (errors.frame_error, errors.sound_error) == (0.1, 10 / 15)
    assert pool([errors, FrameErrors(0, 100, 15)]).frame_error == 0.05
    assert json.loads(json.dumps(FrameErrors().to_dict()))["sound_error"] is None
    with pytest.raises(ValueError, match="wrong frames"):
        FrameErrors(2, 10, 1)


@given(st.lists(st.tuples(st.sampled_from([-1, 0, 1, 2]), st.sampled_from([0, 1, 2])), max_size=30))
def test_the_frame_error_is_that_of_the_confusion_matrix(pairs: list[tuple[int, int]]) -> None:
    truth, predicted = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    errors = frame_errors(np.array(truth, int), np.array(predicted, int), background=2)
    matrix = confusion_matrix(np.array(truth, int), np.array(predicted, int), ["a", "b", "background"])
    assert errors.n_frames == matrix.counts.sum()
    assert errors.n_wrong == matrix.counts.sum() - np.trace(matrix.counts)
    assert errors.n_sound == errors.n_frames - matrix.counts[2, 2]
