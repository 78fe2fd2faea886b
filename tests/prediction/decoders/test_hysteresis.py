"""Two thresholds: what is there, and how far it goes."""

from __future__ import annotations

import pytest

from oscine.prediction.decoders.hysteresis import Hysteresis
from oscine.prediction.scores import Scores


@pytest.mark.parametrize(
    ("options", "threshold", "expected"),
    [
        ({"low": 0.3, "high": 0.8}, 0.1, [(1, 7)]),
        ({"low": 0.3}, 0.8, [(1, 7)]),  # the label's own
        ({"low": 0.3, "high": 0.35}, 0.8, [(1, 7), (8, 9)]),
        ({"low": 0.45, "high": 0.8}, 0.5, [(2, 5)]),
        ({"low": 0.3, "high": 0.9}, 0.5, []),  # strictly
        ({"low": 0.9, "high": 0.5}, 0.5, [(2, 4), (6, 7)]),  # a low one that is not is the high one
    ],
)
def test_known_runs(options, threshold, expected):
    """The example in the module."""
    scores = Scores.from_array([[0.1, 0.4, 0.6, 0.9, 0.5, 0.4, 0.6, 0.2, 0.4, 0.1]], ["a"], 10.0)
    runs = Hysteresis(**options).runs(scores, {"a": threshold})["a"]
    assert list(zip(runs.start.tolist(), runs.stop.tolist(), strict=True)) == expected


def test_bounds_are_at_the_low_threshold():
    assert Hysteresis(low=0.2).bars({"a": 0.5, "b": 0.1}) == {"a": 0.2, "b": 0.1}
