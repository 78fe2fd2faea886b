"""Scores to annotations: events at peaks, segments from runs, cleaned of gaps and of what is too short."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import numpy as np
import pandas as pd

from oscine.annotations.annotations import Annotations
from oscine.core.errors import unknown
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import Field, OperationParams, Seconds
from oscine.prediction.decoder import DECODERS, Decoder
from oscine.prediction.decoders.threshold import Threshold
from oscine.prediction.peaks import find_peaks
from oscine.prediction.runs import Runs
from oscine.prediction.scores import Scores

DEFAULT_THRESHOLD = 0.5
"""Of a label for which neither the user nor the model has a threshold."""

Probability = Annotated[float, Field(ge=0, le=1)]


class SegmentParams(OperationParams):
    """How scores become events and segments."""

    decoder: Annotated[Decoder, DECODERS] = Threshold()
    """Which frames belong to a segment."""
    labels: tuple[str, ...] = Field(())
    """Labels to write; none given: all but the background."""
    thresholds: dict[str, Probability] = Field(default_factory=dict)
    """Threshold per label, instead of the model's own, such as mel-pulse=0.7."""
    max_gap: Seconds = Field(0.0, ge=0)
    """Gaps between segments of a label up to this long are filled."""
    min_duration: Seconds = Field(0.0, ge=0)
    """Segments shorter than this are dropped, after gaps are filled."""
    event_distance: Seconds = Field(0.01, ge=0)
    """Two events of a label are at least this far apart; the more probable one stays."""


@operation(each="scores", out="{folder}/{stem}_predicted.csv")
def segment(scores: Scores, params: SegmentParams = SegmentParams(), *, monitor: Monitor = SILENT) -> Annotations:  # noqa: B008
    """Turn scores into events and segments.

    Labels that the model learnt from points in time become events, at the peaks of their score; all others
    become segments. Each row's score is the highest in it.

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
    """
    for name in (*params.labels, *params.thresholds):
        if name not in scores.labels:
            raise unknown("label", name, scores.labels)
    thresholds = thresholds_of(scores, params)
    runs = params.decoder.runs(scores, thresholds)
    tables = []
    for label in params.labels or [label for label in scores.labels if label != "background"]:
        if label in scores.events:
            distance = round(params.event_distance * scores.frame_rate)
            frames, heights = find_peaks(scores, scores.labels.index(label), thresholds[label], distance)
            onsets = offsets = np.minimum(frames / scores.frame_rate, scores.duration)
        else:
            cleaned = clean(runs[label], scores, params)
            onsets, offsets, heights = scores.edges(cleaned.start), scores.edges(cleaned.stop), cleaned.peak
        tables.append(
            pd.DataFrame({"onset": onsets, "offset": offsets, "score": heights.astype(float), "label": label})
        )
    rows = pd.concat(tables, ignore_index=True).sort_values(["onset", "offset"], kind="stable", ignore_index=True)
    rows = rows.assign(recording=scores.recording, kind="predicted")
    return Annotations(rows, labels=params.labels or scores.labels, provenance=scores.provenance)


def thresholds_of(scores: Scores, params: SegmentParams) -> Mapping[str, float]:
    """The user's threshold of each label, else the model's, else ½."""
    return {
        label: params.thresholds.get(label, scores.thresholds.get(label, DEFAULT_THRESHOLD)) for label in scores.labels
    }


def clean(runs: Runs, scores: Scores, params: SegmentParams) -> Runs:
    """Fill short gaps, then drop short runs."""
    gaps = (runs.start[1:] - runs.stop[:-1]) / scores.frame_rate
    runs = runs.joined(gaps <= params.max_gap if params.max_gap else np.zeros(len(gaps), bool))
    return runs.where((runs.stop - runs.start) / scores.frame_rate >= params.min_duration)
