"""The syllable error rate."""

from __future__ import annotations

import json
import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscine.metrics.counts import pool
from oscine.metrics.sequences import SequenceScore, edit_distance, score_sequences


def spans(n, length=0.05, step=0.1):
    onsets = np.arange(n) * step
    return np.column_stack([onsets, onsets + length])


def by_recursion(a, b):
    """Levenshtein's distance as it is defined, row by row."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        new = [i]
        for j, y in enumerate(b, 1):
            new.append(min(new[-1] + 1, row[j] + 1, row[j - 1] + (x != y)))
        row = new
    return row[-1]


@given(st.lists(st.integers(0, 2), max_size=12), st.lists(st.integers(0, 2), max_size=12))
def test_distance_as_it_is_defined(a, b):
    assert edit_distance(a, b) == edit_distance(b, a) == by_recursion(a, b)


@pytest.mark.parametrize(
    ("truth", "predicted", "distance"),
    [
        ("", "", 0),
        ("abc", "", 3),
        ("", "ab", 2),
        ("kitten", "sitting", 3),
        ("aab", "ab", 1),  # a syllable run together with its like
        ("ab", "ba", 2),
    ],
)
def test_distances_that_everybody_knows(truth, predicted, distance):
    assert edit_distance(truth, predicted) == distance


def test_labels_of_any_kind():
    assert edit_distance([-1], [-2]) == 1, "in Python the two have the same hash"
    assert edit_distance(["a"], [97]) == 1, "the letter and its number are two labels"
    assert edit_distance(["long call"], ["long"]) == 1


def test_read_in_order_of_onset():
    truth = [[0.3, 0.4], [0.1, 0.2]]
    assert score_sequences(truth, "ba", [[0.1, 0.2], [0.3, 0.4]], "ab").distance == 0
    same = [[0.1, 0.2], [0.1, 0.2], [0.1, 0.15]]
    assert score_sequences(same, "bac", same[::-1], "cab").distance == 0


def test_pooled_is_not_the_mean():
    long, short = score_sequences(spans(8), "abcdabcd", spans(8), "abcdabcd"), SequenceScore(2, 2, 0)
    both = pool([long, short])
    assert both == SequenceScore(2, 10, 8)
    assert both.error_rate == 0.2


def test_rates_that_are_none_and_that_exceed_one():
    assert math.isnan(SequenceScore(3, 0, 3).error_rate)
    assert SequenceScore(3, 0, 3).to_dict()["error_rate"] is None
    assert score_sequences(spans(1), "a", spans(3), "bbb").error_rate == 3
    card = SequenceScore(1, 4, 4).to_dict()
    assert json.loads(json.dumps(card)) == {"distance": 1, "n_true": 4, "n_predicted": 4, "error_rate": 0.25}


def test_each_covered_part_is_a_text_of_its_own():
    truth, predicted = spans(6, step=1.0), spans(6, step=1.0)
    coverage = [[0.0, 1.5], [3.0, 4.5]]
    score = score_sequences(truth, "abcdef", predicted, "axyyef", coverage=coverage)
    assert score == SequenceScore(2, 4, 4)  # ab / ax and de / ye
    # in one text, "b" could be moved from the first part into the second
    moved = score_sequences([[1.0, 1.1]], "b", [[3.0, 3.1]], "b", coverage=coverage)
    assert moved == SequenceScore(2, 1, 1)


def test_at_an_edge_the_middle_decides():
    coverage = [[1.0, 2.0]]
    assert score_sequences([[1.0, 1.1]], "a", [[0.998, 1.1]], "a", coverage=coverage) == SequenceScore(0, 1, 1)
    assert score_sequences([[1.99, 2.3]], "a", [], [], coverage=coverage) == SequenceScore(0, 0, 0)


def test_every_segment_needs_a_label():
    with pytest.raises(ValueError, match="one label"):
        score_sequences(spans(2), "a", [], [])


def test_twenty_thousand_syllables():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 37, (2, 20000)).tolist()
    begin = time.perf_counter()
    distance = edit_distance(a, b)
    assert time.perf_counter() - begin < 5
    assert 15000 < distance < 20000
