"""Sounds that were detected but not predicted: where a model may have missed something.

    detected     |--------|      |---|        |----|
    predicted       |--|         |---|              |---|
    missed       |--|  |--|                   |----|

Time is subtracted, recording by recording. A detector's "neither" intervals are quiet, and count for nothing. An
event has no length, so it is widened by `reach` before it is taken away.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from oscine.annotations import naming
from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.intervals import merge, subtract
from oscine.annotations.project import rename_in_project
from oscine.annotations.sources import Sources
from oscine.annotations.writing import within
from oscine.core.artifacts import Provenance
from oscine.core.errors import InputError, unknown
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import Field, OperationParams, Seconds


class MissesParams(OperationParams):
    """What counts as detected, and what as predicted."""

    background: tuple[str, ...] = ("neither",)
    """Labels of detections that are no sounds."""
    labels: tuple[str, ...] = Field(())
    """Labels of predictions that count; none given: all."""
    reach: Seconds = Field(0.01, ge=0)
    """How far a predicted event reaches to either side."""
    min_duration: Seconds = Field(0.0, ge=0)
    """What remains of a detection is dropped where it is shorter than this."""
    label: str = "other"
    """Label of what was missed."""


def _folder_of(_: Path, source: Path) -> Path:
    """The default place: the folder that the detections are in, for a file of each recording."""
    return source if source.is_dir() else source.parent


def save_misses(result: Annotations, target: Path, _: MissesParams) -> list[Path]:
    """Write misses to a file; or, where `target` is a folder, a file for each recording, beside it."""
    if not target.is_dir():
        return [result.save(target)]
    written = []
    sources = Sources(target, also=target)
    for path in result.recordings:
        folder, name = _place(target, Path(path).parent), Path(path).name
        try:
            if (recording := sources.find(path)) is not None:
                folder = recording.path.parent
        except InputError:
            pass  # it is there and cannot be opened; its misses can be written all the same
        stem = naming.stem(name)
        mine = within(Path(path).parent, result.select(recordings=[path]))
        mine = mine.with_provenance(_story_of(result, folder, stem, name))
        written.append(mine.save(rename_in_project(folder / naming.ours(stem, "missed"), folder / name)))
    return written


def _place(target: Path, below: Path) -> Path:
    """The folder of a recording that is called by its path, which may begin with the target's own name."""
    beside = target.absolute().parent / below
    return beside if below != Path() and beside.is_relative_to(target.absolute()) else target / below


def _story_of(result: Annotations, folder: Path, stem: str, name: str) -> Provenance | None:
    """The story of one recording's misses, with that of the prediction beside it: it names the model."""
    predicted = rename_in_project(folder / naming.ours(stem, "predicted"), folder / name)
    told = Provenance.load(naming.provenance_path(predicted))
    if result.provenance is None or told is None:
        return result.provenance
    beside = {"path": str(predicted), "provenance": told.model_dump(mode="json")}
    return result.provenance.model_copy(update={"inputs": {"beside": beside, **result.provenance.inputs}})


@operation(out="{folder}/{stem}_missed.csv", rename=_folder_of, save=save_misses)
def misses(
    detected: Annotations,
    predicted: Annotations | None = None,
    params: MissesParams = MissesParams(),  # noqa: B008 - frozen
    *,
    monitor: Monitor = SILENT,
) -> Annotations:
    """Find sounds that were detected but not predicted.

    Parameters
    ----------
    detected
        Rows of kind "detected", and of kind "predicted" too where `predicted` is not given (a folder, say).
    predicted
        Rows of kind "predicted".
    params
        What counts.

    Returns
    -------
    annotations
        Of kind "missed" and label "other": detected time less predicted time, recording by recording. It covers every
        recording with detections, so one where nothing was missed is among them.

    Raises
    ------
    InputError
        Where there are no detections or no predictions at all, or no prediction has a label that is asked for.

    Examples
    --------
    >>> row = {"recording": "a.wav", "onset": 1.0, "offset": 2.0, "label": "time", "kind": "detected"}
    >>> pulse = {"recording": "a.wav", "onset": 1.5, "offset": 1.5, "label": "pulse", "kind": "predicted"}
    >>> [(row.onset, row.offset) for row in misses(Annotations([row]), Annotations([pulse]))]
    [(1.0, 1.49), (1.51, 2.0)]
    """
    heard = _of_kind("detected", detected)
    known = _of_kind("predicted", detected if predicted is None else predicted)
    for label in params.labels:
        if label not in set(known["label"]):
            raise unknown("label: nothing predicted has it", label, sorted(set(known["label"])))
    names = set(heard["recording"])
    if predicted is not None and len(detected) == 0:
        names |= set(detected.recordings)  # somebody looked, and nothing was there
    for name in sorted(set(known["recording"]) - names):
        monitor.warning(f"{name}: nothing is detected, so nothing can be missed")
    sounds = heard[~heard["label"].isin(params.background)]
    if params.labels:
        known = known[known["label"].isin(params.labels)]
    missed, heard_in, known_in = {}, sounds.groupby("recording").indices, known.groupby("recording").indices
    none = np.empty(0, np.intp)
    for name in sorted(names):
        if name not in known_in:
            monitor.warning(f"{name}: nothing is predicted, so all that was detected is missed")
        missed[name] = _remainder(sounds.iloc[heard_in.get(name, none)], known.iloc[known_in.get(name, none)], params)
    rows = [(name, *span) for name, spans in missed.items() for span in spans.tolist()]
    table = pd.DataFrame(rows, columns=["recording", "onset", "offset"]).assign(label=params.label, kind="missed")
    coverage = Coverage(dict.fromkeys(missed), whole=False)
    return Annotations(table, coverage=coverage, labels=[params.label], source=detected.source)


def _of_kind(kind: str, annotations: Annotations) -> pd.DataFrame:
    """Rows of a kind. A file without any rows says that nothing was there; one with other kinds alone is a mistake."""
    table = annotations.to_pandas()
    rows = table[table["kind"] == kind]
    if len(table) and rows.empty:
        raise InputError(
            f"there are no {kind} sounds",
            path=annotations.source,
            found=f"kinds {', '.join(annotations.kinds)}",
            cure="Give two files, as in: oscine misses X_detected.csv --predicted X_predicted.csv",
        )
    return rows


def _remainder(sounds: pd.DataFrame, known: pd.DataFrame, params: MissesParams) -> np.ndarray:
    """Detected less predicted time of one recording, (stretch, 2), in seconds."""
    reach = np.where(known["onset"] == known["offset"], params.reach, 0.0)
    taken = np.stack([known["onset"] - reach, known["offset"] + reach], axis=1)
    left = subtract(merge(sounds[["onset", "offset"]].to_numpy()), merge(taken))
    return left[left[:, 1] - left[:, 0] >= params.min_duration]
