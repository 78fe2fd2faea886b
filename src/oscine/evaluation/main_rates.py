"""The few figures by which models are set side by side: of frames, of sounds, of sequences.

====================  ==============================================================================================
`f1`                  of frames, from precision and recall over all labels as if these were equally common
`recall`              of frames, mean over labels
`frame_error`         share of frames whose most probable label is wrong
`event_f1`            of events (points in time), labels compared, within the tolerance
`segment_f1`          of segments, the same
`segment_error_rate`  edits between the sequences of decoded and annotated segments, per annotated one
====================  ==============================================================================================
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from oscine.evaluation.evaluation import Evaluation
from oscine.metrics.bootstrap import Interval

NAMES = {
    "f1": "F1",
    "recall": "recall",
    "frame_error": "frame error",
    "event_f1": "event F1",
    "segment_f1": "segment F1",
    "segment_error_rate": "syllable error",
}
"""Their names, and how they are headed."""

ERRORS = {"frame_error", "segment_error_rate"}
"""Those that are the better the smaller; they are shown in per cent."""


def main_rates(evaluation: Evaluation) -> dict[str, Interval]:
    """Those of the main figures that can be said, with their intervals over recordings."""
    found = evaluation.intervals
    return {name: found[name] for name in NAMES if name in found and math.isfinite(found[name].value)}


def columns_of(rates: Iterable[Mapping[str, object]]) -> list[str]:
    """Names of the figures that any of some models has, in their usual order."""
    there = {name for one in rates for name in one}
    return [name for name in NAMES if name in there]


def shown(name: str, value: float) -> str:
    """A figure as text.

    Examples
    --------
    >>> shown("f1", 0.93333), shown("frame_error", 0.0123), shown("f1", float("nan"))
    ('0.933', '1.23 %', '–')
    """
    if not math.isfinite(value):
        return "–"
    return f"{100 * value:.2f} %" if name in ERRORS else f"{value:.3f}"


def shown_interval(name: str, interval: Interval) -> str:
    """A figure and its limits, where it has any.

    Examples
    --------
    >>> shown_interval("f1", Interval(0.93, 0.9, 0.951)), shown_interval("frame_error", Interval(0.01, 0.008, 0.02))
    ('0.930 (0.900–0.951)', '1.00 % (0.80–2.00)')
    """
    value = shown(name, interval.value)
    if not math.isfinite(interval.low) or not math.isfinite(interval.high):
        return value
    scale, digits = (100, 2) if name in ERRORS else (1, 3)
    return f"{value} ({scale * interval.low:.{digits}f}–{scale * interval.high:.{digits}f})"


def text_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    r"""Lines of a table: the first column to the left, the others to the right.

    Examples
    --------
    >>> print("\n".join(text_table(["", "F1"], [["fold-1", "0.93"], ["all", "0.9"]])))
              F1
    fold-1  0.93
    all      0.9
    """
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = []
    for row in [head, *rows]:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        lines.append("  ".join(cells).rstrip())
    return lines
