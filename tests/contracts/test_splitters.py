"""What every splitter must do; a new file in `splitters/` is tested without further ado."""

from __future__ import annotations

import json

import numpy as np
import pytest

from oscine.annotations.annotations import Annotations
from oscine.annotations.intervals import intersect
from oscine.datasets.prepare import PrepareParams
from oscine.datasets.splitter import PARTS, SPLITTERS, reaching
from oscine.recordings.recording import Recording
from oscine.recordings.recordings import Recordings

DURATIONS = {f"r{i}.wav": 20.0 + 7 * i for i in range(8)}
RECORDINGS = Recordings(
    [Recording.from_sound(np.zeros(round(100 * seconds)), 100.0, name=name) for name, seconds in DURATIONS.items()]
)


@pytest.fixture(params=SPLITTERS.names())
def splitter(request):
    return SPLITTERS.get(request.param)()


@pytest.fixture(params=["sparse", "dense"])
def annotations(request):
    random = np.random.default_rng(0)
    table = []
    for name, duration in DURATIONS.items():
        onsets = np.sort(random.choice(np.arange(0, duration * 100 - 60, 2), 30, replace=False)) / 100
        lengths = np.where(random.random(30) < 0.5, 0, random.integers(1, 50, 30)) / 100
        offsets = np.where(lengths > 0, np.minimum(onsets + lengths, [*(onsets[1:] - 0.005), duration]), onsets)
        table += [
            {"recording": name, "onset": a, "offset": b, "label": label}
            for a, b, label in zip(onsets, offsets, random.choice(["x", "y"], 30), strict=True)
        ]
    return Annotations(table).with_coverage("rows" if request.param == "sparse" else "whole")


def plain(parts):
    return {
        name: (
            part.to_pandas()[["recording", "onset", "offset"]].to_dict("list"),
            {one: part.coverage.intervals(one, DURATIONS[one]).tolist() for one in part.recordings},
        )
        for name, part in parts.items()
    }


def test_parts_are_told_apart(splitter, annotations):
    parts = splitter.split(annotations, RECORDINGS, seed=0)
    assert "train" in parts
    assert set(parts) <= set(PARTS)
    assert len(parts["train"]) > len(parts["validation"]) > 0
    for name, duration in DURATIONS.items():
        covered = [part.coverage.intervals(name, duration) for part in parts.values()]
        for i, one in enumerate(covered):
            for other in covered[:i]:
                assert len(intersect(one, other)) == 0


def test_nothing_is_covered_that_was_not(splitter, annotations):
    for part in splitter.split(annotations, RECORDINGS, seed=0).values():
        for name, duration in DURATIONS.items():
            mine, known = (one.coverage.intervals(name, duration) for one in (part, annotations))
            assert np.array_equal(intersect(mine, known), mine)


def test_rows_lie_in_what_their_part_covers(splitter, annotations):
    for part in splitter.split(annotations, RECORDINGS, seed=0).values():
        for name, rows in part.to_pandas().groupby("recording"):
            covered = part.coverage.intervals(name, DURATIONS[name])
            assert reaching(rows[["onset", "offset"]].to_numpy(), covered).all()


def test_no_row_is_made_up(splitter, annotations):
    known = {row[:4] for row in annotations.to_pandas().itertuples(index=False, name=None)}
    for part in splitter.split(annotations, RECORDINGS, seed=0).values():
        assert {row[:4] for row in part.to_pandas().itertuples(index=False, name=None)} <= known


def test_the_same_seed_gives_the_same_parts(splitter, annotations):
    first, second = (plain(splitter.split(annotations, RECORDINGS, seed=5)) for _ in range(2))
    assert first == second


def test_the_hash_does_not_look_at_labels(annotations):
    splitter = SPLITTERS.make("hash")
    table = annotations.to_pandas()
    table["label"] = table["label"].to_numpy()[::-1]
    renamed = annotations.with_rows(table)
    first, second = (plain(splitter.split(one, RECORDINGS, seed=1)) for one in (annotations, renamed))
    assert first == second


def test_options_go_to_json_and_back(splitter):
    params = PrepareParams(splitter=splitter)
    assert PrepareParams.parse(json.loads(json.dumps(params.to_dict()))) == params
    for name, field in type(splitter).model_json_schema()["properties"].items():
        assert field.get("description"), f"{name} has no help"
