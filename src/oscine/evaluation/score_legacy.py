"""Two sets of annotations as other programs would score them, for comparison with what they publish.

VocalPy and vak score each recording and average; WhisperSeg and DAS pool. None of them knows a coverage: recordings are
taken to be annotated from end to end, as theirs are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from oscine.annotations.annotations import Annotations
from oscine.evaluation.annotation_score import NO_SOUNDS, sounds_by_recording
from oscine.metrics.counts import plain, pool
from oscine.metrics.frame_runs import frames_in
from oscine.metrics.frames import frame_labels, mean
from oscine.metrics.legacy import LegacyScore, score_das, score_vak, score_vocalpy
from oscine.metrics.whisperseg import score_whisperseg

FRAME = 0.001
"""Seconds of a frame where vak would have those of its spectrogram."""


def legacy_scores(
    truth: Annotations,
    predicted: Annotations,
    labels: Sequence[str],
    durations: Mapping[str, float],
    tolerance: float,
    segment_tolerance: float,
) -> dict[str, dict[str, float | None]]:
    """Precision, recall and F1 by program.

    Parameters
    ----------
    truth, predicted
        What is compared.
    labels
        Labels that count.
    durations
        How long each recording lasts, in seconds; it names those that count.
    tolerance
        Greatest distance of boundaries and events, in seconds.
    segment_tolerance
        Greatest distance of the onsets and offsets of segments, in seconds.
    """
    true, guess = sounds_by_recording(truth, labels), sounds_by_recording(predicted, labels)
    rows: dict[str, list[LegacyScore]] = {"VocalPy 0.6.1": [], "VocalPy later": [], "vak 1.1.0": []}
    whispers, onsets = [], {"true": [np.zeros(0)], "predicted": [np.zeros(0)]}
    begin = 0.0
    for name, duration in durations.items():
        one, two = (side.get(name, NO_SOUNDS) for side in (true, guess))
        first, second = one.lasting(True), two.lasting(True)
        rows["VocalPy 0.6.1"].append(score_vocalpy(first.spans, second.spans, tolerance))
        rows["VocalPy later"].append(score_vocalpy(first.spans, second.spans, tolerance, "later"))
        frames = [
            frame_labels(side.spans, side.indices, frames_in(duration, FRAME), FRAME, background=len(labels))
            for side in (first, second)
        ]
        rows["vak 1.1.0"].append(score_vak(frames[0], frames[1], FRAME, tolerance))
        named = first.spans, first.names(labels), second.spans, second.names(labels)
        whispers.append(score_whisperseg(*named, segment_tolerance))
        for side, sounds in (("true", one), ("predicted", two)):  # far enough from each other not to meet
            onsets[side].append(sounds.lasting(False).spans[:, 0] + begin)
        begin += duration + 1000.0
    whisper = pool(whispers)
    das = score_das(np.concatenate(onsets["true"]), np.concatenate(onsets["predicted"]), tolerance)
    found: dict[str, dict[str, float | None]] = {}
    if das.n_true or das.n_predicted:
        found["DAS"] = {"event_precision": das.precision, "event_recall": das.recall, "event_f1": das.f1}
    if not (whisper.segments.n_true or whisper.segments.n_predicted):
        return found
    found |= {
        program: {
            "boundary_precision": plain(mean([score.precision for score in scores])),
            "boundary_recall": plain(mean([score.recall for score in scores])),
            "boundary_f1": plain(mean([score.f1 for score in scores])),
        }
        for program, scores in rows.items()
    }
    found["vak 1.1.0"]["boundary_r_value"] = plain(mean([score.r_value for score in rows["vak 1.1.0"]]))
    found["WhisperSeg"] = {
        f"{name}_{rate}": plain(getattr(counts, rate))
        for name, counts in (
            ("segment", whisper.segments),
            ("segment_nolabel", whisper.segments_nolabel),
            ("frame", whisper.frames),
        )
        for rate in ("precision", "recall", "f1")
    }
    return found
