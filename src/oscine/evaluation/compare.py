"""Several runs set side by side: accuracy, size, training time, speed, and whether they differ by more than chance.

Models are judged at their best step, on the same part; what is compared are the recordings that all were judged on,
and of which all had the same truth. Two candidates are tested on the same draws of these recordings
(`oscine.metrics.bootstrap.paired_bootstraps`), and p values are corrected for the number of pairs
(`oscine.metrics.multiple_tests.holm`). A candidate with several models (replicates, folds) counts as all of them added
up: the question is which *recipe* is better, not which of its models was lucky.

Speed is measured here and now, by one thread of the processor, on noise: it says which is quicker, and roughly how
much; another machine, or a GPU, has other numbers.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import Field, OperationParams, Seconds
from oscine.datasets.dataset import Dataset
from oscine.evaluation.candidates import Candidate, RunSet
from oscine.evaluation.comparison import Compared, Comparison, Pair
from oscine.evaluation.evaluate import EvaluateParams, evaluate
from oscine.evaluation.main_rates import NAMES
from oscine.evaluation.recording_counts import RecordingCounts, overall_rates
from oscine.evaluation.run_evaluation import ModelEvaluation, RunEvaluation
from oscine.metrics.bootstrap import bootstrap, paired_bootstraps
from oscine.metrics.counts import Counts, pool
from oscine.metrics.frames import ConfusionMatrix
from oscine.metrics.multiple_tests import holm
from oscine.metrics.sequences import SequenceScore
from oscine.networks.model import Model
from oscine.prediction.decoding import is_told_by_model
from oscine.prediction.predict import PredictParams, predict
from oscine.prediction.segment import SegmentParams
from oscine.recordings.recording import Recording
from oscine.training.run import Run
from oscine.training.runs import Runs

__all__ = ["CompareParams", "Comparison", "compare"]

_PER_PAIR = 100
"""Draws for each pair: a corrected p below 0.05 must be possible however many pairs there are."""
_FEWEST, _MOST, _ENOUGH = 3, 30, 1.0
"""Predictions to measure the speed by: at least and at most, and seconds after which there are enough of them."""


class CompareParams(OperationParams):
    """What is compared, and by what."""

    part: str = "validation"
    """Part of the dataset that all are judged on."""
    metric: Literal["f1", "frame_error", "segment_error_rate", "event_f1", "segment_f1"] | None = None
    """By what they are ranked; none: the frame error of segments, or F1 of events or frames, as suits the labels."""
    checkpoints: Literal["best", "all"] = "best"
    """Judge each model at the step that training chose; or at all steps that were kept, of which the best counts."""
    tolerance: Seconds = Field(0.01, ge=0)
    """How far an event, or the bounds of a segment, may be off."""
    segment: SegmentParams = SegmentParams()
    """How scores become sounds."""
    n_draws: int = Field(2000, ge=100)
    """Draws of recordings for limits and tests; more where there are many pairs."""
    alpha: float = Field(0.05, gt=0, lt=1)
    """Probability of any false claim that is allowed."""
    speed: Seconds = Field(10.0, ge=0)
    """Sound to measure the speed of prediction on; 0: do not."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where to compute; speed is always that of the processor."""


def _named_after(path: Path, source: Path) -> Path:
    """The default place: beside the runs, named after what was given."""
    source = source if source.exists() else Path(str(source).split(",")[0])
    return path.parent / f"{source.name.split('*')[0].split('?')[0].rstrip('-_.') or 'runs'}.compare"


