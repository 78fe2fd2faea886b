"""Bad input gets one line that names the file, what was found, what is allowed and the cure; exit code 2; no file.

Every case goes the way of a user, through the command line. `refused` (see conftest) checks what they share.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import pytest
import soundfile

from oscine.testing import fly_song

from oscine.prediction.scores import Scores  # isort: skip

TINY = ["--n-steps=2", "--architecture.features=4,4", "--device=cpu"]
HEADER = "name,start_seconds,stop_seconds\n"


def write_song(path, duration=5.0, rate=2500, channels=1, seed=7):
    sound, _ = fly_song(duration, float(rate), seed=seed)
    soundfile.write(path, np.repeat(sound, channels, axis=0).T, rate, "PCM_16")
    return path


# -- recordings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("detect",), ("predict", "run")])
def test_truncated_wav(project, oscine, refused, command):
    """It is refused; where the project allows it, what is there is read, with a warning."""
    path = write_song(project / "cut.wav", duration=20.0)
    os.truncate(path, 60_001)
    refused(*command, "cut.wav", names=["cut.wav: the file is cut off", "found '11.99", "allowed: 20.000 s", "Copy it"])
    with open(project / "oscine.toml", "a") as settings:
        settings.write('\n[recordings."cut.wav"]\ntruncated = true\n')
    said = oscine(*command, path)
    assert said.code == 0
    warning = next(line for line in said.err.splitlines() if line.startswith("warning: "))
    assert "cut.wav" in warning


@pytest.mark.parametrize("size", [1, 11, 43])
@pytest.mark.parametrize("command", [("detect",), ("predict", "run")])
def test_wav_truncated_in_its_header(project, refused, command, size):
    path = write_song(project / "cut.wav")
    os.truncate(path, size)
    refused(*command, path, names=["cut.wav"])


@pytest.mark.parametrize("command", [("detect",), ("predict", "run")])
def test_zero_length_wav(project, refused, command):
    (project / "empty.wav").touch()
    said = refused(*command, "empty.wav", names=["empty.wav", "0 bytes"])
    assert said.endswith("Record or copy it again, or delete it.")
    soundfile.write(project / "silent.wav", np.zeros(0), 2500)
    refused(*command, "silent.wav", names=["silent.wav", "holds no samples"])


@pytest.mark.parametrize("command", [("detect",), ("predict", "run")])
def test_text_called_wav(project, refused, command):
    (project / "notes.wav").write_text("the female was not interested\n" * 10)
    refused(*command, "notes.wav", names=["notes.wav", "not a", "WAV"])


@pytest.mark.parametrize("command", [("detect",), ("predict", "run")])
def test_no_such_recording(project, refused, command):
    said = refused(*command, "songs/fly4.wav", names=["songs/fly4.wav: there is no such recording"])
    assert "Did you mean 'fly" in said


def test_one_bad_recording_of_many(project, oscine):
    """The others are done; it is named, and the exit code says that not all is well."""
    (project / "songs" / "notes.wav").write_text("no")
    said = oscine("predict", "run", "songs")
    assert said.code == 2
    assert len(list((project / "songs").glob("*_predicted.csv"))) == 3
    assert "notes.wav" in said.err
    assert "1 of 4 inputs could not be used; the others are done" in said.error


# -- what does not fit the model -------------------------------------------------------------------------------------


def test_another_sample_rate(project, oscine, refused):
    path = write_song(project / "fast.wav", rate=8000)
    said = refused("predict", "run", path, names=["fast.wav", "found '8000 Hz'", "allowed: 2500 Hz"])
    assert said.endswith("Add --resample.")
    assert oscine("predict", "run", path, "--resample").code == 0
    assert (project / "fast_predicted.csv").is_file()


def test_sample_rates_that_differ_in_training(project, oscine, refused):
    path = write_song(project / "songs" / "fly4.wav", rate=8000)
    (project / "songs" / "fly4_annotations.csv").write_text(f"{HEADER}pulse,1.0,1.0\nsine,2.0,3.0\n")
    assert oscine("prepare", "songs", "--out", "mixed.dataset").code == 0
    said = refused("train", "mixed.dataset", "--out", "mixed", *TINY, names=["mixed.dataset", "2500 Hz, 8000 Hz"])
    assert "--sample-rate 8000" in said
    assert oscine("train", "mixed.dataset", "--out", "mixed", *TINY, "--sample-rate", "2500").code == 0
    path.unlink()


def test_other_channels(project, oscine, refused):
    path = write_song(project / "stereo.wav", channels=2)
    said = refused("predict", "run", path, names=["stereo.wav", "found 2", "allowed: 1"])
    assert said.endswith("Choose channels, such as --channels 0.")
    refused("predict", "run", path, "--channels", "2", names=["stereo.wav", "no such channel", "allowed: 0 to 1"])
    assert oscine("predict", "run", path, "--channels", "1").code == 0


# -- annotations -----------------------------------------------------------------------------------------------------

ANNOTATIONS = "songs/fly1_annotations.csv"


def spoil(project, text):
    """Annotations of the first recording; those of the second are gone."""
    (project / "songs" / "fly2_annotations.csv").unlink()
    (project / ANNOTATIONS).write_text(text)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("name,start_seconds\npulse,1.0\n", ["stop_seconds"]),
        ("label,begin,end\npulse,1.0,2.0\n", []),
        (f"{HEADER}pulse,1.0,1.0\nsine,2.0\n", ["line 3"]),
        (f"{HEADER}pulse,1.0,1.0\nsine,two,3.0\n", ["line 3", "'two'"]),
        (f"{HEADER}pulse,1.0,1.0\nsine,3.0,2.0\n", ["line 3", "3.0", "2.0"]),
    ],
    ids=["a column is missing", "other columns", "a field is missing", "no number", "start after stop"],
)
def test_csv_that_cannot_be(project, refused, text, names):
    spoil(project, text)
    refused("convert", ANNOTATIONS, "--to", "simple-seq", "--out", "x.csv", names=[ANNOTATIONS, *names])
    refused("prepare", "songs", "--out", "new.dataset", names=["fly1_annotations.csv", *names])


@pytest.mark.parametrize(
    ("row", "names"),
    [
        ("fly1.wav,10,20,annotated\n", ["line 1", "4 columns"]),
        ("fly1.wav,10,x,annotated,pulse\n", ["line 1", "found 'x'"]),
        ("fly1.wav,20,10,annotated,pulse\n", ["line 1"]),
        ("other.wav,10,20,annotated,pulse\n", ["other.wav"]),
    ],
)
def test_songexplorer_csv_that_cannot_be(project, refused, row, names):
    (project / "songs" / "fly1.wav-annotated-ann.csv").write_text(row)
    refused(
        "convert", "songs/fly1.wav-annotated-ann.csv", "--to", "oscine", names=["fly1.wav-annotated-ann.csv", *names]
    )


def test_unknown_labels(project, oscine, refused):
    said = refused("prepare", "songs", "--labels", "pulze,sine", "--out", "new.dataset", names=["found 'pulze'"])
    assert "Did you mean 'pulse'?" in said
    assert oscine("predict", "run", "songs/fly1.wav", "--scores-only").code == 0
    for option in ("--labels=pulze", "--thresholds=pulze=0.5"):
        said = refused("segment", "songs/fly1_scores.h5", option, names=["fly1_scores.h5", "found 'pulze'", "sine"])
        assert "Did you mean 'pulse'?" in said
    said = refused("predict", "run", "songs/fly1.wav", "--prevalences", "pulze=1", names=["found 'pulze'"])
    assert "Did you mean 'pulse'?" in said


def test_a_dataset_with_labels_that_the_model_does_not_know(project, oscine, refused):
    assert oscine("prepare", "songs", "--relabel", "sine=hum", "--out", "other.dataset").code == 0
    refused("evaluate", "run", "--dataset", "other.dataset", names=["best_model", "found 'hum'", "sine"])


def test_a_label_without_a_single_example(project, refused):
    refused(
        "prepare", "songs", "--labels", "pulse,click", "--out", "new.dataset", names=["'click'", "allowed: ", "pulse"]
    )


def test_no_annotations(project, refused):
    for path in (project / "songs").glob("*.csv"):
        path.unlink()
    refused("prepare", "songs", "--out", "new.dataset", names=["songs"])
    refused("misses", "songs", names=["songs"])


def test_fewer_examples_than_a_batch(project, refused):
    options = ["--out", "new", "--batch-size", "5000", "--sampling", "centred"]
    said = refused("train", "fly.dataset", *options, *TINY, names=["fly.dataset", "found "])
    assert "allowed: 5000 or more" in said
    assert said.endswith("Annotate more, or lower --batch-size.")


# -- models, scores and tables ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.99])
@pytest.mark.parametrize("command", ["predict", "evaluate", "info"])
def test_a_model_that_is_cut_off(project, refused, share, command):
    path = project / "cut_model.safetensors"
    whole = (project / "run" / "best_model.safetensors").read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    inputs = {"predict": ["songs/fly1.wav"], "evaluate": ["--dataset", "fly.dataset"], "info": []}[command]
    refused(command, path, *inputs, names=["cut_model.safetensors"])


@pytest.mark.parametrize(
    "content", [b"this is no model\n" * 100, b"\x80\x02}q\x00.", b"\x08" + b"\0" * 7 + b'{"a":{} ']
)
def test_not_a_model(project, refused, content):
    (project / "fake_model.safetensors").write_bytes(content)
    refused("predict", "fake_model.safetensors", "songs/fly1.wav", names=["fake_model.safetensors"])


def test_no_model(project, refused):
    refused(
        "predict", "absent_model.safetensors", "songs/fly1.wav", names=["absent_model.safetensors: there is no such"]
    )
    refused("predict", "songs", "songs/fly1.wav", names=["songs: there is no model in this folder"])
    refused("predict", "songs/fly1.wav", "songs/fly1.wav", names=["songs/fly1.wav"])


def test_not_scores(project, refused):
    (project / "a_scores.h5").write_text("no")
    refused("segment", "a_scores.h5", names=["a_scores.h5: not a file of scores"])
    refused("segment", "b_scores.h5", names=["b_scores.h5: there is no such file"])
    refused("segment", "songs", names=["songs: there are no files of scores"])
    with h5py.File(project / "c_scores.h5", "w") as file:
        file["x"] = 1
    refused("segment", "c_scores.h5", names=["c_scores.h5"])
    refused("segment", "songs/fly1.wav", names=["songs/fly1.wav"])


def test_not_a_dataset(project, refused):
    refused("train", "absent.dataset", "--out", "new", *TINY, names=["absent.dataset"])
    (project / "fly.dataset" / "dataset.json").write_text("{")
    refused("train", "fly.dataset", "--out", "new", *TINY, names=["dataset.json", "Run oscine prepare again"])


def test_a_table_of_thresholds_that_is_none(project, oscine, refused):
    assert oscine("predict", "run", "songs/fly1.wav", "--scores-only").code == 0
    (project / "t.csv").write_text("pulse,0.5\nsine,high\n")
    refused("segment", "songs/fly1_scores.h5", "--thresholds-file", "t.csv", names=["t.csv, line 2", "found 'high'"])


# -- places that cannot be written to --------------------------------------------------------------------------------

WRITING = {
    "detect": ["detect", "songs/fly1.wav"],
    "prepare": ["prepare", "songs"],
    "train": ["train", "fly.dataset", *TINY],
    "evaluate": ["evaluate", "run"],
    "predict": ["predict", "run", "songs/fly1.wav"],
    "predict scores": ["predict", "run", "songs/fly1.wav", "--scores-only"],
    "predict wav": ["predict", "run", "songs/fly1.wav", "--save-scores", "wav", "--scores-only"],
    "misses": ["misses", "songs/fly1_detected.csv", "--predicted", "songs/fly1_predicted.csv"],
    "convert": ["convert", ANNOTATIONS, "--to", "simple-seq"],
}


@pytest.fixture
def results(project, oscine):
    """The project with detections and predictions."""
    assert oscine("detect", "songs/fly1.wav").code == 0
    assert oscine("predict", "run", "songs/fly1.wav").code == 0
    return project


@pytest.mark.parametrize("command", WRITING)
def test_a_folder_that_is_not_writable(results, refused, command):
    """Its path leads through a file, which stops the superuser, too."""
    (results / "file").write_text("I am no folder\n")
    names = ["file/", "Choose another place with --out"]
    refused(*WRITING[command], "--out", "file/result.csv", names=names)


@pytest.mark.skipif(os.name == "nt" or (hasattr(os, "geteuid") and os.geteuid() == 0), reason="root may write anywhere")
@pytest.mark.parametrize("command", WRITING)
def test_a_folder_that_is_closed(results, refused, command):
    closed = results / "closed"
    closed.mkdir(mode=0o500)
    refused(*WRITING[command], "--out", "closed/result.csv", names=["closed/", "permission denied"])


@contextmanager
def no_file_larger_than(n_bytes):
    """What a full disk is like: writing stops with an error (here EFBIG) in the middle of a file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("command", WRITING)
