"""Withheld recordings: nobody learns from them, and they have no say in what is chosen where that can be."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch

from oscine.core.errors import Cancelled, InputError
from oscine.core.monitor import Monitor
from oscine.datasets.dataset import Dataset
from oscine.datasets.folds import undivided
from oscine.datasets.prepare import PrepareParams, prepare
from oscine.datasets.splitters.files import Files
from oscine.evaluation.generalize import GeneralizeParams, generalize, plan_withheld, withhold
from oscine.networks.architectures.songexplorer import SongExplorer
from oscine.recordings.recordings import Recordings
from oscine.testing import fly_song
from oscine.training.runs import Runs

TRAIN = {
    "architecture": SongExplorer(features=(4, 4), context=0.0512),
    "n_steps": 12,
    "period": 4,
    "batch_size": 8,
    "window": 0.02,
    "augmentations": (),
}
NAMES = [f"bird{i}.wav" for i in range(5)]


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("songs")
    for i, name in enumerate(NAMES):
        sound, truth = fly_song(12, seed=i, name=name)
        soundfile.write(folder / name, sound[0], 2500, subtype="FLOAT")
        truth.save(folder / f"bird{i}_annotations.csv")
    return folder


@pytest.fixture(scope="module")
def songs(folder) -> Dataset:
    params = PrepareParams(few=1, splitter={"name": "blocks", "block": 2.0, "validation": 35})
    return Dataset.load(prepare(Recordings(folder), params=params).save(folder / "songs.dataset"))


@pytest.fixture(scope="module")
def result(songs, tmp_path_factory):
    torch.set_num_threads(1)
    return generalize(songs, some(omit="some", k=2), out=tmp_path_factory.mktemp("gen") / "g")


def some(**options) -> GeneralizeParams:
    return GeneralizeParams(**{"at_once": 1, "train": TRAIN, **options})


class Told(Monitor):
    def __init__(self, stop_at=None):
        super().__init__()
        self.warnings, self.stop_at = [], stop_at

    def warning(self, text):
        self.warnings.append(text)

    def updated(self, task):
        if task.unit == "steps" and task.done == self.stop_at:
            self.cancel()


def test_the_stride_partition_of_songexplorer(songs):
    """Fold j withholds every k-th file beginning with the j-th, without shuffling (songexplorer.md §2.5)."""
    assert plan_withheld(songs, some(omit="some", k=2)) == {
        "without-1-of-2": ["bird0.wav", "bird2.wav", "bird4.wav"],
        "without-2-of-2": ["bird1.wav", "bird3.wav"],
    }
    chosen = ("bird3.wav", "bird0.wav", "bird1.wav")
    assert list(plan_withheld(songs, some(omit="some", k=2, recordings=chosen)).values()) == [
        ["bird3.wav", "bird1.wav"],
        ["bird0.wav"],
    ]


def test_one_by_one_or_all_at_once_or_by_groups(songs):
    assert plan_withheld(songs, some()) == {f"without-bird{i}": [f"bird{i}.wav"] for i in range(5)}
    named = ("bird3.wav", "bird1.wav")
    assert list(plan_withheld(songs, some(recordings=named))) == ["without-bird3", "without-bird1"]
    assert plan_withheld(songs, some(omit="all", recordings=named)) == {
        "without-2-recordings": ["bird3.wav", "bird1.wav"]
    }
    groups = plan_withheld(songs, some(groups=r"bird(?=[01])|ird"))
    assert groups == {"without-bird": NAMES[:2], "without-ird": NAMES[2:]}


def test_nobody_learns_from_what_is_withheld(songs):
    one = withhold("m", songs, ["bird1.wav", "bird2.wav"])
    assert list(one.parts) == ["train", "validation", "test"]
    withheld = {"bird1.wav", "bird2.wav"}
    assert set(one.part("test").recordings) == withheld
    assert not withheld & {*one.train.recordings, *one.part("validation").recordings}
    for part in ("train", "validation"):
        mine, theirs = one.part(part).to_pandas(), songs.part(part).to_pandas()
        assert len(mine) == (~theirs["recording"].isin(withheld)).sum() > 0
    assert len(one.part("test")) == undivided(songs).to_pandas()["recording"].isin(withheld).sum()


def test_whole_recordings_in_validation_are_learnt_from_where_they_are_not_withheld(folder):
    splitter = Files(validation_recordings=("bird4.wav",))
    songs = prepare(Recordings(folder), params=PrepareParams(few=1, splitter=splitter))
    for name in ("bird0.wav", "bird4.wav"):
        one = withhold("m", songs, [name])
        assert list(one.parts) == ["train", "validation"]
        assert set(one.train.recordings) == set(NAMES) - {name}
        assert one.part("validation").recordings == [name]


def test_each_recording_is_judged_by_the_model_that_never_met_it(songs, result):
    runs = Runs.load(result.path)
    assert (runs.kind, list(runs.finished)) == ("generalize", ["without-1-of-2", "without-2-of-2"])
    assert sorted(result.table["recording"]) == NAMES
    for _, row in result.table.iterrows():
        assert row["recording"] not in runs.runs[row["model"]].dataset.train.recordings
        (model,) = [one for one in result.models if one.name == row["model"]]
        counts = model.evaluation.by_recording[row["recording"]]
        assert row["frame_error"] == pytest.approx(counts.confusion.frame_error)
        assert row["known frame_error"] == pytest.approx(model.known.confusion_matrix.frame_error)
    total = sum(one.evaluation.confusion_matrix.counts for one in result.models)
    assert np.array_equal(result.pooled.confusion_matrix.counts, total)


def test_the_difference_is_between_withheld_and_known(result):
    found = result.differences["frame_error"]
    expected = result.pooled.confusion_matrix.frame_error - result.known.confusion_matrix.frame_error
    assert found.value == pytest.approx(expected)
    assert found.low <= found.value <= found.high
    text = str(result)
    assert "on recordings that the model never met, and" in text
    assert "2 models)" in text


def test_given_again_it_judges_nothing_and_says_the_same(songs, result, monkeypatch):
    monkeypatch.setattr("oscine.evaluation.evaluate.score_model", None)
    again = generalize(songs, some(omit="some", k=2), out=result.path)
    assert again.summary() == result.summary()


def test_its_folder_tells_everything(result):
    card = json.loads((result.path / "generalization.json").read_text())
    assert card["models"]["without-2-of-2"]["withheld"] == ["bird1.wav", "bird3.wav"]
    assert card["withheld"] == result.summary()["withheld"]
    assert card["provenance"]["operation"] == "generalize"
    pd.testing.assert_frame_equal(pd.read_csv(result.path / "generalization.csv"), result.table)


def test_without_validation_sounds_what_is_withheld_chooses(songs, tmp_path):
    told = Told()
    bare = replace(songs, parts={"train": songs.train})
    bare = Dataset.load(bare.save(tmp_path / "bare.dataset"))
    found = generalize(bare, some(recordings=("bird0.wav",)), out=tmp_path / "g", monitor=told)
    assert any(text.startswith("there are no validation sounds of the recordings") for text in told.warnings)
    assert found.known is None
    assert found.differences == {}
    assert "on recordings that it never met" in str(found)
    assert "oscine prepare --splitter blocks" in str(found)


def test_stopped_it_goes_on_to_the_same_result(songs, result, tmp_path):
    with pytest.raises(Cancelled):
        generalize(songs, some(omit="some", k=2), out=tmp_path / "g", monitor=Told(stop_at=18))
    again = generalize(songs, some(omit="some", k=2), out=tmp_path / "g")
    assert {**again.summary(), "path": ""} == {**result.summary(), "path": ""}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"recordings": ("bird9.wav",)}, "the dataset has no such recording; found 'bird9.wav'; allowed: bird0.wav"),
        ({"omit": "some"}, "into how many models are the recordings to be dealt? Add --k"),
        ({"omit": "some", "k": 6}, "there are fewer recordings than models; found 'k 6, 5 recordings'"),
        ({"omit": "one", "k": 2}, "k is for --omit some alone"),
        ({"omit": "all"}, "nothing would be left to learn from; found 'omit all'"),
        ({"omit": "all", "recordings": NAMES}, "nothing would be left to learn from; found '5 recordings"),
        ({"groups": "bird"}, "there is only one group, so that none can be withheld; found 'bird'"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(songs, tmp_path, options, message):
    with pytest.raises(InputError) as caught:
        generalize(songs, some(**options), out=tmp_path / "g")
    assert message in str(caught.value)
    assert not (tmp_path / "g").exists()


def test_one_recording_only(songs, tmp_path):
    only = replace(songs, parts={name: part.select(recordings=["bird0.wav"]) for name, part in songs.parts.items()})
    with pytest.raises(InputError, match="there is only one recording, so that none can be withheld"):
        generalize(only, some(), out=tmp_path / "g")


def test_a_recording_that_is_kept_for_a_test_is_not_withheld(songs, tmp_path):
    parts = {
        "train": songs.train.select(recordings=NAMES[:4]),
        "test": songs.train.select(recordings=NAMES[4:]),
    }
    apart = replace(songs, parts=parts)
    assert list(plan_withheld(apart, some())) == [f"without-bird{i}" for i in range(4)]
    with pytest.raises(InputError, match="a recording that is kept for a test cannot be withheld"):
        generalize(apart, some(recordings=("bird4.wav",)), out=tmp_path / "g")
