"""Gaps between segments, as DAS means them and does not make them (das.md, defect 6)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from oscine.networks.gaps import HORIZON, separate
from oscine.networks.targets.boundaries import Boundaries
from oscine.networks.targets.events import Events
from oscine.networks.targets.exclusive import Exclusive

GAP = 0.02
LABELS = ("background", "pulse", "a", "b")
TARGETS = [Exclusive(gap=GAP), Events(gap=GAP), Boundaries(gap=GAP)]


@pytest.fixture(params=TARGETS, ids=lambda target: target.plugin_name)
def label(request):
    """The most likely label of each frame, at 1000 Hz, of rows of a recording that is covered."""

    def encode(rows, coverage=((0.0, 1.0),)):
        onsets, offsets = np.array([row[:2] for row in rows], float).T
        indices = np.array([LABELS.index(row[2]) for row in rows])
        encoded = request.param.encode(onsets, offsets, indices, np.array(coverage), 1000, 1000.0, labels=LABELS)
        return encoded if encoded.ndim == 1 else encoded[:4].argmax(axis=0)

    return encode


def _at(labels, name):
    return np.flatnonzero(labels == LABELS.index(name)).tolist()


def test_a_segment_alone_keeps_both_bounds(label):
    """DAS takes half a gap from every onset."""
    assert _at(label([(0.2, 0.4, "a")]), "a") == list(range(200, 400))


def test_segments_that_touch_give_way_alike(label):
    for other in "ab":
        found = label([(0.2, 0.4, "a"), (0.4, 0.6, other)])
        assert np.flatnonzero(found[200:600] == 0).tolist() == list(range(190, 210))
        assert (found[[189 + 200, 210 + 200]] == [2, LABELS.index(other)]).all()


def test_a_gap_too_small_is_widened_about_its_middle(label):
    found = label([(0.2, 0.4, "a"), (0.408, 0.6, "a")])
    assert np.flatnonzero(found[200:600] == 0).tolist() == list(range(194, 214))


def test_a_gap_wide_enough_stays(label):
    assert _at(label([(0.2, 0.4, "a"), (0.42, 0.6, "a")]), "a") == [*range(200, 400), *range(420, 600)]


def test_events_make_no_holes_and_have_none(label):
    """DAS empties half a gap before and behind every event; an event itself is where it was."""
    alone, within = label([(0.5, 0.5, "pulse")]), label([(0.2, 0.8, "a"), (0.5, 0.5, "pulse")])
    assert _at(within, "background") == [*range(200), *range(800, 1000)]
    assert set(_at(alone, "pulse")) - {499, 500, 501} == set() or len(_at(alone, "pulse")) <= 5
    assert 500 in _at(alone, "pulse")


def test_no_segment_is_lost(label):
    """Twenty segments of 5 ms end to end, with a gap four times as long."""
    rows = [(0.2 + 0.005 * i, 0.205 + 0.005 * i, "ab"[i % 2]) for i in range(20)]
    found = label(rows)
    for onset, _, name in rows:
        middle = round(1000 * onset) + 2
        assert found[middle] == LABELS.index(name)


def test_nothing_where_nobody_has_looked():
    rows = (np.array([0.2, 0.4]), np.array([0.4, 0.6]), np.array([2, 3]))
    found = Exclusive(gap=GAP).encode(*rows, np.empty((0, 2)), 1000, 1000.0, labels=LABELS)
    assert np.flatnonzero(found[200:600] == -1).tolist() == list(range(190, 210))


ROWS = st.lists(
    st.tuples(st.integers(0, 400), st.integers(1, 60)), min_size=1, max_size=8, unique_by=lambda row: row[0]
)


@given(ROWS, st.integers(1, 20))
def test_pieces_are_apart_and_within_their_rows(rows, gap):
    onsets = np.array([onset for onset, _ in rows], float)
    offsets = onsets + np.array([length for _, length in rows], float)
    lows, highs, owners = separate(onsets, offsets, float(gap))
    plain = separate(onsets, offsets, 0.0)
    assert np.array_equal(plain[2], owners)
    assert (highs > lows).all()
    assert (lows >= onsets[owners]).all()
    assert (highs <= offsets[owners]).all()
    between, room = lows[1:] - highs[:-1], (plain[1] - plain[0]) / 4
    full = (room[1:] >= gap / 2) & (room[:-1] >= gap / 2)
    assert (between[full] >= gap - 1e-9).all()
    assert_allclose((highs - lows).sum() + np.maximum(between, 0).sum(), highs[-1] - lows[0])


@given(ROWS, st.integers(1, 20), st.integers(0, 400))
def test_far_rows_do_not_matter(rows, gap, time):
    onsets = np.array([onset for onset, _ in rows], float)
    offsets = onsets + np.array([length for _, length in rows], float)
    near = (onsets <= time + 0.5 + HORIZON * gap) & (offsets >= time + 0.5 - HORIZON * gap)

    def owner(chosen):
        places = np.flatnonzero(chosen)
        lows, highs, rows = separate(onsets[chosen], offsets[chosen], float(gap))
        holding = np.flatnonzero((lows <= time + 0.5) & (highs > time + 0.5))
        return [int(places[rows[place]]) for place in holding]

    assert owner(near) == owner(np.ones(len(onsets), bool))
