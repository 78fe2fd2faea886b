"""How scores are best decoded, found out instead of guessed.

A network is judged frame by frame, a person wants sounds. Between the two stand a decoder and its options, which papers
set by hand and by looking at the test data. Here they are chosen on the validation part alone, which the network has
not learnt from, and kept in the model's file, so that `predict`, `segment` and `evaluate` use them from then on.

1. Scores of the part are computed once.
2. Durations, gaps and successions of sounds are counted in the *training* part (`prediction/statistics.py`).
3. Every candidate (`evaluation/decodings.py`) is decoded and compared with the annotations, recording by recording.
4. The best one is chosen: first by the criterion; of equals by the frame error, where one per cent more or less of it
   is nothing; of these the simplest family and the fewest options; and of what is left, the one in the middle of those
   that are as good, since on the edge of a plateau the next recording falls off.
5. Whether interpolated bounds are any better, and for events how far two are apart, is decided after that.

Of one recording only nothing tells how far a choice holds for others. Then whatever is within the noise of the best is
as good as it, so that the simplest is chosen, and that is said.

A choice among a hundred is better than it deserves on what it was chosen on. So two figures stand beside it: what
resampled recordings would make of it, and the score of each recording with the choice that the *others* would have made
(`unseen`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from oscine.annotations.annotations import Annotations
from oscine.annotations.labels import BACKGROUND
from oscine.core.errors import InputError, unknown
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import Field, OperationParams, Seconds
from oscine.datasets.dataset import Dataset
from oscine.evaluation.chosen_on import remember
from oscine.evaluation.decodings import FAMILIES, Candidate, find_candidates
from oscine.evaluation.learnt_from import dataset_of
from oscine.evaluation.pieces import pieces_of
from oscine.evaluation.postprocessing import METRICS, Postprocessing, Stage
from oscine.evaluation.scoring import check_labels
from oscine.evaluation.segmentation import SegmentationScore, SegmentationScores, score_segmentation
from oscine.metrics.counts import pool
from oscine.metrics.events import EventScores, score_events
from oscine.networks.fitting import fit_recording
from oscine.networks.model import SUFFIX, Model
from oscine.prediction.decoding import PLAIN, SegmentParams, describe_decoding, settled, stored_decoding
from oscine.prediction.scores import Scores
from oscine.prediction.segment import segment
from oscine.prediction.statistics import SongStatistics, count_song

_PLATEAU = 0.01
"""Share of the frame error by which candidates may differ and be as good."""

_DISTANCES = (0.005, 0.0075, 0.01, 0.015, 0.02, 0.03)
"""Distances of events that are tried, s."""

_FOLDS = 5

_ROUNDING = 1e-12


class PostprocessParams(OperationParams):
    """What is tried, and what is best."""

    part: str = "validation"
    """Part of the dataset to choose on; the model must not have learnt from it."""
    criterion: Literal["auto", "syllable-error", "frame-error", "boundary-f1"] = "auto"
    """What is made as good as can be; auto: the syllable error, or the frame error where nobody looked for every
    sound."""
    decoders: tuple[str, ...] = FAMILIES
    """Decoders that are tried."""
    tolerance: Seconds = Field(0.01, ge=0)
    """How far an event may be off."""
    store: bool = True
    """Keep the choice in the model's file; otherwise it is only shown."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where to compute."""


