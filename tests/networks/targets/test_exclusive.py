"""The exclusive target: one label per frame, -1 where nobody has looked."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from oscine.core.errors import InputError
from oscine.networks.targets.exclusive import Exclusive

LABELS = ("pulse", "sine", "background")
NOWHERE = np.empty((0, 2))


def _encode(onsets, offsets, indices, coverage=NOWHERE, n_frames=20, rate=10.0, labels=LABELS, start=0.0, **options):
    return Exclusive(**options).encode(
        np.array(onsets, dtype=float),
        np.array(offsets, dtype=float),
        np.array(indices),
        np.array(coverage, dtype=float),
        n_frames,
        rate,
        labels=labels,
        start=start,
    )


def _at(encoded, label):
    return np.flatnonzero(encoded == label).tolist()


def test_a_segment_labels_the_frames_whose_centres_it_holds():
    encoded = _encode([0.5], [0.8], [1])
    assert _at(encoded, 1) == [5, 6, 7]
    assert (np.delete(encoded, [5, 6, 7]) == -1).all()


def test_an_event_labels_the_frame_it_is_in_and_both_when_between_two():
    for hundredths in range(190):
        frame, rest = divmod(hundredths, 10)
        expected = [frame, frame + 1] if rest == 5 else [frame + (rest > 5)]
        assert _at(_encode([hundredths / 100], [hundredths / 100], [0]), 0) == [n for n in expected if n < 20], (
            hundredths
        )


def test_event_width():
    assert _at(_encode([1.0], [1.0], [0], event_width=0.3), 0) == [9, 10, 11]
    assert _at(_encode([1.0], [1.0], [0], event_width=0.4), 0) == [8, 9, 10, 11, 12]


def test_a_segment_shorter_than_a_frame_is_not_lost():
    assert _at(_encode([0.52], [0.56], [1]), 1) == [5]


def test_later_starting_annotations_win():
    encoded = _encode([0.2, 0.5, 1.0], [1.5, 0.8, 1.0], [1, 2, 0])
    assert encoded.tolist() == [-1, -1, 1, 1, 1, 2, 2, 2, 1, 1, 0, 1, 1, 1, 1, -1, -1, -1, -1, -1]


def test_coverage_gives_background_only_where_labels_have_it():
    coverage = [(0.3, 0.6), (1.5, 9.0)]
    assert _at(_encode([], [], [], coverage), 2) == [3, 4, 5, 15, 16, 17, 18, 19]
    assert (_encode([], [], [], coverage, labels=("pulse", "sine")) == -1).all()
    assert (_encode([], [], [], coverage, labels=("pulse", "ambient")) == -1).all(), "an annotated label like others"


def test_rows_count_outside_the_coverage_too():
    encoded = _encode([0.2, 1.0], [0.4, 1.0], [1, 0], [(0.0, 0.3), (1.0, 1.0)])
    assert encoded[:5].tolist() == [2, 2, 1, 1, -1]
    assert _at(encoded, 0) == [10]


def test_windows_are_stretches_of_the_whole():
    rows = ([0.2, 0.7, 1.3], [0.5, 0.7, 1.9], [1, 0, 1], [(0.0, 1.6)])
    whole = _encode(*rows)
    assert np.array_equal(_encode(*rows, n_frames=6, start=0.8), whole[8:14])


def test_many_windows_at_once():
    target, coverage = Exclusive(), np.array([(0.0, 1.6)])
    onsets, offsets, indices = np.array([0.2, 0.7]), np.array([0.5, 0.7]), np.array([1, 0])
    timeline = target.timeline(onsets, offsets, indices, coverage, 10.0, labels=LABELS)
    times = np.array([[0.0], [0.55]]) + np.arange(5) / 10
    windows = [_encode(onsets, offsets, indices, coverage, n_frames=5, start=start) for start in (0.0, 0.55)]
    assert np.array_equal(timeline.at(times), windows)


def test_probabilities_are_the_softmax():
    logits = np.array([[0.0, 1000.0], [np.log(3.0), -1000.0]], dtype=np.float32)
    assert_allclose(Exclusive().decode(logits), [[0.25, 1.0], [0.75, 0.0]], rtol=1e-6)


def test_labels_of_probabilities():
    target = Exclusive()
    assert target.labels_of(np.array([[0.2, np.nan, 0.6], [0.8, 0.5, 0.4]])).tolist() == [1, -1, 0]
    encoded = _encode([0.2, 0.7], [0.5, 0.7], [1, 0], [(0.0, 1.6)])
    logits = 9.0 * np.eye(3, dtype=np.float32)[:, np.maximum(encoded, 0)]
    assert np.array_equal(target.labels_of(target.decode(logits))[encoded >= 0], encoded[encoded >= 0])


@pytest.mark.parametrize("width", [0.0, -1.0])
def test_width_is_positive(width):
    with pytest.raises(InputError, match="event_width is out of range"):
        Exclusive(event_width=width)


def test_reach_of_an_event():
    assert Exclusive().reach(100.0) == 0.005
    assert Exclusive(event_width=0.3).reach(100.0) == 0.15
