from __future__ import annotations

import pytest

from oscine.annotations import naming
from oscine.annotations.naming import Name


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("may01_annotations.csv", Name("may01", "annotated", "", "oscine")),
        ("a_b_annotations-ann-lee.csv", Name("a_b", "annotated", "ann-lee", "oscine")),
        ("may01_missed.csv", Name("may01", "missed", "", "oscine")),
        ("may01_mistakes.csv", Name("may01", "mistaken", "", "oscine")),
        ("20190122T9a-7.wav-annotated-person2.csv", Name("20190122T9a-7.wav", "annotated", "person2", "songexplorer")),
        ("PS_1-annotated-person1.csv", Name("PS_1", "annotated", "person1", "songexplorer")),
        ("PS_1.wav-annotated-20201231T235959.csv", Name("PS_1.wav", "annotated", "", "songexplorer")),
        ("20201231T235959-annotated-ann.csv", Name("20201231T235959", "annotated", "ann", "songexplorer")),
        ("PS_1.wav-detected.csv", Name("PS_1.wav", "detected", "", "songexplorer")),
        ("PS_1-predicted-1.0pr.csv", Name("PS_1", "predicted", "", "songexplorer")),
        ("x.Table.1.selections.txt", Name("x")),
        ("x_predicted.Table.2.selections.txt", Name("x", "predicted", "", "oscine")),
        ("bird.cbin.not.mat", Name("bird.cbin")),
        ("detected.csv", Name("detected")),
    ],
)  # fmt: skip
def test_parse(file, name):
    assert naming.parse(file) == name


@pytest.mark.parametrize("kind", ["annotated", "detected", "predicted", "missed", "mistaken", "autoencoded"])
@pytest.mark.parametrize("annotator", ["", "ann"])
def test_names_are_read_as_they_are_made(kind, annotator):
    assert naming.parse(naming.ours("may_01", kind, annotator)) == ("may_01", kind, annotator, "oscine")
    made = naming.songexplorer("may-01.wav", kind, annotator)
    assert naming.parse(made) == ("may-01.wav", kind, annotator, "songexplorer")
