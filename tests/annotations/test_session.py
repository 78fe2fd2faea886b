"""The edit session: gestures, files, undo and redo, and what happens when something goes wrong."""

from __future__ import annotations

import csv
import errno
import json
import os
import wave
from pathlib import Path

import pytest

import oscine
from oscine.annotations.session import Session
from oscine.annotations.sessions.rows import Row
from oscine.core.errors import InputError

RATE = 100


def make_recording(path: Path, duration: float = 60, rate: int = RATE, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", "not compressed"))
        file.writeframes(bytes(2 * channels * round(duration * rate)))
    return path


@pytest.fixture
def recording(tmp_path):
    return make_recording(tmp_path / "may01.wav")


@pytest.fixture
def session(recording):
    return Session(recording)


def text(session: Session) -> str | None:
    return session.file().read_text() if session.file().exists() else None


def log(session: Session) -> Path:
    return session.root / ".oscine" / "history" / f"{session.layout}.jsonl"


def said(session: Session) -> list[tuple[float, float, str]]:
    return [(row.onset, row.offset, row.label) for row in session.rows()]


# -- gestures ------------------------------------------------------------------------------------------------


def test_public_name():
    assert oscine.Session is Session


def test_nothing_is_written_before_the_first_edit(session, recording):
    assert session.rows() == ()
    assert session.undo() is None
    assert session.redo() is None
    assert [path.name for path in recording.parent.iterdir() if path.suffix] == ["may01.wav"]


def test_add_writes_rows_by_onset(session):
    session.add("sine", 2, 3)
    session.add("pulse", 1)
    session.add("pulse", 5, channel=0, low=100, high=200.5, score=0.5)
    assert text(session) == (
        "name,start_seconds,stop_seconds,channel,low_hz,high_hz,score\n"
        "pulse,1.0,1.0,,,,\nsine,2.0,3.0,,,,\npulse,5.0,5.0,0,100.0,200.5,0.5\n"
    )
    assert session.count() == {"pulse": 2, "sine": 1}


def test_annotations_are_those_of_the_files(session):
    session.add("sine", 2, 3)
    song = session.annotations()
    assert list(song.onsets) == [2]
    assert song.coverage.is_whole("may01.wav")


def test_adding_at_the_same_place_replaces(session):
    session.add("sine", 2, 3)
    session.add("song", 2, 3)
    assert said(session) == [(2, 3, "song")]
    session.undo()
    assert said(session) == [(2, 3, "sine")]


def test_adding_the_same_again_is_no_edit(session):
    session.add("sine", 2, 3)
    session.add("sine", 2, 3)
    assert len(session.done) == 1


def test_boxes_at_other_frequencies_do_not_replace_each_other(session):
    session.add("a", 2, 3, low=0, high=100)
    session.add("b", 2, 3, low=200, high=300)
    assert len(session.rows()) == 2


def test_move_keeps_the_rest(session):
    row = session.add("sine", 2, 3, low=5)
    moved = session.move(row, 2, 3.5)
    assert moved == row._replace(offset=3.5)
    assert session.rows() == (moved,)


def test_move_onto_another_replaces_it(session):
    row = session.add("sine", 2, 3)
    session.add("pulse", 5, 6)
    session.move(row, 5, 6)
    assert said(session) == [(5, 6, "sine")]
    session.undo()
    assert said(session) == [(2, 3, "sine"), (5, 6, "pulse")]


def test_relabel_many_is_one_step(session):
    rows = [session.add("a", onset) for onset in range(5)]
    assert {row.label for row in session.relabel(rows, "b")} == {"b"}
    assert session.count() == {"b": 5}
    session.undo()
    assert session.count() == {"a": 5}


def test_channel_and_band(session):
    row = session.add("a", 1)
    (row,) = session.set_channel(row, 0)
    (row,) = session.set_band(row, 10, None)
    assert session.rows() == (Row("may01.wav", 1, 1, "a", channel=0, low=10),)


def test_remove_last_row_says_looked_but_nothing_there(session):
    session.remove(session.add("a", 1))
    assert text(session) == "name,start_seconds,stop_seconds\n"
    session.undo()
    session.undo()
    assert text(session) is None
    session.redo()
    session.redo()
    assert text(session) == "name,start_seconds,stop_seconds\n"


def test_toggle_adopts_relabels_and_removes(session):
    assert session.toggle("a", 1, 2).label == "a"
    assert session.toggle("b", 1, 2).label == "b"
    assert said(session) == [(1, 2, "b")]
    assert session.toggle("b", 1, 2) is None
    assert said(session) == []
    session.add("a", 1, 2)
    assert session.toggle("", 1, 2) is None
    assert said(session) == []


def test_detected_rows_in_the_same_file_are_not_replaced(session):
    session.file().write_text("name,start_seconds,stop_seconds,kind\ntime,1.0,2.0,detected\n")
    session.toggle("a", 1, 2)
    assert [(row.kind, row.label) for row in session.rows()] == [("annotated", "a"), ("detected", "time")]


def test_batch_is_one_step_and_sees_itself(session):
    with session.batch("accept"):
        first = session.add("a", 1)
        session.relabel(first, "b")
        assert said(session) == [(1, 1, "b")]
        session.add("a", 2)
        assert text(session) is None
    assert [edit.what for edit in session.done] == ["accept"]
    session.undo()
    assert text(session) is None


def test_an_error_in_a_batch_leaves_everything_as_it_was(session):
    session.add("a", 1)

    def edits():
        with session.batch():
            session.add("a", 2)
            session.add("a", 4, 3)

    with pytest.raises(InputError, match="onset is after"):
        edits()
    assert said(session) == [(1, 1, "a")]
    assert Session(session.root / "may01.wav").rows() == session.rows()


def test_undo_inside_a_batch_is_refused(session):
    with pytest.raises(InputError, match="batch"), session.batch():
        session.undo()


def test_a_new_edit_cuts_off_redo(session):
    session.add("a", 1)
    session.undo()
    session.add("b", 2)
    assert session.redo() is None
    assert said(session) == [(2, 2, "b")]


def test_undo_gives_the_edit_so_that_a_page_can_go_there(session):
    session.add("a", 1)
    assert [str(row) for row in session.undo().rows] == ["a at 1 s of may01.wav"]


# -- files ---------------------------------------------------------------------------------------------------

FOREIGN = (
    ",name,start_seconds,stop_seconds,colour,kind\r\n"
    "0,pulse,1.50,1.50,red,\r\n"
    "1,coverage,0,30,,coverage\r\n"
    '2,"sine",0.250,0.5,"a ""b"",c",\r\n'
    "3,idle,,,,\r\n"
    "\r\n"
    "4,sine,7,8,,"
)


def test_other_lines_stay_to_the_letter(session):
    session.file().write_bytes(FOREIGN.encode())
    pulse = next(row for row in session.rows() if row.label == "pulse")
    session.relabel(pulse, "song")
    lines = session.file().read_bytes().split(b"\n")
    assert lines[1] == b"0,song,1.5,1.5,red,annotated"
    assert [lines[0], *lines[2:]] == [FOREIGN.encode().split(b"\n")[0], *f"{FOREIGN}\n".encode().split(b"\n")[2:]]


def test_undo_gives_the_file_back_to_the_letter(session):
    session.file().write_bytes(FOREIGN.encode())
    rows = session.rows()
    session.relabel(rows, "x")
    session.remove(session.rows()[1])
    session.move(session.rows()[0], 3, 4)
    session.add("y", 2)
    for _ in range(4):
        session.undo()
    assert session.rows() == rows
    assert session.file().read_bytes() == f"{FOREIGN}\n".encode()


def test_columns_are_added_when_needed(session):
    session.file().write_bytes(FOREIGN.encode())
    session.add("box", 9, 10, low=100)
    again = oscine.Annotations.load(session.file()).to_pandas()
    assert list(again["low"].dropna()) == [100]
    assert list(again["colour"]) == ["red", 'a "b",c', "", ""]
    assert again["label"].tolist() == ["pulse", "sine", "sine", "box"]


def test_annotators_have_files_and_histories_of_their_own(recording):
    ann, bob = Session(recording, annotator="ann"), Session(recording, annotator="bob")
    ann.add("a", 1)
    bob.add("b", 2)
    assert ann.file().name == "may01_annotations-ann.csv"
    assert ann.file().read_text() == "name,start_seconds,stop_seconds\na,1.0,1.0\n"
    assert oscine.Annotations.load(ann.file()).annotators == ["ann"]
    assert bob.undo().by == "bob"
    assert ann.rows()
    assert not bob.rows()


def test_a_folder_of_recordings_has_one_history(tmp_path):
    (tmp_path / "day1").mkdir()
    for name in ("a.wav", "day1/b.wav"):
        make_recording(tmp_path / name)
    session = Session(tmp_path)
    assert session.recordings == ["a.wav", "b.wav"]
    session.add("x", 1, recording="a.wav")
    with session.batch():
        session.add("x", 2, recording="b.wav")
        session.add("y", 2, recording="a.wav")
    assert (tmp_path / "day1" / "b_annotations.csv").exists()
    session.undo()
    assert not (tmp_path / "day1" / "b_annotations.csv").exists()
    assert len(session.rows("a.wav")) == 1
    with pytest.raises(InputError, match="which recording"):
        session.add("x", 1)
    with pytest.raises(InputError, match=r"Did you mean 'a.wav'"):
        session.add("x", 1, recording="a.wv")


def test_the_project_says_which_layout(recording):
    (recording.parent / "oscine.toml").write_text('annotation_format = "songexplorer"\n')
    assert Session(recording).layout == "songexplorer"


# -- from one session to the next ----------------------------------------------------------------------------


def test_undo_and_redo_go_on_after_a_reload(recording):
    session = Session(recording)
    for onset in range(4):
        session.add("a", onset)
    session.undo()
    session = Session(recording)
    assert [len(session.done), len(session.undone)] == [3, 1]
    session.redo()
    session = Session(recording)
    for left in (3, 2, 1, 0):
        session.undo()
        assert len(session.rows()) == left
    assert text(session) is None


def test_restart_begins_anew(session, recording):
    session.add("a", 1)
    session.restart()
    assert session.undo() is None
    assert Session(recording).undo() is None


def test_the_log_tells_who_when_and_what(recording):
    session = Session(recording, annotator="ann")
    session.add("a", 1)
    path = recording.parent / ".oscine" / "history" / "oscine-ann.jsonl"
    edit = next(line for line in map(json.loads, path.read_text().splitlines()) if line["type"] == "edit")
    assert (edit["by"], edit["what"]) == ("ann", "add")
    assert edit["time"].endswith("+00:00")
    assert edit["changes"][0]["after"]["label"] == "a"


def test_two_sessions_share_one_history(recording):
    one, two = Session(recording), Session(recording)
    one.add("a", 1)
    two.add("b", 2)
    assert said(two) == [(1, 1, "a"), (2, 2, "b")]
    assert one.refresh() == ()
    assert said(one) == said(two)
    one.undo()
    one.undo()
    two.refresh()
    assert said(two) == []
    assert text(one) is None


# -- other programs ------------------------------------------------------------------------------------------


def test_rows_of_another_program_are_merged(session):
    session.add("a", 1)
    session.file().write_text(session.file().read_text() + "b,2.0,3.0\n")
    session.add("c", 4)
    assert said(session) == [(1, 1, "a"), (2, 3, "b"), (4, 4, "c")]
    assert session.report == ("may01_annotations.csv: changed by another program; read again",)
    session.undo()
    session.undo()
    assert said(session) == [(2, 3, "b")]


def test_own_edits_win_over_a_stale_copy_and_are_reported(session):
    session.file().write_text("name,start_seconds,stop_seconds\nold,1,2\ngone,3,4\n")
    stale = session.file().read_text()
    old, gone = session.rows()
    session.relabel(old, "new")
    session.remove(gone)
    session.add("more", 5)
    session.file().write_text(stale + "theirs,8,9\n")
    lines = session.refresh()
    assert said(session) == [(1, 2, "new"), (5, 5, "more"), (8, 9, "theirs")]
    assert said(Session(session.root / "may01.wav")) == said(session)
    assert len(lines) == 5  # read again; two removed; two put back
    assert session.refresh() == ()
    for _ in range(3):
        session.undo()
    assert said(session) == [(1, 2, "old"), (3, 4, "gone"), (8, 9, "theirs")]


def test_their_other_label_at_the_place_of_ours_is_a_conflict(session):
    session.add("a", 1, 2)
    session.file().write_text("name,start_seconds,stop_seconds\nb,1,2\n")
    assert (
        session.refresh()[1] == "a at 1–2 s of may01.wav: was b in may01_annotations.csv; put back, as in this session"
    )
    assert said(session) == [(1, 2, "a")]


def test_what_others_did_between_sessions_stands(session, recording):
    session.add("a", 1)
    session.add("b", 2)
    session.file().write_text("name,start_seconds,stop_seconds\nb,2,2\nc,3,3\n")
    again = Session(recording)
    assert said(again) == [(2, 2, "b"), (3, 3, "c")]
    assert again.report == ("may01_annotations.csv: changed by another program since it was last edited here",)
    again.undo()
    again.undo()
    assert said(again) == [(3, 3, "c")]
    assert again.report[-1] == "a at 1 s of may01.wav: no longer there, left as it is"


def test_an_older_file_put_back_on_purpose_stands(session, recording):
    session.add("a", 1)
    before = session.file().read_bytes()
    session.add("b", 2)
    session.file().write_bytes(before)
    assert said(Session(recording)) == [(1, 1, "a")]


def test_a_file_deleted_by_another_program_comes_back_with_own_rows(session):
    session.add("a", 1)
    session.file().unlink()
    session.add("b", 2)
    assert said(session) == [(1, 1, "a"), (2, 2, "b")]


# -- errors --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "arguments", "options"),
    [
        ("onset is after the offset", ("a", 2, 1), {}),
        ("onset is before the recording", ("a", -1, 1), {}),
        ("offset is after the end of may01.wav", ("a", 59, 60.1), {}),
        ("not a finite number", ("a", float("nan")), {}),
        ("the label is empty", (" ", 1), {}),
        ("sign that is no text", ("a\nb", 1), {}),
        ("no such channel", ("a", 1), {"channel": 1}),
        ("frequencies that cannot be", ("a", 1), {"low": 5, "high": 2}),
        ("score", ("a", 1), {"score": 2}),
    ],
)
def test_what_cannot_be_is_refused(session, problem, arguments, options):
    session.add("a", 1)
    before = text(session), session.rows(), log(session).read_bytes()
    with pytest.raises(InputError, match=problem):
        session.add(*arguments, **options)
    assert (text(session), session.rows(), log(session).read_bytes()) == before


