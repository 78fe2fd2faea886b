"""Review: what a person should look at next, in one list.

Annotating costs a person's time, and most sounds teach nothing new. These do, in this order:

1. *mistaken*: the model contradicts an annotation; one of the two is wrong,
2. *missed*: heard by a detector, and neither predicted nor annotated; or the model is sure of a sound where somebody
   has looked and annotated nothing,
3. *disagreeing*: annotators differ; models differ (replicates of a run, or several runs),
4. *uncertain*: the model wavers; sounds of rare labels first.

It works with what is there, in a project's folder: annotations (of one person or several), detections, predictions; and
a model or several. Without a model, its predictions on disk serve, as far as they go. What is missing is said.

The list is spread, so that near-duplicates do not fill it (see `oscine.evaluation.review_choice`). Scores are computed
and read block by block: memory grows with the number of sounds, not with the length of the recordings.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from oscine.annotations import naming
from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import exhaustive
from oscine.annotations.intervals import Intervals, contains, merge, subtract
from oscine.annotations.labels import BACKGROUND
from oscine.core.errors import InputError, unknown
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import Field, OperationParams, Seconds
from oscine.datasets.dataset import Dataset
from oscine.evaluation.mistakes import knows, refuse_reconstructions
from oscine.evaluation.review_choice import choose
from oscine.evaluation.review_people import Overlaps, contradicts, disagreements, is_sound
from oscine.evaluation.review_result import KINDS, Item, Review
from oscine.evaluation.review_scores import (
    Bars,
    comparable,
    differing,
    mistaken,
    overlooked,
    plain_rows,
    uncertain,
)
from oscine.networks.model import Model
from oscine.prediction.predict import PredictParams, predict
from oscine.prediction.scores import SUFFIX, Scores
from oscine.prediction.segment import segment
from oscine.recordings.recording import Recording
from oscine.recordings.recordings import Recordings
from oscine.training.run import BEST, CARD, Run

_NOBODY = "the annotator"
"""Who made annotations that name nobody, beside others who are named."""


class ReviewParams(OperationParams):
    """What is looked for, and how much of it is listed."""

    most: int = Field(100, ge=1)
    """Items on the list at most."""
    kinds: tuple[Literal["mistaken", "missed", "disagreeing", "uncertain"], ...] = Field(())
    """Kinds to list; none given: all, in this order."""
    labels: tuple[str, ...] = Field(())
    """Labels to list, said or annotated; none given: all."""
    per_recording: int | None = Field(None, ge=1)
    """Items of a kind that a recording may have before the others have had their share; none: twice an equal share."""
    apart: Seconds = Field(0.5, ge=0)
    """How far apart two items of a recording are at least."""
    sure: float = Field(0.8, ge=0, le=1)
    """Score from which a sound that nobody annotated was probably overlooked."""
    unsure: float = Field(0.5, ge=0, le=1)
    """How uncertain a sound must be: 1 less the margin between the two most probable labels."""
    reach: Seconds = Field(0.01, ge=0)
    """How far apart two events are still the same."""
    shortest: Seconds = Field(0.02, ge=0)
    """Shorter stretches of what is detected, or differs between models, are passed over."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where to compute."""


@dataclass(frozen=True)
class Models:
    """One model or several that score the same recordings, the best first."""

    by_name: Mapping[str, Model]

    @classmethod
    def load(cls, path: str | Path) -> Models:
        """Open a model, a run with the best model of each replicate, or a folder of several runs.

        Raises
        ------
        InputError
            Where there is none.
        """
        path = Path(path)
        if (path / CARD).is_file():
            return cls(_replicates(path))
        runs = sorted(card.parent for card in path.glob(f"*/{CARD}")) if path.is_dir() else []
        found = {run.name: Model.load(run) for run in runs if (run / BEST).is_file()}
        return cls(found or {"the model": Model.load(path)})

    @classmethod
    def of(cls, given: Models | Model | Run | None) -> Models:
        """Whatever is given as models."""
        if isinstance(given, Models):
            return given
        if isinstance(given, Run):
            return cls(_replicates(given.path))
        return cls({} if given is None else {"the model": given})

    def identity(self) -> dict[str, Any]:
        """What provenance records of them."""
        return {name: model.identity() for name, model in self.by_name.items()}