@operation(out="{folder}/{stem}_postprocess.json")
def postprocess(
    model: Model,
    dataset: Dataset | None = None,
    params: PostprocessParams = PostprocessParams(),  # noqa: B008 - frozen
    *,
    monitor: Monitor = SILENT,
) -> Postprocessing:
    """Choose on validation data how a model's scores become sounds, and keep that in the model.

    Parameters
    ----------
    model
        A model, or the folder of a run for its best one.
    dataset
        By default the one that it was trained with.
    params
        Decoders to try, criterion.

    Returns
    -------
    postprocessing
        What was chosen, with every metric before and after.

    Raises
    ------
    InputError
        Where the part is absent or empty, has none of the model's labels or labels of which the model knows nothing,
        there is no dataset, or no file to store the choice in.

    Examples
    --------
    >>> import oscine
    >>> from oscine.recordings.recording import Recording
    >>> from oscine.networks.specification import Specification
    >>> from oscine.testing import fly_song
    >>> sound, truth = fly_song(30, seed=1, name="a.wav")
    >>> recordings = oscine.Recordings([Recording.from_sound(sound, 2500.0, name="a.wav")])
    >>> dataset = oscine.prepare(recordings, truth, oscine.PrepareParams(few=1))
    >>> architecture, target = oscine.SongExplorer(), oscine.TrainParams().target
    >>> task = Specification(labels=tuple(dataset.labels), sample_rate=2500)
    >>> untrained = Model(architecture.build(task), architecture, target)
    >>> found = postprocess(untrained, dataset, PostprocessParams(store=False, decoders=("maximum",)))
    >>> found.n_candidates > 4, found.stored
    (True, ())
    """
    for name in params.decoders:
        if name not in FAMILIES:
            raise unknown("decoder to try", name, FAMILIES)
    if params.store and (model.path is None or model.path.suffix != ".safetensors"):
        raise InputError(
            "there is no file of Oscine's to store the choice in", path=model.path, cure="Give --no-store, or save it"
        )
    dataset = dataset or dataset_of(model)
    part = dataset.part(params.part)
    check_labels(model, part)
    sounds = [output for output in model.outputs if output not in (*model.aside, BACKGROUND)]
    n_sounds = int(part.to_pandas()["label"].isin(sounds).sum())
    if not part.recordings or not n_sounds:
        raise InputError(
            f"the {params.part} part is empty of sounds, so there is nothing to choose by",
            path=dataset.path,
            allowed=sounds,
            cure="Choose another --part, or prepare the dataset with more in it",
        )
    heard = _hear(model, dataset, part, params, monitor)
    if alone := len(heard) == 1:
        monitor.warning(
            f"one recording only in the {params.part} part: a choice by it may not hold for others, so that the "
            "simplest way within the noise is taken; --no-store shows it without keeping it"
        )
    lasting = [label for label in sounds if label not in model.events]
    before = settled(SegmentParams(), model.decoding)
    judge = _Judge(heard, part, lasting, [label for label in sounds if label in model.events], params.tolerance)
    chosen, unseen, n_tried = before, None, 1
    if lasting:
        candidates = [Candidate(before, -1), *_candidates(model, dataset, params)]
        scores = judge.all_segments(candidates, monitor)
        criterion = _criterion(params, scores)
        everything = list(heard)
        best = _best(candidates, scores, everything, criterion, noise_of=n_sounds if alone else 0)
        chosen = candidates[best].params
        unseen = _unseen(candidates, scores, everything, criterion, params.seed)
        chosen, n_tried = _with_bounds(chosen, judge, criterion), len(candidates)
    if judge.events:
        chosen = _with_distance(chosen, judge)
        n_tried += len(_DISTANCES)
    first, last = judge.stage(before), judge.stage(chosen)
    if unseen is not None and first.segments is not None:
        measure = _measure(_criterion(params, [first.segments]))
        if measure(unseen.pooled) > measure(first.segments.pooled):
            monitor.warning(
                f"decoded as the others would have it, recordings of the {params.part} part are worse than before: "
                "there are too few of them to choose by; --no-store shows a choice without keeping it"
            )
    decoding = stored_decoding(chosen)
    expected = {} if unseen is None else {name: metric(unseen.pooled) for name, metric in METRICS.items()}

    def with_choice(model: Model) -> Model:
        return remember(model, decoding, params.part, dataset.digest, expected)

    return Postprocessing(
        decoding,
        (describe_decoding(before), describe_decoding(chosen)),
        first,
        last,
        unseen,
        params.part,
        params.criterion,
        n_tried,
        len(heard),
        n_sounds,
        params.seed,
        tuple(_store(model, with_choice)) if params.store else (),
    )


# -- scores and candidates -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Heard:
    """Scores of the stretches of a recording that matter, with the time at which each begins, and its duration, s."""

    pieces: tuple[tuple[float, Scores], ...]
    duration: float

    def decoded(self, name: str, params: SegmentParams) -> pd.DataFrame:
        """The sounds of all stretches, at times of the recording."""
        tables = []
        for start, scores in self.pieces:
            table = segment(scores, params).to_pandas()
            times = {bound: (table[bound] + start).clip(upper=self.duration) for bound in ("onset", "offset")}
            tables.append(table.assign(recording=name, **times))
        return pd.concat(tables, ignore_index=True)


