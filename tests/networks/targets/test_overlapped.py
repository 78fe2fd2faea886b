"""The overlapped target: SongExplorer's meaning of present, absent and unknown, and none of its defects."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscine.core.errors import InputError
from oscine.networks.targets.overlapped import Overlapped

LABELS = ("a", "b", "c", "d", "not_a", "not_b", "background")
NOWHERE = np.empty((0, 2))
NAN = np.nan


def _encode(rows, coverage=NOWHERE, n_frames=10, rate=10.0, labels=LABELS, start=0.0, **options):
    onsets, offsets = np.array([row[:2] for row in rows], float).reshape(-1, 2).T
    indices = np.array([labels.index(row[2]) for row in rows], int)
    return Overlapped(**options).encode(onsets, offsets, indices, coverage, n_frames, rate, labels=labels, start=start)


def test_its_own_label_is_there_and_of_the_others_nothing_is_known():
    encoded = _encode([(0.2, 0.4, "b")])
    assert np.array_equal(encoded[1], [NAN, NAN, 1, 1, *[NAN] * 6], equal_nan=True)
    assert np.isnan(encoded[[0, 2, 3]]).all()


def test_a_negation_is_zero_for_its_label_alone():
    encoded = _encode([(0.2, 0.4, "not_b")])
    assert np.array_equal(encoded[1], [NAN, NAN, 0, 0, *[NAN] * 6], equal_nan=True)
    assert np.isnan(encoded[[0, 2, 3]]).all()


def test_overlapping_rows_fill_their_labels_whatever_their_order():
    """More labels than frames of a window; SongExplorer skips the row just before, and hangs with more labels."""
    rows = [(0.0, 0.3, "a"), (0.1, 0.3, "b"), (0.1, 0.3, "not_a"), (0.2, 0.2, "d")]
    expected = [[1, 0, 0], [NAN, 1, 1], [NAN] * 3, [NAN, NAN, 1]]
    for turn in range(4):
        assert np.array_equal(_encode(rows[turn:] + rows[:turn], n_frames=3), expected, equal_nan=True)


def test_all_else_is_absent_where_all_was_annotated():
    encoded = _encode([(0.2, 0.4, "b"), (0.3, 0.5, "c")], [(0.0, 0.8)])
    assert encoded[0].tolist()[:8] == [0] * 8
    assert encoded[1].tolist()[:8] == [0, 0, 1, 1, 0, 0, 0, 0]
    assert encoded[2].tolist()[:8] == [0, 0, 0, 1, 1, 0, 0, 0]
    assert np.isnan(encoded[:, 8:]).all()


def test_background_says_that_nothing_is_there():
    encoded = _encode([(0.2, 0.4, "background")])
    assert (encoded[:, 2:4] == 0).all()
    assert np.isnan(encoded[:, [0, 1, 4, 5]]).all()


def test_an_event_holds_for_its_width():
    assert np.flatnonzero(_encode([(0.5, 0.5, "a")])[0] == 1).tolist() == [5]
    assert np.flatnonzero(_encode([(0.5, 0.5, "a")], event_width=0.3)[0] == 1).tolist() == [4, 5, 6]


def test_another_word_for_absence():
    labels = ("a", "b", "kein-a")
    encoded = _encode([(0.0, 0.1, "kein-a")], labels=labels, absent="kein-")
    assert np.array_equal(encoded[:, 0], [0, NAN], equal_nan=True)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(2, 9), st.sampled_from(LABELS[:4])), max_size=8))
def test_is_each_label_by_itself(rows):
    rows = [(onset / 10, (onset + length) / 10, label) for onset, length, label in rows]
    encoded = _encode(rows)
    for label, found in zip("abcd", encoded, strict=True):
        expected = np.full(10, NAN)
        for onset, offset, name in rows:
            if name == label:
                expected[round(onset * 10) : round(offset * 10)] = 1
        assert np.array_equal(found, expected, equal_nan=True)


def test_present_at_a_probability_not_a_logit_of_a_half():
    target = Overlapped()
    logits = np.array([[-0.1, 0.0, 0.3, 0.6]], np.float32)
    assert target.is_present(target.decode(logits)).tolist() == [[False, True, True, True]]


def test_decode_does_not_overflow():
    with np.errstate(all="raise"):
        assert Overlapped().decode(np.array([[-1e4, 1e4]], np.float32)).tolist() == [[0.0, 1.0]]


def test_a_negation_of_nothing():
    with pytest.raises(InputError, match="'c' is absent, which is not a label; found 'not_c'; allowed: not_a"):
        Overlapped().outputs(["a", "not_a", "not_c"])


def test_nothing_to_learn():
    with pytest.raises(InputError, match="there is no label of a sound"):
        Overlapped().outputs(["background"])
