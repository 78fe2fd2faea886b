"""How good models are, on a part of a dataset, where somebody has looked.

Two questions are answered from the very scores that prediction gives:

- of the *frames*: which labels are taken for which, what every threshold would do, and whether probabilities mean what
  they say; where labels may overlap, none is taken for another, and the confusion matrix has two rows for each label:
  where it is, and where it is not,
- of the *sounds*: how many events are found within a tolerance, and how many segments, after the same decoding that
  `segment` does; syllable error rate and boundaries where somebody has looked for every segment.

All else than what the part covers is left out of every count (`oscine.evaluation.scoring`). Of a run, or of many, every
model that was kept is judged, each by the part of its own dataset; what has been judged before is not judged again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, overload

from oscine.core.artifacts import atomic_folder
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import Field, OperationParams, Seconds
from oscine.datasets.dataset import Dataset
from oscine.evaluation.at_once import n_at_once, run_jobs
from oscine.evaluation.checkpoints import Checkpoint, Kept, Material, describe, find_checkpoints, says_labels
from oscine.evaluation.chosen_on import warn_of_choice
from oscine.evaluation.evaluation import Evaluation
from oscine.evaluation.keeping import KeptEvaluations, find_kept, keep, lighten
from oscine.evaluation.learnt_from import dataset_of
from oscine.evaluation.run_evaluation import COUNTS, ModelEvaluation, RunEvaluation, best_step
from oscine.evaluation.scoring import check_labels, score_model
from oscine.evaluation.tables import write_tables
from oscine.evaluation.whole import WHOLE, Whole, count_learnt, is_whole
from oscine.networks.model import Model
from oscine.prediction.segment import SegmentParams
from oscine.training.run import CARD, Run
from oscine.training.runs import CARD as CARD_OF_RUNS
from oscine.training.runs import KIND_OF_ONE, Runs

__all__ = ["EvaluateParams", "Evaluation", "RunEvaluation", "Trained", "evaluate"]


class EvaluateParams(OperationParams):
    """What is compared, and how."""

    part: str = "validation"
    """Part of the dataset; of a folder of recordings that was not prepared, all is judged."""
    checkpoints: Literal["all", "best", "last"] = "all"
    """Of a run: which steps of each model are judged, all that were kept, the one that training chose, or the last."""
    ratio: float = Field(1.0, gt=0)
    """Wished precision / recall, at which each label's threshold is chosen."""
    ratios: tuple[Annotated[float, Field(gt=0)], ...] = Field((0.5, 1.0, 2.0))
    """Other ratios for which the tables hold thresholds."""
    tolerance: Seconds = Field(0.01, ge=0)
    """How far an event, or the bounds of a segment, may be off."""
    segment: SegmentParams = SegmentParams()
    """How scores become sounds."""
    calibrate: bool = False
    """Fit a temperature, so that probabilities mean what they say, and judge the model with it."""
    store: bool = False
    """Store the thresholds in the model, and the temperature where one is fitted; of a run in its best models."""
    figures: Literal["best", "all"] = "best"
    """Of a run: draw the figures of the best step of each model, or of all steps."""
    at_once: int | None = Field(None, ge=1)
    """Of a run: checkpoints judged at a time, in a process each; as many as the cores allow where it pays."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where to compute."""

    @property
    def all_ratios(self) -> tuple[float, ...]:
        """All wished ratios, the foremost first."""
        return tuple(dict.fromkeys([self.ratio, *self.ratios]))

    def matters(self) -> dict[str, Any]:
        """What the counts of a model depend on, as plain values."""
        values = self.to_dict()
        return {name: values[name] for name in ("ratio", "ratios", "tolerance", "segment", "calibrate")}


