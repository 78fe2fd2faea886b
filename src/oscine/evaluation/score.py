"""Compare two sets of annotations: how well the one agrees with the other, whoever or whatever made them.

A model's predictions with what a person annotated, one program's with another's, a second annotator with the first, in
any formats that can be read. No sound is needed and no model, so that the numbers of any program, ours included, can be
had by one measure and be checked.

What is asked, and which number answers it, stands in `oscine.metrics` and in the docs. Only what somebody has looked at
counts: the coverage of the truth (see `--coverage`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.intervals import subtract, total
from oscine.annotations.labels import BACKGROUND
from oscine.core.errors import InputError, unknown
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import Field, OperationParams, Seconds
from oscine.evaluation.annotation_score import NO_SOUNDS, AnnotationScore, Rules, score_recording, sounds_by_recording
from oscine.evaluation.counterparts import find_durations, in_words, read_durations, same_recordings
from oscine.evaluation.score_result import AnnotationScores
from oscine.metrics.overlaps import THRESHOLDS

KINDS = ("annotated", "predicted", "detected")
"""Kinds in the order in which they are taken for the truth; for predictions see `_PREDICTIONS`."""

_PREDICTIONS = ("predicted", "detected", "annotated")


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
    true = _side(truth, "truth", params.truth_kind or _first(truth, KINDS), params.truth_annotator, monitor)
    guess = _side(
        predicted,
        "predicted",
        params.predicted_kind or _first(predicted, _PREDICTIONS),
        params.predicted_annotator,
        monitor,
    )
    if params.relabel:
        guess = guess.relabel(params.relabel)
    true = _covered(true, params.coverage, monitor)
    called = same_recordings(true, guess)
    for theirs, ours in called.items():
        monitor.message(f"{theirs} of the predictions is taken to be {ours} of the truth")
    guess = guess.rename_recordings(called)
    names, lonely = _recordings(true, guess, monitor)
    labels, in_one = _labels(true, guess, names, params.labels, monitor)
    given = read_durations(params.durations) if params.durations else {}
    other_way = {ours: theirs for theirs, ours in called.items()}
    durations = find_durations(names, [(true, {}), (predicted, other_way)], given, monitor)
    scores = _scores(true, guess, labels, durations, params, monitor)
    if not any(one.seconds > 0 or one.events.unlabelled.counts.n_true for one in scores.values()):
        raise InputError(
            "nothing of these recordings has been looked at",
            path=true.source,
            cure="If the annotations are complete, add --coverage whole",
        )
    bare = [name for name, one in scores.items() if _covers_its_rows_alone(true, name)]
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


def _covers_its_rows_alone(annotations: Annotations, name: str) -> bool:
    """Whether what is covered of a recording is no more than its sounds."""
    stretches = annotations.coverage[name]
    return (
        stretches is not None and len(stretches) > 0 and total(subtract(stretches, annotations.stretches(name))) < 1e-6
    )


# -- choosing --------------------------------------------------------------------------------------------------------


def _first(annotations: Annotations, order: Iterable[str]) -> str:
    """The kind that is taken where none is given."""
    there = annotations.kinds
    return next((kind for kind in order if kind in there), there[0] if there else "")


def _side(annotations: Annotations, name: str, kind: str, annotator: str, monitor: Monitor) -> Annotations:
    """Rows of one kind, by one person."""
    kinds, option = annotations.kinds, f"--{name}"
    if kind and kinds and kind not in kinds:
        raise unknown(f"kind: no row of the {name} side has it", kind, kinds, path=annotations.source)
    if len(kinds) > 1:
        others = in_words([other for other in kinds if other != kind])
        monitor.message(f"{name}: rows of kind {kind} are taken, not {others} ({option}-kind chooses)")
        annotations = annotations.select(kinds=[kind])
    if annotator:
        if annotator not in annotations.annotators:
            raise unknown(f"annotator of the {name} side", annotator, annotations.annotators, path=annotations.source)
        table = annotations.to_pandas()
        others_only = set(table["recording"]) - set(table["recording"][table["annotator"].isin([annotator, ""])])
        kept = [recording for recording in annotations.recordings if recording not in others_only]
        return annotations.select(annotators=[annotator], recordings=kept)
    together = annotations.to_pandas().groupby("recording")["annotator"].nunique()
    if (together > 1).any():
        raise InputError(
            f"several people have annotated {together.index[(together > 1).to_numpy()][0]}",
            path=annotations.source,
            found=", ".join(annotations.annotators),
            cure=f"Choose one with {option}-annotator {(annotations.annotators or [''])[0]}",
        )
    return annotations


def _covered(truth: Annotations, coverage: str, monitor: Monitor) -> Annotations:
    """The truth with the coverage that was asked for."""
    if coverage == "rows":
        return truth.with_coverage("rows")
    names = truth.recordings
    if coverage == "whole":
        return truth.with_coverage(Coverage(dict.fromkeys(names), whole=truth.coverage.whole))
    bare = [name for name in names if _is_empty(truth, name)]
    if bare == names and len(truth) and "annotated" not in truth.kinds:
        monitor.message(
            "the truth was not annotated by a person; it is taken to be complete in the recordings it names"
        )
        return truth.with_coverage(Coverage(dict.fromkeys(names), whole=False))
    return truth


def _is_empty(annotations: Annotations, name: str) -> bool:
    stretches = annotations.coverage[name]
    return stretches is not None and not len(stretches)


def _recordings(
    truth: Annotations, predicted: Annotations, monitor: Monitor
) -> tuple[list[str], tuple[tuple[str, ...], tuple[str, ...]]]:
    """The recordings that are scored, and those that one side alone has annotated."""
    known = [name for name in truth.recordings if not _is_empty(truth, name)]
    guessed = predicted.recordings
    if not known and truth.coverage.whole:
        known = guessed
    if not known:
        raise InputError(
            "the truth covers no recording: nobody has looked anywhere" if truth.recordings else "names no recording",
            path=truth.source,
            cure="If the annotations are complete, add --coverage whole" if truth.recordings else None,
        )
    if guessed and not set(known) & set(guessed):
        raise InputError(
            "both sides have no recording in common",
            path=predicted.source,
            found=in_words(guessed),
            allowed=in_words(known),
            cure="Give both sides the names of the same recordings",
        )
    missing = tuple(name for name in known if name not in set(guessed))
    extra = tuple(name for name in guessed if name not in set(known))
    if missing:
        monitor.warning(f"nothing is predicted in {in_words(missing)}: all that is annotated there counts as missed")
    if extra and truth.coverage.whole:
        monitor.warning(f"nothing is annotated in {in_words(extra)}: all that is predicted there counts as invented")
        known = sorted({*known, *extra})
    elif extra:
        monitor.warning(f"nobody has annotated {in_words(extra)}: predictions there are not scored")
    return known, (missing, extra)


def _labels(
    truth: Annotations, predicted: Annotations, names: Sequence[str], chosen: Sequence[str], monitor: Monitor
) -> tuple[list[str], tuple[tuple[str, ...], tuple[str, ...]]]:
    """The labels that are compared, sorted, and those that one side alone has."""
    one, two = (
        {label for label, n in side.select(recordings=names).count().items() if n} for side in (truth, predicted)
    )
    known = set(truth.labels) | set(predicted.labels)
    for label in chosen:
        if label not in known:
            raise unknown("label: neither side has it", label, known)
    wanted = set(chosen) or (one | two) - {BACKGROUND}
    in_one = tuple(tuple(sorted(some)) for some in ((one - two) & wanted, (two - one) & wanted))
    if in_one[0] and two & wanted:
        monitor.warning(f"labels that are never predicted, and so count as missed: {in_words(in_one[0])}")
    if in_one[1] and one & wanted:
        monitor.warning(f"labels that nobody annotated, and so count as invented: {in_words(in_one[1])}")
    return sorted(wanted), (in_one[0], in_one[1])
