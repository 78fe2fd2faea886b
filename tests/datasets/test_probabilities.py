from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from oscine.datasets.probabilities import ClassMatrix, find_sounds, normalised, with_gaps

KINDS = [False, False, False, True]  # noise, two segments, an event


def song(seed, n=60, rate=1000.0):
    """Segments that do not overlap, and events wherever they fall, on whole samples."""
    random = np.random.default_rng(seed)
    edges = np.sort(random.choice(np.arange(1, 20_000), 2 * n, replace=False)) / rate
    rows = [(a, b, int(random.integers(1, 3))) for a, b in edges.reshape(-1, 2)]
    rows += [(t, t, 3) for t in np.sort(random.choice(np.arange(50, 20_000, 40), n, replace=False)) / rate]
    return sorted(rows)


def matrix(rows, rate=1000.0, **options):
    onsets, offsets, columns = map(np.array, zip(*rows, strict=True))
    return ClassMatrix.of_rows(onsets, offsets, columns, KINDS, rate, **options)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("size", [37, 1000, 30_000])
def test_there_and_back_in_blocks_of_any_size(seed, size):
    rows = song(seed)
    written = matrix(rows, event_width=0.003)
    blocks = [written.block(start, min(start + size, 21_000)).astype(np.float16) for start in range(0, 21_000, size)]
    found = find_sounds(blocks, KINDS, 1000.0)
    joined = [row for row in rows if row[2] != 3]
    assert [row for row in found if row[2] == 3] == [row for row in rows if row[2] == 3]
    segments = [row for row in found if row[2] != 3]
    assert np.array(segments) == pytest.approx(np.array(joined))
    again = matrix(found, event_width=0.003)
    assert np.array_equal(again.block(0, 21_000), written.block(0, 21_000))


def test_das_samples():
    """Start int(start * rate), stop int(stop * rate + 1); an event without width holds one sample."""
    block = matrix([(0.0104, 0.0157, 1), (0.03, 0.03, 3)]).block(0, 50)
    assert np.flatnonzero(block[:, 1]).tolist() == [10, 11, 12, 13, 14, 15]
    assert np.flatnonzero(block[:, 3]).tolist() == [30]
    assert block.sum(axis=1) == pytest.approx(1)
    assert matrix([(0.3, 0.6, 1)], rate=10.0).block(0, 10)[:, 1].tolist() == [0, 0, 0, 1, 1, 1, 1, 0, 0, 0]


def test_events_are_bells_that_lie_right():
    """Peak 1 at its sample, whatever the width: no half-sample delay as with windows of even length."""
    for width in (0.0016, 0.002, 0.0033):
        bell = matrix([(0.1, 0.1, 3)], rate=10_000.0, event_width=width).block(0, 2000)[:, 3]
        assert bell[1000] == 1 == bell.max()
        assert np.array_equal(bell[900:1001], bell[1000:1101][::-1])
        assert bell[1000 + round(width * 10_000)] == pytest.approx(np.exp(-0.5), rel=0.02)


def test_rows_sum_to_one_and_overlapping_classes_share():
    block = matrix([(0.01, 0.03, 1), (0.02, 0.04, 2), (0.025, 0.025, 3)], event_width=0.002).block(0, 60)
    assert block.sum(axis=1) == pytest.approx(1)
    assert block[22].tolist() == pytest.approx([0, *(np.array([1, 1, b := np.exp(-0.5 * 1.5**2)]) / (2 + b))])
    assert find_sounds([block], KINDS, 1000.0) == [(0.01, 0.03, 1), (0.02, 0.04, 2), (0.025, 0.025, 3)]
    assert normalised(np.zeros((2, 3))).tolist() == [[1, 0, 0]] * 2


def test_a_gap_takes_nothing_from_lone_segments_and_leaves_events_alone():
    """DAS takes it from every onset, never from an offset, and punches holes at events (das.md 10.3, 6)."""
    rows = [(0.1, 0.2, 1), (0.15, 0.15, 3), (0.5, 0.6, 2)]
    gapped = matrix(rows, gap=0.02).block(0, 1000)
    assert np.array_equal(gapped, matrix(rows).block(0, 1000))
    assert (gapped[100:201, 1] > 0).all()


def test_a_gap_is_kept_between_neighbours_of_any_labels():
    for second in (1, 2):
        rows = [(0.1, 0.2, 1), (0.2, 0.3, second), (0.306, 0.4, 2), (0.9, 0.95, 1)]
        found = find_sounds([matrix(rows, gap=0.02).block(0, 1000)], KINDS, 1000.0)
        assert len(found) == 4
        for (_, end, _), (begin, _, _) in pairwise(found[:3]):
            assert begin - end == pytest.approx(0.02, abs=0.0015)
        assert found[0][0] == 0.1
        assert found[2][1] == 0.4
        assert found[3] == (0.9, 0.95, 1)


def test_what_a_gap_would_swallow_keeps_a_sample():
    starts, stops = with_gaps(np.array([0, 100, 103]), np.array([100, 103, 200]), 10)
    assert (stops > starts).all()
    assert (starts[1], stops[1]) == (101, 102)


def test_a_segment_of_one_sample_stays_a_segment():
    """In DAS it becomes an event (das.md 10.3, 14)."""
    block = np.zeros((10, 4))
    block[:, 0], block[4] = 1, [0, 1, 0, 0]
    assert find_sounds([block], KINDS, 100.0) == [(0.04, 0.05, 1)]


def test_soft_truth_and_nothing_at_all():
    block = np.zeros((10, 4))  # padded rows, all zero, are nothing (das.md 10.3, 15)
    assert find_sounds([block], KINDS, 100.0) == []
    block[2:6] = [[0.6, 0.4, 0, 0], [0.3, 0.5, 0.2, 0], [0.2, 0.5, 0.3, 0], [0.2, 0.2, 0.6, 0]]
    assert find_sounds([block, np.zeros((3, 4))], KINDS, 100.0) == [(0.03, 0.04, 1), (0.05, 0.06, 2)]
    assert find_sounds([], KINDS, 100.0) == []
