"""Train models: one or several replicates, each validated, the best kept with its thresholds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from oscine.core.artifacts import Provenance, atomic_folder, describe, timestamp, write_text
from oscine.core.errors import Cancelled, InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.datasets.dataset import Dataset
from oscine.datasets.leakage import count_leaks
from oscine.datasets.prepare import PrepareParams, warn_of_few
from oscine.datasets.sampler import FrameGrid, Sampler
from oscine.metrics.curves import threshold_for_ratio
from oscine.networks.fitting import fit_recording
from oscine.networks.model import Model
from oscine.networks.specification import Specification
from oscine.networks.target import UNKNOWN
from oscine.recordings.recording import Recording
from oscine.training.examples import find_examples, make_sampler
from oscine.training.params import TrainParams
from oscine.training.run import BEST, CARD, Run, note_digest
from oscine.training.stale import note_training

if TYPE_CHECKING:
    from oscine.annotations.annotations import Annotations
    from oscine.networks.network import Network

__all__ = ["TrainParams", "train"]

_MAY_CHANGE = {"n-steps", "n-replicates", "device"}
"""Parameters that may differ when a run is continued."""

_N_STANDARDISE = 8
"""Batches on which the network's input is standardised."""


@operation(out="runs/{time}")
def train(
    dataset: Dataset,
    params: TrainParams = TrainParams(),  # noqa: B008 - frozen
    *,
    out: Path | None = None,
    monitor: Monitor = SILENT,
) -> Run:
    """Train models on a dataset.

    A run that was interrupted goes on from its last checkpoint when the same command is given again, and ends with
    the same model as one that was not. A finished run goes on likewise when more steps or replicates are asked for.

    Parameters
    ----------
    dataset
        From `prepare`, or a folder of recordings and annotations.
    params
        Network, optimisation, seeds.
    out
        Folder of the run; `runs/<time>` if none is given.

    Returns
    -------
    run
        Its `model` is the best of all replicates, with thresholds at which precision equals recall.

    Raises
    ------
    InputError
        Where recordings differ in channels or sample rate, there are fewer examples than a batch, the loss is no number
        any more, or the folder holds another run or cannot be written to.
    """
    out = Path("runs", timestamp()) if out is None else Path(out)
    recordings, specification = _fitted(dataset, params)
    network = params.architecture.build(specification)
    grid = FrameGrid(network.hop, network.context, specification.sample_rate)
    _check_enough(dataset, recordings, params)
    before = _finished_models(out)
    warn_of_few(dataset, PrepareParams().few, monitor)
    run = _open(out, params, specification, dataset)
    monitor.message(f"learning {', '.join(dataset.labels)}\n{dataset}")
    _explain(network, dataset, grid, monitor)
    task = _Task(dataset, specification, params, *_samplers(dataset, recordings, params, grid, monitor))
    try:
        for replicate in range(1, params.n_replicates + 1):
            run.best[f"replicate-{replicate}"] = _replicate(replicate, out, task, monitor)
            run.save()
    except Cancelled:
        monitor.warning(f"the training in {out} is not finished; the same command with --out {out} goes on with it")
        raise
    Model.load(out / f"replicate-{run.winner}" / BEST).save(out / BEST)
    run = replace(run, finished=True)
    run.save()
    if _finished_models(out) != before:  # else nothing was trained, and nothing is out of date
        note_training(run, dataset, monitor)
    return run


@dataclass(frozen=True)
class _Task:
    """What all replicates share."""

    dataset: Dataset
    specification: Specification
    params: TrainParams
    sampler: Sampler
    validation: Sampler | None

    @cached_property
    def provenance(self) -> Provenance:
        """The story of every model of the run; recordings are looked through once for it."""
        return Provenance.now("train", self.params.to_dict(), {"dataset": describe(self.dataset)})