def _hear(
    model: Model, dataset: Dataset, part: Annotations, params: PostprocessParams, monitor: Monitor
) -> dict[str, _Heard]:
    """Scores of every recording of the part, free of what the model has stored."""
    model.to(params.device)
    found = {}
    with monitor.task("Listening", total=len(part.recordings), unit="recordings") as task:
        for name in part.recordings:
            recording = fit_recording(dataset.recordings.by_name(name), model.specification, resample=True)
            pieces = [
                (piece.begin / model.frame_rate, _scores(model, piece.scores, name))
                for piece in pieces_of(model, part.select(recordings=[name]), recording, name, PLAIN, params.tolerance)
            ]
            if pieces:
                found[name] = _Heard(tuple(pieces), recording.duration)
            task.advance()
    if not found:
        raise InputError(f"nothing of the {params.part} part is covered", path=dataset.path)
    return found


def _scores(model: Model, values: np.ndarray[Any, Any], name: str) -> Scores:
    return Scores.of_model(values, model.with_decoding({}), values.shape[1] / model.frame_rate, name)


def _candidates(model: Model, dataset: Dataset, params: PostprocessParams) -> list[Candidate]:
    exclusive = bool(model.target.rivals(model.labels))
    song = _count(model, dataset)
    return list(find_candidates(song, model.outputs, params.decoders, exclusive=exclusive))


def _count(model: Model, dataset: Dataset) -> SongStatistics:
    """What the training part tells of durations and successions."""
    part = dataset.parts.get("train")
    if part is None:
        return SongStatistics()
    durations = {name: dataset.recordings.by_name(name).duration for name in part.recordings}
    return count_song(part, model.labels, durations, resolution=1 / model.frame_rate)


# -- judging -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Judge:
    """Compares what is decoded with the annotations of the part."""

    heard: Mapping[str, _Heard]
    part: Annotations
    lasting: Sequence[str]
    events: Sequence[str]
    tolerance: float

    def found(self, params: SegmentParams) -> pd.DataFrame:
        """Sounds of all recordings."""
        return pd.concat([one.decoded(name, params) for name, one in self.heard.items()], ignore_index=True)

    def segments(self, found: pd.DataFrame) -> SegmentationScores:
        """Scores of what lasts, recording by recording."""
        table = found[found["label"].isin(list(self.lasting))]
        durations = {name: one.duration for name, one in self.heard.items()}
        return score_segmentation(self.part, Annotations(table), durations, labels=self.lasting)

    def all_segments(self, candidates: Sequence[Candidate], monitor: Monitor) -> list[SegmentationScores]:
        """Of every candidate."""
        scores = []
        with monitor.task("Decoding", total=len(candidates), unit="ways") as task:
            for candidate in candidates:
                scores.append(self.segments(self.found(candidate.params)))
                task.advance()
        return scores

    def event_scores(self, found: pd.DataFrame) -> EventScores:
        """Scores of events, pooled."""
        table, scores = self.part.to_pandas(), []
        for name, one in self.heard.items():
            true, guess = (
                rows[(rows["recording"] == name) & rows["label"].isin(list(self.events))] for rows in (table, found)
            )
            covered = self.part.coverage.intervals(name, one.duration)
            scores.append(
                score_events(
                    true["onset"],
                    true["label"],
                    guess["onset"],
                    guess["label"],
                    self.tolerance,
                    labels=self.events,
                    coverage=covered,
                )
            )
        return pool(scores)

    def stage(self, params: SegmentParams) -> Stage:
        """Every score of one way of decoding."""
        found = self.found(params)
        return Stage(self.segments(found) if self.lasting else None, self.event_scores(found) if self.events else None)


def _criterion(params: PostprocessParams, scores: Sequence[SegmentationScores]) -> str:
    if params.criterion != "auto":
        return params.criterion
    return "syllable-error" if scores[0].pooled.sequences.n_true else "frame-error"


def _measure(criterion: str) -> Callable[[SegmentationScore], float]:
    """What is to be small; infinite where nothing can be said."""
    if criterion == "syllable-error":
        return lambda score: score.sequences.distance
    if criterion == "frame-error":
        return _frame_error
    return lambda score: _or_worst(-score.boundaries[0.004].pooled.f1)


def _frame_error(score: SegmentationScore) -> float:
    return _or_worst(score.frame_error)


