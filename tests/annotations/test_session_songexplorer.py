"""SongExplorer's annotation life cycle: files and lines after every step, as its own test asserts them."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

import oscine
from oscine.annotations.session import Session

RATE = 2500
NAME = "PS_1.wav"
DETECTED = [(2, 5), (10, 15), (20, 30)]
"""Tics of three detected intervals."""


@pytest.fixture
def folder(tmp_path):
    with wave.open(str(tmp_path / NAME), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", "not compressed"))
        file.writeframes(bytes(2 * RATE))
    return tmp_path


class Cycle:
    """A session in tics, and what is to be seen of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.session = Session(folder / NAME, layout="songexplorer")

    def add(self, label: str, start: int, stop: int) -> None:
        self.session.add(label, start / RATE, stop / RATE)

    def toggle(self, number: int, label: str) -> None:
        start, stop = DETECTED[number - 1]
        self.session.toggle(label, start / RATE, stop / RATE)

    def see(self, in_memory: int, in_session: int, in_original: int | None = None) -> None:
        """Check memory, number of files, lines of the session's file and of the original; 0 lines is no file."""
        files = {path.name: path for path in self.folder.iterdir() if path.is_file()}
        original = files.pop(f"{NAME}-annotated-original.csv", None)
        ours = files.pop(self.session.file().name, None)
        assert list(files) == [NAME]
        assert (0 if ours is None else len(ours.read_text().splitlines())) == in_session
        assert ours is None or in_session > 0
        if in_original is not None:
            assert (0 if original is None else len(original.read_text().splitlines())) == in_original
            assert original is None or in_original > 0
        assert len(self.session.rows()) == in_memory
        assert Session(self.folder / NAME, layout="songexplorer").rows() == self.session.rows()

    def labels(self) -> list[str]:
        return [row.label for row in self.session.rows()]


@pytest.fixture
def cycle(folder):
    return Cycle(folder)


def test_name_of_the_session_file(cycle):
    cycle.add("pulse", 3, 3)
    stamp = cycle.session.file().name.removeprefix(f"{NAME}-annotated-").removesuffix(".csv")
    assert len(stamp) == 15
    assert stamp[8] == "T"
    assert cycle.session.file().read_text() == f"{NAME},3,3,annotated,pulse\n"


def test_add_undo_redo(cycle):
    cycle.see(0, 0)
    cycle.add("pulse", 3, 3)
    cycle.see(1, 1)
    cycle.session.undo()
    cycle.see(0, 0)
    cycle.session.redo()
    cycle.see(1, 1)
    cycle.add("sine", 12, 16)
    cycle.see(2, 2)
    cycle.add("ambient", 19, 29)
    cycle.see(3, 3)
    cycle.session.undo()
    cycle.see(2, 2)
    cycle.session.redo()
    cycle.see(3, 3)
    for left in (2, 1, 0):
        cycle.session.undo()
        cycle.see(left, left)


def test_toggle(cycle):
    cycle.toggle(1, "pulse")
    cycle.see(1, 1)
    cycle.session.undo()
    cycle.see(0, 0)
    cycle.session.redo()
    cycle.see(1, 1)
    cycle.toggle(1, "pulse")
    cycle.see(0, 0)
    cycle.toggle(1, "pulse")
    cycle.see(1, 1)
    cycle.toggle(2, "sine")
    cycle.see(2, 2)
    cycle.toggle(3, "ambient")
    cycle.see(3, 3)
    cycle.session.undo()
    cycle.see(2, 2)
    cycle.session.redo()
    cycle.see(3, 3)
    cycle.toggle(3, "ambient")
    cycle.see(2, 2)
    cycle.toggle(3, "ambient")
    cycle.see(3, 3)
    for left in (2, 3, 2, 1, 0):
        cycle.session.undo()
        cycle.see(left, left)


