"""Train models: one or several replicates, each validated, the best kept with its thresholds."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from oscine.core.artifacts import Provenance, atomic_folder, describe, timestamp, write_text
from oscine.core.errors import Cancelled, InputError
from oscine.core.lock import PATIENCE, exclusive
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.datasets.dataset import Dataset
from oscine.datasets.prepare import PrepareParams, warn_of_few
from oscine.datasets.sampler import Sampler
from oscine.metrics.curves import threshold_for_ratio
from oscine.networks.model import Model
from oscine.training.devices import run_shared
from oscine.training.metrics_file import METRICS, read_metrics
from oscine.training.params import TrainParams
from oscine.training.parts import take_weights
from oscine.training.prune import STATE
from oscine.training.run import BEST, CARD, Run, note_digest
from oscine.training.stale import note_training
from oscine.training.task import Task, differences, prepare_task

if TYPE_CHECKING:
    from oscine.networks.network import Network

__all__ = ["TrainParams", "train"]

_MAY_CHANGE = {"n-steps", "n-epochs", "n-replicates", "at-once", "device", "logger"}
"""Parameters that may differ when a run is continued."""

_LOCK = ".lock"
"""File that is locked while a training writes into the folder of its run."""

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
    the same model as one that was not. A finished run goes on likewise when more replicates are asked for; or more
    steps, where the schedule does not depend on their number (constant, plateau).

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
        Where a training would be in vain: recordings differ in channels or sample rate, there is no validation part,
        there are fewer examples than a batch, labels cannot be learnt, windows are longer than the sound, a part to
        freeze or a model to start from does not fit; where the loss is no number any more, or the folder holds another
        run or cannot be written to.
    """
    out = Path("runs", timestamp()) if out is None else Path(out)
    before = _finished_models(out)
    try:
        run = _train(dataset, params, out, monitor)
    except Cancelled:
        monitor.warning(f"the training in {out} is not finished; the same command with --out {out} goes on with it")
        raise
    if _finished_models(out) != before:  # else nothing was trained, and nothing is out of date
        note_training(run, dataset, monitor)
    return run


def train_aside(dataset: Dataset, params: TrainParams, out: Path, monitor: Monitor = SILENT) -> Run:
    """The same for a model that is to be judged rather than used, such as that of a fold: it makes nothing stale."""
    run = _train(dataset, params, out, monitor)
    return run.with_provenance(Provenance.now("train", params.to_dict(), {"dataset": describe(dataset)}))


def _train(dataset: Dataset, params: TrainParams, out: Path, monitor: Monitor) -> Run:
    """Train all replicates of a run."""
    warn_of_few(dataset, PrepareParams().few, monitor)
    task = prepare_task(dataset, params, monitor)
    with alone(out):
        run = _open(out, task)
        for replicate, best in _replicates(out, task, monitor):
            run.best[f"replicate-{replicate}"] = best
            run.save()
        Model.load(out / f"replicate-{run.winner}" / BEST).save(out / BEST)
        run = replace(run, finished=True)
        run.save()
    return run


def _finished_models(out: Path) -> set[Path]:
    """The models that a finished run has kept; none of an unfinished one, which has not been noted yet."""
    if not (out / CARD).exists() or not (run := Run.load(out)).finished:
        return set()
    return {file for number in range(1, len(run.replicates) + 1) for file in run.models(number).values()}


def _open(out: Path, task: Task) -> Run:
    """A new run, or the same one to be continued."""
    params, dataset = task.given, task.dataset
    fresh = Run(
        out,
        params.to_dict(),
        task.specification.labels,
        dataset_digest=dataset.digest,
        steps_per_epoch=task.steps_per_epoch,
    )
    if (old := _same(out, params, dataset.digest, task.specification.labels)) is not None:
        fresh = replace(fresh, best=old.best)
    with atomic_folder(out) as folder:
        write_text(folder / "labels.txt", "".join(f"{label}\n" for label in task.specification.labels))
        dataset.save(folder / "dataset")
        fresh.save(folder)
    return fresh


