"""Counts, measurements and settings are told apart, also in what occurs in one recording only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from oscine.annotations.annotations import Annotations
from oscine.evaluation.segmentation import score_segmentation
from oscine.metrics.counts import pool
from oscine.metrics.events import score_events
from oscine.metrics.score_tree import NoTreeError, ScoreTree


def test_the_tolerance_of_a_label_of_one_recording_is_no_count():
    one = score_events([0.1, 0.2], ["p", "p"], [0.1, 0.3], ["p", "p"], 0.01)
    two = score_events([0.1, 0.5], ["p", "q"], [0.1, 0.5], ["p", "q"], 0.01)
    (drawn,) = ScoreTree([one, two]).totals(np.array([[1, 2]]))
    assert drawn.pooled.tolerance == 0.01
    assert drawn.to_dict() == pool([one, two, two]).to_dict()


def test_measurements_of_which_a_single_recording_has_any_are_no_count():
    """As where blocks cut recordings, and in one of them alone everything between was looked at."""
    one = score_segmentation_of("a.wav", 0.001)
    scores = [_Maybe(one), _Maybe(None), _Maybe(None)]
    first, second = ScoreTree(scores).totals(np.array([[2, 1, 0], [1, 1, 1]]))
    assert first.found.to_dict() == (one + one).to_dict()
    assert second.found.to_dict() == one.to_dict()


def score_segmentation_of(name, late):
    rows = [{"recording": name, "onset": 0.1 * n, "offset": 0.1 * n + 0.05, "label": "i"} for n in (1, 3, 5)]
    guesses = [{**row, "onset": row["onset"] + late} for row in rows]
    return score_segmentation(Annotations(rows), Annotations(guesses), {name: 1.0}).pooled


@dataclass(frozen=True)
class _Maybe:
    found: object

    def __add__(self, other):
        both = [item for item in (self.found, other.found) if item is not None]
        return _Maybe(both[0] + both[1] if len(both) == 2 else both[0] if both else None)


def test_a_setting_that_differs_is_no_tree():
    with pytest.raises(NoTreeError):
        ScoreTree([_Largest(1), _Largest(3)])


class _Largest:
    def __init__(self, value):
        self.value = value

    def __add__(self, other):
        return _Largest(max(self.value, other.value))
