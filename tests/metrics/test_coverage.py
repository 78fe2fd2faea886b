from __future__ import annotations

import numpy as np
import pytest

from oscine.metrics.coverage import events_inside, segments_inside

COVERAGE = [[0.0, 1.0], [2.0, 2.0], [3.0, 3.5]]


def test_events_at_the_edges() -> None:
    events = [0.0, 0.999, 1.0, 1.5, 2.0, 2.001, 3.0, 3.5, -0.1]
    expected = [True, True, False, False, True, False, True, False, False]
    assert events_inside(events, COVERAGE).tolist() == expected


def test_edges_survive_rounding() -> None:
    onset = 0.1 + 0.2  # 0.30000000000000004
    assert events_inside([0.3], [[onset, 0.5]]).all()
    assert segments_inside([[0.3, 0.5]], [[onset, 0.5 - 1e-12]]).all()


def test_segments_must_lie_inside_wholly() -> None:
    segments = [[0.0, 1.0], [0.5, 1.1], [3.1, 3.2], [2.0, 2.0], [0.9, 3.1]]
    assert segments_inside(segments, COVERAGE).tolist() == [True, False, True, True, False]


def test_none_is_everything_and_empty_is_nothing() -> None:
    assert events_inside([5.0], None).all()
    assert segments_inside([[5.0, 6.0]], None).all()
    assert not events_inside([5.0], np.zeros((0, 2))).any()
    assert not segments_inside([[5.0, 6.0]], np.zeros((0, 2))).any()


def test_a_coverage_out_of_order_is_refused() -> None:
    with pytest.raises(ValueError, match="sorted"):
        events_inside([0.0], [[2.0, 3.0], [0.0, 1.0]])
    with pytest.raises(ValueError, match="disjoint"):
        events_inside([0.0], [[0.0, 3.0], [1.0, 4.0]])