def find_same(out: Path, dataset: Dataset, params: TrainParams) -> Run | None:
    """The run of a training where its folder holds it; `finished` where all that is asked for is trained.

    Raises
    ------
    InputError
        Where the folder holds another run.
    """
    old = _same(out, params, dataset.digest, tuple(dataset.labels))
    if old is None:
        return None
    now = params.to_dict()
    grows = any(old.params.get(name) != now[name] for name in ("n_steps", "n_epochs"))
    enough = len(old.best) >= params.n_replicates
    return replace(old, finished=old.finished and enough and not grows)


def _same(out: Path, params: TrainParams, dataset_digest: str, labels: tuple[str, ...]) -> Run | None:
    """What the folder of a run holds already, if anything; another run is refused."""
    if not (out / CARD).exists():
        return None
    old = Run.load(out)
    may_change = _MAY_CHANGE - ({"n-steps", "n-epochs"} if params.schedule.sees_end else set())
    changed = [
        f"{name} {before} (not {now})"
        for name, before, now in differences({**TrainParams().to_dict(), **old.params}, params.to_dict())
        if name.partition(".")[0] not in may_change
    ]
    if old.labels != labels:
        changed.append(f"labels {', '.join(old.labels)} (not {', '.join(labels)})")
    elif old.dataset_digest != dataset_digest:
        changed.append("another dataset")
    if changed:
        raise InputError(
            "this folder holds another run",
            path=out,
            found=", ".join(changed),
            cure=_cure(changed, params),
        )
    return old


