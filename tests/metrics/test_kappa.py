"""Kappa: published arithmetic, bounds, symmetry, pooling."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscine.metrics.frames import ConfusionMatrix, confusion_matrix
from oscine.metrics.kappa import cohen_kappa, cohen_kappas, count_votes, fleiss_kappa

FRAMES = st.lists(st.tuples(st.integers(-1, 2), st.integers(0, 2), st.integers(0, 2)), max_size=40)


def columns(frames):
    return np.array(frames, dtype=np.int64).reshape(-1, 3).T


@pytest.fixture(scope="module")
def scikit_learn():
    return pytest.importorskip("sklearn.metrics")


@given(frames=FRAMES)
def test_cohens_is_scikit_learns(scikit_learn, frames):
    truth, guess, _ = columns(frames)
    ours = cohen_kappa(confusion_matrix(truth, guess, "abc"))
    known = truth >= 0
    if len({*truth[known], *guess[known]}) < 2:
        assert math.isnan(ours)
    else:
        assert ours == pytest.approx(scikit_learn.cohen_kappa_score(truth[known], guess[known]))


@given(FRAMES)
def test_cohens_is_symmetric_and_at_most_one(frames):
    matrix = confusion_matrix(*columns(frames)[1:], "abc")
    kappa = cohen_kappa(matrix)
    assert cohen_kappa(ConfusionMatrix(matrix.counts.T.copy(), matrix.labels)) == pytest.approx(kappa, nan_ok=True)
    assert math.isnan(kappa) or -1 <= kappa <= 1 + 1e-12


def test_each_label_against_the_others():
    matrix = ConfusionMatrix(np.array([[40, 0, 0], [0, 5, 5], [0, 5, 5]]), ("silence", "a", "b"))
    kappas = cohen_kappas(matrix)
    assert kappas["silence"] == 1
    assert kappas["a"] == pytest.approx(kappas["b"]) == pytest.approx(0.4)
    assert math.isnan(cohen_kappas(ConfusionMatrix(np.array([[3, 0], [0, 0]]), ("a", "b")))["b"])


def test_fleiss_own_example():
    """Fourteen judges, ten subjects, five categories: the table of the Wikipedia article, kappa 0.210."""
    table = [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
    frames = np.array([np.repeat(np.arange(5), row) for row in table]).T
    votes = count_votes(frames, "12345")
    assert votes.agreement == pytest.approx(0.378, abs=5e-4)
    assert votes.chance == pytest.approx(0.213, abs=5e-4)
    assert votes.kappa == pytest.approx(0.210, abs=5e-4)
    card = votes.to_dict()
    assert json.loads(json.dumps(card, allow_nan=False)) == card


@given(FRAMES, FRAMES)
def test_pooling_is_concatenation_and_order_does_not_matter(first, second):
    one, two = (count_votes(columns(frames), "abc") for frames in (first, second))
    together = columns([*first, *second])
    kappa = count_votes(together, "abc").kappa
    assert (one + two).kappa == pytest.approx(kappa, nan_ok=True)
    assert fleiss_kappa(together[::-1], "abc") == pytest.approx(kappa, nan_ok=True)
    assert math.isnan(kappa) or -1 <= kappa <= 1


@given(FRAMES)
def test_two_annotators_who_label_equally_often_have_one_kappa(frames):
    _, one, two = columns(frames)
    both_ways = np.concatenate([one, two]), np.concatenate([two, one])
    cohen = cohen_kappa(confusion_matrix(*both_ways, "abc"))
    assert fleiss_kappa(both_ways, "abc") == pytest.approx(cohen, nan_ok=True)


def test_what_cannot_be_compared():
    with pytest.raises(ValueError, match="two annotators"):
        count_votes([[0, 1]], "ab")
    with pytest.raises(ValueError, match="within 0 and 1"):
        count_votes([[0, 1], [0, 2]], "ab")
    with pytest.raises(ValueError, match="pool"):
        count_votes([[0], [0]], "ab") + count_votes([[0], [0], [0]], "ab")
    assert math.isnan(fleiss_kappa([[], []], "ab"))
