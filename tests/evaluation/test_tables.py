"""Tables of an evaluation: fields stay whole, times are seconds, recordings of folders have names of their own."""

from __future__ import annotations

import csv
from types import SimpleNamespace

import numpy as np
import pandas as pd

from oscine.annotations.annotations import Annotations
from oscine.evaluation.tables import curves_csv, write_judged


def test_a_label_with_a_comma_stays_one_field():
    names = ("thresholds", "precision", "recall", "false_positive_rate")
    curve = SimpleNamespace(**dict.fromkeys(names, np.array([0.5])))
    _, row = csv.reader(curves_csv({"song, male": curve}).splitlines())
    assert row == ["song, male", "0.5", "0.5", "0.5", "0.5"]


def test_judged_rows_are_read_back(tmp_path):
    rows = [
        ("day1/a.wav", 0.5, 0.75, "sine", "pulse", "mistaken", 0.6),
        ("day1/a.wav", 0.125, 0.25, "sine", "sine", "correct", 0.9),
        ("b.wav", 1.0, 1.0, "pulse", "pulse", "correct", 0.8),
    ]
    judged = pd.DataFrame(rows, columns=["recording", "onset", "offset", "label", "annotated", "kind", "score"])
    write_judged(judged, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.wav-mistakes.csv", "day1-a.wav-mistakes.csv"]
    found = Annotations.load(tmp_path / "day1-a.wav-mistakes.csv")
    table = found.to_pandas()
    assert table["recording"].unique().tolist() == ["day1/a.wav"]
    columns = ["onset", "offset", "label", "annotated_label", "kind", "score"]
    assert table[columns].to_numpy().tolist() == [
        [0.125, 0.25, "sine", "sine", "correct", 0.9],
        [0.5, 0.75, "sine", "pulse", "mistaken", 0.6],
    ], "in order, in seconds, all of them"
