"""Cross-validation: how good a way of training is, judged on every annotation by a model that did not learn from it.

The ways of dealing annotations into folds are those of `oscine.datasets.folds`. Of each model the step that does best
on its own fold is taken, and thresholds are chosen there, as SongExplorer has it; that makes figures a little too good
where a fold is small. A test part, where the dataset has one, is not touched.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import model_validator

from oscine.core.artifacts import timestamp
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import Field, OperationParams, Seconds
from oscine.datasets.dataset import Dataset
from oscine.datasets.folds import By, Folding, make_folds, undivided
from oscine.evaluation.cross_validation import CrossValidation
from oscine.evaluation.evaluate import EvaluateParams
from oscine.evaluation.judged_once import judge_once
from oscine.training.params import TrainParams, check_one_seed
from oscine.training.runs import Runs

__all__ = ["CrossValidateParams", "CrossValidation", "cross_validate"]

KIND = "cross-validate"
"""What `runs.json` calls it."""

MAY_CHANGE = ("at-once", "tolerance", "train.device", "train.at-once", "train.logger")
"""Parameters that may differ when it is continued."""


class CrossValidateParams(OperationParams):
    """How annotations are dealt into folds, and how models are trained."""

    k: int = 5
    """Folds; negative to learn from one fold and validate on all others, which tells whether more annotations would
    help."""
    by: By | None = None
    """What is dealt out: single annotations (by their hash, as in SongExplorer; or stratified by label), blocks of
    time, whole recordings. None: annotations, where single sounds are annotated; else recordings, or blocks where
    recordings are fewer than folds."""
    groups: str = ""
    """Recordings that stay together: day, folder, folder:2, a CSV table (recording,group), or a regular expression
    on the name."""
    block: Seconds = Field(10.0, gt=0)
    """Longest block."""
    guard: Seconds = Field(0.5, ge=0)
    """Time left unused where blocks of different folds meet; at least the network's context."""
    tolerance: Seconds = Field(0.01, ge=0)
    """How far an event, or the bounds of a segment, may be off."""
    at_once: int | None = Field(None, ge=1)
    """Models to train at a time, each in a process of its own; none: as many as cores and memory allow."""
    train: TrainParams = TrainParams()
    """How each model is trained."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if abs(self.k) < 2:
            raise InputError("there must be two folds at least", found=f"k {self.k}", allowed="≥ 2, or ≤ -2")
        if self.groups and self.by not in {None, "recordings"}:
            raise InputError(
                "groups of recordings stay together only where recordings are dealt out",
                found=f"by {self.by}",
                cure="Choose --by recordings, or leave out --groups",
            )
        check_one_seed(self.seed, self.train)
        return self


@operation(out="runs/{time}")
def cross_validate(
    dataset: Dataset,
    params: CrossValidateParams = CrossValidateParams(),  # noqa: B008 - frozen
    *,
    out: Path | None = None,
    monitor: Monitor = SILENT,
) -> CrossValidation:
    """Judge a way of training by k-fold cross-validation.

    Interrupted, it goes on when the same command is given again.

    Parameters
    ----------
    dataset
        From `prepare`, or a folder of recordings and annotations. Its train and validation part are dealt out together.
    params
        Folds, and the training.
    out
        Folder of the runs, one for each fold; `runs/<time>` if none is given.

    Returns
    -------
    cross_validation
        Accuracy of each fold, their mean and standard deviation, and of all of them pooled, with an interval.

    Raises
    ------
    InputError
        Where there are more folds than annotations, blocks or recordings, a fold has nothing to learn from or to
        validate on, or the folder holds anything else; and whatever `train` refuses.
    """
    from oscine.training.many import Training, train_many

    out = Path("runs", timestamp()) if out is None else Path(out)
    by, why = (params.by, "") if params.by else _suited(dataset, params)
    if why:
        monitor.message(why)
    monitor.message(f"{abs(params.k)} folds by {by}" + (", roles swapped" if params.k < 0 else ""))
    folding = Folding(params.k, by, params.groups, params.block, params.guard, params.seed)
    folds = make_folds(dataset, folding, monitor)
    runs = Runs.begin(out, KIND, folds, params.to_dict(), dataset_digest=dataset.digest, may_change=MAY_CHANGE)
    train = params.train.model_copy(update={"seed": params.seed})
    trainings = [Training(name, fold, train, out / name) for name, fold in folds.items()]
    trained = train_many(trainings, at_once=params.at_once, runs=runs, monitor=monitor)
    judged = {}
    how = EvaluateParams(part="validation", tolerance=params.tolerance, device=train.device)
    with monitor.task("Judging", total=len(trained), unit="models") as task:
        for name, run in trained.items():
            judged[name] = judge_once(run.model, folds[name], how, out, name)
            task.advance()
    missing = tuple(name for name in folds if name not in trained)
    result = CrossValidation(out, params.k, by, judged, missing)
    result.save()
    return result


def _suited(dataset: Dataset, params: CrossValidateParams) -> tuple[By, str]:
    """What to deal out where nobody says, and why, where that may surprise."""
    from oscine.datasets.groups import group_recordings
    from oscine.training.traits import is_dense

    whole = undivided(dataset)
    if params.groups:
        return "recordings", ""
    if not is_dense(whole, {name: dataset.recordings.by_name(name) for name in whole.recordings}):
        return "annotations", ""
    n = len(set(group_recordings("", whole.recordings, dataset.recordings).values()))
    if n >= abs(params.k):
        return "recordings", ""
    return "blocks", (
        f"blocks of time are dealt out, as {abs(params.k)} folds are more than {n} recording{'s' * (n != 1)}; "
        "neighbouring blocks sound alike, so that figures are optimistic"
        + (f" (--k {n} would deal out recordings)" if n > 1 else "")
    )
