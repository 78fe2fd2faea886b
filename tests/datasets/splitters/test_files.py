from __future__ import annotations

import pytest

from oscine.annotations.annotations import Annotations
from oscine.core.errors import InputError
from oscine.datasets.splitters.files import Files


@pytest.fixture
def many(silence, rows):
    """Twelve recordings with 1 to 12 sounds, annotated from end to end, and one with nothing in it."""
    recordings = silence(**{f"r{i:02d}": 20.0 for i in range(13)})
    table = [row for i in range(13) for row in rows(f"r{i:02d}.wav", *((j, j + 0.5, "x") for j in range(i)))]
    return recordings, Annotations(table)


def test_whole_recordings_near_the_wished_share(many):
    recordings, annotations = many
    for seed in range(5):
        parts = Files(validation=20, test=10).split(annotations, recordings, seed=seed)
        n = {name: len(part) for name, part in parts.items()}
        assert sum(n.values()) == 78
        assert n["validation"] == pytest.approx(15.6, abs=1)
        assert n["test"] == pytest.approx(7.8, abs=1)
        names = [set(part.recordings) for part in parts.values()]
        assert not names[0] & names[1]
        assert not names[0] & names[2]
        assert not names[1] & names[2]
        for part in parts.values():
            for name in part.recordings:
                assert part.coverage.intervals(name, 20.0).tolist() == [[0, 20]]


def test_by_name(many):
    recordings, annotations = many
    named = Files(validation_recordings=("r12.wav", "r11.wav"), test=10)
    parts = named.split(annotations, recordings, seed=0)
    assert parts["validation"].recordings == ["r11.wav", "r12.wav"]
    assert 0 < len(parts["test"]) < len(parts["train"])
    with pytest.raises(InputError, match=r"no such recording; found 'r13.wav'"):
        Files(test_recordings=("r13.wav",)).split(annotations, recordings, seed=0)
    with pytest.raises(InputError, match="no recording is left to train on"):
        Files(validation_recordings=tuple(annotations.recordings)).split(annotations, recordings, seed=0)


def test_labels_do_not_matter(many):
    recordings, annotations = many
    table = annotations.to_pandas()
    table.loc[::2, "label"] = "y"
    parts = Files().split(annotations, recordings, seed=1)
    others = Files().split(annotations.with_rows(table), recordings, seed=1)
    assert {name: part.recordings for name, part in parts.items()} == {
        name: part.recordings for name, part in others.items()
    }
