"""Parts of an evaluation's report: which label is taken for which, with the sounds behind it; the list of mistakes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from oscine.figures.clips import Clips
from oscine.figures.overlapping_confusion import labels_apart
from oscine.figures.report import Report
from oscine.figures.report_numbers import thousands
from oscine.figures.style import percent
from oscine.metrics.frames import ConfusionMatrix

_MOST_MISTAKES = 200
_MIDDLING, _COMPACT = 7, 12  # labels beyond which cells are smaller, and have no numbers
_LONG = 9  # letters that have room above a cell
_STRONG = 0.55


def add_confusion(report: Report, matrix: ConfusionMatrix, judged: pd.DataFrame, clips: Clips, per_cell: int) -> None:
    """Add the confusion matrix whose cells show their sounds."""
    report.add_section("What is taken for what")
    by_cell, heard = _clips_by_cell(matrix.labels, judged, clips)
    rows = _cells(matrix, by_cell)
    columns = ("there", "not there") if labels_apart(matrix) else matrix.labels
    note = (
        "A cell counts frames; its sounds are annotated ones that the model, over their whole length, calls by the "
        "cell’s name, so that cells of frames at the edges of sounds have none. "
    )
    n = len(clips.by_row)
    note += f"There are {n} sounds on this page, at most {per_cell} of a cell" if n else "There are no sounds"
    note += ", the surest mistakes first" if n else ""
    note += "; more would make it too large. " if clips.full else ". "
    if clips.absent or clips.reason:
        names = f"{len(clips.absent)} recordings could not be read" if clips.absent else ""
        note += f"{names or ('Left out' if n else 'No sound')}: {clips.reason}."
    report.add_part(
        "confusion",
        {"cells": by_cell, "clips": heard},
        label="Confusion matrix",
        uses=("clips",),
        labels=matrix.labels,
        columns=columns,
        rows=rows,
        look=_look(matrix.labels, columns),
        unit="frames",
        balanced=", as if labels were equally frequent",
        note=note.strip(),
    )


def _look(labels: tuple[str, ...], columns: tuple[str, ...]) -> str:
    """Classes of the table by how many labels there are, and how long."""
    size = "compact" if len(labels) > _COMPACT else "middling" if len(labels) > _MIDDLING else ""
    upright = size == "compact" or max(map(len, columns), default=0) > _LONG
    return f"{size} {'upright' if upright else ''}".strip()


def _clips_by_cell(
    labels: tuple[str, ...], judged: pd.DataFrame, clips: Clips
) -> tuple[dict[str, list[int]], dict[int, dict[str, Any]]]:
    """Rows of the clips of each cell "i-j", and what the page needs of each clip, by row."""
    cells: dict[str, list[int]] = {}
    heard: dict[int, dict[str, Any]] = {}
    for number, clip in clips.by_row.items():
        row = judged.iloc[number]
        annotated, said = str(row["annotated"]), str(row["label"])
        if annotated in labels and said in labels:
            cells.setdefault(f"{labels.index(annotated)}-{labels.index(said)}", []).append(number)
        slow = f", {1 / clip.speed:g} times slower" if clip.speed < 1 else ""
        heard[number] = {
            "p": clip.picture,
            "s": clip.sound,
            "b": round(clip.begin, 4),
            "e": round(clip.end, 4),
            "t": f"{row['recording']} at {row['onset']:.3f} s, {100 * row['score']:.0f} % sure{slow}",
        }
    return cells, heard


def _cells(matrix: ConfusionMatrix, by_cell: Mapping[str, list[int]]) -> list[list[dict[str, Any]]]:
    """What the template shows of each cell."""
    row_shares, column_shares = matrix.rows, matrix.balanced_columns
    first = True
    table = []
    for i, annotated in enumerate(matrix.labels):
        cells = []
        apart = labels_apart(matrix)  # then a label is only taken for its own absence
        for j, said in enumerate(matrix.labels):
            if apart and i // 2 != j // 2:
                continue
            count, r, c = int(matrix.counts[i, j]), float(row_shares[i, j]), float(column_shares[i, j])
            r, c = (0.0 if math.isnan(share) else share for share in (r, c))
            n_clips = len(by_cell.get(f"{i}-{j}", ()))
            kinds = ["right" if i == j else "wrong"]
            kinds += ["strong-row"] * (r > _STRONG) + ["strong-column"] * (c > _STRONG)
            frames = f"{thousands(count)} frame{'s' * (count != 1)}"
            words = f"annotated {annotated}, said {said}: {frames}, {percent(r)} % of {annotated}"
            cells.append(
                {
                    "cell": f"{i}-{j}",
                    "first": first,
                    "kind": " ".join(kinds),
                    "r": f"{0.92 * r:.3f}",
                    "c": f"{0.92 * c:.3f}",
                    "row_text": percent(r) if r else "",
                    "column_text": percent(c) if c else "",
                    "count_text": thousands(count) if count else "",
                    "n_clips": n_clips,
                    "label": words + (f"; {n_clips} sound{'s' * (n_clips != 1)}" if n_clips else "; no sound"),
                }
            )
            first = False
        table.append(cells)
    return table


def add_mistakes(report: Report, judged: pd.DataFrame, clips: Clips) -> None:
    """Add the list of annotated sounds that are called something else, with players where there is room."""
    if not len(judged):
        return
    mistakes = judged[judged["kind"] != "correct"].sort_values(
        ["score", "recording", "onset"], ascending=[False, True, True]
    )
    report.add_section(
        "Mistakes, the surest first",
        f"{thousands(len(mistakes))} of {thousands(len(judged))} annotated sounds are called something else over "
        "their length. Where the model is sure, listen: sometimes it is right, and the annotation is not.",
    )
    if not len(mistakes):
        return
    rows = [
        {**row, "clip": number if number in clips.by_row else ""}
        for number, row in zip(
            mistakes.index[:_MOST_MISTAKES], mistakes.head(_MOST_MISTAKES).to_dict("records"), strict=True
        )
    ]
    note = f"The first {_MOST_MISTAKES} of {thousands(len(mistakes))}. " if len(mistakes) > _MOST_MISTAKES else ""
    note += "Some have a sound: a click plays it."
    report.add_part("mistakes", label="Mistakes", uses=("clips", "table"), rows=rows, note=note)