def _replicates(folder: Path) -> dict[str, Model]:
    """The best model of each replicate of a run, the best of all first; what is not trained yet is left out."""
    run = Run.load(folder)
    found = {item.name: item / BEST for item in run.replicates if (item / BEST).is_file()}
    if len(found) < 2:
        return {"the model": Model.load(folder)}
    return {name: Model.load(found[name]) for name in sorted(found, key=lambda name: name != f"replicate-{run.winner}")}


@operation(out="{folder}/{stem}.review")
def review(
    project: Path,
    model: Models | None = None,
    params: ReviewParams = ReviewParams(),  # noqa: B008 - frozen
    *,
    monitor: Monitor = SILENT,
) -> Review:
    """List what a person should look at next: mistaken, missed, disagreeing, uncertain.

    Parameters
    ----------
    project
        A folder of recordings with annotations, detections or predictions beside them; a recording; or a dataset.
    model
        A model; a run, whose replicates are compared as well; or a folder of several runs.
    params
        How much is listed, of what, and what counts as sure.

    Returns
    -------
    review
        The list, with a reason for each item.

    Raises
    ------
    InputError
        Where there is no such folder, nothing to review by, or a label that nobody uses.

    Examples
    --------
    >>> import tempfile
    >>> import soundfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> soundfile.write(folder / "a.wav", np.zeros(5000), 1000)
    >>> pulse = {"recording": "a.wav", "onset": 1.0, "offset": 1.0, "label": "pulse", "annotator": "Ann"}
    >>> ann = Annotations([pulse, {**pulse, "onset": 2.0, "offset": 3.0, "label": "sine"}]).save(folder)
    >>> bob = Annotations([{**pulse, "annotator": "Bob", "onset": 2.0, "offset": 3.0}]).save(folder)
    >>> [item.why for item in review(folder).items]
    ['Ann says sine, Bob says pulse']
    """
    there = _gather(Path(project), monitor)
    models = Models.of(model).by_name
    for one in models.values():
        refuse_reconstructions(one)
        one.to(params.device)
    without = tuple(_lacks(there, models))
    table = there.annotations.to_pandas()
    if table.empty and not models:
        raise InputError(
            "there is nothing to review by: no annotations, detections or predictions",
            path=project,
            cure="Annotate some sounds, run oscine detect, or give --model RUN",
        )
    strange = sorted(
        label for label in there.vocabulary if models and not any(knows(one, label) for one in models.values())
    )
    if strange:
        monitor.warning(
            f"no model here knows {', '.join(strange)}: whether sounds annotated so are mistaken cannot be said"
        )
    known = {*table["label"], *(label for one in models.values() for label in one.outputs)}
    for label in params.labels:
        if label not in known:
            raise unknown("label", label, known, path=project)
    annotated = table[table["kind"] == "annotated"]
    counted = annotated if len(annotated) else table[table["kind"] == "predicted"]
    frequency = {str(label): int(n) for label, n in counted["label"].value_counts().items()}
    share = params.per_recording or max(5, math.ceil(2 * params.most / max(1, len(there.recordings))))
    chosen: list[Item] = []
    found: Counter[str] = Counter()
    rows_of = table.groupby("recording").indices
    n = len(there.recordings)
    with monitor.task(f"Reviewing {n} recording{'s' * (n != 1)}", n, "recordings") as task:
        for name, recording in there.recordings.items():
            rows = table.iloc[rows_of.get(name, np.empty(0, np.intp))]
            everything = _of_recording(name, recording, rows, there, models, params, monitor)
            items = [item for item in everything if _is_wanted(item, params)]
            found.update(item.kind for item in items)
            for kind in KINDS:  # of a recording no more than the list could hold
                mine = [item for item in items if item.kind == kind]
                chosen += choose(
                    mine, most=params.most, apart=params.apart, per_recording=params.most, frequency=frequency
                )
            task.advance()
    items = choose(chosen, most=params.most, apart=params.apart, per_recording=share, frequency=frequency)
    shown = {item.recording: there.recordings[item.recording] for item in items}
    return Review(tuple(items), dict(found), without, Path(project), recordings=shown)


