"""Scores to annotations: events at peaks, segments from runs, cleaned of gaps and of what is too short."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.labels import BACKGROUND, LabelSet
from oscine.annotations.project import rename_in_project
from oscine.core.errors import unknown
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import Field, OperationParams, Seconds
from oscine.prediction.decoder import DECODERS, Decoder
from oscine.prediction.decoders.threshold import Threshold
from oscine.prediction.peaks import find_peaks
from oscine.prediction.runs import Runs
from oscine.prediction.scores import Scores
from oscine.prediction.snapping import snap
from oscine.prediction.thresholds import load_thresholds

DEFAULT_THRESHOLD = 0.5
"""Of a label for which neither the user nor the model has a threshold."""

_ROUNDING = 1e-9
"""Seconds (or frames) by which binary numbers may miss a wished one: 0.3 is not 3 × 0.1."""

Probability = Annotated[float, Field(ge=0, le=1)]


class SegmentParams(OperationParams):
    """How scores become events and segments."""

    decoder: Annotated[Decoder, DECODERS] = Threshold()
    """Which frames belong to a segment."""
    labels: tuple[str, ...] = Field(())
    """Labels to write; none given: all but the background, and but what the scores have aside, such as boundaries."""
    thresholds: dict[str, Probability] = Field(default_factory=dict)
    """Threshold per label, instead of the model's own, such as mel-pulse=0.7."""
    thresholds_file: Path | None = None
    """Table of thresholds (of evaluate, or SongExplorer's) for labels that `thresholds` leaves out."""
    thresholds_ratio: float = Field(1.0, gt=0)
    """Column of that table, where it has several: the wished precision / recall."""
    max_gap: Seconds = Field(0.0, ge=0)
    """Gaps between segments of a label up to this long are filled."""
    min_duration: Seconds = Field(0.0, ge=0)
    """Segments shorter than this are dropped, after gaps are filled."""
    event_distance: Seconds = Field(0.01, ge=0)
    """Two events of a label are at least this far apart; the more probable one stays."""
    snap: Seconds = Field(0.0, ge=0)
    """Bounds of segments move to the nearest peak of the scores "onset" and "offset" that is no farther, if any is."""


def _rename(path: Path, source: Path) -> Path:
    """As `rename_in_project`, for the recording that the scores say they are of."""
    named_otherwise = rename_in_project(path, source) != path
    return rename_in_project(path, source.with_name(Scores.load(source).recording)) if named_otherwise else path


@operation(each="scores", out="{folder}/{stem}_predicted.csv", rename=_rename)
def segment(scores: Scores, params: SegmentParams = SegmentParams(), *, monitor: Monitor = SILENT) -> Annotations:  # noqa: B008
    """Turn scores into events and segments.

    Labels that the model learnt from points in time become events, at the peaks of their score; all others
    become segments. Each row's score is the highest in it. What the scores have aside becomes events where it is asked
    for by name.

    Parameters
    ----------
    scores
        Of one recording.
    params
        Decoder, thresholds, and what to clean.

    Returns
    -------
    annotations
        Of kind "predicted", covering the whole recording, in order of onset.

    Raises
    ------
    InputError
        For a label that the scores are not of, with the nearest spelling.

    Examples
    --------
    >>> scores = Scores.from_array([[0.1, 0.9, 0.8, 0.2]], ["sine"], frame_rate=10.0, recording="a.wav")
    >>> [(row.label, row.onset, row.offset) for row in segment(scores)]
    [('sine', 0.05, 0.25)]
    """
    for name in (*params.labels, *params.thresholds):
        if name not in scores.labels:
            raise unknown("label", name, scores.labels, path=scores.path)
    thresholds = thresholds_of(scores.labels, scores.thresholds, params)
    sounds = tuple(label for label in scores.labels if label not in scores.aside)
    runs = params.decoder.runs(scores if not scores.aside else scores.select(sounds), thresholds) if sounds else {}
    chosen = params.labels or tuple(label for label in sounds if label != BACKGROUND)
    events = (*scores.events, *scores.aside)
    tables = [
        _events(scores, label, runs.get(label), thresholds[label], params)
        if label in events
        else _segments(scores, label, runs[label], thresholds, params)
        for label in chosen
    ]
    rows = pd.concat(tables or [_NOTHING], ignore_index=True)
    rows = rows.sort_values(["onset", "offset"], kind="stable", ignore_index=True)
    rows = rows.assign(recording=scores.recording, kind="predicted")
    return Annotations(
        rows,
        coverage=Coverage({scores.recording: None}, whole=False),
        labels=LabelSet(chosen, {label: "event" if label in events else "segment" for label in chosen}),
        provenance=scores.provenance,
        source=scores.source,
    )