def test_no_room_for_a_file(results, refused, command):
    with no_file_larger_than(64):
        said = refused(*WRITING[command], "--out", "result.csv")
    assert "the file may not grow any larger; nothing was written" in said
    assert said.startswith(("oscine: error: result", "oscine: error: fly1.wav-"))


MOUNTED = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="only the superuser can mount a small disk"
)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 64 KiB with 16 KiB left."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], capture_output=True)
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    (place / "ballast").write_bytes(bytes(48 * 1024))
    yield place
    subprocess.run(["umount", place], check=True)


@MOUNTED
@pytest.mark.parametrize("command", ["predict scores", "predict wav", "train"])
def test_a_full_disk(results, refused, small_disk, command):
    folder = small_disk if command == "train" else Path()
    before = sorted(small_disk.iterdir())
    out = small_disk / ("run" if command == "train" else "result.h5")
    said = refused(*WRITING[command], "--out", out, folder=Path("songs") if folder else folder)
    assert "the disk is full; nothing was written" in said
    assert "Free some space" in said
    if command != "train":
        assert sorted(small_disk.iterdir()) == before
    else:
        assert not list(small_disk.rglob("*.partial*")), "what is there is whole, and training can go on"


def test_an_old_result_survives_a_full_disk(results, oscine):
    old = (results / "songs" / "fly1_predicted.csv").read_bytes()
    with no_file_larger_than(64):
        assert oscine("predict", "run", "songs/fly1.wav", "--force").code == 2
    assert (results / "songs" / "fly1_predicted.csv").read_bytes() == old


def test_scores_are_whole_or_absent(results, oscine):
    assert oscine("predict", "run", "songs/fly1.wav", "--scores-only").code == 0
    old = Scores.load(results / "songs" / "fly1_scores.h5").read()
    with no_file_larger_than(20_000):
        assert oscine("predict", "run", "songs/fly1.wav", "--scores-only", "--force").code == 2
    assert np.array_equal(Scores.load(results / "songs" / "fly1_scores.h5").read(), old)