class Trained:
    """What can be judged: the file of a model, the folder of a run, or a folder of runs."""

    @classmethod
    def load(cls, path: str | Path) -> Model | Runs:
        """Open whichever it is.

        Raises
        ------
        InputError
            Where it is none of them.
        """
        path = Path(path)
        if (path / CARD_OF_RUNS).is_file() or (path / CARD).is_file():
            return Runs.load(path)
        if path.is_dir() and not any(path.glob("*_model.safetensors")) and any(path.glob(f"*/{CARD}")):
            return Runs.load(path)
        return Model.load(path)


def save_evaluation(result: Evaluation | RunEvaluation, target: Path, _: EvaluateParams) -> list[Path]:
    """Write the tables of a result into its folder."""
    return [result.save(target)]


@overload
def evaluate(
    model: Model,
    dataset: Dataset | None = None,
    params: EvaluateParams = ...,
    *,
    out: Path | None = None,
    monitor: Monitor = ...,
) -> Evaluation: ...


@overload
def evaluate(
    model: Run | Runs,
    dataset: Dataset | None = None,
    params: EvaluateParams = ...,
    *,
    out: Path | None = None,
    monitor: Monitor = ...,
) -> RunEvaluation: ...


@operation(out="{folder}/{stem}.evaluation", save=save_evaluation)
def evaluate(
    model: Trained | Model | Run | Runs,
    dataset: Whole | Dataset | None = None,
    params: EvaluateParams = EvaluateParams(),  # noqa: B008 - frozen
    *,
    out: Path | None = None,
    monitor: Monitor = SILENT,
) -> Evaluation | RunEvaluation:
    """Say how good a model is on a part of a dataset, or all models of a run, or of many.

    Parameters
    ----------
    model
        A model, the folder of a run, or a folder of runs.
    dataset
        By default the one that each was trained with, whose validation part it has not learnt from. Of a folder of
        recordings that was not prepared, all that is annotated is judged.
    params
        Part, wished ratios of precision to recall, tolerance.
    out
        Of runs: the folder that each judged model is kept in at once, so that it need not be judged again; `None` for
        none.

    Returns
    -------
    evaluation
        Of a model: confusion matrix, curves, thresholds, scores of sounds, all with intervals. Of runs: that of every
        model at every step that was kept, the best step of each, and these pooled.

    Raises
    ------
    InputError
        Where the part is empty or absent, a label of it is not the model's, the model says nothing of labels, no model
        was kept, or there is no dataset or model file where one is needed.

    Examples
    --------
    >>> import oscine
    >>> from oscine.networks.specification import Specification
    >>> from oscine.testing import fly_song
    >>> sound, truth = fly_song(30, seed=1, name="a.wav")
    >>> recordings = oscine.Recordings([oscine.Recording.from_sound(sound, 2500.0, name="a.wav")])
    >>> dataset = oscine.prepare(recordings, truth, oscine.PrepareParams(few=1))
    >>> architecture, target = oscine.SongExplorer(), oscine.TrainParams().target
    >>> task = Specification(labels=tuple(dataset.labels), sample_rate=2500)
    >>> untrained = Model(architecture.build(task), architecture, target)
    >>> result = evaluate(untrained, dataset)
    >>> result.confusion_matrix.counts.sum() > 1000, list(result.curves) == list(dataset.labels)
    (np.True_, True)
    """
    assert dataset is None or isinstance(dataset, Dataset)
    params = _part_of(dataset, params, model, monitor)
    if isinstance(model, Run):
        return _evaluate_runs(Runs(model.path, KIND_OF_ONE, (model.path.name,)), dataset, params, out, monitor)
    if isinstance(model, Runs):
        return _evaluate_runs(model, dataset, params, out, monitor)
    assert isinstance(model, Model)
    return _evaluate_model(model, dataset, params, monitor)


