"""Tables of an evaluation."""

from __future__ import annotations

import csv

import numpy as np

from oscine.evaluation.evaluation import _curves_csv
from oscine.metrics.curves import OperatingCurve


def test_a_label_with_a_comma_stays_one_field():
    half = np.array([0.5])
    curve = OperatingCurve.__new__(OperatingCurve)
    for name in ("thresholds", "precision", "recall", "false_positive_rate"):
        object.__setattr__(curve, name, half)
    _, row = csv.reader(_curves_csv({"song, male": curve}).splitlines())
    assert row == ["song, male", "0.5", "0.5", "0.5", "0.5"]
