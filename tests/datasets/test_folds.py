"""Folds: each annotation is validated on once, by SongExplorer's rule exactly where that is asked for."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.labels import LabelSet
from oscine.core.errors import InputError
from oscine.core.monitor import Monitor
from oscine.datasets.dataset import Dataset
from oscine.datasets.folds import Folding, make_folds, undivided
from oscine.datasets.prepare import PrepareParams, prepare
from oscine.datasets.splitters.blocks import Blocks
from oscine.recordings.recording import Recording
from oscine.recordings.recordings import Recordings

PS, FLY = "PS_20130625111709_ch3.wav", "20161207T102314_ch1.wav"
TOTAL = {"ambient": 33, "mel-pulse": 140, "mel-sine": 26}


class Warned(Monitor):
    def __init__(self):
        super().__init__()
        self.warned = []

    def warning(self, text):
        self.warned.append(text)


@pytest.fixture
def dataset():
    """Make a dataset of silent recordings of 40 s at 1000 Hz, annotated from end to end."""

    def make(sounds: dict[str, list[tuple[float, float, str]]], parts=("train",), coverage=None) -> Dataset:
        names = list(sounds)
        recordings = Recordings([Recording.from_sound(np.zeros((1, 40000), np.float32), 1000.0, name=n) for n in names])
        rows = [
            {"recording": name, "onset": a, "offset": b, "label": label}
            for name, mine in sounds.items()
            for a, b, label in mine
        ]
        whole = Annotations(rows, coverage=Coverage(coverage or dict.fromkeys(names), whole=False))
        labels = LabelSet(["background", *sorted({row["label"] for row in rows})])
        table = whole.to_pandas()
        share = {
            part: whole.with_rows(table[np.arange(len(table)) % len(parts) == i], labels=labels)
            for i, part in enumerate(parts)
        }
        return Dataset(recordings, labels, share)

    return make


def song(n: int, label: str = "a", step: float = 1.0) -> list[tuple[float, float, str]]:
    return [(i * step + 0.1, i * step + 0.3, label) for i in range(n)]


def rows(part: Annotations) -> set[tuple]:
    return set(part.to_pandas()[["recording", "onset", "offset", "label"]].itertuples(index=False, name=None))


def counts(part):
    return tuple(part.count().get(label, 0) for label in TOTAL)


@pytest.mark.parametrize("split", [Blocks(validation=0), "hash"])
@pytest.mark.parametrize(
    ("k", "folds"),
    [
        (2, [(15, 68, 8), (18, 72, 18)]),
        (4, [(7, 27, 3), (8, 41, 5), (9, 41, 7), (9, 31, 11)]),
        (-4, [(7, 27, 3), (8, 41, 5), (9, 41, 7), (9, 31, 11)]),
    ],
)
def test_folds_of_songexplorer_to_the_number(fly, k, folds, split):
    """Anchors of songexplorer.md §3.1; with a negative k the roles are swapped. However the dataset was split."""
    recordings = Recordings([fly / PS, fly / FLY])
    truth = [Annotations.load(fly / f"{name}-annotated-person1.csv") for name in (PS, FLY)]
    whole = prepare(recordings, truth[0].concat(truth[1]), PrepareParams(splitter=split))
    assert ("validation" in whole.parts) == (split == "hash")
    found = make_folds(whole, Folding(k))
    assert list(found) == [f"fold-{i}" for i in range(1, abs(k) + 1)]
    for one, validation in zip(found.values(), folds, strict=True):
        rest = tuple(a - b for a, b in zip(TOTAL.values(), validation, strict=True))
        parts = (counts(one.train), counts(one.part("validation")))
        assert parts == ((rest, validation) if k > 0 else (validation, rest))


def test_overlapped_anchor_of_songexplorer(fly):
    recordings = Recordings([fly / PS, fly / FLY])
    files = [fly / f"{name}-annotated-{who}.csv" for name in (PS, FLY) for who in ("person1", "notsong")]
    first, *others = [Annotations.load(file) for file in files]
    labels = ("mel-pulse", "mel-sine", "not_mel-pulse", "not_mel-sine")
    params = PrepareParams(splitter=Blocks(validation=0), labels=labels, annotators=first.concat(*others).annotators)
    one = make_folds(prepare(recordings, first.concat(*others), params), Folding(2))["fold-1"]
    for part, expected in (("validation", (68, 8, 68, 63)), ("train", (72, 18, 70, 61))):
        table = one.part(part).to_pandas()["label"].value_counts()
        assert tuple(table[label] for label in labels) == expected


@pytest.mark.parametrize("by", ["annotations", "stratified", "blocks", "recordings"])
def test_each_annotation_is_validated_on_once(dataset, by):
    whole = dataset({f"{n}.wav": song(40) + song(10, "b", 4.0) for n in range(6)}, parts=("train", "validation"))
    every = rows(undivided(whole))
    assert len(every) == 300
    folds = make_folds(whole, Folding(3, by, guard=0.0))
    seen = [rows(fold.part("validation")) for fold in folds.values()]
    assert set().union(*seen) == every
    for fold, mine in zip(folds.values(), seen, strict=True):
        assert rows(fold.train) == every - mine
        assert list(fold.labels) == ["background", "a", "b"]
    swapped = make_folds(whole, Folding(-3, by, guard=0.0))
    for name, fold in folds.items():
        assert rows(swapped[name].train) == rows(fold.part("validation"))
        assert rows(swapped[name].part("validation")) == rows(fold.train)


def test_stratified_folds_have_their_share_of_every_label(dataset):
    whole = dataset({"a.wav": song(39) + song(6, "rare", 4.0)})
    for fold in make_folds(whole, Folding(3, "stratified")).values():
        table = fold.part("validation").to_pandas()["label"].value_counts()
        assert (table["a"], table["rare"]) == (13, 2)


def test_folds_by_blocks_share_no_moment_and_keep_a_guard(dataset):
    whole = dataset({"a.wav": song(40), "b.wav": song(40)})
    spans = {}
    for name, fold in make_folds(whole, Folding(4, "blocks", block=5.0, guard=1.0)).items():
        learnt, judged = fold.train.coverage, fold.part("validation").coverage
        for recording in ("a.wav", "b.wav"):
            mine, theirs = judged.intervals(recording, 40.0), learnt.intervals(recording, 40.0)
            edges = sorted([(a, b, 0) for a, b in mine] + [(a, b, 1) for a, b in theirs])
            gaps = [later[0] - before[1] for before, later in itertools.pairwise(edges)]
            assert all(gap == pytest.approx(1.0) for gap in gaps)
            spans.setdefault(recording, []).extend(mine.tolist())
        assert len(rows(fold.part("validation"))) >= 15, name


def test_recordings_and_groups_stay_together(dataset):
    whole = dataset({f"bird{b}_{n}.wav": song(5 + b) for b in range(4) for n in range(2)})
    for fold in make_folds(whole, Folding(2, "recordings", groups=r"^(bird\d)_")).values():
        birds = [{name[:5] for name in fold.part(part).recordings} for part in ("train", "validation")]
        assert not birds[0] & birds[1]
        assert len(birds[1]) == 2


def test_a_test_part_is_left_alone(dataset):
    whole = dataset({"a.wav": song(40)}, parts=("train", "validation", "test"))
    for fold in make_folds(whole, Folding(2)).values():
        assert rows(fold.part("test")) == rows(whole.part("test"))
        assert not rows(fold.part("test")) & (rows(fold.train) | rows(fold.part("validation")))


def test_many_folds_without_labels_are_one_warning_and_hopeless_ones_are_refused(dataset):
    some = {"a.wav": [*song(30), *((float(i) + 0.5, i + 0.8, "rare") for i in range(0, 30, 10))]}
    monitor = Warned()
    make_folds(dataset(some), Folding(10, "blocks", block=1.0, guard=0.0), monitor)
    (told,) = monitor.warned
    assert told.startswith("7 of 10 folds lack labels to be judged by: 'rare' (7 folds)")
    many = {"a.wav": [(i * 0.5 + 0.1, i * 0.5 + 0.4, "abcdefghijkl"[i % 12]) for i in range(80)]}
    with pytest.raises(
        InputError, match=r"\d+ of 20 folds lack most of the labels.*Choose fewer folds, such as --k [67]\."
    ):
        make_folds(dataset(many), Folding(20, "blocks", block=1.0, guard=0.0), monitor)


def test_a_fold_without_a_label_is_told_and_knows_nothing_of_it(dataset):
    whole = dataset({"a.wav": song(20), "b.wav": [*song(20), (30.0, 31.0, "rare")]})
    monitor = Warned()
    folds = make_folds(whole, Folding(2, "recordings"), monitor)
    (lacking,) = [name for name, fold in folds.items() if "b.wav" in fold.part("validation").recordings]
    (other,) = set(folds) - {lacking}
    assert monitor.warned == [
        f"1 of 2 folds lacks labels to learn from: 'rare' ({lacking}), whose models do not know them and are not "
        "judged by them",
        f"1 of 2 folds lacks labels to be judged by: 'rare' ({other})",
    ]
    judged = folds[lacking].part("validation")
    assert list(folds[lacking].labels) == list(judged.labels) == ["background", "a"]
    assert len(judged) == 20
    assert judged.coverage.intervals("b.wav", 40.0).tolist() == [[0.0, 30.0], [31.0, 40.0]]
    assert list(folds[other].labels) == ["background", "a", "rare"]


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("annotations", "there are more folds than annotations; found '9 folds, 4 annotations'"),
        ("stratified", "there are more folds than annotations"),
        ("recordings", "there are more folds than recordings; found '9 folds, 1 recordings'. Choose another --by"),
    ],
)
def test_more_folds_than_there_is_are_refused(dataset, by, message):
    whole = dataset({"a.wav": song(4)})
    with pytest.raises(InputError) as caught:
        make_folds(whole, Folding(9, by))
    assert message in str(caught.value)


def test_a_fold_with_nothing_to_validate_on_is_refused(dataset):
    whole = dataset({"a.wav": song(4)})
    with pytest.raises(InputError, match=r"fold-\d has no annotation to validate on; found '4 annotations in 4 folds'"):
        make_folds(whole, Folding(4))


def test_a_sound_cut_by_the_border_of_two_parts_counts_once(dataset):
    whole = dataset({"a.wav": song(4)})
    table = whole.train.to_pandas()
    both = replace(whole, parts={"train": whole.train, "validation": whole.train.with_rows(table[:2])})
    assert len(undivided(both)) == 4
    assert isinstance(undivided(both).to_pandas(), pd.DataFrame)