def test_a_row_that_is_no_more_is_refused(session):
    row = session.add("a", 1)
    session.remove(row)
    for edit in (lambda: session.remove(row), lambda: session.relabel(row, "b"), lambda: session.move(row, 2, 3)):
        with pytest.raises(InputError, match=r"no such annotation any more; found 'a at 1 s of may01.wav'"):
            edit()
    assert len(session.done) == 2


@pytest.mark.parametrize("annotator", ["a/b", ".a", "20201231T235959", "a\n"])
def test_an_annotator_that_no_file_can_be_named_after(recording, annotator):
    with pytest.raises(InputError, match="the annotator's name"):
        Session(recording, annotator=annotator)


def test_unknown_layout_and_path(recording):
    with pytest.raises(InputError, match="Did you mean 'oscine'"):
        Session(recording, layout="oscin")
    with pytest.raises(InputError, match=r"nowhere\.wav"):
        Session(recording.parent / "nowhere.wav")


def test_a_broken_file_names_the_line(session):
    session.file().write_text("name,start_seconds,stop_seconds\na,1,2\na,x,2\n")
    with pytest.raises(InputError, match=r"may01_annotations.csv, line 3: start_seconds is not a number; found 'x'"):
        session.add("a", 1)
    assert not log(session).exists()


def test_no_folder_for_the_history(session):
    (session.root / ".oscine").write_text("a file is in the way")
    with pytest.raises(InputError, match="cannot be written"):
        session.add("a", 1)
    assert said(session) == []
    assert text(session) is None


