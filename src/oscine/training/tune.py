"""Search for good parameters of a training: which of many trials does best in validation.

Optuna [1]_ proposes what to try: at random at first, then near what did well (a tree-structured Parzen estimator
[2]_). A trial whose validation is worse than the median of the others at the same step is stopped. What the n-th trial
tries depends on the seed, n and the trials that were finished before, so that one job at a time repeats exactly;
several at once do not, because none of them waits for another.

References
----------
.. [1] T. Akiba, S. Sano, T. Yanase, T. Ohta & M. Koyama (2019), Optuna: a next-generation hyperparameter optimization
   framework, KDD, 2623-2631.
.. [2] J. Bergstra, R. Bardenet, Y. Bengio & B. Kégl (2011), Algorithms for hyper-parameter optimization, NeurIPS.
"""

from __future__ import annotations

import importlib.util
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from oscine.core.artifacts import timestamp
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import Field, OperationParams, Seconds
from oscine.datasets.dataset import Dataset
from oscine.networks.model import Model
from oscine.training.params import TrainParams
from oscine.training.run import BEST
from oscine.training.search import CARD, JOURNAL, Search, Trial
from oscine.training.space import Range, Space
from oscine.training.task import check_data, differences, has_validation

if TYPE_CHECKING:
    import optuna

    from oscine.training.trials import Outcome

_MAY_CHANGE = {"n-trials", "jobs", "timeout"}
"""Parameters that may differ when a search is continued."""
_VALUES, _SECONDS, _REASON, _STEP = "values", "seconds", "reason", "step"


class TuneParams(OperationParams):
    """What is searched, and for how long."""

    space: dict[str, Any] = Field(default_factory=dict)
    """Options of the training to search, each with values or a range: learning-rate=1e-4:1e-2:log,batch-size=16|32."""
    train: TrainParams = TrainParams()
    """The training of every trial, but for what is searched."""
    n_trials: int = Field(20, ge=1)
    """Trials in all, failed ones included; more can be asked for later."""
    timeout: Seconds | None = Field(None, gt=0)
    """Begin no trial after so long."""
    jobs: int = Field(1, ge=1)
    """Trials at a time, each in a process of its own with its share of the threads."""
    sampler: Literal["tpe", "random"] = "tpe"
    """Try near what did well, or anywhere."""
    n_random: int = Field(8, ge=1)
    """Trials at random before that."""
    prune: bool = True
    """Stop trials that are worse in validation than the median of the others, once five are done."""


@operation(out="searches/{time}")
def tune(
    dataset: Dataset,
    params: TuneParams = TuneParams(),  # noqa: B008 - frozen
    *,
    out: Path | None = None,
    monitor: Monitor = SILENT,
) -> Search:
    """Search for good parameters of a training, and keep the best model trained.

    A search that was interrupted, at any moment, goes on when the same command is given again. What there is to search
    is given with --space, or in a file: --params search.toml with a table [space].

    Parameters
    ----------
    dataset
        From `prepare`, with a validation part.
    params
        What is searched, and for how long.
    out
        Folder of the search; `searches/<time>` if none is given.

    Returns
    -------
    search
        All trials, and the best model.

    Raises
    ------
    InputError
        Where the package optuna is missing, the space holds unknown options or values that are not allowed, there is
        no validation part, every trial failed, or the folder holds another search.
    """
    if importlib.util.find_spec("optuna") is None:
        raise InputError("tuning needs the package optuna", cure="Install it: pip install 'oscine[search]'")
    out = Path("searches", timestamp()) if out is None else Path(out)
    base = params.train.model_copy(update={"seed": params.seed})
    space = Space(base, params.space)
    if not has_validation(dataset):
        raise InputError(
            "the dataset has no validation part to compare trials by",
            path=dataset.path,
            cure="Split one off with oscine prepare",
        )
    check_data(dataset, base, monitor)
    search = _open(out, params, dataset)
    with _optuna(out) as (study, ask):
        tuning = _Tuning(search, space, params, dataset, study, ask, monitor)
        tuning.run()
        search = _collect(tuning.search, study, importance=True)
        search.save()
    if search.best is None:
        reasons = [trial.reason for trial in search.trials if trial.reason]
        raise InputError(
            "no trial could be trained to its end",
            path=out,
            found=reasons[0] if reasons else f"{len(search.trials)} trials",
            cure="Change --space or --train, and choose another --out",
        )
    Model.load(out / search.best.folder / BEST).save(out / BEST)  # also where it was killed before it could
    return search