@operation(out="{folder}/{stem}.compare", rename=_named_after)
def compare(
    runs: RunSet | Sequence[Run | Runs | str | Path],
    dataset: Dataset | None = None,
    params: CompareParams = CompareParams(),  # noqa: B008 - frozen
    *,
    monitor: Monitor = SILENT,
) -> Comparison:
    """Compare runs: accuracy, size, training time, speed, and which differences are sure.

    Parameters
    ----------
    runs
        Folders of runs, a folder that holds some, a pattern, or what their names begin with (`runs/hidden_bird7` means
        `runs/hidden16_bird7`, `runs/hidden64_bird7`, …).
    dataset
        To judge all of them by; by default each is judged by the one that it was trained with.
    params
        Part, figure by which they are ranked, draws.

    Returns
    -------
    comparison
        A table, tests of all pairs, and which is the best, in words.

    Raises
    ------
    InputError
        Where there are fewer than two runs, a model says nothing of labels, or no recording was judged for all.
    """
    chosen = runs if isinstance(runs, RunSet) else RunSet.of(runs)
    if len(chosen.candidates) < 2:
        names = ", ".join(candidate.name for candidate in chosen.candidates) or "none"
        left = f"; left out: {'; '.join(chosen.missing)}" if chosen.missing else ""
        raise InputError(
            "there is nothing to compare with", found=f"{names}{left}", allowed="two runs or more",
            cure="Give more folders of runs; to judge one run: oscine evaluate",
        )  # fmt: skip
    for item in chosen.missing:
        monitor.warning(f"incomplete: {item}")
    judged, missing = _judged(chosen, dataset, params, monitor)
    candidates = [candidate for candidate in chosen.candidates if candidate.name in judged]
    counts, warnings = _alike(judged)
    warnings += [*_differences(candidates, dataset), *_prepared(candidates, params.segment)]
    for text in warnings:
        monitor.warning(text)
    compared = []
    for candidate in candidates:
        monitor.check()
        compared.append(_compared(candidate, judged[candidate.name], counts[candidate.name], params))
    pairs = {
        name: _pairs(compared, name, params)
        for name in NAMES
        if all(name in one.rates for one in compared) and name != "recall"
    }
    metric = params.metric or _usual(compared)
    if metric not in pairs:
        raise InputError(
            "not every run can be judged by this figure",
            found=metric,
            allowed=list(pairs),
            cure="Choose another --metric",
        )
    return Comparison(
        chosen.prefix,
        tuple(compared),
        tuple(next(iter(counts.values()))),
        params.part,
        metric,
        pairs,
        params.alpha,
        tuple(warnings),
        tuple(missing),
    )


def _judged(
    chosen: RunSet, dataset: Dataset | None, params: CompareParams, monitor: Monitor
) -> tuple[dict[str, RunEvaluation], list[str]]:
    """The evaluation of each candidate, and what is incomplete; one that cannot be judged does not stop the others."""
    judged: dict[str, RunEvaluation] = {}
    missing, problems = list(chosen.missing), []
    measure = EvaluateParams(
        part=params.part,
        tolerance=params.tolerance,
        segment=params.segment,
        device=params.device,
        checkpoints=params.checkpoints,
    )
    with monitor.task(f"Comparing {len(chosen.candidates)} runs", total=len(chosen.candidates), unit="runs") as task:
        for candidate in chosen.candidates:
            finished = candidate.runs.finished
            kept = candidate.runs.path.with_name(f"{candidate.runs.path.name}.evaluation")
            place = kept if (kept / "evaluation.json").is_file() else None  # what is judged there already is not again
            unfinished = [name for name in candidate.runs.runs if name not in finished]
            try:
                if not finished:
                    raise InputError(
                        "this training is not finished, so that nothing can be said of how good it will be",
                        path=candidate.runs.path, cure="Give its train command again, or leave it out",
                    )  # fmt: skip
                runs = replace(candidate.runs, names=tuple(finished)) if unfinished else candidate.runs
                result = evaluate(runs, dataset, measure, out=place, monitor=monitor)
                _check_labels(candidate, result)
            except InputError as error:
                problems.append(error)
                missing.append(f"{candidate.name} ({error.problem})")
            else:
                missing += [f"{candidate.name}: {item}" for item in result.missing]
                missing += [f"{candidate.name}: {name} (not finished, left out)" for name in unfinished]
                judged[candidate.name] = result
            task.advance()
    if len(judged) < 2:
        raise problems[0]
    for problem in problems:
        monitor.warning(f"{problem}; it is left out")
    return judged, missing


def _check_labels(candidate: Candidate, result: RunEvaluation) -> None:
    if not any(model.by_step for model in result.models):
        raise InputError(
            "a model that says nothing of labels cannot be compared", path=candidate.runs.path,
            cure="Leave it out, and compare losses in the runs' learning_curves.pdf",
        )  # fmt: skip


# -- what can be compared --------------------------------------------------------------------------------------------


def _alike(
    judged: Mapping[str, RunEvaluation],
) -> tuple[dict[str, dict[str, RecordingCounts]], list[str]]:
    """Counts of the recordings that all were judged on with the same truth, and what was left out."""
    rows = tuple(dict.fromkeys(label for one in judged.values() for label in one.pooled.confusion_matrix.labels))
    counts = {
        name: {recording: found.aligned(rows) for recording, found in one.pooled.by_recording.items()}
        for name, one in judged.items()
    }
    first, *others = counts.values()
    common = [recording for recording in first if all(recording in other for other in others)]
    n_models = {name: _n_models(one) for name, one in judged.items()}
    same = [
        recording
        for recording in common
        if len({_truth(mine[recording], n_models[name].get(recording, 1)) for name, mine in counts.items()}) == 1
    ]
    if len({frozenset(one.labels) for one in judged.values()}) > 1:  # other labels have other truths
        same = common
    if not same:
        names = ", ".join(judged)
        raise InputError(
            "there is no recording that all of these runs were judged on" + (" by the same truth" if common else ""),
            found=names, cure="Judge all of them by one dataset: --dataset FOLDER --part test",
        )  # fmt: skip
    warnings = []
    n_all = len({recording for mine in counts.values() for recording in mine})
    if len(same) < n_all:
        warnings.append(f"only {len(same)} of {n_all} recordings were judged for all runs by the same truth")
    return {name: {recording: mine[recording] for recording in same} for name, mine in counts.items()}, warnings


