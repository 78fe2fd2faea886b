"""Several trainings at once, within the cores and the memory of the machine.

Each runs in a process of its own (see `oscine.training.worker`) with its even share of the cores, and in a folder of
its own, where it resumes. What is trained already is not trained again; what fails is told at the end, and does not
stop the others. Asked to stop, all of them save their state, so that the same call goes on. These models are there to
be judged: unlike after `oscine train`, what an older one predicted is not out of date.

A training computes the same numbers however many others run beside it, bit for bit where it has as many threads: that
number follows from the machine and from how many are trained at a time, not from what an interruption left to do.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from oscine.core.cores import available_cores
from oscine.core.errors import Cancelled, InputError
from oscine.core.memory import available_memory
from oscine.core.monitor import SILENT, Monitor, Task
from oscine.datasets.dataset import Dataset
from oscine.training.params import TrainParams
from oscine.training.run import Run
from oscine.training.runs import Runs
from oscine.training.trials import Outcome, Watcher, run_here
from oscine.training.worker import Message, Worker, Workers, outcome_of

_TYPICAL = 2**30
"""Bytes that a training is expected to hold, until others have told."""


@dataclass(frozen=True)
class Training:
    """One of several trainings.

    Attributes
    ----------
    name
        By which its messages go, such as "fold-3".
    dataset, params
        What it learns from, and how.
    out
        Folder of its run.
    """

    name: str
    dataset: Dataset
    params: TrainParams
    out: Path


def train_many(
    trainings: Sequence[Training],
    *,
    at_once: int | None = None,
    runs: Runs | None = None,
    monitor: Monitor = SILENT,
) -> dict[str, Run]:
    """Train several models, several at a time.

    Parameters
    ----------
    trainings
        With names and folders that differ.
    at_once
        How many at a time; by default as many as there are cores (or GPUs, where they are used). Fewer run as long as
        memory is short. One at a time is trained in this process.
    runs
        Their folder's card, which is written once nothing stands in the way.
    monitor
        Sees one bar for the steps of all.

    Returns
    -------
    dict
        The finished runs by name, in order; what failed is warned of and not among them.

    Raises
    ------
    Cancelled
        Where the user asked to stop; the same call goes on.
    InputError
        Where one of them would be in vain, or its folder holds another run, before anything is trained; where all of
        them failed.
    """
    from oscine.training.task import check_data
    from oscine.training.train import find_same

    names = [training.name for training in trainings]
    assert len(set(names)) == len(names) == len({training.out for training in trainings})
    todo: list[_Job] = []
    for training in trainings:
        try:
            there = find_same(training.out, training.dataset, training.params)
            if there is None or not there.finished:
                check_data(training.dataset, training.params, SILENT)
                todo.append(_Job(training.name, training.dataset, training.params, training.out))
        except InputError as error:
            problem = f"{training.name}: {error.problem}"
            raise InputError(
                problem,
                path=error.path,
                line=error.line,
                found=error.found,
                allowed=error.allowed,
                cure=error.cure,
            ) from None
    if runs is not None:
        runs.save()
    if todo and len(todo) < len(trainings):
        monitor.message(f"{len(trainings) - len(todo)} of {len(trainings)} are trained already")
    slots = min(at_once or _slots(trainings[0].params), len(trainings)) if todo else 1
    outcomes = _run(todo, slots, monitor)
    failed = {name: outcome.reason for name, outcome in outcomes.items() if outcome.state == "failed"}
    if failed and len(failed) == len(trainings):
        name, reason = next(iter(failed.items()))
        raise InputError(f"every training failed; {name}: {reason}")
    for name, reason in failed.items():
        monitor.warning(f"{name} failed: {reason}")
    return {training.name: Run.load(training.out) for training in trainings if training.name not in failed}


def train_replicates(
    numbers: Sequence[int], out: Path, params: TrainParams, monitor: Monitor
) -> Iterator[tuple[int, dict[str, float]]]:
    """Train replicates of a run that has begun, `params.at_once` at a time.

    Yields
    ------
    number, best
        Of each its best step, and what was measured there; in order, when all have ended.

    Raises
    ------
    InputError
        Where one failed; the others are kept.
    """
    jobs = [_Job(f"replicate-{number}", out / "dataset", params, out, number) for number in numbers]
    outcomes = _run(jobs, min(params.at_once, len(jobs)), monitor)
    for number, outcome in zip(numbers, (outcomes[job.name] for job in jobs), strict=True):
        if outcome.state == "failed":
            raise InputError(f"replicate-{number} failed: {outcome.reason}", path=out)
        yield number, outcome.best


@dataclass
class _Job:
    """What a worker does, and how far it is."""

    name: str
    dataset: Dataset | Path
    params: TrainParams
    out: Path
    replicate: int | None = None
    done: dict[str, float] = field(default_factory=dict)  # steps by replicate
    total: float | None = None  # steps of a replicate
    peak: int = 0
    gpu: str = ""  # its own, where there are several

    def __post_init__(self) -> None:
        self.total = self.params.n_steps

    @property
    def n_replicates(self) -> int:
        return 1 if self.replicate else self.params.n_replicates

    def hear(self, title: str, done: float, total: float | None) -> None:
        """It is so far."""
        self.done[title], self.total = done, total or self.total

    def finish(self) -> None:
        """It has ended, perhaps early."""
        self.done = {"": (self.total or 0) * self.n_replicates}


def _run(jobs: Sequence[_Job], slots: int, monitor: Monitor) -> dict[str, Outcome]:
    """Do all of them, `slots` at a time."""
    if not jobs:
        return {}
    outcomes: dict[str, Outcome] = {}
    with monitor.task(f"Training {len(jobs)} models", unit="steps") as task:
        progress = _Progress(jobs, task, outcomes, monitor)
        progress.tell()
        try:
            if slots == 1:
                for job in jobs:
                    assert isinstance(job.dataset, Dataset)
                    outcomes[job.name] = run_here(job.dataset, job.params, job.out, _Here(job, progress), aside=True)
                    job.finish()
                    progress.tell()
            else:
                _run_apart(jobs, slots, progress)
        except Cancelled:
            monitor.warning("not all is trained; the same command goes on with it")
            raise
    return outcomes


class _Progress:
    """One bar for all, and their messages with their names."""

    def __init__(self, jobs: Sequence[_Job], task: Task, outcomes: dict[str, Outcome], monitor: Monitor) -> None:
        self.jobs, self.task, self.outcomes, self.monitor = jobs, task, outcomes, monitor
        self.running: dict[Worker, _Job] = {}
        self._said: set[str] = set()

    def tell(self) -> None:
        """Move the bar; raises `Cancelled` where the user asked to stop."""
        known = [job.total for job in self.jobs if job.total]
        typical = sum(known) / len(known) if known else None
        if typical is not None:
            self.task.total = sum((job.total or typical) * job.n_replicates for job in self.jobs)
        running = f"{len(self.running)} at once, " if len(self.running) > 1 else ""
        self.task.done = sum(sum(job.done.values()) for job in self.jobs)
        self.task.advance(0, note=f"{running}{len(self.outcomes)} of {len(self.jobs)} trained")

    def say(self, job: _Job, text: str, *, warns: bool = False) -> None:
        """A message of one of them; what several say alike is said once."""
        if text not in self._said:
            self._said.add(text)
            (self.monitor.warning if warns else self.monitor.message)(f"{job.name}: {text}")

    def hear(self, worker: Worker, message: Message) -> None:
        """What a worker tells."""
        job, kind = self.running[worker], message["kind"]
        if kind == "progress":
            job.hear(message["title"], message["done"], message["total"])
            job.peak = max(job.peak, message["peak"])
        elif kind in {"message", "warning"}:
            self.say(job, message["text"], warns=kind == "warning")
        elif kind == "outcome":
            del self.running[worker]
            self.outcomes[job.name] = outcome_of(message)
            job.finish()


class _Here(Watcher):
    """The monitor of a training in this process, as one of several."""

    def __init__(self, job: _Job, progress: _Progress) -> None:
        super().__init__(lambda _step, _values: True, progress.monitor)
        self.job, self.progress = job, progress

    def message(self, text: str) -> None:
        self.progress.say(self.job, text)

    def warning(self, text: str) -> None:
        self.progress.say(self.job, text, warns=True)

    def updated(self, task: Task) -> None:
        if task.unit == "steps":
            self.job.hear(task.title, task.done, task.total)
            self.progress.tell()


def _run_apart(jobs: Sequence[_Job], slots: int, progress: _Progress) -> None:
    """In processes of their own."""
    n_threads, gpus = _threads(slots), _gpu_names(jobs[0].params)
    waiting = list(jobs)
    with Workers() as workers:
        while waiting or progress.running:
            while waiting and len(progress.running) < slots and _has_room(progress.running, jobs):
                job = waiting.pop(0)
                if isinstance(job.dataset, Dataset):
                    job.dataset = job.dataset.save(job.out / "dataset")
                if len(gpus) > 1:
                    job.gpu = _least_taken(gpus, [other.gpu for other in progress.running.values()])
                worker = workers.start(
                    job.dataset,
                    job.params,
                    job.out,
                    n_threads,
                    replicate=job.replicate,
                    aside=True,
                    environment={"CUDA_VISIBLE_DEVICES": job.gpu} if job.gpu else {},
                )
                progress.running[worker] = job
            for worker, message in workers.messages():
                progress.hear(worker, message)
            progress.tell()


def _has_room(running: dict[Worker, _Job], jobs: Sequence[_Job]) -> bool:
    """Whether another one fits into memory, as large as the largest so far; one always does.

    Those that have just begun have not taken theirs yet.
    """
    if not running:
        return True
    largest = max([job.peak for job in jobs] + [0]) or _TYPICAL
    beginning = sum(job.peak == 0 for job in running.values())
    return available_memory() > largest * (beginning + 1)


def _threads(slots: int) -> int:
    """Threads of each of several trainings at a time, within what the user allows a process."""
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    share = max(1, available_cores() // slots)
    return min(share, int(allowed)) if allowed.isdecimal() and int(allowed) else share


def _gpus(params: TrainParams) -> int:
    """GPUs to share out among trainings that take one each."""
    import torch

    if params.device not in {"auto", "cuda"} or params.devices > 1:
        return 0
    return torch.cuda.device_count()


def _gpu_names(params: TrainParams) -> list[str]:
    """What CUDA calls them, of those that the user lets this process see."""
    seen = [name.strip() for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    return seen[: _gpus(params)] if seen else [str(number) for number in range(_gpus(params))]


def _least_taken(gpus: Sequence[str], taken: Sequence[str]) -> str:
    """The one on which the fewest are trained.

    Examples
    --------
    >>> _least_taken(["2", "3"], []), _least_taken(["2", "3"], ["2"]), _least_taken(["2", "3"], ["3"])
    ('2', '3', '2')
    """
    return min(gpus, key=taken.count)


def _slots(params: TrainParams) -> int:
    """How many to train at a time where nobody says: one for each core, or for each GPU."""
    import torch

    if n_gpus := _gpus(params):
        return n_gpus
    if params.device in {"auto", "mps"} and torch.backends.mps.is_available():
        return 1
    return max(1, available_cores() // params.devices)