def _is_wanted(item: Item, params: ReviewParams) -> bool:
    """Whether an item is of a kind and a label that were asked for."""
    named = not params.labels or item.label in params.labels or item.annotated in params.labels
    return named and (not params.kinds or item.kind in params.kinds)


# -- what is there ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _There:
    """What there is to review: recordings by the names that annotations call them by, and what is said of them."""

    recordings: Mapping[str, Recording]
    annotations: Annotations

    @cached_property
    def vocabulary(self) -> set[str]:
        """The labels that people annotate here."""
        table = self.annotations.to_pandas()
        return set(table.loc[table["kind"] == "annotated", "label"])


def _gather(project: Path, monitor: Monitor) -> _There:
    """Recordings and annotations of a folder, of a recording in one, or of a dataset."""
    if not project.exists():
        raise InputError("there is no such folder or recording", path=project)
    if (project / "dataset.json").is_file():
        dataset = Dataset.load(project, monitor=monitor)
        first, *rest = dataset.parts.values()
        return _There({name: dataset.recordings.by_name(name) for name in dataset.names()}, first.concat(*rest))
    recordings = Recordings(project)
    for text in recordings.warnings:
        monitor.warning(text)
    try:
        folder = project if project.is_dir() else project.parent
        annotations = Annotations.load(folder, recordings=recordings, monitor=monitor)
    except InputError as error:
        if not error.problem.startswith("holds no annotations"):
            raise
        annotations = Annotations()
    named: dict[str, Recording] = {}
    for name in annotations.recordings:
        try:
            named[name] = recordings.by_name(name)
        except InputError:
            if project.is_dir():
                monitor.warning(f"{name}: annotated, but there is no such recording; left out")
    seen = {id(recording) for recording in named.values()}
    counts = Counter(recordings.names)
    for recording in recordings:
        if id(recording) not in seen:
            alone = counts[recording.name] == 1
            named[recording.name if alone else recording.path.relative_to(project).as_posix()] = recording
    return _There(dict(sorted(named.items())), annotations)


def _lacks(there: _There, models: Mapping[str, Model]) -> Iterator[str]:
    """What the review has to do without, and how to have it."""
    kinds, table = set(there.annotations.kinds), there.annotations.to_pandas()
    if not models and "predicted" not in kinds:
        yield "a model, which would say what it mistakes, misses and is unsure of: --model RUN"
    elif not models:
        yield "a model's scores; its predictions serve instead, as far as they go: --model RUN"
    if "annotated" not in kinds:
        yield "annotations, which a model could mistake: annotate some sounds"
    annotators = table[table["kind"] == "annotated"].groupby("recording")["annotator"].nunique()
    if len(models) < 2 and not (annotators > 1).any():
        yield "a second annotator or model, with whom to disagree: train --n-replicates 3, say"
    if "detected" not in kinds:
        yield "detections, which a model could miss: oscine detect"


# -- one recording ---------------------------------------------------------------------------------------------------


def _of_recording(
    name: str,
    recording: Recording,
    rows: pd.DataFrame,
    there: _There,
    models: Mapping[str, Model],
    params: ReviewParams,
    monitor: Monitor,
) -> Iterator[Item]:
    """Everything in one recording that deserves a look."""
    bars = Bars(params.sure, params.unsure, params.shortest, params.reach)
    annotated = rows[rows["kind"] == "annotated"]
    predicted = rows[rows["kind"] == "predicted"]
    covered = there.annotations.coverage.intervals(name, recording.duration)
    spans = annotated[["onset", "offset"]].to_numpy(float)
    looked = exhaustive(covered, spans, recording.duration) if len(annotated) or len(covered) else covered
    if models:
        scores = {key: _score(model, recording, name, params, monitor) for key, model in models.items()}
        best = next(iter(models))
        predicted = segment(scores[best]).to_pandas()
        yield from mistaken(scores[best], models[best], annotated, bars)
        yield from uncertain(scores[best], models[best], annotated, bars)
        if comparable(scores, models):
            yield from differing(scores, models, bars)
        elif len(models) > 1:
            monitor.warning(f"{name}: models with other labels or frames cannot be compared with each other")
    elif len(predicted):
        yield from _mistaken_by_prediction(annotated, predicted, bars)
        yield from _unsure_predictions(predicted, annotated, bars)
    sought = predicted[predicted["label"].isin(there.vocabulary)]  # nobody overlooks what nobody looks for
    yield from overlooked(sought, annotated, looked, bars)
    detected = rows[rows["kind"] == "detected"]
    yield from _unheard(name, detected, pd.concat([annotated, predicted]), looked, bars)
    people = {str(who) or _NOBODY: mine for who, mine in annotated.groupby("annotator")}
    yield from disagreements(name, people, params.reach)


