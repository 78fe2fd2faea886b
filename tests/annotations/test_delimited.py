from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscine.annotations import delimited
from oscine.annotations.delimited import Table
from oscine.core.errors import InputError


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_read_as_they_are_written(value):
    text = delimited.as_text(np.float64(value))
    assert delimited.number(text, "x", __file__, 1) == value  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "one", "1_000", "nan", "inf", "1e999", "1,5", "0x10"])
def test_what_is_no_number_is_named_with_its_line(text, tmp_path):
    with pytest.raises(InputError, match=r"a\.csv, line 7: onset is not a number"):
        delimited.number(text, "onset", tmp_path / "a.csv", 7)


def test_a_table(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('\ufeffname, x ,y\r\n"a, b",1.5,\r\n\r\nNA,2,3\r\n', encoding="utf-8")
    table = Table.read(path, ["name", "x"])
    assert table.text("name") == ["a, b", "NA"]
    assert table.numbers("x").tolist() == [1.5, 2.0]
    assert table.integers("y", -1).tolist() == [-1, 3]
    assert table.lines == [2, 4]
    assert table.text("z", "none") == ["none", "none"]
    assert table.keep([False, True]).text("name") == ["NA"]


@pytest.mark.parametrize(
    ("content", "line", "text"),
    [
        ("", None, "is empty"),
        ("name,y\n", 1, "lacks the column x"),
        ("name,x\na,1\nb\n", 3, "has 1 columns where the header has 2"),
        ("name,x\na,1\nb,2,3\n", 3, "has 3 columns where the header has 2"),
    ],
)
def test_a_table_that_is_none(tmp_path, content, line, text):
    path = tmp_path / "a.csv"
    path.write_text(content)
    with pytest.raises(InputError, match=text) as caught:
        Table.read(path, ["name", "x"])
    assert caught.value.line == line


def test_values_keep_their_nature(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("whole,real,text,mixed,blank,code\n1,1.5,a,1,,01\n2,,b,b,,02\n")
    table = Table.read(path, [])
    assert table.values("whole") == [1, 2]
    assert np.array_equal(table.values("real"), [1.5, np.nan], equal_nan=True)
    assert table.values("text") == ["a", "b"]
    assert table.values("mixed") == ["1", "b"]
    assert table.values("blank") == ["", ""]
    assert table.values("code") == ["01", "02"]


@pytest.mark.parametrize(
    ("row", "text"),
    [("-1,2", "starts before the recording"), ("3,2", "starts after it stops"), ("a,2", "not a number")],
)
def test_spans_that_cannot_be(tmp_path, row, text):
    path = tmp_path / "a.csv"
    path.write_text(f"start,stop\n0,1\n{row}\n")
    with pytest.raises(InputError, match=f"line 3: .*{text}"):
        Table.read(path, []).spans("start", "stop")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings(tmp_path, encoding):
    (tmp_path / "a.txt").write_text("Grünfink", encoding=encoding)
    assert delimited.read_text(tmp_path / "a.txt") == "Grünfink"


def test_tabs_cannot_stand_in_a_tab_separated_table(tmp_path):
    with pytest.raises(InputError, match="cannot stand here"):
        delimited.write_table(tmp_path / "a.txt", {"x": ["a\tb"]}, delimiter="\t")
    assert not (tmp_path / "a.txt").exists()
