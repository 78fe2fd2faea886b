"""The models that runs have kept, and the sounds by which each is to be judged: found before anything is computed.

What is incomplete is left out and named: a run that has not begun, one that has kept no model yet, one without the
dataset that it learnt from, a file of a model that cannot be read. A run that is not finished is judged as far as it
has come.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from oscine.annotations.annotations import Annotations
from oscine.core.artifacts import digest
from oscine.core.errors import InputError
from oscine.datasets.dataset import Dataset
from oscine.evaluation.run_evaluation import NOT_FINISHED
from oscine.networks.fitting import fit_recording
from oscine.networks.model import Model
from oscine.networks.specification import Specification
from oscine.recordings.recording import Recording
from oscine.training.run import BEST, Run
from oscine.training.runs import Runs

Which = Literal["all", "best", "last"]


@dataclass(frozen=True)
class Material:
    """A part of a dataset, by which models are judged."""

    dataset: Dataset
    part_name: str

    @classmethod
    def of(cls, dataset: Dataset, part_name: str) -> Material:
        """The part of a dataset.

        Raises
        ------
        InputError
            Where it is not there, has no recording, or covers nothing.
        """
        material = cls(dataset, part_name)
        if not material.part.recordings:
            raise InputError(f"the {part_name} part is empty", path=dataset.path, cure="Choose another --part")
        stretches = [material.part.coverage[name] for name in material.part.recordings]
        if not any(found is None or len(found) for found in stretches):  # `None` is the whole recording
            raise InputError(
                f"the {part_name} part covers nothing, so that nothing is known to be right or wrong",
                path=dataset.path,
                cure="Say where somebody has looked, or choose another --part",
            )
        return material

    @functools.cached_property
    def part(self) -> Annotations:
        """What is true of it, and where that is known."""
        return self.dataset.part(self.part_name)

    @functools.cached_property
    def digest(self) -> str:
        """Of the whole dataset."""
        return self.dataset.digest

    @functools.cached_property
    def _fitted(self) -> dict[str, dict[str, Recording]]:
        return {}

    def recordings(self, specification: Specification) -> dict[str, Recording]:
        """Those of the part, as a model wants them; found once for all models that want them alike.

        Raises
        ------
        InputError
            Where one is not there, covered nowhere, or has other channels.
        """
        key = repr((specification.sample_rate, specification.n_channels, specification.normalise))
        if key not in self._fitted:
            self._fitted[key] = {
                name: fit_recording(self.dataset.recordings.by_name(name), specification, resample=True)
                for name in self.part.recordings
            }
        return self._fitted[key]


@dataclass(frozen=True)
class Checkpoint:
    """One model at one step.

    Attributes
    ----------
    step
        Of its training.
    file
        Where it is: the one with thresholds, of the step that training chose.
    """

    step: int
    file: Path

    @functools.cached_property
    def digest(self) -> str:
        """Of the file: weights, thresholds and all."""
        return digest(self.file)


@dataclass(frozen=True)
class Kept:
    """What one replicate of a run has kept.

    Attributes
    ----------
    name
        Of the model (see `ModelEvaluation.name`).
    checkpoints
        In the order of their steps.
    chosen
        The step that training chose; `None` where it has not finished.
    chosen_files
        The files of that model: the replicate's, and the run's if it is the best of it.
    metrics
        The lines of `metrics.jsonl`.
    material
        By what it is judged.
    steps_per_epoch
        As the run knows it.
    """

    name: str
    checkpoints: tuple[Checkpoint, ...]
    chosen: int | None
    chosen_files: tuple[Path, ...]
    metrics: list[dict[str, float]]
    material: Material
    steps_per_epoch: int | None = None

    @property
    def foremost(self) -> Checkpoint:
        """The one that training chose, else the last."""
        return next((one for one in self.checkpoints if one.step == self.chosen), self.checkpoints[-1])


def find_checkpoints(
    runs: Runs, dataset: Dataset | None, part: str, which: Which, warn: Callable[[str], None]
) -> tuple[tuple[Kept, ...], tuple[str, ...]]:
    """The models of runs, and what is missing.

    Parameters
    ----------
    runs
        Any.
    dataset
        To judge all of them by; `None` for that of each.
    part
        Of the dataset.
    which
        All steps, that which training chose, or the last one.
    warn
        Is told what is left out, and why.

    Raises
    ------
    InputError
        Where nothing can be judged: the reason of the first.
    """
    found: list[Kept] = []
    missing: list[str] = []
    problems: list[InputError] = []
    given = None if dataset is None else Material.of(dataset, part)
    for name in runs.names:
        run = runs.runs.get(name)
        if run is None:
            missing.append(f"{name} (not begun)")
            continue
        try:
            mine = list(
                _of_run(run, "" if runs.kind == "train" else name, given or Material.of(_own(run), part), which)
            )
            if not mine:
                cure = f"Give its train command again, with --out {run.path}"
                raise InputError("this training has kept no model yet", path=run.path, cure=cure)
            mine, damaged = _readable(mine)
            problems += damaged.values()
            missing += [f"{file} ({error.problem})" for file, error in damaged.items()]
            if not mine:
                continue
        except InputError as error:
            problems.append(error)
            missing.append(f"{name} ({error.problem})")
            continue
        found += mine
        if not run.finished:
            missing.append(f"{name} ({_how_far(run)})")
    if not found:
        raise (
            problems[0]
            if problems
            else InputError(
                "none of these trainings has begun", path=runs.path, cure="Give the command that made this folder again"
            )
        )
    for problem in problems:
        warn(f"{problem}; it is left out")
    for item in missing:
        if item.endswith(" begun)") or NOT_FINISHED in item:
            warn(f"incomplete: {item}")
    return tuple(found), tuple(missing)


def _how_far(run: Run) -> str:
    """How far a training has come that is not finished, each of its replicates."""
    begun = [folder.name for folder in run.replicates]
    steps = [max((round(line["step"]) for line in run.metrics(n) if "step" in line), default=0)
             for n in range(1, len(begun) + 1)]  # fmt: skip
    n_steps = run.params.get("n_steps")
    whole = f" of {n_steps}" if n_steps else ""
    return f"{NOT_FINISHED}: at step {', '.join(map(str, steps))}{whole}"


def _own(run: Run) -> Dataset:
    """What a run learnt from."""
    if not (run.path / "dataset").is_dir():
        raise InputError("the dataset of this training is gone", path=run.path, cure="Give it: --dataset FOLDER")
    return run.dataset


def _of_run(run: Run, prefix: str, material: Material, which: Which) -> Iterator[Kept]:
    several = len(run.replicates) > 1
    for folder in run.replicates:
        number = int(folder.name.rpartition("-")[2])
        best = run.best.get(folder.name)
        chosen = round(best["step"]) if best and "step" in best else None
        own = folder / BEST
        files = [own] if own.is_file() else []
        if run.finished and number == run.winner and (run.path / BEST).is_file():
            files.insert(0, run.path / BEST)
        by_step = run.models(number)
        if chosen is not None and files:
            by_step = dict(sorted({**by_step, chosen: files[0]}.items()))
        if which == "best" and chosen in by_step:
            by_step = {step: file for step, file in by_step.items() if step == chosen}
        elif which == "last":
            by_step = dict(list(by_step.items())[-1:])
        if by_step:
            yield Kept(
                "/".join(item for item in (prefix, folder.name if several or not prefix else "") if item),
                tuple(Checkpoint(step, file) for step, file in by_step.items()),
                chosen,
                tuple(files),
                run.metrics(number),
                material,
                run.steps_per_epoch,
            )


def _readable(kept: Sequence[Kept]) -> tuple[list[Kept], dict[str, InputError]]:
    """The same without files that cannot be read, and what is wrong with these, by the model's name and the file's."""
    found: list[Kept] = []
    damaged: dict[str, InputError] = {}
    for one in kept:
        whole = []
        for checkpoint in one.checkpoints:
            try:
                Model.load(checkpoint.file)
            except InputError as error:
                damaged[f"{one.name}/{checkpoint.file.name}"] = error
            else:
                whole.append(checkpoint)
        if whole:
            found.append(replace(one, checkpoints=tuple(whole)))
    return found, damaged


def says_labels(model: Model) -> bool:
    """Whether a model says anything of labels; one that reconstructs sound does not."""
    return len(model.aside) < len(model.outputs)


def describe(material: Material, params: Mapping[str, Any]) -> dict[str, Any]:
    """The key of what is judged by it (see `oscine.evaluation.keeping`), less the model."""
    return {"dataset": material.digest, "part": material.part_name, "params": dict(params)}