_NOTHING = pd.DataFrame(
    {"onset": np.empty(0), "offset": np.empty(0), "score": np.empty(0), "label": np.empty(0, object)}
)


def _events(scores: Scores, label: str, runs: Runs | None, threshold: float, params: SegmentParams) -> pd.DataFrame:
    """Peaks, within the decoder's runs where it has any."""
    bar = threshold if runs is None or params.decoder.heeds_thresholds else -math.inf
    times, heights, frames = _peaks(scores, label, bar, params)
    inside = np.ones(len(frames), bool) if runs is None else runs.hold(frames)
    return _table(label, times[inside], times[inside], heights[inside])


def _peaks(
    scores: Scores, label: str, bar: float, params: SegmentParams
) -> tuple[NDArray[np.float64], NDArray[np.float32], NDArray[np.int64]]:
    """Time, height and frame of the peaks of a label."""
    distance = math.ceil(params.event_distance * scores.frame_rate - _ROUNDING)
    frames, heights = find_peaks(scores, scores.labels.index(label), bar, distance)
    return np.minimum(frames / scores.frame_rate, scores.duration), heights, frames


def _segments(
    scores: Scores, label: str, runs: Runs, thresholds: Mapping[str, float], params: SegmentParams
) -> pd.DataFrame:
    cleaned = clean(runs, scores, params)
    onsets, offsets = scores.edges(cleaned.start), scores.edges(cleaned.stop)
    if params.snap and {"onset", "offset"} <= set(scores.aside):
        begins, ends = (_peaks(scores, bound, thresholds[bound], params)[0] for bound in ("onset", "offset"))
        onsets, offsets = snap(onsets, offsets, begins, ends, params.snap)
    return _table(label, onsets, offsets, cleaned.peak)


def _table(
    label: str, onsets: NDArray[np.float64], offsets: NDArray[np.float64], heights: NDArray[np.float32]
) -> pd.DataFrame:
    return pd.DataFrame({"onset": onsets, "offset": offsets, "score": heights.astype(np.float64), "label": label})


def thresholds_of(labels: Sequence[str], own: Mapping[str, float], params: SegmentParams) -> dict[str, float]:
    """The threshold of each label: the user's, else the table's, else the model's own, else ½."""
    table: Mapping[str, float] = {}
    if params.thresholds_file is not None:
        table = load_thresholds(params.thresholds_file, params.thresholds_ratio)
        for name in table:
            if name not in labels:
                raise unknown("label", name, labels, path=params.thresholds_file)
    given = {**own, **table, **params.thresholds}
    return {label: given.get(label, DEFAULT_THRESHOLD) for label in labels}


def clean(runs: Runs, scores: Scores, params: SegmentParams) -> Runs:
    """Fill short gaps, then drop short runs.

    What is measured is what is written: the gap between two offsets and onsets, the length of a segment, cut at the
    recording's ends.
    """
    if params.max_gap > 0:
        gaps = scores.edges(runs.start[1:]) - scores.edges(runs.stop[:-1])
        runs = runs.joined(gaps <= params.max_gap + _ROUNDING)
    lengths = scores.edges(runs.stop) - scores.edges(runs.start)
    return runs.where(lengths >= params.min_duration - _ROUNDING)
