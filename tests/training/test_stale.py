from __future__ import annotations

import json
import shutil

import pytest

from oscine.core.artifacts import Provenance, write_json
from oscine.datasets.dataset import Dataset
from oscine.datasets.prepare import PrepareParams, prepare
from oscine.networks.model import Model
from oscine.recordings.recordings import Recordings
from oscine.training.stale import LOG, last_training, set_aside
from oscine.training.train import train

STALE = {
    "X.wav-predicted-1.0pr.csv",
    "X.wav-predicted.csv",
    "X.wav-predicted.csv.provenance.json",
    "X-missed.csv",
    "X.wav-missed-20200101T000000.csv",
    "X.wav-classify.log",
    "X.wav-ethogram.log",
    "X.wav-misses.log",
    "X.wav-pulse.wav",
    "X.wav-mel-pulse.wav",
    "X.WAV-pulse.wav",
}
STAYS = {
    "X.wav",
    "X.WAV",
    "X-anything.wav",  # SongExplorer would move it (its defect D13)
    "my-predicted.wav",
    "X.wav-second.wav",  # a recording: somebody has annotated it
    "X.wav-second.wav-annotated-me.csv",
    "Y.wav-pulse.wav",  # there is no Y.wav
    "X.wav-detected.csv",
    "X.wav-annotated-person1.csv",
    "classify.log",
    "notes.txt",
}


