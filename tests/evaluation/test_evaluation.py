"""Tables of an evaluation."""

from __future__ import annotations

import csv
from types import SimpleNamespace

import numpy as np

from oscine.evaluation.tables import curves_csv


def test_a_label_with_a_comma_stays_one_field():
    names = ("thresholds", "precision", "recall", "false_positive_rate")
    curve = SimpleNamespace(**dict.fromkeys(names, np.array([0.5])))
    _, row = csv.reader(curves_csv({"song, male": curve}).splitlines())
    assert row == ["song, male", "0.5", "0.5", "0.5", "0.5"]
