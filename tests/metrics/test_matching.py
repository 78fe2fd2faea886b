from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscine.metrics.matching import match_intervals, match_iou, match_overlapping, match_times

# a coarse grid, so that ties and edges of the tolerance are common
grid_times = st.lists(st.integers(0, 30), max_size=6)
grid_intervals = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5), st.sampled_from("ab")), max_size=5)


def largest(fits: np.ndarray) -> int:
    """Size of the largest one-to-one matching, by trying all of them."""
    if fits.shape[0] > fits.shape[1]:
        fits = fits.T
    rows = range(fits.shape[0])
    return max(
        (sum(fits[i, j] for i, j in zip(rows, columns, strict=True))
         for columns in itertools.permutations(range(fits.shape[1]), fits.shape[0])),
        default=0,
    )  # fmt: skip


def is_one_to_one(pairs: np.ndarray) -> bool:
    return all(len(set(column)) == len(column) for column in pairs.T.tolist())


@given(grid_times, grid_times, st.integers(0, 8))
def test_times_are_matched_as_often_as_possible(truth: list[int], predicted: list[int], tolerance: int) -> None:
    a, b = np.array(truth, int), np.array(predicted, int)
    rate = 2500.0
    pairs = match_times(a / rate, b / rate, tolerance / rate)
    distances = np.abs(a[pairs[:, 0]] - b[pairs[:, 1]])
    assert is_one_to_one(pairs)
    assert (distances <= tolerance).all()
    assert len(pairs) == largest(np.abs(a[:, None] - b) <= tolerance)  # in whole samples, without rounding


@pytest.mark.parametrize("rate", [2500, 10_000, 44_100, 250_000])
def test_a_tolerance_of_whole_samples_is_exact(rate: int) -> None:
    rng = np.random.default_rng(0)
    truth = np.sort(rng.choice(rate * 3600, 2000, replace=False)) // 100 * 100  # 100 samples apart at least
    truth = np.unique(truth)
    for shift, expected in ((25, len(truth)), (-25, len(truth)), (26, 0), (-26, 0)):
        assert len(match_times(truth / rate, (truth + shift) / rate, 25 / rate)) == expected


def test_decimal_times_at_the_edge_of_the_tolerance_match() -> None:
    assert 0.31 - 0.30 > 0.01  # in binary
    assert len(match_times([0.30], [0.31], 0.01)) == 1
    assert len(match_times([0.30], [0.3101], 0.01)) == 0


def test_order_of_input_does_not_matter() -> None:
    pairs = match_times([3.0, 1.0, 2.0], [2.01, 3.01, 1.01], 0.02)
    assert pairs.tolist() == [[1, 2], [2, 0], [0, 1]]


@given(grid_intervals, grid_intervals, st.integers(0, 4), st.integers(0, 4), st.booleans())
def test_intervals_are_matched_as_often_as_possible(truth, predicted, on, off, same_label) -> None:
    a, b = (np.array([[s, s + d] for s, d, _ in x], float).reshape(-1, 2) for x in (truth, predicted))
    la, lb = (np.array([label for *_, label in x], object) for x in (truth, predicted))
    pairs = match_intervals(
        a, b, onset_tolerance=on, offset_tolerance=off, truth_labels=la, predicted_labels=lb, same_label=same_label
    )
    fits = (np.abs(a[:, None, 0] - b[:, 0]) <= on) & (np.abs(a[:, None, 1] - b[:, 1]) <= off)
    if same_label:
        fits &= (la[:, None] == lb).reshape(fits.shape)
    assert is_one_to_one(pairs)
    assert fits[pairs[:, 0], pairs[:, 1]].all()
    assert len(pairs) == largest(fits)


@given(grid_intervals, grid_intervals)
def test_overlapping_intervals_are_matched_as_often_as_possible(truth, predicted) -> None:
    a, b = (np.array([[s, s + d] for s, d, _ in x], int).reshape(-1, 2) for x in (truth, predicted))
    # two instants per unit: a half-open [s, s+d) holds 2d of them, a point one
    cells = [[set(range(2 * s, 2 * e)) or {2 * s} for s, e in x] for x in (a, b)]
    fits = np.array([[bool(x & y) for y in cells[1]] for x in cells[0]], bool).reshape(len(a), len(b))
    pairs = match_overlapping(a, b)
    assert is_one_to_one(pairs)
    assert fits[pairs[:, 0], pairs[:, 1]].all()
    assert len(pairs) == largest(fits)


@given(grid_intervals, grid_intervals, st.sampled_from([0.2, 0.25, 0.5, 2 / 3, 1.0]), st.booleans())
def test_shares_are_matched_as_often_as_possible(truth, predicted, threshold, same_label) -> None:
    a, b = (np.array([[s, s + d] for s, d, _ in x], int).reshape(-1, 2) for x in (truth, predicted))
    la, lb = (np.array([label for *_, label in x], object) for x in (truth, predicted))
    rate = 2500.0
    pairs = match_iou(a / rate, b / rate, threshold, truth_labels=la, predicted_labels=lb, same_label=same_label)
    cells = [[set(range(s, e)) for s, e in x] for x in (a, b)]  # whole samples, so that nothing is rounded
    shares = [[len(x & y) / max(len(x | y), 1) for y in cells[1]] for x in cells[0]]
    fits = np.array(shares).reshape(len(a), len(b)) >= threshold
    if same_label:
        fits &= (la[:, None] == lb).reshape(fits.shape)
    assert is_one_to_one(pairs)
    assert fits[pairs[:, 0], pairs[:, 1]].all()
    assert len(pairs) == largest(fits)


def test_touching_segments_do_not_overlap_and_labels_are_respected() -> None:
    assert len(match_overlapping([[0, 1]], [[1, 2]])) == 0
    assert len(match_overlapping([[0, 1]], [[0, 1]], truth_labels=["a"], predicted_labels=["b"])) == 0


def test_equal_labels_are_preferred_where_they_need_not_be_equal() -> None:
    pairs = match_intervals(
        [[0.0, 1.0]],
        [[0.0, 1.0], [0.01, 1.0]],
        onset_tolerance=0.02,
        offset_tolerance=0.02,
        truth_labels=["a"],
        predicted_labels=["b", "a"],
        same_label=False,
    )
    assert pairs.tolist() == [[0, 1]]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (([[0.0]], [1.0], 0.1), "shape"),
        (([0.0], [np.nan], 0.1), "finite"),
        (([0.0], [1.0], -0.1), "tolerance"),
    ],
)
def test_what_are_no_times_is_refused(arguments, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        match_times(*arguments)


@pytest.mark.parametrize("threshold", [0, 1.1, np.nan])
def test_what_is_no_share_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        match_iou([[0, 1]], [[0, 1]], threshold)


def test_what_are_no_intervals_is_refused() -> None:
    options = {"onset_tolerance": 0.1, "offset_tolerance": 0.1}
    with pytest.raises(ValueError, match="before it begins"):
        match_intervals([[1.0, 0.5]], [[0.0, 1.0]], **options)
    with pytest.raises(ValueError, match="both"):
        match_intervals([[0.0, 1.0]], [[0.0, 1.0]], truth_labels=["a"], **options)
    with pytest.raises(ValueError, match="one label per segment"):
        match_intervals([[0.0, 1.0]], [[0.0, 1.0]], truth_labels=["a"], predicted_labels=[], **options)
