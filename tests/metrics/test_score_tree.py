"""Counts, measurements and settings are told apart, also in what occurs in one recording only."""

from __future__ import annotations

import numpy as np
import pytest

from oscine.metrics.counts import pool
from oscine.metrics.events import score_events
from oscine.metrics.score_tree import NoTreeError, ScoreTree


def test_the_tolerance_of_a_label_of_one_recording_is_no_count():
    one = score_events([0.1, 0.2], ["p", "p"], [0.1, 0.3], ["p", "p"], 0.01)
    two = score_events([0.1, 0.5], ["p", "q"], [0.1, 0.5], ["p", "q"], 0.01)
    (drawn,) = ScoreTree([one, two]).totals(np.array([[1, 2]]))
    assert drawn.pooled.tolerance == 0.01
    assert drawn.to_dict() == pool([one, two, two]).to_dict()


def test_a_setting_that_differs_is_no_tree():
    with pytest.raises(NoTreeError):
        ScoreTree([_Largest(1), _Largest(3)])


class _Largest:
    def __init__(self, value):
        self.value = value

    def __add__(self, other):
        return _Largest(max(self.value, other.value))
