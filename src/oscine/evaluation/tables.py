"""The tables of an evaluation, plain for everybody to read.

<name>.evaluation/
evaluation.json        every figure, the labels and the provenance
confusion-matrix.csv   counts, and normalised by annotated (rows) and by predicted (columns) label
thresholds.csv         of each label, a column for each wished ratio, in SongExplorer's layout
                       (`oscine.prediction.thresholds`)
curves.csv             what every threshold does, thinned to some hundred points a label
predictions/           <recording>-mistakes.csv: every annotated row, and what the model calls it

Of the models of runs the same, in a folder for each, with the step in the name (`oscine.evaluation.run_evaluation`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.core.artifacts import write_text
from oscine.metrics.curves import OperatingCurve
from oscine.metrics.frames import ConfusionMatrix
from oscine.prediction.thresholds import save_threshold_table

if TYPE_CHECKING:
    import pandas as pd

    from oscine.evaluation.evaluation import Evaluation


def write_tables(evaluation: Evaluation, folder: Path, suffix: str = "", *, predictions: bool = True) -> None:
    """Write the tables of an evaluation into a folder.

    Parameters
    ----------
    suffix
        Behind the names, such as ".ckpt-300".
    predictions
        Write the judged rows, too.
    """
    write_text(folder / f"confusion-matrix{suffix}.csv", confusion_csv(evaluation.confusion_matrix))
    ratios = evaluation.thresholds_at or {evaluation._ratio: evaluation.thresholds}
    values = {ratio: {label: item.value for label, item in chosen.items()} for ratio, chosen in ratios.items()}
    save_threshold_table(values, folder / f"thresholds{suffix}.csv")
    write_text(folder / f"curves{suffix}.csv", curves_csv(evaluation.curves))
    if predictions and evaluation.judged is not None:
        write_judged(evaluation.judged, folder / f"predictions{suffix}")


def write_judged(judged: pd.DataFrame, folder: Path) -> None:
    """Write judged rows, a file for each recording: what the model says as label, and what was annotated beside it.

    A recording in a folder of its own has its separators replaced, as in SongExplorer: "day1/a.wav" is
    `day1-a.wav-mistakes.csv`. Times are seconds, in all columns.
    """
    for name, rows in judged.groupby("recording", sort=True):
        table = rows.rename(columns={"annotated": "annotated_label"}).sort_values(["onset", "offset"], kind="stable")
        # what a model says covers nothing, but a file of our own without rows would be taken to cover all
        annotations = Annotations(table.reset_index(drop=True), coverage=Coverage({str(name): None}, whole=False))
        stem = str(name).replace("/", "-")
        annotations.save(folder / f"{stem}-mistakes.csv", format="oscine")  # by its name it would count samples


def confusion_csv(matrix: ConfusionMatrix) -> str:
    """Counts, and normalised by annotated (rows) and by predicted (columns) label."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["of", "annotated", *matrix.labels])
    for name, values in (("counts", matrix.counts), ("rows", matrix.rows), ("columns", matrix.columns)):
        for label, row in zip(matrix.labels, values.tolist(), strict=True):
            writer.writerow([name, label, *row])
    return stream.getvalue()


def curves_csv(curves: Mapping[str, OperatingCurve], most: int = 500) -> str:
    """Precision and recall at up to `most` thresholds of each label."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["label", "threshold", "precision", "recall", "false_positive_rate"])
    for label, curve in curves.items():
        n = len(curve.thresholds)
        chosen = np.unique(np.linspace(0, n - 1, min(n, most)).astype(int))
        columns = (curve.thresholds, curve.precision, curve.recall, curve.false_positive_rate)
        for row in zip(*(column[chosen].tolist() for column in columns), strict=True):
            writer.writerow([label, *row])
    return stream.getvalue()
