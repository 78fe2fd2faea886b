from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from oscine.annotations.annotations import COLUMNS, Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.labels import LabelSet
from oscine.core.artifacts import Provenance
from oscine.core.errors import InputError

ROWS = [
    {"recording": "b.wav", "onset": 2.0, "offset": 3.0, "label": "sine", "annotator": "ann", "channel": 1},
    {"recording": "a.wav", "onset": 0.5, "offset": 0.5, "label": "pulse", "kind": "detected", "score": 0.25},
    {"recording": "a.wav", "onset": 0.1, "offset": 0.2, "label": "sine", "mood": "good"},
]


@pytest.fixture
def song() -> Annotations:
    return Annotations(ROWS)


def test_table_has_all_columns_in_order_and_keeps_others(song):
    table = song.to_pandas()
    assert tuple(table.columns) == (*COLUMNS, "mood")
    assert table["kind"].tolist() == ["annotated", "detected", "annotated"]
    assert table["channel"].tolist() == [1, -1, -1]
    assert table["onset"].dtype == np.float64
    assert np.isnan(table["low"]).all()
    assert song.onsets.tolist() == [2.0, 0.5, 0.1]


def test_looking_changes_nothing(song):
    table = song.to_pandas()
    table.loc[0, "label"] = "changed"
    song.onsets[0] = 99
    assert song == Annotations(ROWS)


def test_names(song):
    assert song.recordings == ["a.wav", "b.wav"]
    assert song.label_names == ["pulse", "sine"]
    assert song.kinds == ["annotated", "detected"]
    assert song.annotators == ["ann"]
    assert song.count() == {"pulse": 1, "sine": 2}
    assert song.category("pulse") == "event"
    assert song.category("sine") == "segment"
    assert repr(song) == "Annotations(3 rows in 2 recordings: 1 pulse, 2 sine)"
    assert [row.label for row in song] == ["sine", "pulse", "sine"]


def test_recording_looked_at_in_vain_is_named():
    nothing = Annotations(coverage=Coverage({"a.wav": None}, whole=False))
    assert nothing.recordings == ["a.wav"]
    assert len(nothing) == 0


def test_label_set_order_is_kept_and_completed(song):
    labelled = Annotations(song.to_pandas(), labels=["sine", "ambient"])
    assert labelled.label_names == ["sine", "ambient", "pulse"]
    assert labelled.count()["ambient"] == 0


def test_select(song):
    assert song.select(recordings=["a.wav"]).onsets.tolist() == [0.5, 0.1]
    assert song.select(labels=["sine"]).label_names == ["sine"]
    assert song.select(kinds=["detected"]).onsets.tolist() == [0.5]
    assert song.select(annotators=["ann"]).onsets.tolist() == [2.0]
    assert song.select(channel=0).onsets.tolist() == [0.5, 0.1]
    assert song.select(labels="sine", recordings="a.wav").onsets.tolist() == [0.1]
    with pytest.raises(InputError, match="Did you mean 'pulse'"):
        song.select(labels=["puls"])


def test_select_keeps_coverage(song):
    covered = song.with_coverage(Coverage({"a.wav": [(0, 1)]}, whole=False))
    assert covered.select(labels=["sine"]).coverage == covered.coverage
    assert covered.select(recordings=["b.wav"]).coverage.recordings == ["b.wav"]


def test_relabel(song):
    same = song.relabel({"sine": "song", "pulse": "song"})
    assert same.label_names == ["song"]
    assert same.onsets.tolist() == song.onsets.tolist()
    with pytest.raises(InputError):
        song.relabel({"sin": "song"})


def test_concat(song):
    more = Annotations(
        [{"recording": "c.wav", "onset": 0, "offset": 1, "label": "click"}],
        coverage=Coverage({"c.wav": [(0, 2)]}, whole=False),
        labels=LabelSet(["click", "noise"], {"noise": "segment"}),
    )
    both = song.with_coverage("rows").concat(more)
    assert len(both) == 4
    assert both.label_names == ["click", "noise", "pulse", "sine"]
    assert both.category("noise") == "segment"
    assert both.coverage.intervals("c.wav", 9).tolist() == [[0, 2]]
    assert both.coverage.intervals("a.wav", 9).tolist() == [[0.1, 0.2], [0.5, 0.5]]


def test_equality_sees_every_part(song):
    table = song.to_pandas()
    assert song == Annotations(table)
    assert song != Annotations(table.assign(onset=np.nextafter(table["onset"], 0)))
    assert song != Annotations(table, labels=["other"])
    assert song != song.with_coverage("rows")
    assert song != Annotations(table.drop(columns="mood"))


def test_identity_tells_contents_and_history_apart(song):
    later = song.with_provenance(Provenance(operation="predict"))
    assert later.identity()["provenance"]["operation"] == "predict"
    assert song.identity()["digest"] == Annotations(ROWS).identity()["digest"]
    assert song.identity()["digest"] != song.relabel({"sine": "x"}).identity()["digest"]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"onset": 5.0}, "onset no later than the offset"),
        ({"onset": np.nan}, "finite"),
        ({"offset": np.inf}, "finite"),
        ({"onset": "soon"}, "no number"),
        ({"channel": "left"}, "no number"),
    ],
)
def test_impossible_rows_are_refused(change, text):
    with pytest.raises(InputError, match=text):
        Annotations([{"recording": "a.wav", "onset": 0.0, "offset": 1.0, "label": "a", **change}])


def test_missing_columns_are_named():
    with pytest.raises(InputError, match="columns are missing"):
        Annotations(pd.DataFrame({"onset": [1.0], "label": ["a"]}))