def fill(folder, names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text(name)


def test_what_moves_and_what_stays(tmp_path):
    fill(tmp_path, STALE | STAYS)
    fill(tmp_path / "folder-predicted", ["a.csv"])
    moved = set_aside(tmp_path)
    assert {path.name for path in moved} == STALE
    (old,) = tmp_path.glob("oldfiles-????????T??????")
    assert {path.name: path.read_text() for path in old.iterdir()} == {name: name for name in STALE}
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == STAYS
    assert set_aside(tmp_path) == []


@pytest.mark.parametrize("annotated", [None, "X.wav-annotated-me.csv", "X_annotations.csv", "X.wav-annotated-me.txt"])
def test_nothing_moves_where_nobody_annotated(tmp_path, annotated):
    """`*-annotated-*.csv`, and not an empty one."""
    fill(tmp_path, STALE)
    if annotated:
        (tmp_path / annotated).write_text("" if annotated.endswith("me.csv") else "something")
    assert set_aside(tmp_path) == []
    assert not list(tmp_path.glob("oldfiles-*"))


def test_files_of_nobody_in_particular_count(tmp_path):
    fill(tmp_path, {*STALE, "X.wav-annotated.csv", "X.wav", "X.WAV"})
    assert len(set_aside(tmp_path)) == len(STALE)


def test_a_training_is_noted_beside_its_recordings(song_folder, tmp_path, helpers):
    shutil.copytree(song_folder, tmp_path / "sound", ignore=shutil.ignore_patterns(".oscine"))
    dataset = prepare(Recordings(tmp_path / "sound"), params=PrepareParams(few=1))
    assert last_training(tmp_path / "sound") is None
    fill(tmp_path / "sound", ["song_predicted.csv", "song.wav-annotated-me.csv"])
    run = train(dataset, helpers.tiny(n_replicates=2), out=tmp_path / "run")
    last = last_training(tmp_path / "sound")
    assert last["run"] == str((tmp_path / "run").resolve())
    kept = {Model.load(file).digest for number in (1, 2) for file in run.models(number).values()}
    assert set(last["models"]) == kept
    assert run.model.digest in kept
    assert (tmp_path / "sound" / "song_predicted.csv").exists()  # natively nothing moves
    second = train(dataset, helpers.tiny(seed=4), out=tmp_path / "run2")
    assert second.model.digest in last_training(tmp_path / "sound")["models"]
    lines = (tmp_path / "sound" / LOG).read_text().splitlines()
    assert [json.loads(line)["run"][-4:] for line in lines] == ["/run", "run2"]


def test_a_line_that_was_cut_off(tmp_path):
    (tmp_path / LOG).parent.mkdir()
    (tmp_path / LOG).write_text('{"time": "", "run": "a", "models": ["1"]}\n{"time": "", "ru')
    assert last_training(tmp_path)["run"] == "a"
    (tmp_path / LOG).write_text("")
    assert last_training(tmp_path) is None


def test_in_the_layout_of_songexplorer_stale_files_move(song_folder, tmp_path, helpers):
    """In every folder of the project, also in those whose recordings nobody trained on just now."""
    root = tmp_path / "groundtruth"
    shutil.copytree(song_folder, root / "round1", ignore=shutil.ignore_patterns(".oscine", "*.csv"))
    (root / "oscine.toml").write_text('annotation_format = "songexplorer"\n')
    dataset = Dataset.load(song_folder)
    rows = dataset.train.concat(dataset.part("validation"))
    rows.save(root / "round1" / "song.wav-annotated-me.csv")
    for folder, annotated in (
        ("round1", True),
        ("round2", True),
        ("round3", False),
        ("oldfiles-20200101T000000", True),
    ):
        fill(
            root / folder,
            ["song.wav-predicted.csv", *(["song.wav-annotated-you.csv"] if annotated and folder != "round1" else [])],
        )
    monitor = helpers.Told()
    chosen = prepare(Recordings(root / "round1"), rows.with_coverage("rows"), PrepareParams(few=1))
    train(chosen, helpers.tiny(), out=tmp_path / "run", monitor=monitor)
    assert not (root / "round1" / "song.wav-predicted.csv").exists()
    assert not (root / "round2" / "song.wav-predicted.csv").exists()
    assert (root / "round3" / "song.wav-predicted.csv").exists()
    assert (root / "oldfiles-20200101T000000" / "song.wav-predicted.csv").exists()
    assert sum("1 stale files moved to" in message for message in monitor.messages) == 2
    assert (root / "round1" / "song.wav").exists()


def test_a_folder_that_cannot_be_noted_in_is_a_warning(song_folder, tmp_path, helpers):
    shutil.copytree(song_folder, tmp_path / "sound", ignore=shutil.ignore_patterns(".oscine"))
    (tmp_path / "sound" / ".oscine").write_text("in the way")
    monitor = helpers.Told()
    dataset = prepare(Recordings(tmp_path / "sound"), params=PrepareParams(few=1))
    assert train(dataset, helpers.tiny(n_steps=1), out=tmp_path / "run", monitor=monitor).finished
    assert any("cannot remember this training" in warning for warning in monitor.warnings)


@pytest.mark.parametrize(
    "name",
    [
        "bird-missed-takeoff.wav-annotated-ann.csv",  # the recording need not be here
        "bird-predicted.wav-annotated.csv",
        "bird-missed_annotations-ann.csv",
        "bird-missed.wav-detected.csv",
        "bird-missed.wav",
        "bird-missed_notes.txt",
    ],
)
def test_what_people_made_never_moves(tmp_path, name):
    fill(tmp_path, [name, "bird-missed.wav", "X.wav-annotated-me.csv", "bird-missed.wav-predicted.csv"])
    assert [path.name for path in set_aside(tmp_path)] == ["bird-missed.wav-predicted.csv"]
    assert (tmp_path / name).read_text() == name


def test_what_a_kept_model_made_is_not_stale(tmp_path):
    fill(tmp_path, STALE | STAYS)
    fill(tmp_path, ["Y.wav", "Y.wav-pulse.wav", "Y.wav-predicted.csv", "Y.wav-classify.log"])
    for name, digest in (("X", "old"), ("Y", "kept")):
        inputs = {"model": {"digest": digest}, "recording": {"name": f"{name}.wav"}}
        story = Provenance.now("predict", {}, inputs)
        write_json(tmp_path / f"{name}.wav-predicted.provenance.json", story.model_dump(mode="json"))
    moved = {path.name for path in set_aside(tmp_path, kept=["kept"])}
    assert moved == {*STALE, "X.wav-predicted.provenance.json"}


def test_a_run_that_trains_nothing_more_is_not_noted_again(song_folder, tmp_path, helpers):
    shutil.copytree(song_folder, tmp_path / "sound", ignore=shutil.ignore_patterns(".oscine"))
    dataset = prepare(Recordings(tmp_path / "sound"), params=PrepareParams(few=1))

    def n_lines():
        return len((tmp_path / "sound" / LOG).read_text().splitlines())

    first = train(dataset, helpers.tiny(), out=tmp_path / "run")
    again = train(dataset, helpers.tiny(), out=tmp_path / "run")
    assert (n_lines(), again.model.digest) == (1, first.model.digest)
    train(dataset, helpers.tiny(n_steps=16), out=tmp_path / "run")
    assert n_lines() == 2


def test_digests_are_noted_when_models_are_kept(song, tmp_path, helpers, monkeypatch):
    run = train(song, helpers.tiny(n_replicates=2), out=tmp_path)
    files = [file for number in (1, 2) for file in run.models(number).values()]
    digests = {Model.load(file).digest for file in files}
    with monkeypatch.context() as patched:
        patched.delattr(Model, "load")
        assert run.digests() == digests
    (tmp_path / "replicate-2" / "digests.json").unlink()  # as in a run of before
    assert run.digests() == digests


def test_a_project_remembers_for_all_of_its_folders(tmp_path):
    """Recordings predicted in another folder than was trained on are what a model is for."""
    new = tmp_path / "new"
    new.mkdir()
    assert last_training(new) is None
    (tmp_path / "oscine.toml").write_text("")
    (tmp_path / LOG).parent.mkdir()
    lines = [
        json.dumps({"time": time, "run": "r", "models": [time]}) for time in ("20260101T000000", "20260102T000000")
    ]
    (tmp_path / LOG).write_text("\n".join([*lines, '{"time": "2026']))
    assert last_training(new)["models"] == ["20260102T000000"]
    assert last_training(tmp_path)["models"] == ["20260102T000000"]