@contextmanager
def alone(out: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Within it, no other training, nor anything that deletes models, works in the folder of a run.

    A folder that was made for it, and that nothing was written to, is taken away again.

    Raises
    ------
    InputError
        Where another one does, for longer than `patience` seconds.
    """
    lock, is_new = out / _LOCK, not out.exists()
    with exclusive(
        lock,
        patience,
        problem="a training is running in this folder",
        cure="Wait until it has ended, or choose another --out",
    ):
        try:
            yield
        finally:
            if is_new and list(out.iterdir()) == [lock]:
                with suppress(OSError):  # a lock that is held cannot be deleted on Windows
                    lock.unlink()
                    out.rmdir()


def _cure(changed: list[str], params: TrainParams) -> str:
    """What can be done about a folder that holds another run."""
    if all(item.startswith(("n-steps", "n-epochs")) for item in changed):
        return (
            f"The schedule {params.schedule.plugin_name} was made for that many steps; to learn more, choose another "
            "--out and --start-from this one"
        )
    return "Choose another --out, or give the same dataset and parameters to continue it"


def _replicates(out: Path, task: Task, monitor: Monitor) -> Iterator[tuple[int, dict[str, float]]]:
    """Train all replicates, one after the other or several at once; says of each what `_replicate` says."""
    pruned = {
        number: best
        for number in range(1, task.params.n_replicates + 1)
        if (best := _pruned(number, out, task)) is not None
    }
    yield from pruned.items()
    numbers = [number for number in range(1, task.params.n_replicates + 1) if number not in pruned]
    if min(task.params.at_once, len(numbers)) > 1:
        from oscine.training.many import train_replicates

        yield from train_replicates(numbers, out, task.given, monitor)
    elif numbers:
        samplers = task.samplers(monitor)
        for number in numbers:
            yield number, _replicate(number, out, task, samplers, monitor)


def _pruned(number: int, out: Path, task: Task) -> dict[str, float] | None:
    """What is known of a replicate that was trained to its end and then pruned (`oscine prune`); `None` for others.

    Raises
    ------
    InputError
        Where it should go on, for which its state would be needed.
    """
    folder = out / f"replicate-{number}"
    best = Run.load(out).best.get(folder.name)
    if best is None or (folder / STATE).exists() or not (folder / BEST).exists():
        return None
    lines = read_metrics(folder / METRICS)
    reached = round(lines[-1]["step"]) if lines else 0
    if reached < task.params.n_steps and task.params.patience is None:
        raise InputError(
            "this training was pruned, and cannot go on",
            path=folder,
            found=f"--n-steps {task.params.n_steps}, of which {reached} are done",
            cure="Train in another --out with --start-from this one",
        )
    return best


def train_replicate(
    number: int, out: Path, dataset: Dataset, params: TrainParams, monitor: Monitor
) -> dict[str, float]:
    """Train one model of a run that has begun, as `train` would; says its best step, and what was measured there."""
    task = prepare_task(dataset, params, SILENT)
    return _replicate(number, out, task, task.samplers(SILENT), monitor)


def _replicate(
    number: int, out: Path, task: Task, samplers: tuple[Sampler, Sampler | None], monitor: Monitor
) -> dict[str, float]:
    """Train one model, with its thresholds; says its best step, and what was measured there."""
    if task.params.devices > 1:
        best = run_shared(out, number, task.params.devices, monitor)
    else:
        best = fit_replicate(number, out, task, samplers, monitor)
    if samplers[1] is not None:
        file = out / f"replicate-{number}" / BEST
        model = Model.load(file)
        model.with_thresholds(choose_thresholds(model, samplers[1], task.params.batch_size)).save(file)
    return best


def fit_replicate(
    number: int, out: Path, task: Task, samplers: tuple[Sampler, Sampler | None], monitor: Monitor
) -> dict[str, float]:
    """Train one model in this process.

    Parameters
    ----------
    number
        Of the replicate, from 1.
    out
        The run's folder.
    task, samplers
        What is trained, and its windows for training and validation.

    Returns
    -------
    dict
        The best step, and what was measured there.
    """
    from oscine.training.loop import CHECKPOINT, Fit

    params, folder = task.params, out / f"replicate-{number}"
    seeds = {
        name: (given if given is not None else params.seed) + number - 1
        for name, given in (("weights", params.weights_seed), ("batches", params.batches_seed))
    }
    sampler, validation = samplers[0].with_seed(seeds["batches"]), samplers[1]
    network = task.build().initialise(seeds["weights"])
    network.standardise(sampler.batch(step, params.batch_size)[0] for step in range(_N_STANDARDISE))
    if task.start is not None:
        _begin(network, task, monitor if not (folder / CHECKPOINT).exists() else SILENT)
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

    fit = Fit(network, params.target, task.loss, sampler, validation, params, folder, seeds["batches"], keep)
    state = fit.run(monitor)
    return {"step": state.best_step, **state.best}


def _begin(network: Network, task: Task, monitor: Monitor) -> None:
    """Take the weights of another model, and its standardisation, to which they belong."""
    assert task.start is not None
    outputs, theirs = (
        target.outputs(labels, task.specification.n_channels)
        for target, labels in ((task.params.target, task.specification.labels), (task.start.target, task.start.labels))
    )
    n_taken, n_weights = take_weights(network, outputs, task.start.network, theirs)
    fresh = [name for name in outputs if name not in theirs]
    monitor.message(
        f"{n_taken} of {n_weights} weights are taken from {task.start.path}"
        + (f"; new: {', '.join(fresh)}" if fresh else "")
    )


def choose_thresholds(model: Model, validation: Sampler, batch_size: int) -> dict[str, float]:
    """The threshold of each label at which precision equals recall, on the validation windows.

    The scores are probabilities, as prediction gives them. A label that is never there, or always, has no threshold.

    Parameters
    ----------
    model
        Whose scores.
    validation
        Its windows.
    batch_size
        Windows of a training's batch.
    """
    import torch

    n_outputs = model.network.specification.n_outputs
    scores: list[list[np.ndarray]] = [[] for _ in range(n_outputs)]
    truths: list[list[np.ndarray]] = [[] for _ in range(n_outputs)]
    for sound, true in validation.centred(4 * batch_size):
        if model.target.of_sound(torch.from_numpy(sound), model.hop, model.context) is not None:
            return {}  # what is learnt is the sound itself: there is nothing to be above a threshold
        values = model.scores(sound)
        present, known = model.target.judge(true, n_outputs)
        for output in range(n_outputs):
            mine = known[:, output]
            scores[output].append(values[:, output][mine])
            truths[output].append(present[:, output][mine])
    names = model.target.outputs(model.labels, model.n_channels)
    chosen = {
        name: threshold_for_ratio(np.concatenate(scores[i]), np.concatenate(truths[i])).value
        for i, name in enumerate(names)
        if any(part.any() for part in truths[i])
    }
    return {label: value for label, value in chosen.items() if math.isfinite(value)}
