"""Compare two sets of annotations: how well the one agrees with the other, whoever or whatever made them.

A model's predictions with what a person annotated, one program's with another's, a second annotator with the first, in
any formats that can be read. No sound is needed and no model, so that the numbers of any program, ours included, can be
had by one measure and be checked.

What is asked, and which number answers it, stands in `oscine.metrics` and in the docs. Only what somebody has looked at
counts: the coverage of the truth (see `--coverage`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from oscine.annotations.annotations import Annotations
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import Field, OperationParams, Seconds
from oscine.evaluation.annotation_score import NO_SOUNDS, AnnotationScore, Rules, score_recording, sounds_by_recording
from oscine.evaluation.counterparts import are_named_apart, find_durations, in_words, read_durations, same_recordings
from oscine.evaluation.score_result import AnnotationScores
from oscine.evaluation.score_sides import (
    PREDICTIONS,
    TRUTHS,
    check_in_common,
    covered,
    covers_its_rows_alone,
    first_kind,
    labels_of,
    recordings_of,
    rows_of,
)
from oscine.metrics.overlaps import THRESHOLDS


class ScoreParams(OperationParams):
    """What counts as right, and what is compared."""

    tolerance: Seconds = Field(0.004, ge=0)
    """Greatest distance of an onset, of an offset, and of an event."""

    segment_tolerance: Seconds = Field(0.020, ge=0)
    """Greatest distance of the onset of a segment, and of its offset."""

    segment_offset_tolerance: Seconds | None = Field(None, ge=0)
    """Greatest distance of the offset of a segment, where it differs from that of the onset. None: it does not."""

    iou: tuple[float, ...] = THRESHOLDS
    """Shares of the time (intersection over union) at which a segment is found."""

    frame: Seconds = Field(0.001, gt=0)
    """Length of the frames in which labels are compared."""

    labels: tuple[str, ...] = ()
    """Labels that are compared. Blank: all but "background"."""

    relabel: dict[str, str] = Field(default_factory=dict)
    """Labels of the predictions to rename first, such as b1=b, b2=b."""

    coverage: Literal["stored", "whole", "rows"] = "stored"
    """Where the truth is complete: where its files say, in every recording that they name, or in its rows alone."""

    truth_annotator: str = ""
    """Whose annotations are the truth, where several people have annotated."""

    predicted_annotator: str = ""
    """Whose annotations are compared with it, where several people have annotated."""

    truth_kind: str = ""
    """Kind of the rows that are the truth. Blank: annotated, if there are any."""

    predicted_kind: str = ""
    """Kind of the rows that are compared with it. Blank: predicted, if there are any."""

    durations: Path | None = None
    """Table (CSV: recording, seconds) of how long recordings last that do not lie beside the annotations."""

    draws: int = Field(1000, ge=0)
    """Number of times that recordings are drawn for the 95 % intervals. 0: no intervals."""

    legacy: bool = False
    """Also count as VocalPy 0.6.1, vak 1.1.0, DAS and WhisperSeg do, for comparison with what they publish."""


@operation()
def score(
    truth: Annotations,
    predicted: Annotations,
    params: ScoreParams = ScoreParams(),  # noqa: B008 - frozen
    *,
    monitor: Monitor = SILENT,
) -> AnnotationScores:
    """Compare two sets of annotations: error rates, precision and recall, agreement, with intervals.

    Parameters
    ----------
    truth
        Annotations that are taken to be right: a file or a folder.
    predicted
        Annotations to judge: a file or a folder.
    params
        What counts as right.

    Returns
    -------
    scores
        Everything that was counted, of each recording; pooled, as text, and as JSON.

    Raises
    ------
    InputError
        Where nothing can be said: no recording in common, nobody has looked anywhere, a label, kind or annotator that
        does not occur, or several annotators of whom none is chosen.

    Examples
    --------
    >>> row = {"recording": "a.wav", "onset": 0.100, "offset": 0.200, "label": "i"}
    >>> late = {**row, "onset": 0.105}
    >>> scores = score(Annotations([row]), Annotations([late]))
    >>> scores.pooled.boundaries.pooled.f1, scores.pooled.segments.labelled.f1
    (0.5, 1.0)
    """
    alike = same_recordings(truth, predicted)
    check_in_common(truth.recordings, [alike.get(name, name) for name in predicted.recordings], predicted)
    true = rows_of(truth, "truth", params.truth_kind or first_kind(truth, TRUTHS), params.truth_annotator, monitor)
    guess = rows_of(
        predicted,
        "predicted",
        params.predicted_kind or first_kind(predicted, PREDICTIONS),
        params.predicted_annotator,
        monitor,
    )
    if params.relabel:
        guess = guess.relabel(params.relabel)
    true = covered(true, params.coverage, monitor)
    called = same_recordings(true, guess)
    for theirs, ours in called.items():
        tell = monitor.warning if are_named_apart(true, guess) else monitor.message
        tell(f"{theirs} of the predictions is taken to be {ours} of the truth")
    guess = guess.rename_recordings(called)
    names, lonely = recordings_of(true, guess, monitor)
    labels, in_one = labels_of(true, guess, names, params.labels, monitor)
    given = read_durations(params.durations) if params.durations else {}
    other_way = {ours: theirs for theirs, ours in called.items()}
    durations = find_durations(names, [(true, {}), (predicted, other_way)], given, monitor)
    scores = _scores(true, guess, labels, durations, params, monitor)
    if not any(one.seconds > 0 or one.events.unlabelled.counts.n_true for one in scores.values()):
        raise _nothing_to_say(true, durations)
    bare = [name for name, one in scores.items() if covers_its_rows_alone(true, name)]
    if bare:
        monitor.warning(
            f"the truth covers nothing but its own sounds in {in_words(bare)}: what is predicted elsewhere does not "
            "count, so that precision says little; if everything is annotated there, add --coverage whole"
        )
    return AnnotationScores(
        by_recording=scores,
        rules=_rules(params),
        durations=durations,
        labels_in_truth_only=in_one[0],
        labels_in_predictions_only=in_one[1],
        recordings_in_truth_only=lonely[0],
        recordings_in_predictions_only=lonely[1],
        draws=params.draws,
        seed=params.seed,
        legacy=_legacy(true, guess, labels, durations, params) if params.legacy else {},
    )


def _nothing_to_say(truth: Annotations, durations: Mapping[str, float]) -> InputError:
    if any(durations.values()):
        problem, cure = "nothing of these recordings has been looked at", "If all is annotated, add --coverage whole"
    else:
        problem = "both sides are empty, and how long the recordings last is not known, so that nothing can be said"
        cure = "Put the recordings beside the annotations, or give --durations"
    return InputError(problem, path=truth.source, cure=cure)


def _rules(params: ScoreParams) -> Rules:
    offset = params.segment_offset_tolerance
    return Rules(
        params.tolerance,
        params.segment_tolerance,
        params.segment_tolerance if offset is None else offset,
        params.iou,
        params.frame,
    )


def _scores(
    truth: Annotations,
    predicted: Annotations,
    labels: Sequence[str],
    durations: dict[str, float],
    params: ScoreParams,
    monitor: Monitor,
) -> dict[str, AnnotationScore]:
    rules = _rules(params)
    for share in rules.shares:
        if not 0 < share <= 1:
            raise InputError("an intersection over union is none", found=share, allowed="> 0, ≤ 1")
    true, guess = sounds_by_recording(truth, labels), sounds_by_recording(predicted, labels)
    scores = {}
    with monitor.task("comparing", total=len(durations), unit="recordings") as task:
        for name, duration in durations.items():
            covered = None if truth.coverage.is_whole(name) else truth.coverage.intervals(name, duration)
            one, two = true.get(name, NO_SOUNDS), guess.get(name, NO_SOUNDS)
            scores[name] = score_recording(one, two, labels, duration, covered, rules)
            task.advance()
    return scores


def _legacy(
    truth: Annotations, predicted: Annotations, labels: Sequence[str], durations: dict[str, float], params: ScoreParams
) -> dict[str, dict[str, float | None]]:
    from oscine.evaluation.score_legacy import legacy_scores

    return legacy_scores(truth, predicted, labels, durations, params.tolerance, params.segment_tolerance)
