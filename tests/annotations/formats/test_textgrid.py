from __future__ import annotations

import pytest

from oscine.annotations.annotations import Annotations
from oscine.annotations.formats.textgrid import Textgrid
from oscine.core.errors import InputError

SHORT = '''"ooTextFile"
"TextGrid"
0
2.5
<exists>
2
"IntervalTier"
"song" 0 2.5
3
0 5e-05 ""
5e-05 1.5 "say ""a"""
1.5 2.5 "b" ! a comment with "quotes"
"TextTier" "clicks" 0 2.5 1
0.25 "!"
'''


@pytest.fixture
def load(tmp_path):
    def read(text: str, encoding: str = "utf-8", **options) -> Annotations:
        path = tmp_path / "a.TextGrid"
        path.write_text(text, encoding=encoding)
        return Annotations.load(path, format=Textgrid(**options))

    return read


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_short_form(load, encoding):
    found = load(SHORT, encoding)
    assert found.onsets.tolist() == [5e-05, 1.5, 0.25]
    assert found.to_pandas()["label"].tolist() == ['say "a"', "b", "!"]
    assert found.to_pandas()["tier"].tolist() == ["song", "song", "clicks"]


def test_tiers_can_be_chosen(load):
    assert load(SHORT, tiers=("clicks",)).onsets.tolist() == [0.25]
    with pytest.raises(InputError, match="has no such tier; found 'click'; allowed: song, clicks"):
        load(SHORT, tiers=("click",))


def test_tiers_of_others_go_back_to_their_names(load, tmp_path):
    found = load(SHORT)
    found.save(tmp_path / "b.TextGrid")
    assert Annotations.load(tmp_path / "b.TextGrid").to_pandas()["tier"].tolist() == ["song", "song", "clicks"]


def test_real_file_is_kept(data, tmp_path):
    found = Annotations.load(data / "formats/ObjectFocusLeilani.TextGrid")
    found.save(tmp_path / "ObjectFocusLeilani.TextGrid")
    assert Annotations.load(tmp_path / "ObjectFocusLeilani.TextGrid") == found


def test_sounds_that_overlap_stand_in_tiers_of_their_own(tmp_path):
    rows = [(0.0, 2.0, "a"), (1.0, 3.0, "b"), (2.0, 2.5, "c"), (1.0, 1.0, "d"), (1.0, 1.0, "e"), (3.0, 3.5, "f")]
    table = [{"recording": "x.wav", "onset": a, "offset": b, "label": label} for a, b, label in rows]
    Annotations(table).save(tmp_path / "x.TextGrid")
    text = (tmp_path / "x.TextGrid").read_text()
    names = [line.split('"')[1] for line in text.splitlines() if " name = " in line]
    assert names == ["segments", "segments 2", "events", "events 2"]
    again = Annotations.load(tmp_path / "x.TextGrid")
    assert sorted((row.onset, row.offset, row.label) for row in again) == sorted(rows)
    assert "tier" not in again.to_pandas()


def test_intervals_tile_the_recording(tmp_path):
    Annotations([{"recording": "x.wav", "onset": 1, "offset": 2, "label": "a"}]).save(tmp_path / "x.TextGrid")
    text = (tmp_path / "x.TextGrid").read_text()
    assert "intervals: size = 2" in text
    assert "xmax = 2.0" in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hello", "is cut off before a text"),
        ('"ooTextFile" "Sound" 1', "is no TextGrid"),
        (SHORT[:60], "line 8: is cut off before a text"),
        (SHORT[:75], "is cut off before a number"),
        (SHORT.replace('5e-05 ""', '"" 5e-05', 1), "line 10: is no TextGrid; found ''; allowed: a number"),
        (SHORT.replace("1.5 2.5", "2.5 1.5"), "line 12: starts after it stops"),
    ],
)
def test_mistakes_are_named(load, text, message):
    with pytest.raises(InputError, match=message):
        load(text)
