"""The most probable label of every frame."""

from __future__ import annotations

import numpy as np

from oscine.prediction.decoders.maximum import Maximum
from oscine.prediction.scores import Scores


def test_no_gaps_no_overlaps_no_thresholds():
    values = np.random.default_rng(0).random((3, 500))
    scores = Scores.from_array(values, ["a", "b", "c"], 10.0)
    runs = Maximum().runs(scores, dict.fromkeys("abc", 1.0))
    owner = np.full(500, -1)
    for index, label in enumerate("abc"):
        for start, stop in zip(runs[label].start, runs[label].stop, strict=True):
            assert (owner[start:stop] == -1).all()
            owner[start:stop] = index
    assert np.array_equal(owner, values.astype(np.float32).argmax(axis=0))


def test_on_a_tie_the_first_label_wins():
    runs = Maximum().runs(Scores.from_array([[0.5, 0.2], [0.5, 0.8]], ["a", "b"], 10.0), {})
    assert (runs["a"].stop.tolist(), runs["b"].start.tolist()) == ([1], [1])
