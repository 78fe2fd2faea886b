from __future__ import annotations

import numpy as np
import pytest

from oscine.annotations.annotations import Annotations
from oscine.datasets.splitters.blocks import Blocks


def song(rows, duration, n=200, seed=0):
    onsets = np.sort(np.random.default_rng(seed).uniform(0, duration, n))
    return Annotations(rows("a.wav", *((onset, onset, "x") for onset in onsets)))


def test_shares_and_coverage(silence, rows):
    recordings, annotations = silence(a=300), song(rows, 300)
    parts = Blocks(validation=20, test=10, guard=0).split(annotations, recordings, seed=0)
    n = {name: len(part) for name, part in parts.items()}
    assert sum(n.values()) == 200
    assert n["validation"] == pytest.approx(40, abs=4)
    assert n["test"] == pytest.approx(20, abs=4)
    covered = np.concatenate([part.coverage.intervals("a.wav", 300) for part in parts.values()])
    assert np.diff(covered, axis=1).sum() == pytest.approx(300)


@pytest.mark.parametrize("guard", [0.0, 0.5, 4.0, 9.9, 12.0])
def test_guard_gap(silence, rows, guard):
    recordings, annotations = silence(a=304), song(rows, 304)
    parts = Blocks(validation=30, test=10, guard=guard).split(annotations, recordings, seed=2)
    spans = {name: part.coverage.intervals("a.wav", 304) for name, part in parts.items()}
    assert sum(len(span) for span in spans.values()) > 0
    for one in spans:
        for other in set(spans) - {one}:
            for onset, offset in spans[one]:
                gap = np.maximum(spans[other][:, 0] - offset, onset - spans[other][:, 1])
                assert (gap >= guard - 1e-9).all()
    for name, part in parts.items():
        mine, onsets = spans[name], part.onsets[:, None]
        assert ((mine[:, 0] <= onsets) & (onsets < mine[:, 1])).any(axis=1).all()


def test_blocks_at_the_ends_are_not_shortened(silence, rows):
    recordings, annotations = silence(a=25), song(rows, 25)
    parts = Blocks(validation=40, guard=1).split(annotations, recordings, seed=0)
    edges = np.concatenate([part.coverage.intervals("a.wav", 25) for part in parts.values()])
    assert (edges.min(), edges.max()) == (0, 25)


def test_a_recording_shorter_than_a_block_is_one_unit(silence, rows):
    recordings, annotations = silence(a=3), song(rows, 3, n=7)
    parts = Blocks().split(annotations, recordings, seed=0)
    assert {name: len(part) for name, part in parts.items()} == {"train": 7}


def test_many_recordings_take_time_in_proportion(silence, rows, monkeypatch):
    """Labels are counted once, not once for each block."""
    recordings = silence(**{f"r{i:03d}": 100.0 for i in range(20)})
    annotations = Annotations([row for one in recordings for row in rows(one.name, (1, 1, "x"), (2, 3, "y"))])
    table = annotations.to_pandas()
    looked = 0

    class Counted(type(table)):
        def __getitem__(self, key):
            nonlocal looked
            looked += key == "label" if isinstance(key, str) else 0
            return super().__getitem__(key)

    monkeypatch.setattr(annotations, "to_pandas", lambda: Counted(table))
    parts = Blocks().split(annotations, recordings, seed=0)
    assert sum(len(part) for part in parts.values()) > 0
    assert looked < 10, "there are 200 blocks"
