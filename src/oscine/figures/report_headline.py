"""Parts of an evaluation's report: how good it is, in words and by label; recordings, the worst first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from oscine.evaluation.evaluation import Evaluation
from oscine.figures.overlapping_confusion import labels_apart
from oscine.figures.report import Report
from oscine.figures.report_numbers import in_percent, limits, thousands
from oscine.figures.style import percent
from oscine.metrics.frames import ConfusionMatrix

_MOST_RECORDINGS = 300


def add_headline(report: Report, whole: Evaluation) -> None:
    """Add the main figures with their limits, and what they mean in words."""
    matrix, intervals = whole.confusion_matrix, whole.intervals
    report.add_section("How good it is")
    facts: dict[str, object] = {"frames with the right label": in_percent(1 - matrix.frame_error)}
    notes = {"frames with the right label": limits(intervals.get("frame_error"), complement=True)}
    for name, words in (
        ("precision", "of what it says is right"),
        ("recall", "of what is there is found"),
        ("f1", "F1, both in one"),
    ):
        facts[words] = in_percent(whole.overall[name])
        notes[words] = limits(intervals.get(name))
    for name, words in (
        ("segment_error_rate", "syllable error rate"),
        ("event_f1", "F1 of events"),
        ("segment_f1", "F1 of segments"),
    ):
        if name in intervals and math.isfinite(intervals[name].value):
            facts[words] = in_percent(intervals[name].value)
            notes[words] = limits(intervals[name])
    report.add_facts(facts, {name: note for name, note in notes.items() if note})
    for note in whole.notes:
        report.add_text(f"Mind that {note}.")
    report.add_text(_in_words(whole))


def _in_words(whole: Evaluation) -> str:
    """The headline as sentences."""
    matrix = whole.confusion_matrix
    wrong = matrix.frame_error
    n = int(matrix.counts.sum())
    text = f"Of {thousands(n)} frames whose truth is known, {thousands(round(n * wrong))} are called by a wrong name"
    if 0 < wrong < 1:
        text += f", one in {thousands(round(1 / wrong))}" if wrong <= 0.5 else ""
    interval = whole.intervals.get("frame_error")
    if interval is not None and np.isfinite([interval.low, interval.high]).all():
        text += (
            f". For other recordings of this kind the share would be between {in_percent(interval.low)} and "
            f"{in_percent(interval.high)} (95 % of {len(whole.by_recording)} recordings drawn anew)"
        )
        if len(whole.by_recording) < 10:
            text += "; from so few recordings that range is rather too narrow"
    elif len(whole.by_recording) == 1:
        text += ". From a single recording nothing can be said about others"
    text += (
        ". Precision and recall are means over labels, as if all were equally frequent, so that a rare label weighs as "
        "much as a common one."
    )
    if labels_apart(matrix):
        text += " Where labels may overlap, not to be there counts like a label."
    labels = labels_apart(matrix) or matrix.labels
    places = {label: matrix.labels.index(label) for label in labels}
    known = {label: float(matrix.f1[place]) for label, place in places.items() if matrix.counts[place].any()}
    if len(known) > 1:
        worst = min(known, key=lambda label: known[label])
        text += f"\n\nThe hardest label is `{worst}` (F1 {known[worst]:.3f})"
        taken = _most_confused(matrix, worst)
        text += f", most often taken for `{taken[0]}` ({percent(taken[1])} % of its frames)." if taken else "."
    absent = [label for label in labels if label not in known]
    if absent:
        text += f"\n\nNothing is known of {', '.join(f'`{label}`' for label in absent)}: no frame here has that label."
    return text


def _most_confused(matrix: ConfusionMatrix, label: str) -> tuple[str, float] | None:
    if labels_apart(matrix):
        return None
    i = matrix.labels.index(label)
    shares = np.nan_to_num(matrix.rows[i]).copy()
    shares[i] = 0
    j = int(shares.argmax())
    return (matrix.labels[j], float(shares[j])) if shares[j] > 0 else None


def add_labels(report: Report, whole: Evaluation, colours: Mapping[str, str]) -> None:
    """Add a table with a row for each label."""
    matrix = whole.confusion_matrix
    report.add_section("Each label")
    rows = []
    sounds = {label: score.counts for label, score in whole.events.by_label.items()} | dict(whole.segments.by_label)
    for label in (label for label in whole.labels if label in matrix.labels):
        i = matrix.labels.index(label)
        curve = whole.curves.get(label)
        interval = whole.intervals.get(f"f1/{label}")
        found = sounds.get(label)
        rows.append(
            {
                "label": label,
                "frames": int(matrix.counts[i].sum()),
                "precision": float(matrix.precision[i]),
                "recall": float(matrix.recall[i]),
                "F1": float(matrix.f1[i]),
                "95 %": limits(interval, decimals=3) or "–",
                "average precision": curve.average_precision if curve is not None else math.nan,
                "sounds": found.n_true if found is not None and found.n_true else math.nan,
                "F1 of sounds": found.f1 if found is not None and found.n_true else math.nan,
            }
        )
    columns = list(rows[0]) if rows else []
    if all(isinstance(row["sounds"], float) for row in rows):
        columns = [name for name in columns if "sounds" not in name]
    if all(row["95 %"] == "–" for row in rows):
        columns = [name for name in columns if name != "95 %"]
    report.add_table(
        rows, "Of frames. Precision and F1 are as these recordings are, at the frequencies of their labels; above, and "
        "in the matrix, they are as if labels were equally frequent. 95 %: range of F1 for other recordings of this "
        "kind. Click a heading to sort.",
        columns=columns, rates=["precision", "recall", "F1"], colours=colours, sortable=True,
    )  # fmt: skip


def add_recordings(report: Report, whole: Evaluation, judged: pd.DataFrame) -> None:
    """Add a table with a row for each recording, that with the highest frame error on top."""
    if not whole.by_recording:
        return
    report.add_section("Recordings, the worst first")
    mistaken = judged[judged["kind"] == "mistaken"].groupby("recording").size() if len(judged) else pd.Series(dtype=int)
    annotated = judged.groupby("recording").size() if len(judged) else pd.Series(dtype=int)
    rows = []
    for name, counts in whole.by_recording.items():
        row: dict[str, Any] = {
            "recording": name,
            "frames": int(counts.confusion.counts.sum()),
            "frame error": counts.confusion.frame_error,
            "sounds": int(annotated.get(name, 0)),
            "mistaken": int(mistaken.get(name, 0)),
        }
        if counts.segmentation is not None:
            row["syllable error rate"] = counts.segmentation.syllable_error_rate
        rows.append(row)
    rows.sort(key=lambda row: row["recording"])
    rows.sort(key=_badness, reverse=True)
    caption = "Click a heading to sort."
    if len(rows) > _MOST_RECORDINGS:
        caption += f" The {_MOST_RECORDINGS} worst of {len(rows)} are shown."
    report.add_table(rows[:_MOST_RECORDINGS], caption, sortable=True)


def _badness(row: Mapping[str, Any]) -> float:
    """Frame error of a row; what is not known counts as good."""
    error = float(row["frame error"])
    return error if math.isfinite(error) else -1.0
