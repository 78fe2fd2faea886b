"""Folds and withheld recordings, drawn where their figures are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from oscine.evaluation.cross_validation import CrossValidation
from oscine.evaluation.evaluation import assemble
from oscine.evaluation.generalization import Generalization, Withheld
from oscine.evaluation.recording_counts import RecordingCounts
from oscine.figures.draw import figures_of
from oscine.figures.held_out import plot_cross_validation, plot_generalization
from oscine.metrics.curves import operating_curve
from oscine.metrics.events import score_events
from oscine.metrics.frames import ConfusionMatrix
from oscine.metrics.segments import score_segments

LABELS = ("song", "noise")


def judged(**wrong: int):
    by_recording = {
        f"{name}.wav": RecordingCounts(
            ConfusionMatrix(np.array([[90 - n, n], [n, 910 - n]]), LABELS),
            score_events([], [], [], [], 0.01, labels=[]),
            score_segments(
                np.empty((0, 2)), [], np.empty((0, 2)), [], onset_tolerance=0.01, offset_tolerance=0.01, labels=[]
            ),
        )
        for name, n in wrong.items()
    }
    curve = operating_curve(np.array([0.2, 0.8]), np.array([False, True]))
    return assemble(LABELS, by_recording, dict.fromkeys(LABELS, curve), part="validation", ratios=[1.0])


def points(axes, place: int) -> list[float]:
    lines = [line for line in axes.get_lines() if line.get_marker() == "o"]
    return [round(float(value), 6) for value in lines[place].get_xdata()]


@pytest.fixture
def folds():
    return CrossValidation(Path("x"), 2, "recordings", {"fold-1": judged(a=5), "fold-2": judged(b=10, c=20)})


@pytest.fixture
def withheld():
    models = (
        Withheld("m1", ("a.wav",), judged(a=5), judged(b=1)),
        Withheld("m2", ("b.wav",), judged(b=10), judged(a=2)),
    )
    return Generalization(Path("x"), "one", models)


def test_a_point_for_each_fold(folds):
    figure = plot_cross_validation(folds)
    axes = {item.get_title(loc="left"): item for item in figure.axes}
    assert points(axes["frame error, %"], 0) == [0.01, 0.03]
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["fold-1", "fold-2"]


def test_rings_for_what_is_known(withheld):
    figure = plot_generalization(withheld)
    axes = {item.get_title(loc="left"): item for item in figure.axes}
    assert points(axes["frame error, %"], 1) == [0.01, 0.02]
    assert points(axes["frame error, %"], 0) == [0.002, 0.004]
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["a.wav", "b.wav"]


def test_they_are_drawn_with_their_confusions(folds, withheld):
    assert [name for name, _ in figures_of(folds)] == ["cross_validation", "confusion_matrix"]
    assert [name for name, _ in figures_of(withheld)] == ["generalization", "confusion_matrix"]
