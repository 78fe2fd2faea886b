"""SongExplorer's split: the anchors of its partition of the bundled annotations."""

from __future__ import annotations

import pytest

from oscine.annotations.annotations import Annotations
from oscine.core.errors import InputError
from oscine.datasets.splitters.hash import Hash, percentile
from oscine.recordings.recordings import Recordings

PS, FLY = "PS_20130625111709_ch3.wav", "20161207T102314_ch1.wav"
TOTAL = {"ambient": 33, "mel-pulse": 140, "mel-sine": 26}


@pytest.fixture(scope="module")
def both(fly):
    recordings = Recordings([fly / PS, fly / FLY])
    parts = [Annotations.load(fly / f"{name}-annotated-person1.csv") for name in (PS, FLY)]
    return recordings, parts[0].concat(*parts[1:])


def counts(part):
    return tuple(part.count().get(label, 0) for label in TOTAL)


def split(both, splitter, recordings=None):
    sounds, annotations = both
    chosen = annotations if recordings is None else annotations.select(recordings=recordings)
    return splitter.split(chosen, sounds, seed=0)


@pytest.mark.parametrize(
    ("percent", "names", "validation", "train"),
    [
        (40, [PS], (6, 25, 2), (9, 48, 9)),
        (20, [PS], (3, 14, 0), (12, 59, 11)),
        (20, [PS, FLY], (6, 20, 3), (27, 120, 23)),
    ],
)
def test_counts_of_songexplorer(both, percent, names, validation, train):
    parts = split(both, Hash(validation=percent), names)
    assert {name: counts(part) for name, part in parts.items()} == {"train": train, "validation": validation}


@pytest.mark.parametrize(
    ("k", "folds"),
    [
        (2, [(15, 68, 8), (18, 72, 18)]),
        (4, [(7, 27, 3), (8, 41, 5), (9, 41, 7), (9, 31, 11)]),
    ],
)
def test_folds_of_songexplorer(both, k, folds):
    everything = tuple(TOTAL.values())
    for fold, validation in enumerate(folds):
        splitter = Hash(validation=100 / k, offset=fold * 100 / k)
        parts = split(both, splitter)
        rest = tuple(a - b for a, b in zip(everything, validation, strict=True))
        assert (counts(parts["validation"]), counts(parts["train"])) == (validation, rest)
        swapped = split(both, splitter.model_copy(update={"inverted": True}))
        assert (counts(swapped["validation"]), counts(swapped["train"])) == (rest, validation)


def test_folds_with_what_is_not_a_sound(fly):
    """The overlapped loss's annotations, 2-fold: pulse, sine, not_pulse, not_sine."""
    files = [fly / f"{name}-annotated-{who}.csv" for name in (PS, FLY) for who in ("person1", "notsong")]
    first, *others = (Annotations.load(file) for file in files)
    labels = ["mel-pulse", "mel-sine", "not_mel-pulse", "not_mel-sine"]
    annotations = first.concat(*others).select(labels=labels)
    parts = Hash(validation=50).split(annotations, Recordings([fly / PS, fly / FLY]), seed=0)
    assert list(parts["validation"].count().values()) == [68, 8, 68, 63]
    assert list(parts["train"].count().values()) == [72, 18, 70, 61]


def test_the_first_row():
    assert percentile(PS, 5013, 10972) == pytest.approx(89.174, abs=5e-4)
    assert percentile("a_nohash_b.wav", 1, 2) == percentile("a_nohash_c.wav", 3, 4)


def test_bounds_are_strict_and_the_test_part_comes_first():
    share = percentile(PS, 5013, 10972)
    assert Hash(validation=50, test=share + 1e-6).part_of(PS, 5013, 10972) == "test"
    assert Hash(validation=5, test=share).part_of(PS, 5013, 10972) == "train"
    assert Hash(validation=5, offset=share - 1).part_of(PS, 5013, 10972) == "validation"
    assert Hash(validation=5, test=1, offset=share - 2).part_of(PS, 5013, 10972) == "validation"


def test_test_part_is_told_apart(both):
    parts = split(both, Hash(validation=20, test=20))
    assert sum(len(part) for part in parts.values()) == 199
    without = split(both, Hash(validation=20))
    assert set(parts["test"].onsets) == set(without["validation"].onsets)  # the first fifth, of which it was made


def test_recordings_by_name(both):
    parts = split(both, Hash(validation=0, validation_recordings=(PS,)))
    assert {name: part.recordings for name, part in parts.items()} == {"train": [FLY], "validation": [PS]}
    parts = split(both, Hash(validation=0, validation_recordings=(PS,), test_recordings=(FLY,)))
    assert (len(parts["train"]), parts["test"].recordings) == (0, [FLY])
    with pytest.raises(InputError, match=f"no such recording; found 'PS.wav'.*{FLY}"):
        split(both, Hash(validation_recordings=("PS.wav",)))


def test_membership_does_not_depend_on_other_rows(both):
    sounds, annotations = both
    splitter = Hash(validation=40)
    whole = splitter.split(annotations, sounds, seed=0)["validation"].to_pandas()
    half = annotations.with_rows(annotations.to_pandas().iloc[::2])
    some = splitter.split(half, sounds, seed=7)["validation"].to_pandas()
    assert 0 < len(some) < len(whole)
    assert set(some["onset"]) <= set(whole["onset"])
