from __future__ import annotations

import numpy as np

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.datasets.dataset import Dataset
from oscine.datasets.leakage import count_leaks
from oscine.datasets.splitters.blocks import Blocks
from oscine.datasets.splitters.hash import Hash


def made(recordings, train, validation):
    return Dataset(recordings, train.labels, {"train": train, "validation": validation})


def test_sounds_near_what_is_learnt_from_are_counted(silence, rows):
    train = Annotations(rows("a.wav", (10, 11, "x"), (20, 20, "x"))).with_coverage("rows")
    spans = [(8, 9.4), (8, 9.6), (11.4, 12), (11.6, 12), (10.2, 10.3), (19.6, 19.6), (19.4, 19.4), (20.4, 20.4)]
    validation = Annotations(rows("a.wav", *((a, b, "x") for a, b in spans))).with_coverage("rows")
    elsewhere = Annotations(rows("b.wav", (10, 11, "x"))).with_coverage("rows")
    recordings = silence(a=30, b=30)
    for i, span in enumerate(spans):
        one = validation.with_rows(validation.to_pandas().iloc[[i]]).with_coverage("rows")
        assert count_leaks(made(recordings, train, one), 0.5) == (
            int(span not in ((8, 9.4), (11.6, 12), (19.4, 19.4))),
            1,
        )
    assert count_leaks(made(recordings, train, validation.concat(elsewhere)), 0.5) == (5, 9)


def test_background_that_is_learnt_from_counts(silence, rows):
    train = Annotations(rows("a.wav", (1, 1, "x")), coverage=Coverage({"a.wav": [(0, 9)]}, whole=False))
    validation = Annotations(rows("a.wav", (9.3, 9.3, "x"), (9.8, 9.8, "x"))).with_coverage("rows")
    assert count_leaks(made(silence(a=30), train, validation), 0.5) == (1, 2)


def test_a_guard_gap_prevents_leaks_and_a_hash_does_not(silence, rows):
    onsets = np.sort(np.random.default_rng(0).uniform(0, 300, 600))
    annotations = Annotations(rows("a.wav", *((a, a + 0.3, "x") for a in onsets)))
    recordings = silence(a=301)
    guarded = Blocks(guard=0.5).split(annotations, recordings, seed=0)
    assert count_leaks(made(recordings, guarded["train"], guarded["validation"]), 0.5)[0] == 0
    bare = Blocks(guard=0.0).split(annotations, recordings, seed=0)
    assert count_leaks(made(recordings, bare["train"], bare["validation"]), 0.5)[0] > 0
    hashed = Hash().split(annotations.with_coverage("rows"), recordings, seed=0)
    leaks, n = count_leaks(made(recordings, hashed["train"], hashed["validation"]), 0.5)
    assert leaks > n / 2