def test_annotation_file_that_cannot_be_replaced(session, recording):
    session.add("a", 1)
    session.undo()
    session.file().mkdir()
    with pytest.raises(InputError):
        session.add("b", 2)
    session.file().rmdir()
    assert said(session) == []
    assert said(Session(recording)) == []
    assert Session(recording).redo().what == "add"


@pytest.mark.parametrize("n_before", range(4))
@pytest.mark.parametrize("layout", ["oscine", "songexplorer"])
def test_a_full_disk_leaves_all_as_it_was(recording, monkeypatch, layout, n_before):
    """At whichever file it strikes: the history, the first annotation file, the second."""
    folder = recording.parent
    make_recording(folder / "may02.wav")
    session = Session(folder, layout=layout)
    with session.batch():
        for name in session.recordings:
            session.add("a", 1, recording=name)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    calls, flush = [], os.fsync

    def full(handle):
        calls.append(handle)
        if len(calls) == n_before + 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        flush(handle)

    monkeypatch.setattr(os, "fsync", full)

    def edits():
        with session.batch():
            for name in session.recordings:
                session.add("b", 2, recording=name)

    if n_before < 3:
        with pytest.raises(InputError, match="the disk is full"):
            edits()
        assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    else:
        edits()
    monkeypatch.undo()
    for name in session.recordings:
        assert len(session.rows(name)) == 1 + (n_before == 3)
        assert session.rows(name) == Session(folder, layout=layout).rows(name)


def test_songexplorer_holds_no_channels_and_no_commas(recording):
    session = Session(recording, layout="songexplorer")
    with pytest.raises(InputError, match="cannot hold a channel"):
        session.add("a", 1, channel=0)
    with pytest.raises(InputError, match="cannot hold frequencies"):
        session.add("a", 1, low=0)
    with pytest.raises(InputError, match="no comma"):
        session.add("a,b", 1)


def test_songexplorer_times_are_whole_samples(recording):
    session = Session(recording, layout="songexplorer")
    row = session.add("a", 1.004, 2.0061)
    assert (row.onset, row.offset) == (1.0, 2.01)
    with session.file().open() as file:
        assert list(csv.reader(file)) == [["may01.wav", "100", "201", "annotated", "a"]]
    assert Session(recording, layout="songexplorer").rows() == (row,)
