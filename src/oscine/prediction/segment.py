"""Scores to annotations: events at peaks, segments from runs, cleaned of gaps and of what is too short.

What of the parameters holds where scores come from a model that knows better is told in `oscine.prediction.decoding`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

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
from oscine.prediction.bounds import place_bounds
from oscine.prediction.decoding import SegmentParams, reach_of, say_decoding, settled
from oscine.prediction.peaks import find_peaks
from oscine.prediction.runs import Runs
from oscine.prediction.scores import Scores
from oscine.prediction.snapping import snap
from oscine.prediction.thresholds import load_thresholds

__all__ = ["DEFAULT_THRESHOLD", "SegmentParams", "clean", "reach_of", "segment", "thresholds_of"]

DEFAULT_THRESHOLD = 0.5
"""Of a label for which neither the user nor the model has a threshold."""

_ROUNDING = 1e-9
"""Seconds (or frames) by which binary numbers may miss a wished one: 0.3 is not 3 × 0.1."""


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
    for name in (*params.labels, *params.thresholds, *params.max_gaps, *params.min_durations):
        if name not in scores.labels:
            raise unknown("label", name, scores.labels, path=scores.path)
    say_decoding(monitor, params, scores.decoding)
    params = settled(params, scores.decoding)
    decoder = params.decoder
    assert decoder is not None
    thresholds = thresholds_of(scores.labels, scores.thresholds, params)
    sounds = tuple(label for label in scores.labels if label not in scores.aside)
    of_sounds = scores if not scores.aside else scores.select(sounds)
    runs = decoder.runs(of_sounds, thresholds) if sounds else {}
    chosen = params.labels or tuple(label for label in sounds if label != BACKGROUND)
    events = (*scores.events, *scores.aside)
    tables = [
        _events(scores, label, runs.get(label), thresholds[label], params)
        if label in events
        else _segments(of_sounds, label, runs[label], thresholds, params, scores)
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
    heeds = params.decoder is None or params.decoder.heeds_thresholds
    bar = threshold if runs is None or heeds else -math.inf
    times, heights, frames = _peaks(scores, label, bar, params)
    inside = np.ones(len(frames), bool) if runs is None else runs.hold(frames)
    return _table(label, times[inside], times[inside], heights[inside])


def _peaks(
    scores: Scores, label: str, bar: float, params: SegmentParams
) -> tuple[NDArray[np.float64], NDArray[np.float32], NDArray[np.int64]]:
    """Time, height and frame of the peaks of a label."""
    distance = math.ceil((params.event_distance or 0.0) * scores.frame_rate - _ROUNDING)
    frames, heights = find_peaks(scores, scores.labels.index(label), bar, distance)
    return np.minimum(frames / scores.frame_rate, scores.duration), heights, frames


def _segments(
    scores: Scores, label: str, runs: Runs, thresholds: Mapping[str, float], params: SegmentParams, whole: Scores
) -> pd.DataFrame:
    """Cleaned segments; `scores` are those that the decoder saw, `whole` those with what is aside."""
    onsets, offsets = _bounds(scores, label, runs, thresholds, params)
    onsets, offsets, heights = clean(onsets, offsets, runs.peak, label, params)
    if params.snap and {"onset", "offset"} <= set(whole.aside):
        begins, ends = (_peaks(whole, bound, thresholds[bound], params)[0] for bound in ("onset", "offset"))
        onsets, offsets = snap(onsets, offsets, begins, ends, params.snap)
    return _table(label, onsets, offsets, heights)


def _bounds(
    scores: Scores, label: str, runs: Runs, thresholds: Mapping[str, float], params: SegmentParams
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where each run begins and ends, s."""
    if not params.interpolate or params.decoder is None:
        return scores.edges(runs.start), scores.edges(runs.stop)
    bars = params.decoder.bars({name: thresholds[name] for name in scores.labels})
    if bars is None:
        return place_bounds(scores, runs.start), place_bounds(scores, runs.stop)
    index = scores.labels.index(label)
    onsets, offsets = (place_bounds(scores, frames, index, bars[label]) for frames in (runs.start, runs.stop))
    return onsets, offsets


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


def clean(
    onsets: NDArray[np.float64],
    offsets: NDArray[np.float64],
    heights: NDArray[np.float32],
    label: str,
    params: SegmentParams,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float32]]:
    """Fill short gaps between segments of a label, then drop short ones.

    What is measured is what is written: the gap between two offsets and onsets, the length of a segment, cut at the
    recording's ends.

    Parameters
    ----------
    onsets, offsets, heights
        Bounds (s) and scores of segments in order, axes (segment,).
    """
    max_gap = params.max_gaps.get(label, params.max_gap or 0.0)
    min_duration = params.min_durations.get(label, params.min_duration or 0.0)
    if max_gap > 0 and len(onsets):
        firsts = np.flatnonzero(np.append(True, onsets[1:] - offsets[:-1] > max_gap + _ROUNDING))
        lasts = np.append(firsts[1:], len(onsets)) - 1
        onsets, offsets, heights = onsets[firsts], offsets[lasts], np.maximum.reduceat(heights, firsts)
    lengths = offsets - onsets
    keep = (lengths >= min_duration - _ROUNDING) & (lengths > 0)
    return onsets[keep], offsets[keep], heights[keep]
