"""Parts of an evaluation's report: what other thresholds would do, and whether probabilities can be believed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from oscine.evaluation.evaluation import Evaluation
from oscine.figures.precision_recall_by_label import thinned
from oscine.figures.probability_density import plot_probability_density
from oscine.figures.reliability import calibrations_of, plot_reliability
from oscine.figures.report import Report
from oscine.figures.report_numbers import rate, thousands
from oscine.figures.style import BACKGROUND_COLOUR
from oscine.metrics.curves import OperatingCurve


def add_thresholds(report: Report, whole: Evaluation, colours: Mapping[str, str]) -> None:
    """Add sliders that tell what every threshold would do."""
    report.add_section(
        "What other thresholds would do",
        "A label is said to be in a frame where its probability reaches the threshold. Lower it to find more, raise it "
        "to be surer of what is found: move a slider and see.",
    )
    rows, data = [], []
    for label, curve in whole.curves.items():
        chosen = whole.thresholds.get(label)
        value = chosen.value if chosen is not None and math.isfinite(chosen.value) else None
        counts = curve.counts_at(0.5 if value is None else value)
        rows.append(
            {
                "label": label,
                "colour": colours.get(label, BACKGROUND_COLOUR),
                "value": f"{0.5 if value is None else value:.3f}",
                "precision": rate(counts.precision),
                "recall": rate(counts.recall),
                "f1": rate(counts.f1) if curve.n_true else "–",
                "missed": thousands(counts.fn),
                "invented": thousands(counts.fp),
            }
        )
        data.append({"l": label, "c": colours.get(label, BACKGROUND_COLOUR), "x": value, **_curve_data(curve)})
    ratio = next((threshold.ratio for threshold in whole.thresholds.values()), 1.0)
    report.add_part(
        "thresholds",
        data,
        label="Thresholds",
        rows=rows,
        note=f"In frames. The chosen thresholds are those at which precision / recall is nearest {ratio:g}. Curves are "
        "thinned to some hundred thresholds, and exact at these.",
    )


def _curve_data(curve: OperatingCurve) -> dict[str, Any]:
    """What a script needs of a curve: thresholds, true and all frames predicted at each, and how many are true."""
    if not curve.n_true:
        return {"n": 0, "t": [], "tp": [], "np": []}
    places = np.union1d(
        thinned(curve, curve.recall), np.searchsorted(-curve.thresholds, -np.linspace(0.99, 0.01, 99)) - 1
    )
    places = places[places >= 0]
    tp = curve.tp[places]
    return {"n": curve.n_true, "t": curve.thresholds[places], "tp": tp, "np": tp + curve.fp[places]}


def add_calibration(report: Report, whole: Evaluation, models: tuple[Any, ...]) -> None:
    """Add the reliability diagram, and how probable each label is where others are."""
    calibrations = calibrations_of(whole if len(models) != 1 else models[0].at_best)
    if not calibrations and whole.densities is None:
        return
    report.add_section("Whether its probabilities can be believed")
    if calibrations:
        first = next(iter(calibrations.values()))
        if math.isfinite(first.expected_error):
            report.add_text(
                "When the model says that it is 90 % sure, nine in ten frames should be right. On average its "
                f"probabilities are {100 * first.expected_error:.1f} percentage points off."
            )
        report.add_figure(
            plot_reliability(calibrations),
            "Reliability: share of frames that came true against the probability that the model gave.",
            "Reliability diagram",
        )
    if whole.densities is not None:
        report.add_figure(
            plot_probability_density(whole),
            "How probable the model finds each label: filled where it is there, lines where others are.",
            "Distributions of probabilities, one panel for each label",
        )
