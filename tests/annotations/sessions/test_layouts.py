"""Which files belong to a session."""

from __future__ import annotations

from oscine.annotations.sessions import layouts


def test_songexplorers_files_of_a_recording(tmp_path):
    for name in (
        "x.wav-annotated-ann.csv",
        "x.wav-annotated-20201231T235959.csv",
        "x-annotated-20191231T235959.csv",
        "x.wav-predicted.csv",
        "xx.wav-annotated-ann.csv",
        "x_annotations.csv",
    ):
        (tmp_path / name).touch()
    layout = layouts.make("songexplorer")
    layout.stamp = "20210101T000000"
    assert layout.files(tmp_path, "x.wav") == [
        "x.wav-annotated-20210101T000000.csv",
        "x-annotated-20191231T235959.csv",
        "x.wav-annotated-20201231T235959.csv",
        "x.wav-annotated-ann.csv",
    ]
    assert layouts.make("songexplorer", "bob").files(tmp_path, "x.wav") == [
        "x.wav-annotated-bob.csv",
        "x-annotated-20191231T235959.csv",
        "x.wav-annotated-20201231T235959.csv",
    ]
    assert layouts.make("oscine", "bob").files(tmp_path, "x.wav") == ["x_annotations-bob.csv"]