def _fitted(dataset: Dataset, params: TrainParams) -> tuple[dict[str, Recording], Specification]:
    """The recordings at one rate and level, and the task."""
    rates = dataset.sample_rates()
    if len(rates) > 1 and params.sample_rate is None:
        raise InputError(
            "the recordings differ in sample rate",
            path=dataset.path,
            found=", ".join(f"{rate:g} Hz" for rate in rates),
            allowed="one rate",
            cure=f"Resample them as they are read: --sample-rate {max(rates):g}",
        )
    names = dataset.names()
    n_channels = dataset.recordings.by_name(names[0]).n_channels
    specification = Specification(
        labels=tuple(dataset.labels),
        sample_rate=params.sample_rate or rates[0],
        n_channels=n_channels,
        n_outputs=len(params.target.outputs(tuple(dataset.labels), n_channels)),
        normalise=params.normalise,
    )
    fitted = {name: fit_recording(dataset.recordings.by_name(name), specification, resample=True) for name in names}
    return fitted, specification


def _check_enough(dataset: Dataset, recordings: dict[str, Recording], params: TrainParams) -> None:
    """Refuse a single label, and fewer examples than a batch, before anything is written or decoded."""
    if len(dataset.labels) < 2:
        raise InputError(
            "there is nothing to tell the only label from",
            path=dataset.path,
            found=list(dataset.labels),
            allowed="two labels or more",
            cure="Annotate background, or say with coverage where there is nothing else",
        )
    n_examples = len(find_examples(dataset.train, recordings, dataset.labels))
    if n_examples < params.batch_size:
        raise InputError(
            "there are fewer training examples than a batch has windows",
            path=dataset.path,
            found=n_examples,
            allowed=f"{params.batch_size} or more",
            cure="Annotate more, or lower --batch-size",
        )


def _finished_models(out: Path) -> set[Path]:
    """The models that a finished run has kept; none of an unfinished one, which has not been noted yet."""
    if not (out / CARD).exists() or not (run := Run.load(out)).finished:
        return set()
    return {file for number in range(1, len(run.replicates) + 1) for file in run.models(number).values()}


def _open(out: Path, params: TrainParams, specification: Specification, dataset: Dataset) -> Run:
    """A new run, or the same one to be continued."""
    fresh = Run(out, params.to_dict(), specification.labels, dataset_digest=dataset.digest)
    if (out / CARD).exists():
        old = Run.load(out)
        changed = [
            f"{name} {before} (not {now})"
            for name, before, now in differences(old.params, fresh.params)
            if name.partition(".")[0] not in _MAY_CHANGE
        ]
        if (old.labels, old.dataset_digest) != (fresh.labels, fresh.dataset_digest):
            changed.append("another dataset")
        if changed:
            raise InputError(
                "this folder holds another run",
                path=out,
                found=", ".join(changed),
                cure="Choose another --out, or give the same dataset and parameters to continue it",
            )
        fresh = replace(fresh, best=old.best)
    with atomic_folder(out) as folder:
        write_text(folder / "labels.txt", "".join(f"{label}\n" for label in specification.labels))
        dataset.save(folder / "dataset")
        fresh.save(folder)
    return fresh


