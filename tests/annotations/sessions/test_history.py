"""The log: lines that read back the same, and what they mean for undo and redo."""

from __future__ import annotations

import json

import pytest

from oscine.annotations.sessions.history import Change, Edit, History
from oscine.annotations.sessions.rows import Row

ROW = Row("x.wav", 0.1, 0.30000000000000004, "Nachtigall ♂", channel=1, low=0.0, more=(("colour", "red"),))
CHANGES = (
    Change("x.csv", 3, None, ROW),
    Change("x.csv", 0, ROW, ROW._replace(label="b")),
    Change("y.csv", 1, ROW, None),
)


def nothing():
    pass


@pytest.fixture
def history(tmp_path):
    return History(tmp_path / "log.jsonl", "ann")


def test_a_line_reads_back_the_same():
    edit = Edit("add", CHANGES, {"x.csv": (None, "0123"), "y.csv": ("4567", None)}, "undo", "ann", "now", "", ("why",))
    assert Edit.from_dict(json.loads(edit.to_json())) == edit


def test_the_inverse_goes_back_in_reverse_order():
    assert Edit("x", CHANGES).inverse == (
        Change("y.csv", 1, None, ROW),
        Change("x.csv", 0, ROW._replace(label="b"), ROW),
        Change("x.csv", 3, ROW, None),
    )


def test_undo_and_redo_move_edits_from_one_stack_to_the_other(history):
    history.append(Edit("add", CHANGES[:1]), nothing)
    history.append(Edit("move", CHANGES[1:]), nothing)
    undo = history.append(Edit("move", history.done[-1].inverse, type="undo"), nothing)
    assert [edit.what for edit in history.done] == ["add"]
    assert history.undone[0].changes == CHANGES[1:]
    again = History(history.path)
    assert again.read()[-1] == undo
    assert (again.done, again.undone) == (history.done, history.undone)
    history.append(Edit("move", CHANGES[1:], type="redo"), nothing)
    assert ([edit.what for edit in history.done], history.undone) == (["add", "move"], [])


def test_only_what_is_new_is_read(history):
    other = History(history.path)
    history.append(Edit("add", CHANGES), nothing)
    assert len(other.read()) == 1
    assert other.read() == []


def test_a_save_that_fails_leaves_no_line(history):
    history.append(Edit("add", CHANGES), nothing)
    before = history.path.read_bytes()

    def fails():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        history.append(Edit("move", CHANGES), fails)
    assert history.path.read_bytes() == before
    assert len(history.done) == 1


def test_half_a_line_is_cut_off_by_the_next(history):
    history.append(Edit("add", CHANGES), nothing)
    with history.path.open("ab") as stream:
        stream.write(b'{"type": "edit", "what": "' + 5000 * b"x")
    again = History(history.path)
    again.read()
    again.append(Edit("move", CHANGES), nothing)
    assert [json.loads(line)["what"] for line in history.path.read_text().splitlines()] == ["add", "move"]


def test_an_edit_is_pending_until_it_is_saved(history, tmp_path):
    history.append(Edit("add", CHANGES, {"x.csv": (None, "1")}), nothing)
    assert history.pending is None
    lines = history.path.read_bytes().splitlines(keepends=True)
    assert lines[1] == b'{"type": "saved"}\n'
    history.path.write_bytes(lines[0])
    again = History(history.path)
    again.read()
    assert again.pending is not None
    assert again.known == {"x.csv": "1"}


def test_a_log_that_was_put_away_begins_anew(history):
    history.append(Edit("add", CHANGES), nothing)
    history.path.unlink()
    assert history.read() == []
    assert history.done == []