def test_correcting_earlier_annotations(folder):
    original = folder / f"{NAME}-annotated-original.csv"
    labels = ["pulse", "sine", "ambient"]
    lines = [f"{NAME},{a},{b},annotated,{label}\n" for (a, b), label in zip(DETECTED, labels, strict=True)]
    original.write_text("".join(lines))
    cycle = Cycle(folder)
    cycle.see(3, 0, in_original=3)

    cycle.toggle(1, "ambient")  # relabel
    cycle.see(3, 1, in_original=2)
    assert cycle.labels() == ["ambient", "sine", "ambient"]
    assert original.read_text() == "".join(lines[1:])
    cycle.session.undo()
    cycle.see(3, 1, in_original=2)  # the old label, in the session's file
    assert cycle.labels() == labels
    cycle.session.redo()
    cycle.see(3, 1, in_original=2)
    assert cycle.labels() == ["ambient", "sine", "ambient"]

    cycle.toggle(2, "")  # erase
    cycle.see(2, 1, in_original=1)
    cycle.session.undo()
    cycle.see(3, 2, in_original=1)
    assert cycle.labels() == ["ambient", "sine", "ambient"]
    cycle.session.redo()
    cycle.see(2, 1, in_original=1)

    cycle.toggle(3, "pulse")
    cycle.see(2, 2, in_original=0)
    cycle.session.undo()
    cycle.see(2, 2, in_original=0)
    assert cycle.labels() == ["ambient", "ambient"]
    cycle.session.redo()
    cycle.see(2, 2, in_original=0)
    assert cycle.labels() == ["ambient", "pulse"]
    assert not original.exists()


def test_undoing_all_corrections_gives_back_all_that_was_known(folder):
    original = folder / f"{NAME}-annotated-original.csv"
    original.write_text(f"{NAME},2,5,annotated,pulse\n{NAME},10,15,annotated,sine\n")
    session = Session(folder / NAME, layout="songexplorer")
    rows = session.rows()
    session.relabel(rows, "other")
    session.remove(session.rows()[0])
    session = Session(folder / NAME, layout="songexplorer")
    session.undo()
    session.undo()
    assert session.rows() == rows
    assert not original.exists()


def test_a_sound_that_two_people_annotated_is_corrected_for_both(folder):
    for person, label in (("person2", "pulse"), ("person3", "pulse")):
        (folder / f"{NAME}-annotated-{person}.csv").write_text(f"{NAME},2,5,annotated,{label}\n")
    session = Session(folder / NAME, layout="songexplorer")
    session.toggle("sine", 2 / RATE, 5 / RATE)
    assert [row.label for row in session.rows()] == ["sine"]
    assert len(list(folder.glob("*.csv"))) == 1


def test_somebody_named_leaves_other_people_alone(folder):
    bobs = folder / f"{NAME}-annotated-bob.csv"
    bobs.write_text(f"{NAME},2,5,annotated,pulse\n")
    session = Session(folder / NAME, layout="songexplorer", annotator="ann")
    session.toggle("sine", 2 / RATE, 5 / RATE)
    assert session.file().read_text() == f"{NAME},2,5,annotated,sine\n"
    assert session.file().name == f"{NAME}-annotated-ann.csv"
    assert bobs.read_text() == f"{NAME},2,5,annotated,pulse\n"


def test_restart_leaves_the_file_and_begins_another(folder):
    session = Session(folder / NAME, layout="songexplorer")
    session.add("pulse", 0.1)
    first = session.file()
    session.restart()
    session.add("pulse", 0.2)
    assert session.file() > first
    assert [len(path.read_text().splitlines()) for path in sorted(folder.glob("*.csv"))] == [1, 1]
    assert session.undo()
    assert session.undo() is None
    assert first.exists()


def test_files_of_older_versions_and_broken_ones(folder):
    older = folder / "PS_1-annotated-20161207T102314.csv"
    older.write_text(f"{NAME},2,5,annotated,pulse\n")
    broken = folder / f"{NAME}-annotated-broken.csv"
    broken.write_text(f"{NAME},2,annotated,pulse\n")
    session = Session(folder / NAME, layout="songexplorer")
    session.remove(session.rows())
    assert not older.exists()
    assert broken.exists()
    assert session.report[0].startswith("not used: ")
    assert "line 1: has 4 columns" in session.report[0]


def test_on_real_song(fly, tmp_path):
    name = "PS_20130625111709_ch3.wav"
    for path in fly.glob(f"{name}*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    session = Session(tmp_path / name, layout="songexplorer")
    n_rows = len(oscine.Annotations.load(tmp_path))
    rows = session.rows()
    assert len(rows) == n_rows
    session.relabel([row for row in rows if row.label == "mel-pulse"], "pulse")
    assert session.count()["pulse"] == sum(row.label == "mel-pulse" for row in rows)
    assert len(oscine.Annotations.load(tmp_path)) == n_rows
    session.undo()
    assert session.rows() == rows
