"""Sounds that were detected but not predicted: where a model may have missed something."""

from __future__ import annotations

import numpy as np
import pandas as pd

from oscine.annotations.annotations import Annotations
from oscine.annotations.intervals import merge, subtract
from oscine.core.errors import InputError
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


@operation(out="{folder}/{stem}_missed.csv")
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
        Of kind "missed" and label "other": detected time less predicted time, recording by recording.
    """
    both = detected if predicted is None else detected.concat(predicted)
    table = both.to_pandas()
    for kind in ("detected", "predicted"):
        if kind not in both.kinds:
            raise InputError(f"there are no {kind} sounds", path=both.source, found=both.kinds, cure="Give both files")
    heard = table[(table["kind"] == "detected") & ~table["label"].isin(params.background)]
    known = table[(table["kind"] == "predicted") & table["label"].isin(params.labels or both.label_names)]
    missed = [pd.DataFrame({"recording": [], "onset": [], "offset": []})]
    for name, sounds in heard.groupby("recording", sort=True):
        mine = known[known["recording"] == name]
        if mine.empty:
            monitor.warning(f"{name}: nothing is predicted, so all that was detected is missed")
        reach = np.where(mine["onset"] == mine["offset"], params.reach, 0.0)
        covered = np.stack([mine["onset"] - reach, mine["offset"] + reach], axis=1)
        left = subtract(merge(sounds[["onset", "offset"]].to_numpy()), merge(covered))
        left = left[left[:, 1] - left[:, 0] >= params.min_duration]
        missed.append(pd.DataFrame({"recording": name, "onset": left[:, 0], "offset": left[:, 1]}))
    return Annotations(pd.concat(missed, ignore_index=True).assign(label=params.label, kind="missed"))
