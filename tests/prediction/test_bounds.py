"""Bounds between frames: known crossings, and that they are better than none."""

from __future__ import annotations

import math

import numpy as np
import pytest

from oscine.prediction import bounds as module
from oscine.prediction.bounds import place_bounds
from oscine.prediction.decoders.hysteresis import Hysteresis
from oscine.prediction.decoders.majority import Majority
from oscine.prediction.decoders.maximum import Maximum
from oscine.prediction.segment import SegmentParams, segment


def logistic(times, onset, offset, width=0.08):
    return 1 / (1 + np.exp(-(times - onset) / width)) / (1 + np.exp((times - offset) / width))


@pytest.mark.parametrize("decoder", [Maximum(), Majority(), Hysteresis(low=0.5)])
def test_where_log_odds_cross_zero_between_frames(scores, decoder):
    """Log-odds that rise and fall in straight lines are met exactly, wherever the frames lie."""
    times = np.arange(60) / 10
    sound = logistic(times, 1.234, 3.871)
    one = scores([1 - sound, sound], ("background", "a"), thresholds={"a": 0.5})
    (row,) = segment(one, SegmentParams(decoder=decoder, interpolate=True))
    assert (row.onset, row.offset) == pytest.approx((1.234, 3.871), abs=1e-3)
    (halfway,) = segment(one, SegmentParams(decoder=decoder))
    assert (halfway.onset, halfway.offset) == pytest.approx((1.25, 3.85))


def test_touching_sounds_share_their_bound(scores):
    a = np.array([0.98, 0.9, 0.7, 0.2, 0.02])
    rows = list(segment(scores([a, 1 - a]), SegmentParams(decoder=Maximum(), interpolate=True)))
    assert rows[0].offset == rows[1].onset
    first, second = math.log(0.7 / 0.3), math.log(0.8 / 0.2)
    assert rows[0].offset == pytest.approx((2 + first / (first + second)) / 10)


def test_ends_of_recordings_and_what_nobody_computed_stay(scores):
    values = np.full((2, 6), -np.inf)
    values[:, 2:5] = [[0.9] * 3, [0.1] * 3]
    (row,) = segment(scores(values), SegmentParams(decoder=Maximum(), interpolate=True))
    assert (row.onset, row.offset) == pytest.approx((0.15, 0.45))
    (row,) = segment(scores([[0.9] * 3, [0.1] * 3]), SegmentParams(decoder=Maximum(), interpolate=True))
    assert (row.onset, row.offset) == (0.0, pytest.approx(0.3))


def test_a_bound_that_the_scores_do_not_show_is_halfway(scores):
    one = scores([[0.9, 0.8, 0.7], [0.1, 0.2, 0.3]])
    assert place_bounds(one, np.array([1, 2])).tolist() == one.edges(np.array([1, 2])).tolist()


def test_blocks_do_not_matter(scores, monkeypatch):
    values = np.random.default_rng(0).dirichlet([1, 1], 400).T
    one, frames = scores(values), np.arange(0, 401)
    whole = place_bounds(one, frames)
    assert (np.diff(whole) >= 0).all()
    monkeypatch.setattr(module, "_BLOCK", 7)
    assert place_bounds(one, frames).tolist() == whole.tolist()
