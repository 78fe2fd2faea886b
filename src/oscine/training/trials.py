"""A training that is watched: it tells of each validation, and is told whether to go on.

Searches and folders of several trainings are made of these: here, in this process, one after the other; several at
once in processes of their own, see `oscine.training.worker`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from oscine.core.errors import Cancelled, InputError
from oscine.core.monitor import Monitor
from oscine.datasets.dataset import Dataset
from oscine.training.params import TrainParams
from oscine.training.train import train, train_aside


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


class Watcher(Monitor):
    """Hears the validations of a training, and stops it where it is told to, or where the user asked to.

    Parameters
    ----------
    asked
        Whether to go on.
    outer
        Whose `check` may stop it, too.
    """

    def __init__(self, asked: Asked, outer: Monitor | None = None) -> None:
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


def run_here(dataset: Dataset, params: TrainParams, out: Path, watcher: Watcher, *, aside: bool = False) -> Outcome:
    """One training in this process.

    Parameters
    ----------
    dataset, params, out
        Of the training.
    watcher
        Hears what it says.
    aside
        Whether its model is to be judged rather than used, so that no earlier prediction becomes stale by it.

    Raises
    ------
    Cancelled
        Where the user asked to stop; the training can be gone on with.
    """
    began = time.monotonic()
    best: dict[str, float] = {}
    state, reason = "done", ""
    try:
        run = train_aside(dataset, params, out, watcher) if aside else train(dataset, params, out=out, monitor=watcher)
        best = dict(run.best[f"replicate-{run.winner}"])
    except Cancelled:
        if not watcher.pruned:
            raise
        state, best = "pruned", watcher.last
    except InputError as error:
        state, reason = "failed", str(error)
    return Outcome(state, best, reason, round(time.monotonic() - began, 3))
