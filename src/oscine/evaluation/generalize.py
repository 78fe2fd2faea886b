"""Does a model work on recordings that it has never met? Whole recordings are withheld from training, and judged on.

A model is trained for each set of recordings that is withheld together (or of groups of them, such as individuals):

- *one*: each by itself, one model for each,
- *some*: k models, of which the j-th withholds every k-th recording beginning with the j-th, as they are listed,
- *all*: one model, which withholds the entire list.

The models learn from the training part of all other recordings, and are judged on everything annotated in those
withheld. Where the dataset has validation sounds of the recordings that were learnt from, they choose the best step and
the thresholds, so that the withheld recordings have no say in anything; and they give the figure to compare with: what
the same model does on new sounds of recordings that it knows. Without such sounds the withheld recordings choose, as
in SongExplorer, whose figures are a little too good therefore.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Self

from pydantic import model_validator

from oscine.annotations.annotations import Annotations
from oscine.core.artifacts import timestamp
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import Field, OperationParams, Seconds
from oscine.datasets.dataset import Dataset
from oscine.datasets.folds import replace_parts, settled, undivided
from oscine.datasets.groups import group_recordings
from oscine.evaluation.evaluate import EvaluateParams
from oscine.evaluation.generalization import Generalization, Withheld
from oscine.evaluation.judged_once import judge_once
from oscine.training.params import TrainParams, check_one_seed
from oscine.training.runs import Runs

__all__ = ["Generalization", "GeneralizeParams", "generalize"]

KIND = "generalize"
"""What `runs.json` calls it."""

MAY_CHANGE = ("at-once", "tolerance", "train.device", "train.at-once", "train.logger")
"""Parameters that may differ when it is continued."""


class GeneralizeParams(OperationParams):
    """What is withheld, and how models are trained."""

    omit: Literal["one", "some", "all"] = "one"
    """Withhold each recording by itself; or every k-th of them; or all that are named at once."""
    recordings: tuple[str, ...] = ()
    """Recordings to withhold; all there are where none is named."""
    k: int | None = Field(None, ge=2)
    """Models to train where some are withheld."""
    groups: str = ""
    """Recordings that are withheld together: day, folder, folder:2, a CSV table (recording,group), or a regular
    expression on the name."""
    tolerance: Seconds = Field(0.01, ge=0)
    """How far an event, or the bounds of a segment, may be off."""
    at_once: int | None = Field(None, ge=1)
    """Models to train at a time, each in a process of its own; none: as many as cores and memory allow."""
    train: TrainParams = TrainParams()
    """How each model is trained."""

    @model_validator(mode="after")
    def _said_in_full(self) -> Self:
        if self.omit == "some" and self.k is None:
            raise InputError("into how many models are the recordings to be dealt?", cure="Add --k, such as --k 4")
        if self.omit != "some" and self.k is not None:
            raise InputError(
                "k is for --omit some alone", found=f"omit {self.omit}, k {self.k}", cure="Leave out one of them"
            )
        if self.omit == "all" and not self.recordings:
            raise InputError(
                "nothing would be left to learn from", found="omit all", cure="Name those to withhold: --recordings"
            )
        check_one_seed(self.seed, self.train)
        return self


@operation(out="runs/{time}")
def generalize(
    dataset: Dataset,
    params: GeneralizeParams = GeneralizeParams(),  # noqa: B008 - frozen
    *,
    out: Path | None = None,
    monitor: Monitor = SILENT,
) -> Generalization:
    """Judge models on whole recordings that were withheld from their training.

    Interrupted, it goes on when the same command is given again.

    Parameters
    ----------
    dataset
        From `prepare`; best with validation sounds of the recordings that are learnt from (--splitter blocks or hash).
    params
        What to withhold, and the training.
    out
        Folder of the runs; `runs/<time>` if none is given.

    Returns
    -------
    generalization
        Accuracy on each withheld recording, beside that of the same model on new sounds of recordings that it knows.

    Raises
    ------
    InputError
        Where there is only one recording (or group), one is named that is not in the dataset, k is larger than what
        there is, nothing is left to learn from, or the folder holds anything else; and whatever `train` refuses.
    """
    from oscine.training.many import Training, train_many

    out = Path("runs", timestamp()) if out is None else Path(out)
    plan = plan_withheld(dataset, params)
    datasets = {name: withhold(name, dataset, names, monitor) for name, names in plan.items()}
    if bare := [name for name, one in datasets.items() if "test" not in one.parts]:
        which = "" if len(bare) == len(datasets) else f"{', '.join(bare)}: "
        monitor.warning(
            f"{which}there are no validation sounds of the recordings that are learnt from: the withheld ones choose "
            "the best step, and there is nothing to compare with; prepare with --splitter blocks or hash"
        )
    runs = Runs.begin(out, KIND, plan, params.to_dict(), dataset_digest=dataset.digest, may_change=MAY_CHANGE)
    train = params.train.model_copy(update={"seed": params.seed})
    trainings = [Training(name, one, train, out / name) for name, one in datasets.items()]
    trained = train_many(trainings, at_once=params.at_once, runs=runs, monitor=monitor)
    found = []
    with monitor.task("Judging", total=len(trained), unit="models") as task:
        for name, run in trained.items():
            parts = {"test": "withheld", "validation": "known"} if "test" in datasets[name].parts else {}
            judged = {
                to: judge_once(
                    run.model,
                    datasets[name],
                    EvaluateParams(part=part, tolerance=params.tolerance, device=train.device),
                    out,
                    name,
                )
                for part, to in (parts or {"validation": "withheld"}).items()
            }
            found.append(Withheld(name, tuple(plan[name]), judged["withheld"], judged.get("known")))
            task.advance()
    missing = tuple(name for name in plan if name not in trained)
    result = Generalization(out, params.omit, tuple(found), missing)
    result.save()
    return result


def plan_withheld(dataset: Dataset, params: GeneralizeParams) -> dict[str, list[str]]:
    """The recordings that each model withholds, by its name.

    Raises
    ------
    InputError
        See `generalize`.
    """
    there = undivided(dataset).recordings
    for name in params.recordings:
        if name not in there:
            raise _absent(name, there, dataset)
    groups = group_recordings(params.groups, there, dataset.recordings)
    kind = "groups" if params.groups else "recordings"
    chosen = list(dict.fromkeys(groups[name] for name in (params.recordings or there)))
    units = {unit: [name for name in there if groups[name] == unit] for unit in chosen}
    n_all = len(set(groups.values()))
    if n_all < 2:
        raise InputError(
            f"there is only one {kind[:-1]}, so that none can be withheld",
            path=dataset.path,
            found=next(iter(groups.values()), "none"),
            cure="Add others, or see how it does within one: oscine cross-validate",
        )
    if params.omit == "one":
        sets = [[unit] for unit in chosen]
        names = [f"without-{unit}" for unit in plain_names(chosen)]
    elif params.omit == "all":
        sets = [chosen]
        names = [f"without-{plain_names(chosen)[0]}" if len(chosen) == 1 else f"without-{len(chosen)}-{kind}"]
    else:
        k = params.k or 0
        if k > len(chosen):
            raise InputError(
                f"there are fewer {kind} than models",
                path=dataset.path,
                found=f"k {k}, {len(chosen)} {kind}",
                cure=f"Choose --k {len(chosen)} or less",
            )
        sets = [chosen[start::k] for start in range(k)]
        names = [f"without-{number}-of-{k}" for number in range(1, k + 1)]
    plan = {name: [item for unit in mine for item in units[unit]] for name, mine in zip(names, sets, strict=True)}
    for names_of in plan.values():
        if len(names_of) == len(there):
            raise InputError(
                "nothing would be left to learn from", path=dataset.path, found=f"{len(there)} recordings are withheld",
                cure="Name fewer --recordings, or choose another --omit",
            )  # fmt: skip
    return plan


def _absent(name: str, there: Sequence[str], dataset: Dataset) -> InputError:
    """What is wrong with a recording that cannot be withheld."""
    from oscine.core.errors import nearest

    only = [part for part, rows in dataset.parts.items() if name in rows.recordings]
    if only:
        return InputError(
            "a recording that is kept for a test cannot be withheld", path=dataset.path, found=name, cure="Leave it out"
        )
    guess = nearest(name, there)
    listed = [*there[:5], *(["…"] if len(there) > 5 else [])]
    cure = f"Did you mean {guess!r}?" if guess else None
    return InputError("the dataset has no such recording", path=dataset.path, found=name, allowed=listed, cure=cure)


def plain_names(texts: Sequence[str]) -> list[str]:
    """Names of folders after recordings or groups: without suffix and path, no two alike.

    Examples
    --------
    >>> plain_names(["PS_2013.wav", "birds/a 1.wav", "cages/a 1.wav"])
    ['PS_2013', 'a_1', 'a_1-2']
    """
    found: list[str] = []
    for text in texts:
        last = re.split(r"[/\\]", text.rstrip("/\\"))[-1]
        stem = re.sub(r"[^\w.+-]+", "_", re.sub(r"\.[A-Za-z]\w{1,4}$", "", last)).strip("._") or "recording"
        name, number = stem, 2
        while name in found:
            name, number = f"{stem}-{number}", number + 1
        found.append(name)
    return found


def withhold(name: str, dataset: Dataset, recordings: Sequence[str], monitor: Monitor = SILENT) -> Dataset:
    """The dataset from which a model learns that withholds some recordings.

    Its test part is what is withheld, its validation part the validation sounds of recordings that are learnt from.
    Where there are none, it has no test part, and what is withheld is the validation part.
    """
    withheld = set(recordings)
    validation = dataset.parts.get("validation")
    learnt = [one for one in dataset.train.recordings if one not in withheld and len(_of(dataset.train, [one]))]
    others = [one for one in validation.recordings if one not in {*withheld, *learnt}] if validation else []
    train = _of(dataset.train, learnt)
    if validation is not None and others:  # whole recordings: nobody is learnt from while it is judged on
        train = train.concat(_of(validation, others))
    apart = _of(undivided(dataset), [one for one in undivided(dataset).recordings if one in withheld])
    for part, what in ((train, "to learn from"), (apart, "in what is withheld")):
        if len(part) == 0:
            raise InputError(f"{name}: there is no annotation {what}", path=dataset.path, cure="Withhold others")
    known = _of(validation, learnt) if validation is not None else None
    if known is None or len(known) == 0:
        return settled(name, replace_parts(dataset, {"train": train, "validation": apart}), monitor)
    parts = {"train": train, "validation": known, "test": apart}
    return settled(name, replace_parts(dataset, parts), monitor)


def _of(part: Annotations, recordings: Sequence[str]) -> Annotations:
    return part.select(recordings=[name for name in part.recordings if name in set(recordings)])
