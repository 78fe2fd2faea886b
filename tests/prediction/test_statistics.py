"""Durations and successions, counted by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.prediction.statistics import SongStatistics, count_song

ROWS = [("a", 0.5, 0.6), ("b", 0.8, 1.0), ("b", 1.0, 1.3), ("a", 2.0, 2.4), ("a", 3.0, 3.1), ("p", 0.7, 0.7)]


def truth(covered):
    rows = [{"recording": "x.wav", "label": label, "onset": a, "offset": b} for label, a, b in ROWS]
    return Annotations(rows, coverage=Coverage({"x.wav": covered}, whole=False))


def test_hand_counts():
    song = count_song(truth(None), ["background", "a", "b", "p"], {"x.wav": 5.0})
    assert {label: values.round(6).tolist() for label, values in song.durations.items()} == {
        "a": [0.1, 0.1, 0.4],
        "b": [0.2, 0.3],
        "background": [0.2, 0.6, 0.7],
    }
    assert song.transitions == {"a": {"a": 1, "b": 1}, "b": {"a": 1, "b": 1}}
    assert song.gaps == {"a": 1.0, "b": 0.5}


def test_only_where_somebody_has_looked_between():
    song = count_song(truth([[0.4, 1.1], [1.2, 2.5], [2.9, 3.2]]), ["a", "b"], {"x.wav": 5.0})
    assert song.transitions == {"a": {"b": 1}, "b": {"b": 1}}, "what lies between those that touch is known"
    assert song.durations["background"].round(6).tolist() == [0.2]
    assert count_song(truth(None), ["a", "b"], {}).transitions == {}


def test_gaps_below_the_resolution_are_none():
    song = count_song(truth(None), ["a", "b"], {"x.wav": 5.0}, resolution=0.3)
    assert song.gaps == {"a": 0.5, "b": 0.5}
    assert song.durations["background"].round(6).tolist() == [0.6, 0.7]


def test_log_normal_of_few_and_of_many():
    values = np.exp(np.random.default_rng(0).normal(math.log(0.08), 0.2, 4000))
    told = SongStatistics({"many": values, "one": np.array([0.5]), "same": np.full(9, 0.1)}).log_normal()
    assert told["many"] == pytest.approx((0.08, 0.2), rel=0.03)
    assert told["one"] == (0.5, pytest.approx(np.median([0, np.log(values).std(ddof=1)]), rel=1e-3))
    assert told["same"] == (0.1, 0.05)
