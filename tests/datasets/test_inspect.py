from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile

from oscine.annotations.annotations import Annotations
from oscine.annotations.labels import BACKGROUND
from oscine.core.errors import InputError
from oscine.datasets.dataset import Dataset
from oscine.datasets.inspect import Inspection, InspectParams, inspect
from oscine.datasets.prepare import PrepareParams, prepare
from oscine.datasets.splitters.files import Files
from oscine.datasets.store_writing import write_store
from oscine.recordings.recordings import Recordings
from oscine.testing import fly_song


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("songs")
    for seed in range(3):
        sound, truth = fly_song(30, seed=seed, name=f"{seed}.wav")
        soundfile.write(folder / f"{seed}.wav", sound[0], 2500)
        truth.save(folder / f"{seed}_annotations.csv")
    splitter = Files(validation_recordings=("1.wav",))
    prepare(Recordings(folder), None, PrepareParams(splitter=splitter)).save(folder / "x.dataset")
    return Dataset.load(folder / "x.dataset")


def test_the_numbers_are_those_of_the_dataset(dataset):
    found = inspect(dataset)
    assert found.parts == ("train", "validation")
    assert found.labels == tuple(dataset.labels)
    assert found.events == ("pulse",)
    for part in found.parts:
        assert found.counts[part] == dataset.counts()[part].to_dict()
        rows = dataset.part(part).to_pandas()
        for label in ("ambient", "sine"):
            mine = rows[rows["label"] == label]
            lengths = mine["offset"] - mine["onset"]
            assert found.seconds[part][label] == pytest.approx(lengths.sum())
            assert found.durations[label][part] == pytest.approx(np.sort(lengths))
        assert found.seconds[part][BACKGROUND] == pytest.approx(dataset.background(part))
        pulses = rows[rows["label"] == "pulse"]
        steps = np.concatenate([np.diff(np.sort(one)) for _, one in pulses["onset"].groupby(pulses["recording"])])
        assert np.median(found.durations["pulse"][part]) == pytest.approx(np.median(steps))
    assert found.covered == {"train": 60, "validation": 30}
    assert found.n_recordings == {"train": 2, "validation": 1}
    text = str(found)
    assert "train: 2 recordings, 60.0 s known" in text
    assert "lacks" not in text


def test_examples_show_every_label_of_every_part(dataset):
    found = inspect(dataset, InspectParams(n_examples=3))
    for part in found.parts:
        mine = [one for one in found.examples if one.part == part]
        assert len(mine) == 3
        assert {row[2] for one in mine for row in one.rows} == {"ambient", "pulse", "sine"}
        assert len({round(one.offset - one.onset, 3) for one in mine}) == 1
        for one in mine:
            recording = dataset.recordings.by_name(one.recording)
            first = round(one.onset * 2500)
            assert np.array_equal(one.sound, recording.read(first, first + len(one.sound))[0])
            assert one.recording in dataset.part(part).recordings
            assert one.covered.tolist() == [[one.onset, one.offset]]


def test_save_and_load_are_a_closed_loop(dataset, tmp_path):
    found = inspect(dataset, InspectParams(n_examples=2, length=0.7))
    found.save(tmp_path / "x_inspection")
    again = Inspection.load(tmp_path / "x_inspection")
    assert again.summary() == found.summary()
    assert again.provenance == found.provenance
    assert len(again.examples) == len(found.examples) == 4
    for ours, theirs in zip(found.examples, again.examples, strict=True):
        assert np.array_equal(ours.sound, theirs.sound)
        assert (ours.rows, ours.onset, ours.part) == (theirs.rows, theirs.onset, theirs.part)
        assert len(ours.sound) == 1750
    json.dumps(found.summary(), allow_nan=False)
    (tmp_path / "x_inspection" / "inspection.json").write_text("{}")
    with pytest.raises(InputError, match=r"not an inspection \(KeyError"):
        Inspection.load(tmp_path / "x_inspection")
    with pytest.raises(InputError, match="there is no inspection"):
        Inspection.load(tmp_path / "nothing")


def test_a_dataset_of_das_looks_the_same(dataset, tmp_path):
    ours, theirs = inspect(dataset), inspect(Dataset.load(write_store(dataset, tmp_path / "x.h5")))
    assert theirs.counts["validation"] == {label: ours.counts["validation"][label] for label in theirs.labels}
    assert theirs.name == "x.h5"


def test_sparse_and_empty_and_impossible(silence, rows):
    annotations = Annotations([*rows("a.wav", (1, 1, "x"), (5, 6, "y")), *rows("b.wav", (1, 1, "x"))])
    splitter = Files(validation_recordings=("b.wav",))
    sparse = prepare(silence(a=9, b=9), annotations.with_coverage("rows"), PrepareParams(few=1, splitter=splitter))
    found = inspect(sparse, InspectParams(length=2))
    assert "validation lacks 'y'" in str(found)
    assert found.durations["x"]["train"].tolist() == []
    first = next(one for one in found.examples if ("y" in {row[2] for row in one.rows}))
    assert first.covered.tolist() == [[5, 6]]
    assert inspect(sparse, InspectParams(n_examples=0)).examples == ()
    with pytest.raises(InputError, match="there is no such channel; found 3; allowed: 0 to 0"):
        inspect(sparse, InspectParams(channel=3))