def _open(out: Path, params: TuneParams, dataset: Dataset) -> Search:
    """A new search, or the same one to be continued."""
    fresh = Search(out, params.to_dict(), params.train.criterion, dataset_digest=dataset.digest)
    if (out / CARD).exists():
        old = Search.load(out)
        changed = [
            f"{name} {before} (not {now})"
            for name, before, now in differences(old.params, fresh.params)
            if name not in _MAY_CHANGE
        ]
        if old.dataset_digest != fresh.dataset_digest:
            changed.append("another dataset")
        if changed:
            raise InputError(
                "this folder holds another search",
                path=out,
                found=", ".join(changed),
                cure="Choose another --out, or give the same dataset and parameters to continue it",
            )
        fresh = replace(fresh, trials=old.trials, criterion=old.criterion)
    dataset.save(out / "dataset")
    fresh.save()
    return fresh


@contextmanager
def _optuna(out: Path) -> Iterator[tuple[optuna.Study, Callable[[int, TuneParams], Any]]]:
    """The study, kept in a file that survives being killed at any moment; and what asks it for trials."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    def sampler(number: int, params: TuneParams) -> Any:
        seed = int(np.random.SeedSequence([params.seed, number]).generate_state(1)[0])
        if params.sampler == "random":
            return optuna.samplers.RandomSampler(seed=seed)
        return optuna.samplers.TPESampler(seed=seed, n_startup_trials=params.n_random, constant_liar=params.jobs > 1)

    verbosity = optuna.logging.get_verbosity()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="optuna")
            warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
            optuna.logging.set_verbosity(optuna.logging.ERROR)
            study = optuna.create_study(
                storage=JournalStorage(JournalFileBackend(str(out / JOURNAL))),
                study_name="search",
                direction="maximize",
                load_if_exists=True,
            )
            yield study, sampler
    finally:
        optuna.logging.set_verbosity(verbosity)


class _Tuning:
    """A search that runs."""

    def __init__(
        self,
        search: Search,
        space: Space,
        params: TuneParams,
        dataset: Dataset,
        study: optuna.Study,
        sampler: Callable[[int, TuneParams], Any],
        monitor: Monitor,
    ) -> None:
        import optuna

        self.search, self.space, self.params, self.dataset = search, space, params, dataset
        self.study, self.sampler, self.monitor = study, sampler, monitor
        self.states = optuna.trial.TrialState
        pruners = optuna.pruners
        self.study.pruner = pruners.MedianPruner(n_startup_trials=5) if params.prune else pruners.NopPruner()
        self.began = time.monotonic()
        self.begun: set[int] = set()

    def run(self) -> None:
        """Try until there are enough trials."""
        with self.monitor.task("Tuning", total=self.params.n_trials, unit="trials") as self.task:
            finished = [trial for trial in self.study.get_trials() if trial.state.is_finished()]
            self.task.done = min(len(finished), self.params.n_trials)
            if self.params.jobs == 1:
                from oscine.training.trials import Watcher, run_here

                while (begun := self._next()) is not None:
                    trial, params = begun
                    watcher = Watcher(self._asked(trial), self.monitor)
                    self._told(trial, run_here(self.dataset, params, self._folder(trial), watcher))
            else:
                self._run_many()

    def _run_many(self) -> None:
        """The same in several processes at a time."""
        import torch

        from oscine.training.worker import Worker, Workers, outcome_of

        n_threads = max(1, torch.get_num_threads() // self.params.jobs)
        running: dict[Worker, Any] = {}
        with Workers() as workers:
            while True:
                while len(running) < self.params.jobs and (begun := self._next()) is not None:
                    trial, params = begun
                    folder = self._folder(trial)
                    worker = workers.start(self.search.path / "dataset", params, folder, n_threads, asks=True)
                    running[worker] = trial
                if not running:
                    return
                self.monitor.check()
                for worker, message in workers.messages():
                    if message["kind"] == "validated":
                        worker.answer(self._asked(running[worker])(message["step"], message["values"]))
                    elif message["kind"] == "outcome":
                        self._told(running.pop(worker), outcome_of(message))

    # -- trials --------------------------------------------------------------------------------------------------

    def _next(self) -> tuple[Any, TrainParams] | None:
        """The next trial and its parameters: first those that an interrupted search had begun."""
        from optuna.trial import Trial as Running

        while True:
            mine = self.begun
            trials = self.study.get_trials(deepcopy=False)
            left = [trial for trial in trials if trial.state == self.states.RUNNING and trial.number not in mine]
            if left:
                trial = Running(self.study, left[0]._trial_id)
                if _VALUES not in left[0].user_attrs:  # killed before it had any
                    self.study.tell(trial, state=self.states.FAIL)
                    continue
                values = left[0].user_attrs[_VALUES]
            else:
                late = self.params.timeout is not None and time.monotonic() - self.began > self.params.timeout
                counted = [trial for trial in trials if trial.state != self.states.FAIL or _VALUES in trial.user_attrs]
                if late or len(counted) >= self.params.n_trials:
                    return None
                self.study.sampler = self.sampler(len(trials), self.params)
                trial = self.study.ask()
                values = self.space.suggest(trial.suggest_categorical, partial(_draw, trial))
                trial.set_user_attr(_VALUES, values)
            mine.add(trial.number)
            try:
                return trial, self.space.params(values)
            except InputError as error:  # values that do not go together
                from oscine.training.trials import Outcome

                self._told(trial, Outcome("failed", {}, str(error), 0.0))

    def _folder(self, trial: Any) -> Path:
        return self.search.path / Trial(trial.number + 1, "").folder

    def _asked(self, trial: Any) -> Callable[[int, dict[str, float]], bool]:
        """Reports validations of a trial, and says whether it is worth going on."""

        def asked(step: int, values: dict[str, float]) -> bool:
            from oscine.training.loop import goodness

            known = self.study.get_trials(deepcopy=False)[trial.number].intermediate_values
            if step not in known:  # a training that goes on repeats what was measured since its checkpoint
                trial.report(goodness(values, self.search.criterion, step), step)
            return not trial.should_prune()

        return asked

    def _told(self, trial: Any, outcome: Outcome) -> None:
        """Note what became of a trial, and keep its model where it is the best so far."""
        from oscine.training.loop import goodness

        for name, value in ((_SECONDS, outcome.seconds), (_REASON, outcome.reason), (_STEP, outcome.best.get("step"))):
            trial.set_user_attr(name, value)
        number = trial.number + 1
        if outcome.state == "failed":
            self.monitor.warning(f"trial {number} failed: {outcome.reason}")
            self.study.tell(trial, state=self.states.FAIL)
        elif outcome.state == "pruned":
            self.study.tell(trial, state=self.states.PRUNED)
        else:
            if self.search.criterion not in {name.replace("_", "-") for name in outcome.best}:
                self.search = replace(self.search, criterion="loss")  # a target that knows no right and wrong
            value = goodness(outcome.best, self.search.criterion, int(outcome.best["step"]))
            self.study.tell(trial, value)
        self.search = _collect(self.search, self.study)
        self.search.save()
        best = self.search.best
        note = ""
        if best is not None and best.value is not None:
            if best.number == number:
                Model.load(self.search.path / best.folder / BEST).save(self.search.path / BEST)
                self.monitor.message(f"trial {number}: best so far, {self.search.criterion} {best.value:.4g}")
            note = f"best {self.search.criterion} {best.value:.4g} (trial {best.number})"
        self.task.advance(1, note=note)


def _draw(trial: Any, name: str, axis: Range) -> float:
    if axis.whole:
        return int(trial.suggest_int(name, int(axis.low), int(axis.high), log=axis.log))
    return float(trial.suggest_float(name, axis.low, axis.high, log=axis.log))


def _collect(search: Search, study: optuna.Study, *, importance: bool = False) -> Search:
    """What the study knows, as plain values."""
    import optuna

    names = {"COMPLETE": "done", "PRUNED": "pruned", "FAIL": "failed"}
    sign = 1 if search.criterion == "f1" else -1
    trials = []
    for trial in study.get_trials(deepcopy=False):
        about = trial.user_attrs
        if trial.state.name not in names or _VALUES not in about:
            continue
        value = trial.value
        if value is None and trial.intermediate_values:
            value = max(trial.intermediate_values.values())
        trials.append(
            Trial(
                trial.number + 1,
                names[trial.state.name],
                None if value is None else sign * value,
                None if about.get(_STEP) is None else int(about[_STEP]),
                about.get(_SECONDS),
                dict(about[_VALUES]),
                about.get(_REASON, ""),
            )
        )
    found = dict(search.importance)
    if importance:
        try:
            evaluator = optuna.importance.PedAnovaImportanceEvaluator()
            found = {
                name: float(share)
                for name, share in optuna.importance.get_param_importances(study, evaluator=evaluator).items()
                if np.isfinite(share)
            }
        except (ValueError, RuntimeError):  # too few trials, or nothing that all of them chose
            found = {}
    return replace(search, trials=tuple(trials), importance=found)
