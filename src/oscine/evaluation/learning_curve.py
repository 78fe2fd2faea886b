"""How much is gained by annotating more: the same training on more and more of what there is.

Each *size* (seconds of sound that is annotated from end to end, or a share of single annotated sounds) is trained
several times, on another choice of the training part and from other random weights each time; every model is judged on
the same recordings, the test part's if there are any; and a power law through the errors says what twice as much would
bring (`oscine.evaluation.power_law`). Every choice holds every label: where one does not, another is drawn, and where
none is found the size is refused before anything is trained.

runs/curve/
  runs.json                        what belongs to it (`oscine.training.runs`)
  train_dur_30s/replicate_1/ …     a run each; `judged.json` in it is how it did
  learning_curve.csv               one line a training: vak's columns first [1]_, then ours
  learning_curve.json              the fitted curves, and the sentences

References
----------
.. [1] Nicholson & Cohen, vak: a neural network framework for researchers studying animal acoustic communication,
       https://github.com/vocalpy/vak: `train_dur`, `replicate_num`, and means over recordings, `avg_…`; with `_tfm`
       after its clean-up.
.. [2] Cohen et al. (2022), eLife 11:e63853, figure 4: such curves of TweetyNet.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pandas as pd
from pydantic import model_validator

from oscine.core.artifacts import digest, timestamp, write_json
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import Field, OperationParams, Seconds
from oscine.datasets.dataset import Dataset
from oscine.evaluation.evaluate import EvaluateParams, evaluate
from oscine.evaluation.evaluation import Evaluation
from oscine.evaluation.learning_curve_result import LearningCurve, fitted
from oscine.evaluation.learning_curve_sizes import Size, plan_sizes
from oscine.metrics.frames import mean
from oscine.prediction.decoders.maximum import Maximum
from oscine.prediction.segment import SegmentParams
from oscine.training.many import Training, train_many
from oscine.training.params import TrainParams, check_one_seed
from oscine.training.run import BEST, Run
from oscine.training.runs import Runs
from oscine.training.task import check_data

__all__ = ["LearningCurve", "LearningCurveParams", "learning_curve"]

KIND = "learning-curve"
"""What `runs.json` calls it."""

_JUDGED = "judged.json"
_MAY_CHANGE = {"durations", "fractions", "n-replicates", "part", "tolerance", "segment", "raw", "level", "at-once"}
"""Parameters that may differ when a curve is gone on with: trainings that are there stay what they are."""


class LearningCurveParams(OperationParams):
    """Which sizes are trained, how often, how, and what they are judged by."""

    durations: tuple[Seconds, ...] = Field(())
    """Seconds of training sound, where it is annotated from end to end; none given: halves of all there is."""
    fractions: tuple[float, ...] = Field(())
    """Shares of the training annotations, where single sounds are annotated; none given: halves of all there are."""
    n_replicates: int = Field(5, ge=1)
    """Trainings of each size, which differ in what they learn from and in their random weights."""
    train: TrainParams = TrainParams()
    """Every training, but for how much it learns from."""
    part: str | None = None
    """Part of the dataset to judge on; none: the test part if there is one, else the validation part."""
    tolerance: Seconds = Field(0.01, ge=0)
    """How far an event, or the bounds of a segment, may be off."""
    segment: SegmentParams = SegmentParams()
    """How scores become sounds."""
    raw: bool = False
    """Judge the most probable label of each frame without any clean-up as well, as vak does."""
    level: float = Field(0.95, gt=0, lt=1)
    """Of the bands."""
    at_once: int | None = Field(None, ge=1)
    """Trainings at a time, each in a process of its own; none: as many as cores and memory allow."""

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        plain, train = TrainParams(), self.train
        for name, instead in (("n_replicates", "n-replicates"), ("seconds", "durations"), ("fraction", "fractions")):
            if getattr(train, name) != getattr(plain, name):
                raise InputError(
                    "every training of a curve is told this by the curve",
                    found=f"train.{name} {getattr(train, name)}",
                    cure=f"Give --{instead} instead",
                )
        check_one_seed(self.seed, train)
        return self


@operation(out="runs/{time}")
def learning_curve(
    dataset: Dataset,
    params: LearningCurveParams = LearningCurveParams(),  # noqa: B008 - frozen
    *,
    out: Path | None = None,
    monitor: Monitor = SILENT,
) -> LearningCurve:
    """Say how the error falls with the amount of annotation, and what twice as much would bring.

    Interrupted, it goes on when the same command is given again; more durations or replicates can be asked for later.

    Parameters
    ----------
    dataset
        From `prepare`, with a validation part, and better with a test part too.
    params
        Sizes, replicates, and the training.
    out
        Folder of all the trainings; `runs/<time>` if none is given.

    Returns
    -------
    learning_curve
        A table of every training, a fitted curve for each metric, and what doubling would bring, in words.

    Raises
    ------
    InputError
        Where there is not as much sound, a size cannot hold every label, sizes are said in a way that does not suit the
        annotations, no part can be judged on, or the folder holds anything else; and whatever `train` refuses.
    """
    out = Path("runs", timestamp()) if out is None else Path(out)
    part = _judged_part(dataset, params)
    base = params.train.model_copy(update={"seed": params.seed})
    check_data(dataset, base, monitor)
    sizes = plan_sizes(dataset, params.durations, params.fractions, params.n_replicates, params.seed, monitor)
    trainings = {
        f"{size.name}/replicate_{replicate}": (size, replicate, _training_params(base, size, replicate))
        for size in sizes
        for replicate in range(1, params.n_replicates + 1)
    }
    runs = Runs.begin(out, KIND, trainings, params.to_dict(), dataset_digest=dataset.digest, may_change=_MAY_CHANGE)
    runs.save()
    trained = train_many(
        [Training(name, dataset, item, out / name) for name, (_, _, item) in trainings.items()],
        at_once=params.at_once,
        monitor=monitor,
    )
    rows = []
    with monitor.task(f"Judging on the {part} part", total=len(trained), unit="models") as task:
        for name, run in trained.items():
            size, replicate, _ = trainings[name]
            about = {"train_dur": size.seconds, "replicate_num": replicate, "n_annotations": size.n_rows[replicate - 1]}
            rows.append({**about, **_judged(run, dataset, part, params, monitor), "run": name})
            task.advance()
    if not rows:
        raise InputError("no training could be finished", path=out, cure="See its messages above")
    missing = tuple(name for name in trainings if name not in trained)
    table = pd.DataFrame(rows)
    unit = "s" if sizes[0].is_dense else "annotations"
    curve = LearningCurve(
        out, unit, part, table, fitted(table, unit, level=params.level, seed=params.seed), missing, params.level
    )
    curve.save()
    return curve


def _training_params(base: TrainParams, size: Size, replicate: int) -> TrainParams:
    """The parameters of one training."""
    amount = {"seconds": size.seconds, "fraction": None} if size.is_dense else {"seconds": None, "fraction": size.share}
    seeds = {"seed": base.seed + replicate - 1, "subset_seed": size.seeds[replicate - 1]}
    return base.model_copy(update={**amount, **seeds})


def _judged_part(dataset: Dataset, params: LearningCurveParams) -> str:
    """The part to judge on."""
    wished = [params.part] if params.part is not None else ["test", "validation"]
    for name in wished:
        if name in dataset.parts and len(dataset.parts[name]) > 0:
            return name
    if params.part is not None:
        dataset.part(params.part)  # absent: it lists those that are there
        raise InputError(f"the {params.part} part is empty", path=dataset.path, cure="Choose another --part")
    raise InputError(
        "the dataset has neither a test nor a validation part to judge on",
        path=dataset.path,
        cure="Split one off: oscine prepare FOLDER --splitter files --splitter.test 20",
    )


# -- judging ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Key:
    """What a judgement depends on."""

    model: str
    params: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        return {"model": self.model, **self.params}


def _judged(
    run: Run, dataset: Dataset, part: str, params: LearningCurveParams, monitor: Monitor
) -> dict[str, float | None]:
    """How a training did; read from its folder where it was judged before by the same measure."""
    file = run.path / _JUDGED
    measure = EvaluateParams(part=part, tolerance=params.tolerance, segment=params.segment, device=params.train.device)
    about = {"evaluate": measure.to_dict(), "raw": params.raw, "dataset": dataset.digest}
    key = _Key(digest(run.path / BEST), about).to_dict()
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
        if known["key"] == json.loads(json.dumps(key)):
            return dict(known["errors"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not judged yet, or by another version
    monitor.check()
    errors = errors_of(evaluate(run.model, dataset, measure), clean=True)
    if params.raw:
        plain = SegmentParams(decoder=Maximum(), min_duration=0, max_gap=0)
        raw = errors_of(evaluate(run.model, dataset, measure.model_copy(update={"segment": plain})), clean=False)
        errors = {**raw, **errors}
    write_json(file, {"key": key, "errors": errors})
    return errors


def errors_of(result: Evaluation, *, clean: bool) -> dict[str, float | None]:
    """What a line of the table says of an evaluation.

    Parameters
    ----------
    result
        Of one model.
    clean
        Whether its sounds are as they are to be used; else vak's columns alone, of sounds without clean-up.

    Returns
    -------
    dict
        Errors between 0 and 1 (the syllable error rate may exceed it), none where there is nothing to count.
    """
    scores = [one.segmentation for one in result.by_recording.values() if one.segmentation is not None]
    rates = {
        "avg_acc": mean([1 - one.confusion.frame_error for one in result.by_recording.values()]),
        "avg_levenshtein": mean([float(one.sequences.distance) for one in scores]),
        "avg_character_error_rate": mean([one.syllable_error_rate for one in scores]),
    }
    if clean:
        after = {f"{name}_tfm": value for name, value in rates.items() if name != "avg_acc"}
        after["avg_acc_tfm"] = mean([1 - one.frame_error for one in scores])
        pooled = result.segmentation.pooled if result.segmentation is not None else None
        events = result.events.pooled.counts
        rates = {
            "avg_acc": rates["avg_acc"],
            **after,
            "frame_error": result.confusion_matrix.frame_error,
            "syllable_error_rate": float("nan") if pooled is None else pooled.syllable_error_rate,
            "label_error": 1 - mean(result.confusion_matrix.f1),
            "event_error": 1 - events.f1 if events.n_true else float("nan"),
        }
    return {name: None if value != value else float(value) for name, value in rates.items()}
