from __future__ import annotations

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.labels import LabelSet


def test_what_das_reads(tmp_path):
    rows = [
        {"recording": "a.wav", "onset": 0.5, "offset": 0.5, "label": "pulse", "kind": "predicted", "score": 0.5},
        {"recording": "a.wav", "onset": 1.0, "offset": 1.5, "label": "sine", "channel": 2},
    ]
    song = Annotations(
        rows,
        labels=LabelSet(["pulse", "sine", "click", "hum", "what"], {"click": "event", "hum": "segment"}),
        coverage=Coverage({"a.wav": [(0, 2)]}, whole=False),
    )
    song.save(tmp_path / "a_annotations.csv", format="das")
    assert (tmp_path / "a_annotations.csv").read_text() == (
        "name,start_seconds,stop_seconds,channel\n"
        "pulse,0.5,0.5,-1\nsine,1.0,1.5,2\nclick,,,-1\nhum,,0.0,-1\nwhat,,,-1\n"
    )
    assert (tmp_path / "a_definitions.csv").read_text() == (
        "pulse,event\nsine,segment\nclick,event\nhum,segment\nwhat,event\n"
    )
    again = Annotations.load(tmp_path / "a_annotations.csv")
    assert set(again.labels) == set(song.labels)
    assert [again.category(label) for label in song.labels] == ["event", "segment", "event", "segment", "event"]


def test_one_label_has_no_definitions_which_would_crash_das(tmp_path):
    Annotations([{"recording": "a.wav", "onset": 0.5, "offset": 0.5, "label": "pulse"}]).save(
        tmp_path / "a_annotations.csv", format="das"
    )
    assert not (tmp_path / "a_definitions.csv").exists()
