"""Detecting: from a recording to candidates, without a model.

    found = oscine.detect(oscine.Recording("may01.wav"))
    found = oscine.detect(recording, oscine.DetectParams(detector="envelope"))

    $ oscine detect may01.wav --detector time-frequency --detector.time-sigma 6

What is detected is for a person to name: rows are of kind "detected", labelled in the detector's own words.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pandas as pd

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.project import rename_in_project
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import OperationParams
from oscine.detection.detector import DETECTORS, Detector, Found
from oscine.detection.detectors.time_frequency import TimeFrequency
from oscine.recordings.recording import Recording


class DetectParams(OperationParams):
    """How to find sounds."""

    detector: Annotated[Detector, DETECTORS] = TimeFrequency()
    """What counts as a sound."""


@operation(each="recording", out="{folder}/{stem}_detected.csv", rename=rename_in_project)
def detect(
    recording: Recording,
    params: DetectParams = DetectParams(),  # noqa: B008 - frozen
    *,
    monitor: Monitor = SILENT,
) -> Annotations:
    """Find sounds in a recording, by thresholds and without a model.

    Parameters
    ----------
    recording
        Of any length: memory does not grow with it, but for what is found.
    params
        The detector and its options.
    monitor
        Told how far it is, what was derived from the data, and how many of each label were found.

    Returns
    -------
    annotations
        Kind "detected", in the detector's order: channel by channel, label by label, each by onset. The channel is
        given where the recording has several.

    Examples
    --------
    >>> sound = np.zeros(5000, np.float32)
    >>> sound[2000:2010] = 0.5
    >>> found = detect(Recording.from_sound(sound, sample_rate=2500, name="click"))
    >>> found.select(labels=["time"]).onsets
    array([0.8])
    """
    table = _table(list(params.detector.detect(recording, monitor=monitor)), recording)
    return Annotations(table, coverage=Coverage({recording.name: None}, whole=False), source=recording.path)


def _table(found: list[Found], recording: Recording) -> pd.DataFrame:
    """One row per sound."""
    lengths = [len(part.onsets) for part in found]
    several = recording.n_channels > 1
    return pd.DataFrame(
        {
            "recording": recording.name,
            "onset": np.concatenate([np.empty(0), *(part.onsets for part in found)]),
            "offset": np.concatenate([np.empty(0), *(part.offsets for part in found)]),
            "label": np.repeat(np.array([part.label for part in found], object), lengths),
            "kind": "detected",
            "channel": np.repeat([part.channel if several else -1 for part in found], lengths),
        }
    )
