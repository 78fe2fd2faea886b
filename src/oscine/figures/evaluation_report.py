"""`report.html`: everything that an evaluation found, on one page that needs no other file.

From above to below: how good it is, in words and with confidence intervals; each label; which is taken for which, with
the sounds behind every cell; what other thresholds would do, to be tried; whether probabilities can be believed; how
the models learnt; recordings, the worst first; mistakes, the surest first; and how all this came to be.

Of several models each is shown at its best checkpoint, and their counts are added up.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.datasets.dataset import Dataset
from oscine.evaluation.evaluation import Evaluation
from oscine.evaluation.run_evaluation import RunEvaluation
from oscine.figures.clips import PER_CELL, SIZE_LIMIT, Clips, cut_clips
from oscine.figures.report import Report
from oscine.figures.report_confusion import add_confusion, add_mistakes
from oscine.figures.report_headline import add_headline, add_labels, add_recordings
from oscine.figures.report_learning import add_learning
from oscine.figures.report_provenance import add_provenance
from oscine.figures.report_thresholds import add_calibration, add_thresholds
from oscine.figures.style import label_colours
from oscine.recordings.recordings import Recordings


def report_evaluation(
    result: RunEvaluation | Evaluation,
    recordings: Recordings | None = None,
    *,
    per_cell: int = PER_CELL,
    size_limit: int = SIZE_LIMIT,
    monitor: Monitor = SILENT,
) -> Report:
    """The page about an evaluation.

    Parameters
    ----------
    result
        Of a run or of several, or of one model.
    recordings
        Where the sounds are; by default those of the dataset that was evaluated, where that can be found.
    per_cell, size_limit
        Sounds of a cell of the confusion matrix, and characters of all sounds together.

    Returns
    -------
    Report
        To be saved: `report.save("report.html")`.
    """
    whole = result if isinstance(result, Evaluation) else None
    models = () if isinstance(result, Evaluation) else result.models
    if whole is None and any(model.by_step for model in models):
        whole = result.pooled if isinstance(result, RunEvaluation) else None
    report = Report(_title(result), _subtitle(result, whole), contents=True)
    if isinstance(result, RunEvaluation) and result.missing:
        for sentence in result.unfinished:
            report.add_text(f"{sentence}.")
        left_out = [item for item in result.missing if not any(item in sentence for sentence in result.unfinished)]
        if left_out:
            report.add_text("Left out: " + "; ".join(left_out) + ".")
    if whole is not None:
        colours = label_colours(whole.labels)
        judged, clips = pd.DataFrame(), Clips({}, reason="no annotated sound was judged")
        if whole.judged is not None and len(whole.judged):
            of_sound = ["recording", "onset", "offset", "annotated", "label"]  # several models say the same
            judged = whole.judged.drop_duplicates(of_sound, ignore_index=True)
            where = recordings if recordings is not None else recordings_of(result)
            clips = cut_clips(judged, where, per_cell=per_cell, size_limit=size_limit, monitor=monitor)
        add_headline(report, whole)
        add_labels(report, whole, colours)
        add_confusion(report, whole.confusion_matrix, judged, clips, per_cell)
        add_thresholds(report, whole, colours)
        add_calibration(report, whole, models)
    if isinstance(result, RunEvaluation):
        add_learning(report, result)
    if whole is not None:
        add_recordings(report, whole, judged)
        add_mistakes(report, judged, clips)
    add_provenance(report, result)
    return report


def recordings_of(result: RunEvaluation | Evaluation) -> Recordings | None:
    """The recordings that were evaluated, where their dataset is told and still there."""
    given = getattr(result, "dataset", None)
    if isinstance(given, Dataset):
        return given.recordings
    folders: list[Path] = []
    inputs = result.provenance.inputs if result.provenance else {}
    told = inputs.get("dataset")
    path = told.get("path") if isinstance(told, Mapping) else told
    if isinstance(path, str):
        folders.append(Path(path))
    if isinstance(result, RunEvaluation):
        folders += [result.path / "dataset", *sorted(result.path.glob("*/dataset"))]
    else:
        model = inputs.get("model")
        path = model.get("path") if isinstance(model, Mapping) else None
        if isinstance(path, str):
            folders += [Path(path).parent / "dataset", Path(path).parent.parent / "dataset", Path(path) / "dataset"]
    for folder in folders:
        if folder.exists():
            try:
                return Dataset.load(folder).recordings
            except InputError:
                continue
    return None


def _title(result: RunEvaluation | Evaluation) -> str:
    if isinstance(result, RunEvaluation):
        return f"How good is {result.path.name}?"
    model = (result.provenance.inputs if result.provenance else {}).get("model")
    path = model.get("path") if isinstance(model, Mapping) else None
    return f"How good is {Path(path).name}?" if isinstance(path, str) else "How good is it?"


def _subtitle(result: RunEvaluation | Evaluation, whole: Evaluation | None) -> str:
    n = len(whole.by_recording) if whole is not None else 0
    on = f"measured on {n} recording{'s' * (n != 1)} of the {result.part} part" if n else f"on the {result.part} part"
    if not isinstance(result, RunEvaluation) or len(result.models) < 2:
        return on[0].upper() + on[1:]
    return f"{len(result.models)} models, each at its best checkpoint, {on}"
