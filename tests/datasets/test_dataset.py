from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import soundfile

from oscine.annotations.annotations import Annotations
from oscine.core.errors import InputError
from oscine.datasets.dataset import Dataset, spans_of
from oscine.datasets.prepare import PrepareParams, prepare
from oscine.recordings.recording import Recording
from oscine.recordings.recordings import Recordings


@pytest.fixture
def made(tmp_path, rows):
    """A dataset of two files, with times that are no round numbers and labels that look like something else."""
    random = np.random.default_rng(0)
    (tmp_path / "sound").mkdir()
    table = []
    for name in ("a.wav", "b c.wav"):
        soundfile.write(tmp_path / "sound" / name, np.zeros((4000, 2)), 100)
        for onset in np.sort(random.uniform(0, 39, 30)):
            label = str(random.choice(["NA", "1", "x, y"]))
            table += rows(name, (onset, onset + random.choice([0, 1 / 3]), label), annotator="nan")
        table[-1] |= {"low": 0.1 + 0.2, "high": 1e3, "score": 1 / 3, "channel": 1}
    recordings = Recordings(tmp_path / "sound")
    return prepare(recordings, Annotations(table), PrepareParams(few=1))


def test_save_and_load_are_a_closed_loop(made, tmp_path):
    made.save(tmp_path / "data" / "x.dataset")
    again = Dataset.load(tmp_path / "data" / "x.dataset")
    assert list(again.labels) == list(made.labels) == ["background", "1", "NA", "x, y"]
    assert again.parts == made.parts
    assert again.digest == made.digest
    assert again.provenance == made.provenance
    assert again.names() == made.names()
    assert again.counts().equals(made.counts())
    for name, part in made.parts.items():
        assert again.part(name).to_pandas().equals(part.to_pandas())
        for recording in made.names():
            mine, theirs = (one.coverage.intervals(recording, 40.0) for one in (part, again.part(name)))
            assert np.array_equal(mine, theirs)
    again.save(tmp_path / "y.dataset")
    assert Dataset.load(tmp_path / "y.dataset").parts == made.parts


def test_the_digest_tells_datasets_apart(made):
    train = made.train
    table = train.to_pandas()
    table.loc[0, "offset"] = np.nextafter(table.loc[0, "offset"], 99)
    assert made.digest != Dataset(made.recordings, made.labels, {**made.parts, "train": train.with_rows(table)}).digest
    assert made.digest != Dataset(made.recordings, made.labels, {"train": train}).digest


def test_channels_and_logical_recordings_are_found_again(tmp_path, rows):
    path = tmp_path / "four.wav"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, (500, 4)), 100)
    recordings = Recordings([Recording(path, channels=[2, 0], name="one"), Recording(path, channels=[3], name="two")])
    annotations = Annotations([*rows("one", (1, 2, "x")), *rows("two", (2, 2, "x"))]).with_coverage("rows")
    Dataset(recordings, annotations.labels, {"train": annotations}).save(tmp_path / "d")
    again = Dataset.load(tmp_path / "d").recordings
    for name in ("one", "two"):
        assert np.array_equal(again.by_name(name).read(), recordings.by_name(name).read())


def test_it_moves_with_its_recordings_but_not_without(made, tmp_path):
    made.save(tmp_path / "sound" / "x.dataset")
    shutil.move(tmp_path / "sound", tmp_path / "elsewhere")
    moved = Dataset.load(tmp_path / "elsewhere" / "x.dataset")
    assert moved.parts == made.parts
    shutil.move(tmp_path / "elsewhere" / "b c.wav", tmp_path / "b c.wav")
    with pytest.raises(InputError, match=r"1 of 2 recordings are not where they were; found '../b c.wav'. Move"):
        Dataset.load(tmp_path / "elsewhere" / "x.dataset")


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("dataset.json", ""),
        ("dataset.json", "{}"),
        ("dataset.json", "[1]"),
        ("dataset.json", '{"labels": 3, "parts": [], "recordings": []}'),
        ("dataset.json", '{"labels": ["x"], "parts": [], "recordings": {"a": "b"}}'),
        ("dataset.json", '{"labels": ["x"], "parts": [], "recordings": [], "provenance": {"params": 3}}'),
        ("dataset.json", "\0\1"),
        ("train.csv", ""),
        ("train.csv", "a,b\n1,2\n"),
        ("train.csv", "recording,onset,offset,label\na.wav,one,two,x\n"),
        ("train.csv", "recording,onset,offset,label\na.wav,2,1,x\n"),
        ("train.coverage.csv", "recording,onset\na.wav,2\n"),
        ("train.coverage.csv", "recording,onset,offset\na.wav,2,1\n"),
        ("train.coverage.csv", None),
    ],
)
def test_damage_is_told_in_one_line(made, tmp_path, file, content):
    made.save(tmp_path / "x.dataset")
    if content is None:
        (tmp_path / "x.dataset" / file).unlink()
    else:
        (tmp_path / "x.dataset" / file).write_text(content)
    with pytest.raises(InputError, match=r"Run oscine prepare again\.$") as error:
        Dataset.load(tmp_path / "x.dataset")
    assert "\n" not in str(error.value)
    assert str(tmp_path / "x.dataset") in str(error.value)


def test_an_unfinished_one_is_none(made, tmp_path):
    made.save(tmp_path / "x.dataset")
    (tmp_path / "x.dataset" / "dataset.json").unlink()
    with pytest.raises(InputError):
        Dataset.load(tmp_path / "x.dataset")
    with pytest.raises(InputError, match=r"no such dataset.*Make one: oscine prepare FOLDER"):
        Dataset.load(tmp_path / "nothing")


def test_a_folder_of_recordings_is_prepared(made, tmp_path):
    made.train.select(recordings=["a.wav"]).save(tmp_path / "sound" / "a_annotations.csv")
    assert Dataset.load(tmp_path / "sound").names() == ["a.wav"]


def test_what_it_says_of_itself(made, tmp_path):
    made.save(tmp_path / "x.dataset")
    identity = json.loads(json.dumps(made.identity()))
    assert identity["digest"] == made.digest
    assert set(identity["recordings"]) == {"a.wav", "b c.wav"}
    assert made.sample_rates() == [100.0]
    json.dumps(made.summary(), allow_nan=False)
    with pytest.raises(InputError, match=r"no such part; found 'tests'; allowed: train, validation"):
        made.part("tests")


def test_sound_in_memory_has_an_identity_too(sparse):
    recordings, annotations = sparse
    dataset = prepare(recordings, annotations, PrepareParams(few=1))
    assert all(len(digest) == 16 for digest in dataset.identity()["recordings"].values())


def test_nothing_is_written_below_a_file(made, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        made.save(tmp_path / "file" / "x.dataset")


def test_spans_of_each_recording_are_found_in_one_look(rows):
    table = Annotations([*rows("a.wav", (0, 1, "x")), *rows("b.wav", (2, 2, "y")), *rows("a.wav", (3, 4, "y"))])
    spans = spans_of(table.to_pandas())
    assert {name: pairs.tolist() for name, pairs in spans.items()} == {"a.wav": [[0, 1], [3, 4]], "b.wav": [[2, 2]]}
    assert spans_of(Annotations().to_pandas()) == {}


def test_a_view_is_refused(made, tmp_path):
    views = Recordings([recording.filter(low=10) for recording in made.recordings])
    with pytest.raises(InputError, match=r"refers to files.*found 'filtered'. Save that sound"):
        Dataset(views, made.labels, made.parts).save(tmp_path / "views.dataset")
    assert not (tmp_path / "views.dataset").exists()