def _score(model: Model, recording: Recording, name: str, params: ReviewParams, monitor: Monitor) -> Scores:
    """Scores of a recording: those on disk where this model made them, else new ones, in a file where they are many."""
    scores = _stored(model, recording)
    if scores is None:
        scores = predict(model, recording, PredictParams(resample=True, device=params.device), monitor=monitor)
    return Scores.of_model(scores.data, model, scores.duration, name)


def _stored(model: Model, recording: Recording) -> Scores | None:
    """The file of scores beside a recording, where it holds what this model says of this very sound."""
    place = recording.path.with_name(f"{naming.stem(recording.name)}{SUFFIX}")
    if not place.is_file():
        return None
    try:
        scores = Scores.load(place)
    except InputError:
        return None
    made = scores.provenance
    if made is None or made.operation != "predict" or made.params.get("prevalences"):
        return None
    by, of = made.inputs.get("model"), made.inputs.get("recording")
    if not (isinstance(by, dict) and isinstance(of, dict)):
        return None
    same = by.get("digest") == model.digest and of.get("digest") == recording.identity()["digest"]
    return scores if same else None


def _mistaken_by_prediction(annotated: pd.DataFrame, predicted: pd.DataFrame, bars: Bars) -> Iterator[Item]:
    """Annotated sounds for which something else is predicted, or nothing."""
    known, vocabulary = Overlaps(predicted, bars.reach), set(predicted["label"])
    for name, onset, offset, label, _ in plain_rows(annotated):
        places = known.of(onset, offset)
        if any(known.labels[place] == label for place in places) or label == BACKGROUND:
            continue
        against = np.array([place for place in places if contradicts(label, known.labels[place])], np.intp)
        if len(against):
            place = known.most(against, onset, offset)
            said, score = known.labels[place], float(known.scores[place])
            why = f"annotated as {label}, but predicted to be {said}{_percent(score)}"
            yield Item(name, onset, offset, said, label, "mistaken", score, why)
        elif len(places) == 0 and label in vocabulary:
            why = f"annotated as {label}, but nothing is predicted here"
            yield Item(name, onset, offset, BACKGROUND, label, "mistaken", math.nan, why)


def _unsure_predictions(predicted: pd.DataFrame, annotated: pd.DataFrame, bars: Bars) -> Iterator[Item]:
    """Predictions with scores near ½."""
    known = Overlaps(annotated, bars.reach)
    for name, onset, offset, label, score in plain_rows(predicted):
        doubt = 1 - abs(2 * score - 1)
        if is_sound(label) and doubt >= bars.unsure and len(known.of(onset, offset)) == 0:
            why = f"predicted to be {label} with a score of only {score:.0%}"
            yield Item(name, onset, offset, label, "", "uncertain", doubt, why)


def _unheard(name: str, detected: pd.DataFrame, known: pd.DataFrame, looked: Intervals, bars: Bars) -> Iterator[Item]:
    """What was detected where nothing is predicted or annotated, and nobody has looked."""
    sounds = detected[detected["label"] != "neither"]
    reach = np.where(known["onset"] == known["offset"], bars.reach, 0.0)
    taken = np.stack([known["onset"].to_numpy(float) - reach, known["offset"].to_numpy(float) + reach], axis=1)
    left = subtract(merge(sounds[["onset", "offset"]].to_numpy(float)), merge(taken))
    left = left[~contains(looked, left.mean(axis=1))] if len(looked) else left
    for onset, offset in left.tolist():
        if onset == offset or offset - onset >= bars.shortest:
            length = f" for {offset - onset:.3g} s" if offset > onset else ""
            why = f"a sound was detected{length}, and nothing is predicted or annotated"
            yield Item(name, onset, offset, "other", "", "missed", math.nan, why)


def _percent(score: float) -> str:
    return f" ({score:.0%})" if math.isfinite(score) else ""