def _n_models(result: RunEvaluation) -> dict[str, int]:
    """How many models were judged on each recording."""
    found: dict[str, int] = {}
    for model in result.models:
        for recording in model.at_best.by_recording if model.by_step else ():
            found[recording] = found.get(recording, 0) + 1
    return found


def _truth(counts: RecordingCounts, n_models: int) -> tuple[tuple[str, float], ...]:
    """How much of each label there is, for one model."""
    events = {label: score.counts.n_true for label, score in counts.events.by_label.items()}
    segments = {label: one.n_true for label, one in counts.segments.by_label.items()}
    return tuple(sorted((label, n / n_models) for label, n in {**segments, **events}.items() if n))


def _differences(candidates: Sequence[Candidate], dataset: Dataset | None) -> list[str]:
    """What may make the comparison unfair."""
    said = []
    labels = {candidate.name: candidate.first.labels for candidate in candidates}
    if len(set(labels.values())) > 1:
        told = "; ".join(f"{name}: {', '.join(mine)}" for name, mine in labels.items())
        said.append(f"the runs have other labels ({told}): figures over all labels are not of the same task")
    digests = {candidate.first.dataset_digest for candidate in candidates}
    if len(digests) > 1 and dataset is None:
        said.append(
            "the runs learnt from other datasets, and each is judged by its own: give one to judge all by, --dataset"
        )
    batches = {candidate.name: _batch(candidate.first) for candidate in candidates}
    if len(set(batches.values())) > 1:
        told = ", ".join(f"{name} {size}" for name, size in batches.items())
        said.append(f"batch sizes differ ({told}), so that steps are not the same amount of sound")
    for candidate in candidates:
        sizes = {Model.load(run.path / "best_model.safetensors").network.n_parameters
                 for run in candidate.runs.finished.values()}  # fmt: skip
        if len(sizes) > 1:
            told = ", ".join(str(size) for size in sorted(sizes))
            said.append(f"models of {candidate.name} differ in their number of parameters ({told})")
    return said


def _prepared(candidates: Sequence[Candidate], segment: SegmentParams) -> list[str]:
    """What some models have stored beside their weights, and others have not: it changes figures, not the network."""
    decoded, heated = {}, {}
    for candidate in candidates:
        models = [
            Model.load(run.path / "best_model.safetensors")
            for run in candidate.runs.finished.values()
            if (run.path / "best_model.safetensors").is_file()
        ]
        if models:
            decoded[candidate.name] = any(is_told_by_model(segment, model.decoding) for model in models)
            heated[candidate.name] = any(model.temperature != 1 for model in models)
    said = []
    for found, what, cure in (
        (decoded, "post-processed", "oscine postprocess of all, or --segment.decoder threshold, makes them alike"),
        (heated, "calibrated by a stored temperature", "oscine evaluate --calibrate --store of all makes them alike"),
    ):
        ones, others = ([name for name, is_so in found.items() if is_so == wanted] for wanted in (True, False))
        if ones and others:
            verb = "is" if len(ones) == 1 else "are"
            not_so = "is" if len(others) == 1 else "are"
            said.append(f"{', '.join(ones)} {verb} {what}, {', '.join(others)} {not_so} not: {cure}")
    return said


def _batch(run: Run) -> Any:
    """Windows in a batch, as they were filled in."""
    given = run.params.get("batch_size")
    if given is not None:
        return given
    file = run.path / "best_model.safetensors"
    return Model.load(file).training.get("params", {}).get("batch_size") if file.is_file() else None


# -- one candidate ---------------------------------------------------------------------------------------------------


