"""Trainings of a search: here, one after the other, or several at once in processes of their own.

A training tells of each validation, and is told whether to go on. Processes are started anew (`spawn`), because torch's
threads do not survive a fork; they share the processor's threads evenly, and die with the search.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from oscine.core.errors import Cancelled, InputError, OscineError
from oscine.core.monitor import Monitor
from oscine.datasets.dataset import Dataset
from oscine.training.params import TrainParams
from oscine.training.train import train

_PATIENCE = 0.2  # seconds between looks at whether the user has asked to stop


@dataclass(frozen=True)
class Outcome:
    """What became of a training.

    Attributes
    ----------
    state
        "done", "pruned" or "failed".
    best
        Step, loss and rates of its best model.
    reason
        Why it failed.
    seconds
        That it took.
    """

    state: str
    best: dict[str, float]
    reason: str
    seconds: float


Asked = Callable[[int, dict[str, float]], bool]
"""Is told the step and the values of a validation, and says whether to go on."""


def run_here(dataset: Dataset, params: TrainParams, out: Path, asked: Asked, monitor: Monitor | None = None) -> Outcome:
    """One training in this process.

    Raises
    ------
    Cancelled
        Where the user asked to stop; the training can be gone on with.
    """
    began = time.monotonic()
    watcher = _Watcher(asked, monitor)
    best: dict[str, float] = {}
    state, reason = "done", ""
    try:
        run = train(dataset, params, out=out, monitor=watcher)
        best = dict(run.best[f"replicate-{run.winner}"])
    except Cancelled:
        if not watcher.pruned:
            raise
        state, best = "pruned", watcher.last
    except InputError as error:
        state, reason = "failed", str(error)
    return Outcome(state, best, reason, round(time.monotonic() - began, 3))


class _Watcher(Monitor):
    """Hears the validations of a training, and stops it where it is told to, or where the user asked to."""

    def __init__(self, asked: Asked, outer: Monitor | None) -> None:
        super().__init__()
        self.asked, self.outer, self.pruned = asked, outer, False
        self.last: dict[str, float] = {}

    def metric(self, step: int, **values: float) -> None:
        """Ask, of a validation, whether to go on."""
        found = {name.removeprefix("validation_"): value for name, value in values.items() if "validation_" in name}
        if found:
            self.last = {"step": step, **found}
            if step and not self.pruned and not self.asked(step, found):
                self.pruned = True
                self.cancel()

    def check(self) -> None:
        """Raise `Cancelled` where either asked to stop."""
        super().check()
        if self.outer is not None:
            self.outer.check()


class Worker:
    """One training in a process of its own.

    Parameters
    ----------
    dataset
        Folder of the dataset.
    params, out
        Of the training.
    n_threads
        That it may use.
    """

    def __init__(self, dataset: Path, params: TrainParams, out: Path, n_threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        arguments = (theirs, dataset, params.to_dict(), out, n_threads)
        self.process: BaseProcess = context.Process(target=_work, args=arguments, daemon=True)
        self.process.start()
        theirs.close()

    def stop(self) -> None:
        """End it; what it has saved is kept."""
        self.pipe.close()
        self.process.terminate()
        self.process.join(30)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()

    def message(self) -> tuple[Any, ...]:
        """The next thing that it tells; that it failed, where it died."""
        try:
            message: tuple[Any, ...] = self.pipe.recv()
            return message
        except (EOFError, OSError):
            self.process.join()
            reason = f"its process ended (exit code {self.process.exitcode}); was memory short?"
            return ("outcome", Outcome("failed", {}, reason, 0.0))


def ready(workers: list[Worker]) -> list[Worker]:
    """Those that have something to tell, after a short wait."""
    pipes: list[Any] = [worker.pipe for worker in workers]
    told = wait(pipes, timeout=_PATIENCE)
    return [worker for worker in workers if worker.pipe in told]


def _work(pipe: Connection, dataset: Path, params: dict[str, Any], out: Path, n_threads: int) -> None:
    """What a process does."""
    import torch

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the search, which ends its processes
    torch.set_num_threads(n_threads)

    def asked(step: int, values: dict[str, float]) -> bool:
        pipe.send(("validated", step, values))
        return bool(pipe.recv())

    try:
        try:
            outcome = run_here(Dataset.load(dataset), TrainParams.parse(params), out, asked)
        except OscineError as error:
            if isinstance(error, Cancelled):
                return
            outcome = Outcome("failed", {}, str(error), 0.0)
        pipe.send(("outcome", outcome))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the search has ended
