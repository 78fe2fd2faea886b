from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.labels import LabelSet
from oscine.core.errors import InputError

HEADER = "name,start_seconds,stop_seconds"


@pytest.fixture
def load(tmp_path):
    def read(text: str, name: str = "a_annotations.csv") -> Annotations:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return Annotations.load(tmp_path / name)

    return read


def test_plain(load):
    found = load(f"{HEADER}\npulse,0.5,0.5\nsine,1.25,1.5\n")
    assert found.recordings == ["a.wav"]
    assert [(row.label, row.onset, row.offset, row.kind) for row in found] == [
        ("pulse", 0.5, 0.5, "annotated"),
        ("sine", 1.25, 1.5, "annotated"),
    ]
    assert found.coverage.is_whole("a.wav")


def test_every_column_in_any_order(load):
    found = load(
        "score,stop_seconds,mood,start_seconds,name,channel,low_hz,high_hz,kind,annotator,recording\n"
        "0.25,2,good,1,song,1,100,200.5,predicted,ann,b.wav\n"
        ",4,,3,song,,,,,,\n"
    )
    first, second = list(found)
    assert (first.recording, first.channel, first.low, first.high) == ("b.wav", 1, 100, 200.5)
    assert (first.kind, first.annotator, first.score, first.mood) == ("predicted", "ann", 0.25, "good")
    assert (second.recording, second.channel, second.kind, second.annotator) == ("a.wav", -1, "annotated", "")
    assert np.isnan([second.low, second.high, second.score]).all()


def test_name_tells_kind_and_annotator(load):
    assert load(f"{HEADER}\nx,0,1\n", "a_missed.csv").kinds == ["missed"]
    assert load(f"{HEADER}\nx,0,1\n", "a_annotations-ann.csv").annotators == ["ann"]
    assert load(f"{HEADER},kind\nx,0,1,predicted\n", "a_missed.csv").kinds == ["predicted"]


def test_header_only_means_looked_and_nothing_there(load):
    found = load(f"{HEADER}\n")
    assert len(found) == 0
    assert found.coverage.is_whole("a.wav")
    assert found.recordings == ["a.wav"]


def test_coverage_rows(load):
    found = load(f"{HEADER},kind\nx,1,2,\n,0,3,coverage\ncoverage,5,6,coverage\n")
    assert len(found) == 1
    assert found.coverage.intervals("a.wav", 10).tolist() == [[0, 3], [5, 6]]
    assert load(f"{HEADER},kind\n,,,coverage\n").coverage.intervals("a.wav", 10).tolist() == []
    assert load(f"{HEADER},kind\n,0,,coverage\n").coverage.is_whole("a.wav")


def test_das_writes_an_index_and_markers(load):
    found = load(f",{HEADER},channel\n0,pulse,0.5,0.5,0\n1,sine,,0,-1\n2,click,,,-1\n")
    assert "Unnamed: 0" not in found.to_pandas()
    assert len(found) == 1
    assert set(found.labels) == {"pulse", "sine", "click"}
    assert [found.category(label) for label in ("pulse", "sine", "click")] == ["event", "segment", "event"]


def test_definitions_lie_beside(load, tmp_path):
    (tmp_path / "a_definitions.csv").write_text("noise,segment\nclick,event\n")
    found = load(f"{HEADER}\npulse,0.5,0.5\n")
    assert found.label_names == ["noise", "click", "pulse"]
    assert found.category("click") == "event"
    (tmp_path / "a_definitions.csv").write_text("noise,sound\n")
    with pytest.raises(InputError, match=r"a_definitions\.csv, line 1: is no definition"):
        load(f"{HEADER}\n")


