"""Events as Gaussians: in seconds, at frame centres, shares of every frame."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from oscine.networks.target import bumps
from oscine.networks.targets.events import Events

LABELS = ("background", "pulse", "sine", "trill")
ALL = np.array([(0.0, 100.0)])


def _encode(rows, coverage=ALL, n_frames=1000, rate=1000.0, labels=LABELS, start=0.0, **options):
    onsets, offsets = np.array([row[:2] for row in rows], float).reshape(-1, 2).T
    indices = np.array([labels.index(row[2]) for row in rows], int)
    return Events(**options).encode(onsets, offsets, indices, coverage, n_frames, rate, labels=labels, start=start)


def test_a_gaussian_of_height_one_at_frame_centres():
    encoded = _encode([(0.5, 0.5, "pulse")], width=0.01)
    times = np.arange(1000) / 1000
    expected = np.exp(-0.5 * ((times - 0.5) / 0.01) ** 2)
    expected[np.abs(times - 0.5) > 0.0401] = 0
    assert_allclose(encoded[1], expected, atol=1e-6)
    assert encoded[1, 500] == 1
    assert_allclose(encoded[0], 1 - expected, atol=1e-6)


@pytest.mark.parametrize("rate", [500.0, 625.0, 1000.0, 24414.0625])
@pytest.mark.parametrize("time", [0.1234, 0.2, 0.20005])
def test_no_shift_by_part_of_a_frame_at_any_rate(rate, time):
    """The centre of mass is the event; DAS's window of an even length puts it half a sample late."""
    encoded = _encode([(time, time, "pulse")], n_frames=round(0.4 * rate), rate=rate, width=0.008)
    times = np.arange(encoded.shape[1]) / rate
    assert (encoded[1] * times).sum() / encoded[1].sum() == pytest.approx(time, abs=2e-6)


def test_near_events_keep_their_peaks():
    encoded = _encode([(0.5, 0.5, "pulse"), (0.51, 0.51, "pulse")], width=0.008)
    assert encoded[1, 500] == encoded[1, 510] == 1
    assert encoded[1, 505] < 0.9
    assert_allclose(encoded.sum(axis=0), 1, atol=1e-6)


def test_others_add_up_to_one_at_most_and_background_is_the_rest():
    """An event in a segment: each has half of the frame of the event."""
    encoded = _encode([(0.2, 0.8, "sine"), (0.5, 0.5, "pulse"), (0.6, 0.9, "trill")], width=0.01)
    assert encoded[:, 500].tolist() == [0, 0.5, 0.5, 0]
    assert encoded[:, 700].tolist() == [0, 0, 0.5, 0.5]
    assert encoded[:, 850].tolist() == [0, 0, 0, 1]
    assert_allclose(encoded.sum(axis=0), 1, atol=1e-6)


def test_segments_are_half_open_boxes():
    assert np.flatnonzero(_encode([(0.2, 0.3, "sine")])[2]).tolist() == list(range(200, 300))


def test_a_segment_shorter_than_a_frame_is_not_lost():
    assert np.flatnonzero(_encode([(0.2004, 0.2006, "sine")])[2]).tolist() == [200, 201]


def test_what_a_sparse_row_tells():
    encoded = _encode(
        [(0.5, 0.5, "pulse"), (0.7, 0.8, "sine"), (0.9, 0.95, "background")], np.empty((0, 2)), width=0.01
    )
    known = ~np.isnan(encoded).any(axis=0)
    frames = [*range(460, 541), *range(700, 800), *range(900, 950)]
    assert np.flatnonzero(known).tolist() == frames
    assert (encoded[0, 900:950] == 1).all()


def test_background_is_added_where_it_is_no_label():
    labels = ("pulse", "sine")
    encoded = _encode([(0.5, 0.5, "pulse")], labels=labels, width=0.01)
    assert encoded.shape[0] == 3
    assert encoded[:, 500].tolist() == [0, 1, 0]


def test_bumps_of_nothing():
    assert bumps([0.0, 1.0], [], 0.1).tolist() == [0.0, 0.0]
