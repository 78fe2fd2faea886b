"""What of two sets of annotations is compared: whose rows, of which kind, in which recordings, under which labels.

A folder may hold what people annotated beside what models predicted, and several people's; and the two sides need not
know the same recordings and labels. Whatever is chosen, left out, or there on one side only, is told to the monitor.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.intervals import subtract, total
from oscine.annotations.labels import BACKGROUND
from oscine.core.errors import InputError, unknown
from oscine.core.monitor import Monitor
from oscine.evaluation.counterparts import in_words

TRUTHS = ("annotated", "predicted", "detected")
"""Kinds in the order in which they are taken for the truth, where none is chosen."""

PREDICTIONS = ("predicted", "detected", "annotated")
"""Kinds in the order in which they are taken for predictions, where none is chosen."""


def first_kind(annotations: Annotations, order: Iterable[str]) -> str:
    """The kind that is taken where none is given."""
    there = annotations.kinds
    return next((kind for kind in order if kind in there), there[0] if there else "")


def rows_of(annotations: Annotations, name: str, kind: str, annotator: str, monitor: Monitor) -> Annotations:
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
    for recording, rows in annotations.to_pandas().groupby("recording", sort=True):
        people = sorted(set(rows["annotator"]) - {""})
        if rows["annotator"].nunique() > 1:
            raise InputError(
                f"several people have annotated {recording}",
                path=annotations.source,
                found=", ".join(people),
                cure=f"Choose one of them with {option}-annotator {people[0]}",
            )
    return annotations


def covered(truth: Annotations, coverage: str, monitor: Monitor) -> Annotations:
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


def check_in_common(known: Sequence[str], guessed: Sequence[str], predicted: Annotations) -> None:
    """Refuse two sides that annotate other recordings, whoever did it: names of the truth and of the predictions."""
    if known and guessed and not set(known) & set(guessed):
        raise InputError(
            "both sides have no recording in common",
            path=predicted.source,
            found=in_words(guessed),
            allowed=in_words(known),
            cure="Give both sides the names of the same recordings",
        )


def recordings_of(
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
            cure="If the annotations are complete, add --coverage whole"
            if truth.recordings
            else "Give annotations that have rows, or the folder of their recordings",
        )
    check_in_common(known, guessed, predicted)
    missing, extra = tuple(sorted({*known} - {*guessed})), tuple(sorted({*guessed} - {*known}))
    if missing:
        monitor.warning(f"nothing is predicted in {in_words(missing)}: all that is annotated there counts as missed")
    if extra and truth.coverage.whole:
        monitor.warning(f"nothing is annotated in {in_words(extra)}: all that is predicted there counts as invented")
        known = sorted({*known, *extra})
    elif extra:
        monitor.warning(f"nobody has annotated {in_words(extra)}: predictions there are not scored")
    return known, (missing, extra)


def labels_of(
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


def covers_its_rows_alone(annotations: Annotations, name: str) -> bool:
    """Whether what is covered of a recording is no more than its sounds."""
    stretches = annotations.coverage[name]
    return (
        stretches is not None and len(stretches) > 0 and total(subtract(stretches, annotations.stretches(name))) < 1e-6
    )
