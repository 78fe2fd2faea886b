"""Any sequence of edits, undos, redos, reloads and kills equals a simple model; nothing acknowledged is lost."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import wave
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import oscine
from oscine.annotations.session import Session
from oscine.annotations.sessions.rows import Row

RATE = 100
TIMES = st.integers(0, 6).map(lambda tics: tics / 4)
SPANS = st.tuples(TIMES, TIMES).map(sorted)
LABELS = st.sampled_from(["a", "b", "Nachtigall ♂", "NA", "01"])
STATE = dict[tuple[float, float], str]


def make_recording(path: Path) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", "not compressed"))
        file.writeframes(bytes(2 * 10 * RATE))
    return path


class Editing(RuleBasedStateMachine):
    """A session beside its model: a list of states, and the place in it."""

    @initialize(layout=st.sampled_from(["oscine", "songexplorer"]), original=st.booleans())
    def begin(self, layout, original):
        self.folder, self.layout = Path(tempfile.mkdtemp()), layout
        make_recording(self.folder / "x.wav")
        self.states: list[STATE] = [{}]
        self.now = 0
        if original:
            self.states = [{(0.5, 1.0): "a", (2.0, 2.0): "b"}]
            text = {
                "oscine": "name,start_seconds,stop_seconds\nb,2,2\na,0.50,1\n",
                "songexplorer": "x.wav,200,200,annotated,b\nx.wav,50,100,annotated,a\n",
            }[layout]
            name = {"oscine": "x_annotations.csv", "songexplorer": "x.wav-annotated-ann.csv"}[layout]
            (self.folder / name).write_text(text)
        self.session = self.open()

    def open(self) -> Session:
        return Session(self.folder / "x.wav", layout=self.layout)

    def teardown(self):
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    # the model

    @property
    def state(self) -> STATE:
        return self.states[self.now]

    def happened(self, state: STATE) -> None:
        self.states = [*self.states[: self.now + 1], state]
        self.now += 1

    def row(self, draw) -> Row:
        return draw.draw(st.sampled_from(self.session.rows()))

    # edits

    @rule(label=LABELS, span=SPANS)
    def add(self, label, span):
        self.session.add(label, *span)
        if self.state.get(tuple(span)) != label:
            self.happened({**self.state, tuple(span): label})

    @rule(label=LABELS, span=SPANS)
    def toggle(self, label, span):
        self.session.toggle(label, *span)
        if self.state.get(tuple(span)) == label:
            self.happened({place: other for place, other in self.state.items() if place != tuple(span)})
        else:
            self.happened({**self.state, tuple(span): label})

    @precondition(lambda self: self.state)
    @rule(data=st.data(), span=SPANS)
    def move(self, data, span):
        row = self.row(data)
        self.session.move(row, *span)
        rest = {place: label for place, label in self.state.items() if place != (row.onset, row.offset)}
        if (row.onset, row.offset) != tuple(span):
            self.happened({**rest, tuple(span): row.label})

    @precondition(lambda self: self.state)
    @rule(data=st.data(), label=LABELS)
    def relabel(self, data, label):
        rows = data.draw(st.lists(st.sampled_from(self.session.rows()), min_size=1, unique=True))
        self.session.relabel(rows, label)
        if any(row.label != label for row in rows):
            self.happened({**self.state, **{(row.onset, row.offset): label for row in rows}})

    @precondition(lambda self: self.state)
    @rule(data=st.data())
    def remove(self, data):
        rows = data.draw(st.lists(st.sampled_from(self.session.rows()), min_size=1, unique=True))
        self.session.remove(rows)
        gone = {(row.onset, row.offset) for row in rows}
        self.happened({place: label for place, label in self.state.items() if place not in gone})

    @rule(label=LABELS, spans=st.lists(SPANS, min_size=1, max_size=4))
    def batch(self, label, spans):
        with self.session.batch("add many"):
            for span in spans:
                self.session.add(label, *span)
        new = {**self.state, **{tuple(span): label for span in spans}}
        if new != self.state:
            self.happened(new)

    @rule()
    def undo(self):
        assert (self.session.undo() is None) == (self.now == 0)
        self.now = max(self.now - 1, 0)

    @rule()
    def redo(self):
        assert (self.session.redo() is None) == (self.now == len(self.states) - 1)
        self.now = min(self.now + 1, len(self.states) - 1)

    @rule()
    def reload(self):
        self.session = self.open()

    # kills

    @rule(data=st.data(), step=st.sampled_from(["add", "undo", "redo"]))
    def killed(self, data, step):
        """Killed at any moment of an edit: the line cut at any byte, or whole, and any of the files put in place."""
        log = self.folder / ".oscine" / "history" / f"{self.layout}.jsonl"
        before = self.files()
        n_bytes = log.read_bytes().rfind(b"\n") + 1 if log.exists() else 0  # the next edit cuts off half a line
        was, states = self.now, self.states
        if step == "add":
            self.add("killed", [data.draw(st.integers(30, 40)) / 4] * 2)
        else:
            getattr(self, step)()
        written = log.read_bytes() if log.exists() else b""
        line = written[n_bytes:].removesuffix(b'{"type": "saved"}\n')
        cut = data.draw(st.integers(0, len(line)))
        after = self.files()
        if line:
            log.write_bytes(written[:n_bytes] + line[:cut])
        done = bool(line) and cut == len(line)
        for name in sorted({*before, *after}):
            self.put(name, after if done and data.draw(st.booleans()) else before)
        if not done:
            self.now, self.states = was, states
        self.session = self.open()

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.folder.glob("*.csv")}

    def put(self, name: str, files: dict[str, bytes]) -> None:
        if name in files:
            (self.folder / name).write_bytes(files[name])
        else:
            (self.folder / name).unlink(missing_ok=True)

    # what must always hold

    @invariant()
    def memory_is_model(self):
        if hasattr(self, "session"):
            rows = self.session.rows()
            assert {(row.onset, row.offset): row.label for row in rows} == self.state
            assert len(rows) == len(self.state)
            assert len(self.session.done) == self.now
            assert len(self.session.undone) == len(self.states) - 1 - self.now

    @invariant()
    def disk_is_model(self):
        if hasattr(self, "session"):
            files = list(self.folder.glob("*.csv"))
            table = [row for file in files for row in oscine.Annotations.load(file, format=self.layout)]
            assert {(row.onset, row.offset): row.label for row in table} == self.state
            assert len(table) == len(self.state)
            assert not list(self.folder.glob(".*partial*"))


Editing.TestCase.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
test_editing = Editing.TestCase


@pytest.mark.parametrize("layout", ["oscine", "songexplorer"])
def test_a_log_cut_at_any_byte_opens_and_undoes(tmp_path, layout):
    """However little of the history is left, the annotations are those of the files, and undo goes as far as it can."""
    recording = make_recording(tmp_path / "x.wav")
    session = Session(recording, layout=layout)
    session.add("a", 1)
    session.relabel(session.rows(), "b")
    session.add("ü", 2, 3)
    session.undo()
    rows = session.rows()
    unsaved = (*rows, Row("x.wav", 2.0, 3.0, "ü"))  # the log ends with an edit of which the files show nothing
    log = tmp_path / ".oscine" / "history" / f"{layout}.jsonl"
    whole = log.read_bytes()
    files = {path: path.read_bytes() for path in tmp_path.glob("*.csv")}
    ends = [place for place, sign in enumerate(whole) if sign == ord("\n")]
    cuts = {*random.Random(1).sample(range(len(whole)), 40), *(end + shift for end in ends for shift in (0, 1))}
    for cut in sorted(cuts):
        log.write_bytes(whole[:cut])
        for path, content in files.items():
            path.write_bytes(content)
        session = Session(recording, layout=layout)
        if layout == "oscine" or cut > ends[0]:  # before, nothing tells which is the session's file
            assert session.file() in files
        last = whole[:cut].rpartition(b"\n")[0].rpartition(b"\n")[2]
        is_unsaved = last.startswith(b'{"type": "edit"') and "ü".encode() in last
        assert session.rows() == (unsaved if is_unsaved else rows)
        for _ in range(5):
            session.undo()
        assert len(session.rows()) <= 1
        session.add("c", 5)
        assert Session(recording, layout=layout).rows() == session.rows()


def test_a_damaged_line_is_reported_and_undo_begins_after_it(tmp_path):
    recording = make_recording(tmp_path / "x.wav")
    session = Session(recording)
    session.add("a", 1)
    log = tmp_path / ".oscine" / "history" / "oscine.jsonl"
    with log.open("ab") as stream:
        stream.write(b"\0\0\0\n")
    Session(recording).add("b", 2)
    session = Session(recording)
    assert session.report == ("oscine.jsonl, line 4: cannot be read; undo begins after it",)
    assert session.undo().what == "add"
    assert session.undo() is None
    assert [row.label for row in session.rows()] == ["a"]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("layout", ["oscine", "songexplorer"])
def test_kill_9_loses_nothing_acknowledged(tmp_path, layout):
    recording = make_recording(tmp_path / "x.wav")
    program = f"""
        import sys
        from oscine.annotations.session import Session
        session = Session({str(recording)!r}, layout={layout!r})
        for number in range(1000):
            session.add("a", number / {RATE})
            sys.stdout.write("%d\\n" % number)
            sys.stdout.flush()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True
    ) as editor:
        assert editor.stdout is not None
        for _ in range(20):
            last = int(editor.stdout.readline())
        os.kill(editor.pid, signal.SIGKILL)
        last = max([last, *map(int, editor.stdout.read().split())])
    session = Session(recording, layout=layout)
    n_rows = len(session.rows())
    assert n_rows in (last + 1, last + 2)  # the one that was under way may be there
    assert len(session.done) == n_rows
    for _ in range(n_rows):
        session.undo()
    assert session.rows() == ()
