"""Tables of thresholds, in both of SongExplorer's layouts."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from oscine.core.errors import InputError
from oscine.prediction.thresholds import load_thresholds, save_thresholds

OLD = "precision/recall,0.5,1.0,2.0\nmel-pulse,0.2,0.5,0.8\nambient,0.3,0.6,0.9\n"


def test_what_is_written_is_read(tmp_path):
    path = save_thresholds({"pulse": 0.1 + 0.2, "rare": math.nan, "ambient": 1.0}, tmp_path / "t.csv", ratio=2.0)
    assert path.read_text() == "precision/recall,2.0\npulse,0.30000000000000004\nrare,nan\nambient,1.0\n"
    assert load_thresholds(path) == {"pulse": 0.1 + 0.2, "ambient": 1.0}
    assert pd.read_csv(path).columns.tolist() == ["precision/recall", "2.0"]


@pytest.mark.parametrize(("ratio", "expected"), [(0.5, (0.2, 0.3)), (1, (0.5, 0.6)), (2, (0.8, 0.9))])
def test_old_layout(tmp_path, ratio, expected):
    (tmp_path / "t.csv").write_text(OLD.replace("\n", "\r\n"))
    assert load_thresholds(tmp_path / "t.csv", ratio) == dict(zip(("mel-pulse", "ambient"), expected, strict=True))


def test_current_layout(tmp_path):
    (tmp_path / "t.csv").write_text("mel-pulse,0.5\n\nambient,0.6\n")
    assert load_thresholds(tmp_path / "t.csv") == {"mel-pulse": 0.5, "ambient": 0.6}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no thresholds"),
        ("precision/recall,1.0\n", "holds no thresholds"),
        (OLD, "has no column for this ratio; found 3; allowed: 0.5, 1.0, 2.0"),
        ("mel-pulse\n", "line 1: not a row"),
        ("a,0.5\nmel-pulse,high\n", "line 2: not a number; found 'high'"),
        ("a,0.5\nb,7\n", "line 2: a threshold is out of range; found 7.0"),
    ],
)
def test_what_is_no_table(tmp_path, text, message):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        load_thresholds(tmp_path / "t.csv", ratio=3)


def test_no_file(tmp_path):
    with pytest.raises(InputError, match="no such table"):
        load_thresholds(tmp_path / "t.csv")
    with pytest.raises(InputError, match="cannot be read"):
        load_thresholds(tmp_path)


def test_a_label_with_a_comma(tmp_path):
    path = save_thresholds({"song, male": 0.4, 'the "other"': 0.5}, tmp_path / "t.csv")
    assert load_thresholds(path) == {"song, male": 0.4, 'the "other"': 0.5}
