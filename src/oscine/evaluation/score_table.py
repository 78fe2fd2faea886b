"""The text that a comparison of two sets of annotations prints: a few calm tables, in words that a biologist knows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from oscine.metrics.counts import Counts
from oscine.metrics.events import EventScore
from oscine.metrics.kappa import cohen_kappa

if TYPE_CHECKING:
    from oscine.evaluation.annotation_score import AnnotationScore
    from oscine.evaluation.score_result import AnnotationScores

_PEERS_WORDS = {
    "boundary": "boundaries",
    "segment": "segments",
    "segment_nolabel": "segments, whatever their label",
    "frame": "frames with sound",
    "event": "events",
}

_MOST_LABELS = 40
_MOST_RECORDINGS = 5


def as_text(scores: AnnotationScores) -> str:
    """Errors, what was found, timing, labels, and what only one side has."""
    pooled = scores.pooled
    blocks = [_head(scores), _errors(scores, pooled), _found(scores, pooled)]
    blocks += [_timing(pooled), _labels(scores, pooled), _legacy(scores), _notes(scores)]
    return "\n\n".join(block for block in blocks if block)


def _head(scores: AnnotationScores) -> str:
    pooled = scores.pooled
    n_events = pooled.events.pooled.counts
    n, parts = len(scores.by_recording), []
    if pooled.sequences.n_true or pooled.sequences.n_predicted or not (n_events.n_true or n_events.n_predicted):
        parts.append(f"{_many(pooled.sequences.n_true, 'segment')} annotated, {pooled.sequences.n_predicted} predicted")
    if n_events.n_true or n_events.n_predicted:
        parts.append(f"{_many(n_events.n_true, 'event')} annotated, {n_events.n_predicted} predicted")
    looked = pooled.seconds
    total = sum(scores.durations.values())
    where = f"{looked:.1f} s" + (f" of {total:.1f} s that somebody has looked at" if looked < total - 1e-6 else "")
    return f"{_many(n, 'recording')}, {where}: {'; '.join(parts)}"


def _errors(scores: AnnotationScores, pooled: AnnotationScore) -> str:
    if not pooled.frames.n_sound and not pooled.sequences.n_true:
        return ""
    means = scores.mean
    several = len(scores.by_recording) > 1
    doubt = several and bool(scores.intervals)
    rows = [["", "pooled", *["95 % interval"] * doubt, *["mean of recordings"] * several]]

    def row(name: str, key: str, value: float, *, percent: bool = True) -> None:
        show = _percent if percent else _rate
        cells = [name, show(value)]
        if doubt:
            interval = scores.intervals[key]
            cells.append("" if math.isnan(interval.low) else f"{show(interval.low)} – {show(interval.high)}")
        if several:
            cells.append(show(means[key]) if key in means else "")
        rows.append(cells)

    row("frame error", "frame_error", pooled.frames.frame_error)
    row("  of frames with sound", "frame_error_song", pooled.frames.sound_error)
    row("syllable error rate", "segment_error_rate", pooled.sequences.error_rate)
    row("F1 of frames, mean of labels", "macro_f1", pooled.macro_f1, percent=False)
    row("Cohen's kappa of frames", "kappa", cohen_kappa(pooled.matrix), percent=False)
    return aligned(rows)


def _found(scores: AnnotationScores, pooled: AnnotationScore) -> str:
    rules, rows = scores.rules, []

    def row(name: str, counts: Counts, key: str = "") -> None:
        if not (counts.n_true or counts.n_predicted):
            return
        interval = scores.intervals.get(key)
        doubt = "" if interval is None or math.isnan(interval.low) else f"{interval.low:.3f} – {interval.high:.3f}"
        cells = [_rate(counts.precision), _rate(counts.recall), _rate(counts.f1), doubt]
        rows.append([name, *cells, *map(str, (counts.tp, counts.n_true, counts.n_predicted))])

    row(f"onsets and offsets within {_ms(rules.tolerance)}", pooled.boundaries.pooled.counts, "boundary_f1")
    row("  onsets", pooled.boundaries.onsets.counts)
    row("  offsets", pooled.boundaries.offsets.counts)
    within = _ms(rules.onset_tolerance)
    if rules.offset_tolerance != rules.onset_tolerance:
        within += f" and {_ms(rules.offset_tolerance)}"
    row(f"segments within {within}", pooled.segments.labelled, "segment_f1")
    row("  whatever their label", pooled.segments.unlabelled, "segment_nolabel_f1")
    for share, overlap in pooled.overlaps.by_threshold.items():
        row(f"segments that overlap by {share * 100:g} % (IoU)", overlap.labelled, f"iou_{share:g}_f1")
    row(f"events within {_ms(rules.tolerance)}", pooled.events.pooled.counts, "event_f1")
    if len(pooled.events.by_label) > 1:
        row("  whatever their label", pooled.events.unlabelled.counts)
    if not rows:
        return ""
    interval = "95 % interval" if any(cells[4] for cells in rows) else ""
    head = ["", "precision", "recall", "F1", interval, "right", "annotated", "predicted"]
    table = [head, *rows]
    return aligned(table if interval else [cells[:4] + cells[5:] for cells in table])


def _timing(pooled: AnnotationScore) -> str:
    segments = pooled.segments
    parts = [
        ("onsets", EventScore(segments.unlabelled, segments.onset_errors, segments.onset_tolerance)),
        ("offsets", EventScore(segments.unlabelled, segments.offset_errors, segments.offset_tolerance)),
        ("events", pooled.events.unlabelled),
    ]
    rows = []
    for name, score in parts:
        if score.errors.size:
            late = "late" if score.bias > 0 else "early"
            bias = f"{_ms(abs(score.bias))} {late}" if round(abs(score.bias) * 1e5) else "on time"
            rows.append([name, bias, _ms(score.median_error), _ms(score.error_95)])
    return aligned([["timing of what is found", "median", "half within", "95 % within"], *rows]) if rows else ""


def _labels(scores: AnnotationScores, pooled: AnnotationScore) -> str:
    """Each label with its frames, and its segments or events."""
    matrix, rows = pooled.matrix, []
    for i, label in enumerate(matrix.labels[:-1]):
        segment = pooled.segments.by_label.get(label, Counts())
        event = pooled.events.by_label.get(label)
        sounds = [(segment, _rate(matrix.f1[i]))] if segment.n_true or segment.n_predicted else []
        if event is not None:
            sounds.append((event.counts, ""))
        for counts, frames in sounds:
            rates = [_rate(counts.precision), _rate(counts.recall), _rate(counts.f1)]
            rows.append([label, *rates, *map(str, (counts.tp, counts.n_true, counts.n_predicted)), frames])
    if len(rows) < 2:
        return ""
    more = len(rows) - _MOST_LABELS
    head = ["of these, by label", "precision", "recall", "F1", "right", "annotated", "predicted", "F1 of frames"]
    text = aligned([head, *rows[:_MOST_LABELS]])
    return text + (f"\n… and {more} more (--json has all)" if more > 0 else "")


def _legacy(scores: AnnotationScores) -> str:
    """How other programs count: a row for each thing that a program counts."""
    rows = []
    for program, figures in scores.legacy.items():
        measures = dict.fromkeys(name.rpartition("_")[0] for name in figures if name.endswith("_f1"))
        for measure in measures:
            found = [figures.get(f"{measure}_{rate}") for rate in ("precision", "recall", "f1")]
            rates = ["" if value is None else _rate(value) for value in found]
            rows.append([f"{program}: {_PEERS_WORDS[measure]}", *rates])
    return aligned([["as other programs count", "precision", "recall", "F1"], *rows]) if rows else ""


def _notes(scores: AnnotationScores) -> str:
    """What only one side has, and the worst recordings."""
    lines = []
    for what, names in (
        ("never predicted", scores.labels_in_truth_only),
        ("never annotated", scores.labels_in_predictions_only),
    ):
        if names:
            lines.append(f"labels {what}: {', '.join(names)}")
    errors = {name: score.frames.frame_error for name, score in scores.by_recording.items() if score.frames.n_wrong}
    worst = sorted(errors, key=lambda name: (-errors[name], name))[:_MOST_RECORDINGS]
    if len(scores.by_recording) > 1 and worst:
        told = ", ".join(f"{name} ({_percent(errors[name])})" for name in worst)
        lines.append(f"recordings with the largest frame error: {told}")
    return "\n".join(lines)


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows as columns of text: the first one to the left, numbers to the right.

    Examples
    --------
    >>> print(aligned([["", "F1"], ["onsets", "0.9"]]))
             F1
    onsets  0.9
    """
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _many(n: int, noun: str) -> str:
    return f"{n} {noun}{'s' * (n != 1)}"


def _rate(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"


def _percent(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2%}".replace("%", " %")


def _ms(seconds: float) -> str:
    """Milliseconds, in as many digits as they deserve."""
    return f"{seconds * 1000:.3g} ms"
