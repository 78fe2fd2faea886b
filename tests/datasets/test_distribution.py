from __future__ import annotations

import numpy as np
import pytest

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.intervals import intersect, total
from oscine.datasets.distribution import covered_seconds, distribution, label_weights, measure


def test_measure_is_the_time_covered_before():
    random = np.random.default_rng(0)
    onsets = np.sort(random.uniform(0, 50, 20))
    stretches = np.column_stack([onsets, onsets + random.uniform(0, 2, 20)])
    for time in random.uniform(-1, 60, 30):
        assert measure(stretches, time) == pytest.approx(total(intersect(stretches, [(-5, time)])))
    assert measure([], [1.0, 2.0]).tolist() == [0, 0]


def test_a_sound_that_was_cut_counts_for_what_is_left(rows):
    song = Annotations(rows("a.wav", (1, 3, "x"), (4, 4, "y"), (8, 20, "x")))
    song = song.with_coverage(Coverage({"a.wav": [(0, 2), (9, 12)]}, whole=False))
    assert covered_seconds(song, {"a.wav": 30.0}).tolist() == [1, 0, 3]


def test_weights_add_up_over_stretches(silence, rows):
    random = np.random.default_rng(1)
    onsets = np.sort(random.uniform(0, 90, 60))
    lengths = random.choice([0, 0.4, 25.0], 60, p=[0.4, 0.5, 0.1])
    spans = zip(onsets, np.minimum(onsets + lengths, 100), random.choice(["x", "y"], 60), strict=True)
    table = rows("a.wav", *((a, b, str(label)) for a, b, label in spans))
    song = Annotations(table)
    edges = np.linspace(0, 100, 14)
    stretches, weights = label_weights(song, {"a.wav": edges})
    assert stretches == [("a.wav", i) for i in range(13)]
    frame = song.to_pandas()
    points = frame[frame["onset"] == frame["offset"]]
    for column, label in enumerate("xy"):
        assert weights[:, column].sum() == (points["label"] == label).sum()
        spans = frame[frame["label"] == label][["onset", "offset"]].to_numpy()
        assert weights[:, 2 + column].sum() == pytest.approx((spans[:, 1] - spans[:, 0]).sum())
    background = 100 - total(frame[["onset", "offset"]].to_numpy())
    assert weights[:, -1].sum() == pytest.approx(background)


def test_the_table_has_numbers_and_seconds(rows):
    train = Annotations(rows("a.wav", (1, 3, "x"), (4, 4, "y")))
    test = Annotations(rows("a.wav", (5, 6, "x")), labels=["x", "y"])
    table = distribution({"train": train, "test": test}, {"a.wav": 10.0})
    assert table.loc["x"].tolist() == [1, 2, 1, 1]
    assert table.loc["y"].tolist() == [1, 0, 0, 0]