def differences(old: Mapping[str, Any], new: Mapping[str, Any], base: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Dotted name, old and new value of every option that differs, nested ones by themselves.

    Examples
    --------
    >>> list(differences({"a": 1, "b": {"c": 2, "d": 3}}, {"a": 1, "b": {"c": 2, "d": 4}}))
    [('b.d', 3, 4)]
    """
    for key in dict.fromkeys([*old, *new]):
        before, now, name = old.get(key), new.get(key), f"{base}{key}".replace("_", "-")
        if isinstance(before, Mapping) and isinstance(now, Mapping) and before.get("name") == now.get("name"):
            yield from differences(before, now, f"{name}.")
        elif before != now:
            yield name, _named(before), _named(now)


def _named(value: Any) -> Any:
    """A plug-in by its name, any other value as it is."""
    return value.get("name") if isinstance(value, Mapping) else value


def _replicate(number: int, out: Path, task: _Task, monitor: Monitor) -> dict[str, float]:
    """Train one model; says its best step, and its F1 where it was validated."""
    from oscine.training.loop import Fit

    params, folder = task.params, out / f"replicate-{number}"
    seeds = {
        name: (given if given is not None else params.seed) + number - 1
        for name, given in (("weights", params.weights_seed), ("batches", params.batches_seed))
    }
    sampler = task.sampler.with_seed(seeds["batches"])
    network = params.architecture.build(task.specification).initialise(seeds["weights"])
    network.standardise(sampler.batch(step, params.batch_size)[0] for step in range(_N_STANDARDISE))
    events = task.dataset.events()

    def keep(trained: Network, step: int, best: bool) -> None:
        model = Model(
            trained,
            params.architecture,
            params.target,
            events=events,
            training={"step": step, "replicate": number, "seeds": seeds, "params": params.to_dict()},
            provenance=task.provenance,
        )
        file = folder / f"step-{step:06d}_model.safetensors"
        model.save(file)
        note_digest(model, file)
        if best:
            model.save(folder / BEST)

    fit = Fit(network, params.target, params.loss, sampler, task.validation, params, folder, seeds["batches"], keep)
    state = fit.run(monitor)
    if task.validation is None:
        return {"step": state.best_step}
    best = Model.load(folder / BEST)
    best.with_thresholds(choose_thresholds(best, task.validation, params.batch_size)).save(folder / BEST)
    return {"step": state.best_step, "f1": state.best_value}


def _samplers(
    dataset: Dataset,
    recordings: dict[str, Recording],
    params: TrainParams,
    grid: FrameGrid,
    monitor: Monitor,
) -> tuple[Sampler, Sampler | None]:
    """Where batches come from, and validation windows where there is something to validate on."""
    n_frames = max(1, round(params.window * grid.frame_rate))

    def sampler_of(part: Annotations) -> Sampler:
        return make_sampler(
            part, recordings, dataset.labels, params.target, grid,
            n_frames=n_frames, seed=params.seed, balance=params.balance, monitor=monitor,
        )  # fmt: skip

    return sampler_of(dataset.train), sampler_of(dataset.parts["validation"]) if _is_validated(dataset) else None


def _is_validated(dataset: Dataset) -> bool:
    return "validation" in dataset.parts and len(dataset.parts["validation"]) > 0


def _explain(network: Network, dataset: Dataset, grid: FrameGrid, monitor: Monitor) -> None:
    """Say what is trained, and warn where the validation is no test of it."""
    monitor.message(network.describe())
    if not _is_validated(dataset):
        monitor.warning("there is no validation part: how good the model is cannot be said, and it has no thresholds")
        return
    reach = (sum(grid.context) + 1) / grid.sample_rate
    leaks, n_validation = count_leaks(dataset, reach)
    if leaks:
        monitor.warning(
            f"{leaks} of {n_validation} validation annotations lie within {reach:.3g} s, what a frame sees, of a "
            "training one: scores are optimistic; split by files, or by blocks with that much of a guard"
        )


def choose_thresholds(model: Model, validation: Sampler, batch_size: int) -> dict[str, float]:
    """The threshold of each label at which precision equals recall, on windows around the validation examples.

    The scores are probabilities, as prediction gives them. A label without a validation example has no threshold.
    """
    scores, truth = [], []
    for sound, true in validation.centred(4 * batch_size):
        known = true != UNKNOWN
        scores.append(model.scores(sound).transpose(1, 0, 2)[:, known])
        truth.append(true[known])
    values, labels = np.concatenate(scores, axis=1), np.concatenate(truth)
    chosen = {label: threshold_for_ratio(values[i], labels == i).value for i, label in enumerate(model.labels)}
    return {label: value for label, value in chosen.items() if math.isfinite(value)}
