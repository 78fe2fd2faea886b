"""Documents mean what the formats read, and change only the lines that they are told to."""

from __future__ import annotations

import wave

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oscine.annotations.formats import FORMATS
from oscine.annotations.sessions.documents import OscineDocument, SongExplorerDocument
from oscine.annotations.sessions.rows import Row
from oscine.annotations.sources import Sources
from oscine.core.errors import InputError

NATIVE = """\
,name,start_seconds,stop_seconds,channel,low_hz,colour,kind,annotator,recording
0,pulse,1.50,1.50,,,red,,,
1,coverage,0,30,,,,coverage,,
2,"a ""b"", c",0.250,0.5,1,100,"x
y",detected,bob,other.wav
3,idle,,,,,,,,

4,sine,7e0,8,-1,nan,,annotated,,
"""
SONGEXPLORER = "x.wav,10,10,annotated,pulse\r\nx.wav,5,12,mistaken,a,b\nx.wav,5,12,annotated,z"


@pytest.fixture
def folder(tmp_path):
    with wave.open(str(tmp_path / "x.wav"), "wb") as file:
        file.setparams((1, 2, 300, 0, "NONE", ""))
        file.writeframes(bytes(600))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "text", "kind", "format_name"),
    [
        ("x_annotations.csv", NATIVE, OscineDocument, "oscine"),
        ("x_annotations-ann.csv", NATIVE, OscineDocument, "oscine"),
        ("x.wav-annotated-20201231T235959.csv", SONGEXPLORER, SongExplorerDocument, "songexplorer"),
    ],
)
def test_rows_are_those_that_the_format_reads(folder, name, text, kind, format_name):
    path, sources = folder / name, Sources(folder)
    path.write_text(text, newline="")
    document = kind(path, text, sources)
    table = FORMATS.make(format_name).read(path, sources).to_pandas().astype(object)
    table = table.where(table.notna() & (table != ""), None)
    assert len(document.rows) == len(table)
    for row, said in zip(document.rows, table.to_dict("records"), strict=True):
        ours = {**row._asdict(), **dict(row.more)}
        assert {column: str(ours.get(column) or None) for column in said} == {
            column: str(value or None) for column, value in said.items()
        }
    assert document.text().rstrip("\n") == text.rstrip("\n")


TIMES = st.floats(0, 1e6, allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=8).map(str.strip)
ROWS = st.builds(
    lambda times, **more: Row(onset=min(times), offset=max(times), **more),
    times=st.tuples(TIMES, TIMES),
    recording=st.sampled_from(["x.wav", "y.wav"]),
    label=TEXT.filter(bool),
    kind=st.sampled_from(["annotated", "detected"]),
    channel=st.integers(-1, 3),
    low=st.none() | TIMES,
    high=st.none() | TIMES,
    annotator=st.sampled_from(["", "ann"]),
    score=st.none() | st.floats(0, 1),
    more=st.lists(st.tuples(st.sampled_from(["colour", "my,note"]), TEXT.filter(bool)), unique_by=lambda x: x[0]).map(
        lambda pairs: tuple(sorted(pairs))
    ),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(rows=st.lists(ROWS, max_size=5))
def test_what_is_written_is_read(folder, rows):
    path, sources = folder / "x_annotations.csv", Sources(folder)
    document = OscineDocument(path, None, sources)
    for row in rows:
        document.set(document.place_for(row), None, row)
    again = OscineDocument(path, document.text(), sources)
    assert again.rows == document.rows
    assert [row.onset for row in again.rows] == sorted(row.onset for row in rows)
    path.write_text(document.text(), newline="")
    assert len(FORMATS.make("oscine").read(path, sources)) == len(rows)


def test_a_copy_does_not_change_its_original(folder):
    document = OscineDocument(folder / "x_annotations.csv", NATIVE, Sources(folder))
    twin = document.copy()
    twin.set(0, document.rows[0], None)
    twin.set(0, None, Row("x.wav", 1, 2, "a", score=0.5))
    assert document.text() == NATIVE
    assert twin.text().startswith(
        ",name,start_seconds,stop_seconds,channel,low_hz,colour,kind,annotator,recording,score"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name,start_seconds\n", "line 1: lacks the column stop_seconds"),
        ("name,start_seconds,stop_seconds\na,1\n", "line 2: has 2 columns where the header has 3"),
        ("name,start_seconds,stop_seconds\na,2,1\n", "line 2: is no interval"),
        ("name,start_seconds,stop_seconds\n,2,3\n", "line 2: has no name"),
        ("name,start_seconds,stop_seconds,channel\na,2,3,0.5\n", "line 2: channel is not a whole number"),
    ],
)
def test_errors_name_the_line(folder, text, problem):
    with pytest.raises(InputError, match=f"x_annotations.csv, {problem}"):
        OscineDocument(folder / "x_annotations.csv", text, Sources(folder))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x.wav,1,2,annotated\n", "line 1: has 4 columns"),
        ("x.wav,1,2,annotated,a\nx.wav,1.5,2,annotated,a\n", "line 2: is no annotation"),
        ("x.wav,3,2,annotated,a\n", "line 1: is no interval"),
        ("z.wav,1,2,annotated,a\n", "counts samples, and the recording"),
    ],
)
def test_errors_name_the_line_in_songexplorers_files(folder, text, problem):
    with pytest.raises(InputError, match=problem):
        SongExplorerDocument(folder / "x.wav-annotated-ann.csv", text, Sources(folder))