def _or_worst(value: float) -> float:
    """A number by which ways of decoding can be put in order: `nan` cannot."""
    return math.inf if math.isnan(value) else value


def _best(
    candidates: Sequence[Candidate],
    scores: Sequence[SegmentationScores],
    names: Iterable[str],
    criterion: str,
    noise_of: int = 0,
) -> int:
    """The best candidate on some recordings (see the module's docstring), give or take the noise of so many sounds."""
    wanted, measure = list(names), _measure(criterion)
    pooled = [pool(one.by_recording[name] for name in wanted) for one in scores]
    least = min(measure(one) for one in pooled)
    alike = [
        i for i, one in enumerate(pooled) if measure(one) <= least + _noise(least, criterion, noise_of) + _ROUNDING
    ]
    least = min(_frame_error(pooled[i]) for i in alike)
    bar = least * (1 + _PLATEAU) + _noise(least, "frame-error", noise_of) + _ROUNDING
    alike = [i for i in alike if _frame_error(pooled[i]) <= bar]
    simplest = min(alike, key=lambda i: candidates[i].complexity)
    kin = [i for i in alike if candidates[i].is_like(candidates[simplest])]
    places = np.array([candidates[i].place for i in kin], np.float64)
    return kin[int(np.abs(places - np.median(places, axis=0)).sum(axis=1).argmin())]


def _noise(value: float, criterion: str, n_sounds: int) -> float:
    """Standard error of a criterion by so many sounds, none by none: a share, as if two more had been heard.

    By the rule of one standard error: Breiman et al. (1984), Classification and Regression Trees, section 3.4.3.
    """
    if not n_sounds or math.isinf(value):
        return 0.0
    scale = n_sounds if criterion == "syllable-error" else 1
    wrong = min(1.0, value / scale if value >= 0 else 1 + value)
    share = (wrong * n_sounds + 1) / (n_sounds + 2)
    return scale * math.sqrt(share * (1 - share) / n_sounds)


def _unseen(
    candidates: Sequence[Candidate],
    scores: Sequence[SegmentationScores],
    names: Sequence[str],
    criterion: str,
    seed: int,
) -> SegmentationScores | None:
    """Scores of each recording with the choice that the others would have made, in at most `_FOLDS` folds."""
    if len(names) < 2:
        return None
    order = np.random.default_rng(seed).permutation(len(names))
    found: dict[str, SegmentationScore] = {}
    for fold in np.array_split(order, min(_FOLDS, len(names))):
        out = {names[int(place)] for place in fold}
        best = _best(candidates, scores, [name for name in names if name not in out], criterion)
        found |= {name: scores[best].by_recording[name] for name in out}
    return SegmentationScores({name: found[name] for name in names})


def _with_bounds(params: SegmentParams, judge: _Judge, criterion: str) -> SegmentParams:
    """With bounds between frames or without, whichever is better; without where it is the same."""
    ways = [params.model_copy(update={"interpolate": interpolate}) for interpolate in (False, True)]
    scores = [judge.segments(judge.found(way)).pooled for way in ways]
    measure = _measure(criterion)
    return min(zip(ways, scores, strict=True), key=lambda pair: (measure(pair[1]), _frame_error(pair[1])))[0]


def _with_distance(params: SegmentParams, judge: _Judge) -> SegmentParams:
    """With the distance of events that is best, in the middle of those that are."""
    ways = [params.model_copy(update={"event_distance": distance}) for distance in _DISTANCES]
    rates = np.array([judge.event_scores(judge.found(way)).pooled.counts.f1 for way in ways])
    best = np.flatnonzero(np.nan_to_num(rates) >= np.nan_to_num(rates).max() - 1e-12)
    return ways[int(best[len(best) // 2])]


# -- storing ---------------------------------------------------------------------------------------------------------


def _store(model: Model, with_choice: Callable[[Model], Model]) -> list[Path]:
    """Keep the choice in the model's file, and, in a run, in the copies of this very model."""
    assert model.path is not None
    written = [with_choice(model).save(model.path)]
    if (model.path.parent / "run.json").is_file():
        for path in sorted(model.path.parent.glob(f"replicate-*/*{SUFFIX}")):
            copy = Model.load(path)
            if copy.digest == model.digest:
                written.append(with_choice(copy).save(path))
    return written