def test_only_what_says_something_is_written(tmp_path):
    rows = [{"recording": "a.wav", "onset": 0.1 + 0.2, "offset": 1, "label": "x", "kind": "predicted"}]
    Annotations(rows).save(tmp_path / "a_predicted.csv")
    assert (tmp_path / "a_predicted.csv").read_text() == f"{HEADER}\nx,0.30000000000000004,1.0\n"
    Annotations([{**rows[0], "score": 0.5}]).save(tmp_path / "a_annotations.csv")
    assert (tmp_path / "a_annotations.csv").read_text() == (
        f"{HEADER},kind,score\nx,0.30000000000000004,1.0,predicted,0.5\n"
    )


def test_pandas_reads_it_as_it_is(tmp_path):
    Annotations([{"recording": "a.wav", "onset": 1, "offset": 2, "label": "x"}]).save(tmp_path / "a_annotations.csv")
    assert pd.read_csv(tmp_path / "a_annotations.csv").to_dict("records") == [
        {"name": "x", "start_seconds": 1.0, "stop_seconds": 2.0}
    ]


def test_labels_of_known_category_stay_alive(tmp_path):
    labels = LabelSet(["x", "y"], {"x": "event", "y": "segment"})
    Annotations(labels=labels, coverage=Coverage({"a.wav": None}, whole=False)).save(tmp_path / "a_annotations.csv")
    assert Annotations.load(tmp_path / "a_annotations.csv").labels == labels


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(["a.wav", "b.flac", "c.wav-rec A"]),
        st.one_of(st.none(), st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)).map(sorted), max_size=3)),
    ),
    st.lists(st.sampled_from(["a.wav", "b.flac"]), max_size=3),
)
def test_recordings_and_coverage_are_kept(tmp_path, stretches, recordings):
    rows = [{"recording": name, "onset": 1.0, "offset": 1.5, "label": "x"} for name in recordings]
    annotations = Annotations(rows, coverage=Coverage(stretches, whole=False))
    if not annotations.recordings:
        return
    annotations.save(tmp_path / "a_annotations.csv")
    again = Annotations.load(tmp_path / "a_annotations.csv")
    assert again.coverage.select(annotations.recordings) == annotations.coverage.select(annotations.recordings)
    assert again == annotations


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", None, "is empty; allowed: a first line such as name,start_seconds,stop_seconds"),
        ("name,start,stop\nx,1,2\n", 1, "lacks the columns start_seconds, stop_seconds"),
        (f"{HEADER}\nx,1,2\nx,2,1\n", 3, "starts after it stops; found '2.0 to 1.0'"),
        (f"{HEADER}\nx,one,2\n", 2, "start_seconds is not a number; found 'one'"),
        (f"{HEADER}\nx,1,inf\n", 2, "stop_seconds is not a number; found 'inf'"),
        (f"{HEADER}\nx,1,nan\n", 2, "stop_seconds is not a number; found 'nan'"),
        (f"{HEADER}\nx,-1,2\n", 2, "starts before the recording"),
        (f"{HEADER}\n,1,2\n", 2, "has no name"),
        (f"{HEADER},channel\nx,1,2,left\n", 2, "channel is not a number; found 'left'"),
        (f"{HEADER},channel\nx,1,2,0.5\n", 2, "channel is not a whole number"),
        (f"{HEADER},score\nx,1,2,good\n", 2, "score is not a number"),
        (f"{HEADER},kind\nx,2,1,coverage\n", 2, "coverage that cannot be"),
        (f"{HEADER}\nx,1,2\nx,1\n", 3, "has 2 columns where the header has 3"),
    ],
)
def test_mistakes_are_named_with_their_line(load, tmp_path, text, line, message):
    with pytest.raises(InputError, match=message) as caught:
        load(text)
    assert caught.value.line == line
    assert str(tmp_path / "a_annotations.csv") in str(caught.value)


def test_bengalese_finch(data):
    folder = data / "bengalese_finch/train"
    found = Annotations.load(folder)
    assert len(found.recordings) == 85
    assert len(found) == 5088
    assert found.label_names == [*"0123456789"]
    assert all(found.coverage.is_whole(name) for name in found.recordings)