def _compared(
    candidate: Candidate, result: RunEvaluation, counts: Mapping[str, RecordingCounts], params: CompareParams
) -> Compared:
    model = Model.load(_file(candidate, result))
    rows = next(iter(counts.values())).confusion.labels
    matrices = {}
    for one in result.models:
        if one.by_step:
            mine = [found.aligned(rows).confusion for name, found in one.at_best.by_recording.items() if name in counts]
            if mine:
                matrices[one.name] = pool(mine)
    rates = {}
    for name, (lean, statistic) in FIGURES.items():
        scores = [lean(one) for one in counts.values()]
        if all(score is not None for score in scores):
            interval = bootstrap(scores, statistic, n=params.n_draws, seed=params.seed)
            if math.isfinite(interval.value):
                rates[name] = interval
    return Compared(
        candidate.name,
        candidate.runs.path,
        model.architecture.plugin_name,
        rates,
        counts,
        matrices,
        model.network.n_parameters,
        {one.name: _seconds(one) for one in result.models},
        {one.name: _validations(one) for one in result.models},
        _speed(model, params.speed),
        tuple(model.labels),
        {"batch_size": _batch(candidate.first), "dataset": candidate.first.dataset_digest},
    )


def _file(candidate: Candidate, result: RunEvaluation) -> Path:
    """A model of the candidate: the best of a finished run, else any."""
    for run in candidate.runs.runs.values():
        for file in (run.path / "best_model.safetensors", *(item for n in (1,) for item in run.models(n).values())):
            if file.is_file():
                return file
    raise InputError("no model was kept", path=result.path)


def _seconds(model: ModelEvaluation) -> float:
    """That a training took."""
    return max((line["seconds"] for line in model.metrics if "seconds" in line), default=math.nan)


def _validations(model: ModelEvaluation) -> tuple[list[float], list[float]]:
    """Seconds, and mean recall in validation."""
    lines = [line for line in model.metrics if "validation_recall" in line and "seconds" in line]
    return [line["seconds"] for line in lines], [line["validation_recall"] for line in lines]


def _speed(model: Model, seconds: float) -> float:
    """Seconds of sound predicted in a second by one thread, of several times the best; `nan` where nobody asks."""
    if not seconds:
        return math.nan
    import torch

    n = round(seconds * model.sample_rate)
    noise = np.random.default_rng(0).normal(scale=0.01, size=(model.n_channels, n)).astype(np.float32)
    sound = Recording.from_sound(noise, model.sample_rate, name="noise")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        times: list[float] = []
        while len(times) < _FEWEST or (len(times) < _MOST and sum(times) < _ENOUGH):
            began = time.perf_counter()
            predict(model, sound, PredictParams(device="cpu", scores_only=True))
            times.append(time.perf_counter() - began)
    finally:
        torch.set_num_threads(threads)
    return seconds / min(times)  # the least disturbed; the first one warms up


# -- figures and tests -----------------------------------------------------------------------------------------------

Figure = tuple[Callable[[RecordingCounts], Any], Callable[[Any], float]]
"""What a figure needs of the counts of a recording (`None` where they say nothing of it), and the figure of that."""


def _confusion(counts: RecordingCounts) -> ConfusionMatrix:
    return counts.confusion


def _events(counts: RecordingCounts) -> Counts | None:
    return counts.events.pooled.counts if counts.events.by_label else None


def _sequence(counts: RecordingCounts) -> SequenceScore | None:
    return None if counts.segmentation is None else counts.segmentation.sequences


FIGURES: dict[str, Figure] = {
    "f1": (_confusion, lambda matrix: overall_rates(matrix)["f1"]),
    "recall": (_confusion, lambda matrix: overall_rates(matrix)["recall"]),
    "frame_error": (_confusion, lambda matrix: matrix.frame_error),
    "event_f1": (_events, lambda counts: counts.f1),
    "segment_f1": (lambda counts: counts.segments.labelled if counts.segments.by_label else None,
                   lambda counts: counts.f1),
    "segment_error_rate": (_sequence, lambda score: score.error_rate),
}  # fmt: skip
"""The main figures, by their names (see `oscine.evaluation.main_rates`)."""


def _usual(compared: Sequence[Compared]) -> str:
    """The figure by which models of these labels are ranked."""
    there = [name for name in NAMES if all(name in one.rates for one in compared)]
    if "segment_error_rate" in there:
        return "frame_error"
    return "event_f1" if "event_f1" in there and "segment_f1" not in there else "f1"


def _pairs(compared: Sequence[Compared], name: str, params: CompareParams) -> tuple[Pair, ...]:
    """All pairs, tested on the same draws, corrected for their number."""
    lean, statistic = FIGURES[name]
    n = max(params.n_draws, _PER_PAIR * math.comb(len(compared), 2))
    scores = {one.name: [lean(counts) for counts in one.counts.values()] for one in compared}
    found = paired_bootstraps(scores, statistic, n=n, seed=params.seed)
    corrected = holm([difference.p for difference in found.values()])
    return tuple(
        Pair(*names, difference, float(p)) for (names, difference), p in zip(found.items(), corrected, strict=True)
    )