def _part_of(
    dataset: Dataset | None, params: EvaluateParams, model: Trained | Model | Run | Runs, monitor: Monitor
) -> EvaluateParams:
    """The parameters with the part that is meant: nobody has told a bare folder into parts, so all of it."""
    if dataset is None or not is_whole(dataset) or params.part not in ("validation", WHOLE):
        return params
    n = len(dataset.part(WHOLE).recordings)
    monitor.message(
        f"{dataset.path} was not prepared, so all of it is judged that is annotated, in {n} recording{'s' * (n != 1)}"
    )
    runs = [model] if isinstance(model, Run) else list(model.runs.values()) if isinstance(model, Runs) else []
    own = [run.dataset for run in runs if (run.path / "dataset").is_dir()]
    n_learnt = max((count_learnt(dataset, one) for one in own), default=0)
    if n_learnt:
        monitor.warning(
            f"{n_learnt} of them the model has learnt from, so that it looks better than it is; without --dataset it "
            "is judged by what it has not"
        )
    return params.model_copy(update={"part": WHOLE})


# -- one model -------------------------------------------------------------------------------------------------------


def _evaluate_model(model: Model, dataset: Dataset | None, params: EvaluateParams, monitor: Monitor) -> Evaluation:
    if params.store and model.path is None:
        raise InputError("there is no file to store thresholds in", cure="Save the model first: model.save(path)")
    if not says_labels(model):
        raise InputError(
            f"a model with the target {model.target.plugin_name!r} says nothing of labels, by which it could be judged",
            path=model.path,
            cure="Look at the losses in its run instead",
        )
    material = Material.of(dataset or dataset_of(model), params.part)
    result = _judge(model, material, params, monitor)
    if params.store and model.path is not None:
        _store(model.path, result, params)
    return result


def _judge(model: Model, material: Material, params: EvaluateParams, monitor: Monitor, title: str = "") -> Evaluation:
    recordings = material.recordings(model.specification)
    model.to(params.device)

    def judge(model: Model, title: str) -> Evaluation:
        return score_model(
            model,
            material.part,
            recordings,
            params.segment,
            tolerance=params.tolerance,
            ratios=params.all_ratios,
            name=material.part_name,
            monitor=monitor,
            title=title,
        )

    what = f"{title or 'Evaluating'} on {len(recordings)} recording{'s' * (len(recordings) > 1)}"
    result = judge(model, what)
    if params.calibrate:  # thresholds belong to a scale: those of the old one are chosen anew
        model = model.with_temperature(result.fitted_temperature)
        model = model.with_thresholds(_found(model, judge(model, f"{what}, calibrated")))
        result = judge(model, f"{what}, with the new thresholds")
    note = warn_of_choice(model, params.segment, material.part_name, material.digest)
    return replace(result, notes=(note,)) if note else result


def _found(model: Model, result: Evaluation) -> dict[str, float]:
    """A model's thresholds, with those that were found in place of its own."""
    finite = {label: item.value for label, item in result.thresholds.items() if not item.reason}
    return {**model.thresholds, **finite}


def _store(path: Path, result: Evaluation, params: EvaluateParams) -> None:
    """Put what was found into the file of a model."""
    model = Model.load(path)
    if params.calibrate:
        model = model.with_temperature(result.temperature)
    model.with_thresholds(_found(model, result)).save(path)


# -- runs ------------------------------------------------------------------------------------------------------------


def _evaluate_runs(
    runs: Runs, dataset: Dataset | None, params: EvaluateParams, out: Path | None, monitor: Monitor
) -> RunEvaluation:
    kept, missing = find_checkpoints(runs, dataset, params.part, params.checkpoints, monitor.warning)
    firsts = {one.name: Model.load(one.foremost.file) for one in kept}
    for one in kept:  # nothing is written before it is known that all can be judged
        first = firsts[one.name]
        if says_labels(first):
            check_labels(first, one.material.part)
            one.material.recordings(first.specification)
    labels = dict.fromkeys(label for one in firsts.values() if says_labels(one) for label in one.labels)
    judged = [one for one in kept if says_labels(firsts[one.name])]
    found = _judge_all(judged, params, out, monitor)
    models = []
    for one in kept:
        by_step = found.get(one.name, {})  # one that reconstructs sound has its losses only
        f1 = {step: evaluation.overall["f1"] for step, evaluation in by_step.items()}
        if params.store and one.chosen is not None and one.chosen in by_step:
            for file in one.chosen_files:
                _store(file, by_step[one.chosen], params)
        best = best_step(f1, one.chosen) if by_step else _least_loss(one)
        models.append(ModelEvaluation(one.name, by_step, best, one.metrics, one.chosen, one.steps_per_epoch))
    ratios = tuple(sorted(params.all_ratios))
    return RunEvaluation(runs.path, tuple(labels), tuple(models), params.part, ratios, missing)


