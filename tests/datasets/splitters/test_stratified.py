from __future__ import annotations

import numpy as np
import pytest

from oscine.annotations.annotations import Annotations
from oscine.annotations.intervals import total
from oscine.core.errors import InputError
from oscine.datasets.prepare import PrepareParams, prepare
from oscine.datasets.splitters.files import Files
from oscine.datasets.splitters.stratified import Stratified


def song(silence, rows, **durations):
    """Every second a short sound, its label by lot."""
    random = np.random.default_rng(0)
    table = []
    for name, duration in durations.items():
        spans = ((i + 0.25, i + 0.5, str(random.choice(["x", "y", "z"], p=[0.6, 0.3, 0.1]))) for i in range(duration))
        table += rows(f"{name}.wav", *spans)
    return silence(**durations), Annotations(table)


def names(parts):
    return {part: set(annotations.recordings) for part, annotations in parts.items()}


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize("by", ["files", "samples"])
def test_two_or_three_files_give_a_validation_part(silence, rows, n, by):
    """DAS makes train and test of two files, and train, train, test of three (das.md 10.3, 5)."""
    recordings, annotations = song(silence, rows, **dict.fromkeys("abc"[:n], 20))
    splitter = Stratified(validation=20, test=20, validation_by=by, test_by="files")
    parts = splitter.split(annotations, recordings, seed=0)
    assert len(parts["train"]) > 0
    if by == "samples" or n == 3:
        assert set(parts) == {"train", "validation", "test"}
    else:
        assert set(parts) == {"train", "validation"}


def test_what_is_shorter_than_a_block_is_not_lost(silence, rows):
    """In DAS a file shorter than a block has none, and its data vanish (das.md 10.3, 5)."""
    recordings, annotations = song(silence, rows, a=4, b=3, c=30, d=5)
    splitter = Stratified(validation=25, test=25, validation_by="samples", test_by="samples", block=10, guard=0)
    parts = splitter.split(annotations, recordings, seed=0)
    for recording in recordings:
        covered = sum(total(part.coverage.intervals(recording.name, recording.duration)) for part in parts.values())
        assert covered == pytest.approx(recording.duration)


def test_the_seed_matters_for_samples(silence, rows):
    """In DAS it is ignored there (das.md 10.3, 5)."""
    recordings, annotations = song(silence, rows, a=200)
    drawn = [
        Stratified(validation_by="samples").split(annotations, recordings, seed=seed)["validation"].onsets.tolist()
        for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]


def test_mixed_test_by_files_validation_by_samples(silence, rows):
    durations = dict.fromkeys("abcdefgh", 40)
    recordings, annotations = song(silence, rows, **durations)
    splitter = Stratified(validation=20, test=25, test_by="files", validation_by="samples", block=5, guard=0.4)
    parts = splitter.split(annotations, recordings, seed=0)
    named = names(parts)
    assert len(named["test"]) == 2
    assert not named["test"] & (named["train"] | named["validation"])
    assert named["validation"] & named["train"]
    share = {
        part: sum(total(one.coverage.intervals(name, 40.0)) for name in one.recordings) for part, one in parts.items()
    }
    assert share["test"] == 80
    assert share["validation"] == pytest.approx(64, rel=0.2)
    for name in named["validation"] & named["train"]:  # nowhere nearer than the guard
        ours, theirs = (parts[part].coverage.intervals(name, 40.0) for part in ("validation", "train"))
        gaps = np.abs(ours[:, None, ::-1] - theirs[None, :, :]).min()
        assert gaps == pytest.approx(0.4)


def test_labels_are_shared_out_alike(silence, rows):
    recordings, annotations = song(silence, rows, a=300, b=300)
    table = prepare(
        recordings, annotations, PrepareParams(splitter=Stratified(test=20, test_by="samples", block=5))
    ).distribution()
    for label in "xyz":
        seconds = table.loc[label].xs("s", level=1)
        assert (seconds / seconds.sum()).to_numpy() == pytest.approx([0.6, 0.2, 0.2], abs=0.05)


@pytest.mark.parametrize(
    "splitter",
    [
        Stratified(validation=30, test=20, validation_by="files", groups="^[ab]"),
        Files(validation=30, test=20, groups="^[ab]"),
        Stratified(validation=30, test_by="files", test=40, groups="^[ab]"),
    ],
)
def test_groups_stay_together(silence, rows, splitter):
    recordings, annotations = song(silence, rows, **{f"{bird}{i}": 10 for bird in "ab" for i in range(4)})
    parts = names(splitter.split(annotations, recordings, seed=0))
    kept = "test" if isinstance(splitter, Stratified) and splitter.validation_by == "samples" else "validation"
    assert len({name[0] for name in parts[kept]}) == 1
    assert len(parts[kept]) == 4


def test_what_cannot_be_is_refused(silence, rows):
    recordings, annotations = song(silence, rows, a1=10, a2=10, b1=10)
    for splitter, message in (
        (Stratified(validation=60, test=40), "leave nothing to train on; found 'validation 60 %, test 40 %'"),
        (Stratified(groups="^.", validation_by="samples"), "groups cannot stay together in parts by samples"),
        (Files(groups="^.", validation_recordings=("a1.wav",)), "a1.wav and a2.wav are of one group"),
    ):
        with pytest.raises(InputError, match=message):
            splitter.split(annotations, recordings, seed=0)


def test_the_finch(data):
    from oscine.recordings.recordings import Recordings

    recordings = Recordings(data / "bengalese_finch" / "val")
    dataset = prepare(recordings, None, PrepareParams(few=1, splitter=Stratified(validation=20, test=20, block=4)))
    table = dataset.distribution()
    assert set(dataset.parts) == {"train", "validation", "test"}
    common = table[table["train", "n"] > 50]
    for part in ("validation", "test"):
        assert (common[part, "n"] > 0).all()