def _judge_all(
    kept: Sequence[Kept], params: EvaluateParams, out: Path | None, monitor: Monitor
) -> dict[str, Mapping[int, Evaluation]]:
    """Every checkpoint of these models, judged if it is not there; by name of the model."""
    titles = {
        (one.name, checkpoint.step): f"{one.name} at step {checkpoint.step} ({number} of {len(one.checkpoints)})"
        for one in kept
        for number, checkpoint in enumerate(one.checkpoints, 1)
    }
    if out is None:
        found: dict[str, dict[int, Evaluation]] = {one.name: {} for one in kept}
        for one in kept:
            for checkpoint in one.checkpoints:
                title = titles[one.name, checkpoint.step]
                evaluation = _judge(Model.load(checkpoint.file), one.material, params, monitor, title)
                found[one.name][checkpoint.step] = lighten(evaluation)
        return dict(found)
    jobs = [
        (one, checkpoint)
        for one in kept
        for checkpoint in one.checkpoints
        if not find_kept(_place(out / one.name, checkpoint), _key(one, checkpoint, params))
    ]
    n_at_a_time = 1 if params.at_once is None else n_at_once(len(jobs), 0, params.at_once, params.device)
    while jobs and n_at_a_time == 1:
        began = time.monotonic()
        one, checkpoint = jobs.pop(0)
        _judge_and_keep(one, checkpoint, params, out / one.name, monitor, titles[one.name, checkpoint.step])
        n_at_a_time = n_at_once(len(jobs), time.monotonic() - began, params.at_once, params.device)
    if jobs:
        arguments = [(one, checkpoint, params, out / one.name) for one, checkpoint in jobs]
        run_jobs(_judge_and_keep, arguments, n_at_a_time, monitor)
    return {
        one.name: KeptEvaluations({item.step: _place(out / one.name, item) for item in one.checkpoints}) for one in kept
    }


def _place(folder: Path, checkpoint: Checkpoint) -> Path:
    """Where a judged checkpoint is kept."""
    return folder / COUNTS.format(step=checkpoint.step)


def _key(kept: Kept, checkpoint: Checkpoint, params: EvaluateParams) -> dict[str, Any]:
    """What a judged checkpoint depends on."""
    return {**describe(kept.material, params.matters()), "model": checkpoint.digest}


def _judge_and_keep(
    kept: Kept, checkpoint: Checkpoint, params: EvaluateParams, folder: Path, monitor: Monitor = SILENT, title: str = ""
) -> None:
    """Judge a checkpoint, and write its tables and its counts."""
    key = _key(kept, checkpoint, params)
    evaluation = _judge(Model.load(checkpoint.file), kept.material, params, monitor, title)
    with atomic_folder(folder) as temporary:
        write_tables(evaluation, temporary, f".ckpt-{checkpoint.step}")
        keep(evaluation, _place(temporary, checkpoint), key)


def _least_loss(kept: Kept) -> int:
    """The step of least validation loss, else that which training chose, else the last."""
    losses: Iterator[tuple[float, int]] = (
        (line["validation_loss"], round(line["step"])) for line in kept.metrics if "validation_loss" in line
    )
    otherwise = kept.checkpoints[-1].step if kept.chosen is None else kept.chosen
    return min(losses, default=(0.0, otherwise))[1]
