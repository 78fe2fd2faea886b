"""`oscine das tune`: a search for the options with the lowest validation loss, by many trainings.

What to try is a YAML file of names with lists of values, such as ``nb_filters: [16, 32]``; without one, DAS's own
space. A sampler proposes (tree-structured Parzen estimator [1]_, of the package optuna), and each proposal is trained
as `oscine das train` does, but waiting for 15 epochs only. A proposal that cannot be, such as windows shorter than
their boundaries, is noted as invalid; one that was tried before gives way to another.

The best network is what is written: the one that was trained, and not, as in DAS, a new one with random weights. All
trials stand in ``X_trials.jsonl``; interrupted, the same command with ``--save-name`` goes on.

References
----------
.. [1] J. Bergstra et al. (2011), Algorithms for hyper-parameter optimization, NeurIPS 24.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from oscine.compat.das.options import Network, TuneOptions
from oscine.compat.das.reports import Report
from oscine.compat.das.train import check, cut, deliver, learn, load, stem_for, to_plain
from oscine.core.artifacts import write_text
from oscine.core.errors import InputError, unknown
from oscine.core.monitor import SILENT, Monitor
from oscine.datasets.das_augmentations import read_yaml
from oscine.datasets.store import Contents, store_for
from oscine.training.run import Run

PATIENCE = 15
"""Epochs without a lower validation loss that end a trial, as in DAS."""

_HOPELESS = 20
"""Trials of which none could be, after which the search ends."""
_NONE = "none so far"

SPACE: Mapping[str, Sequence[Any]] = {
    "nb_filters": (4, 8, 16, 32, 64),
    "kernel_size": (4, 8, 16, 32, 64),
    "learning_rate": (1e-2, 1e-3, 1e-4),
    "nb_hist": (128, 256, 512, 1024, 2048),
    "nb_conv": (1, 2, 3, 4, 6, 8),
}
"""What DAS tries."""

_FIXED = {
    *("data_dir", "x_suffix", "y_suffix", "save_dir", "save_prefix", "save_name", "verbose", "device", "das_compat"),
    *("tune_config", "nb_tune_trials", "version_data", "wandb_api_token", "wandb_project", "wandb_entity"),
}


def space_of(options: TuneOptions) -> dict[str, list[Any]]:
    """What is tried: names of options with their values, checked one by one.

    Raises
    ------
    InputError
        For a name that is none or cannot be tuned, a value that it cannot have, and what is no list of values.
    """
    if options.tune_config is None:
        return {name: list(values) for name, values in SPACE.items()}
    path = options.tune_config
    values = read_yaml(path)
    if not isinstance(values, Mapping) or not values:
        raise InputError("this is no mapping of options to lists of values", path=path)
    allowed = [name for name in Network.model_fields if name not in _FIXED]
    space = {}
    for name, choices in values.items():
        field = str(name).replace("-", "_")
        field = TuneOptions.aliases.get(field, field)
        if field not in allowed:
            raise unknown("option to tune", str(name), allowed, path=path)
        if not isinstance(choices, list) or not choices:
            raise InputError(f"{name} has no list of values to choose from", path=path, found=choices)
        for choice in choices:
            try:
                _with(options, {field: choice})
            except InputError as error:
                raise InputError(error.problem, path=path, found=error.found, allowed=error.allowed) from error
        space[field] = choices
    return space


def _with(options: TuneOptions, chosen: Mapping[str, Any]) -> TuneOptions:
    """The options with some of them chosen; all are checked again."""
    return TuneOptions.parse({**{name: getattr(options, name) for name in TuneOptions.model_fields}, **chosen})


def tune(options: TuneOptions, monitor: Monitor = SILENT) -> tuple[Path, Report | None]:
    """Search, and write the best network.

    Returns
    -------
    path, report
        ``X_model.h5``, and how good it is on the test part, if there is one.

    Raises
    ------
    InputError
        Where optuna is not installed, the dataset or the space is none, or no trial could be trained.
    """
    try:
        import optuna
    except ImportError:
        raise InputError("the package optuna is not installed", cure="Install it: pip install oscine[search]") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = space_of(options)
    path = check(options.model_copy(update={"nb_hist": 10**9 - 10**9 % 2**16}))  # windows are checked trial by trial
    stem = stem_for(options)
    dataset = cut(load(options, monitor), options)
    trials = Trials(stem, space)
    ordered = {name: _is_ordered(choices) for name, choices in space.items()}
    distributions: dict[str, Any] = {
        name: optuna.distributions.IntDistribution(0, len(choices) - 1)
        if ordered[name]
        else optuna.distributions.CategoricalDistribution(list(range(len(choices))))
        for name, choices in space.items()
    }
    random = np.random.default_rng((options.seed or 0, len(trials.finished)))
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=options.seed or 0))
    for places, loss in trials.finished:
        _, state = _told(loss)
        study.add_trial(optuna.trial.create_trial(params=places, distributions=distributions, value=loss, state=state))
    if trials.begun is not None:
        study.enqueue_trial(trials.begun)
    kind = store_for(path)
    assert kind is not None
    with kind.reading(path) as contents, monitor.task("Tuning", total=options.nb_tune_trials, unit="trials") as task:
        task.done = len(trials.finished)
        while len(trials.finished) < options.nb_tune_trials and not trials.is_exhausted:
            trial = study.ask(distributions)
            places = dict(trial.params)
            if (loss := trials.known(places)) is not _NEW:  # what it would propose again gives way to something new
                study.tell(trial, *_told(loss))
                study.enqueue_trial(trials.untried(random))
                continue
            trials.begin(places)
            loss = _trial(options, trials, dataset, contents, monitor)
            trials.end(places, loss)
            study.tell(trial, *_told(loss))
            task.advance(1, note=trials.said())
            if len(trials.finished) >= _HOPELESS and trials.said() == _NONE:
                break
        chosen, folder = trials.best()
        monitor.message(f"the best of {len(trials.finished)} trials: {trials.said()}")
        written, report = deliver(
            _with(options, {**chosen, "save_dir": options.save_dir}), dataset, contents, Run.load(folder), stem, monitor
        )
    shutil.rmtree(trials.folder, ignore_errors=True)
    return written, report


def _told(loss: float | None) -> tuple[float | None, Any]:
    """What a study is told of a trial: its loss, and whether it is one."""
    from optuna.trial import TrialState

    return loss, TrialState.FAIL if loss is None else TrialState.COMPLETE


def _is_ordered(choices: Sequence[Any]) -> bool:
    """Whether values are numbers in order, of which neighbours are alike."""
    numbers = all(isinstance(choice, (int, float)) and not isinstance(choice, bool) for choice in choices)
    return numbers and (sorted(choices) == list(choices) or sorted(choices, reverse=True) == list(choices))


def _trial(options: TuneOptions, trials: Trials, dataset: Any, contents: Contents, monitor: Monitor) -> float | None:
    """The lowest validation loss with some options; none where they cannot be."""
    chosen = trials.values(trials.begun or {})
    place = trials.place(trials.begun or {})
    try:
        mine = _with(options, chosen)
        check(mine)
        run = learn(mine, dataset, contents, place, monitor, stem=trials.stem, patience=PATIENCE)
    except InputError as error:
        monitor.warning(f"{_said(chosen)} is left out: {error}")
        shutil.rmtree(place, ignore_errors=True)
        return None
    loss = float(run.best["replicate-1"].get("loss", math.inf))
    return loss if math.isfinite(loss) else None


_NEW: Any = object()


class Trials:
    """The trials of a search, in a file that is added to, so that a search can go on.

    Parameters
    ----------
    stem
        ``X`` of ``X_trials.jsonl`` and of the folder ``X_tuning`` in which networks are trained.
    space
        What is tried.
    """

    def __init__(self, stem: Path, space: Mapping[str, Sequence[Any]]) -> None:
        self.stem, self.space = stem, space
        self.path = stem.with_name(stem.name + "_trials.jsonl")
        self.folder = stem.with_name(stem.name + "_tuning")
        self.finished: list[tuple[dict[str, int], float | None]] = []
        self.begun: dict[str, int] | None = None
        self._lines: list[dict[str, Any]] = [{"space": to_plain(space)}]
        if self.path.exists():
            self._read()

    def _read(self) -> None:
        try:
            lines = [json.loads(line) for line in self.path.read_text(encoding="utf-8").splitlines()]
            known = lines[0]["space"]
            if known != to_plain(self.space) or not (self.folder.exists() or len(lines) == 1):
                raise InputError(
                    "here are the trials of another search, or of one that is finished",
                    path=self.path,
                    found=known,
                    cure="Choose another --save-name",
                )
            self._lines = lines
            for line in lines[1:]:
                places = {name: int(place) for name, place in line["places"].items()}
                if "loss" in line:
                    self.finished.append((places, line["loss"]))
                    self.begun = None
                else:
                    self.begun = places
        except (ValueError, LookupError, TypeError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                "the file of trials is damaged", path=self.path, cure="Choose another --save-name"
            ) from None

    def values(self, places: Mapping[str, int]) -> dict[str, Any]:
        """The values at some places of the space."""
        return {name: self.space[name][place] for name, place in places.items()}

    def place(self, places: Mapping[str, int]) -> Path:
        """The folder in which a network is trained."""
        return self.folder / "-".join(str(places[name]) for name in self.space)

    def known(self, places: dict[str, int]) -> Any:
        """The loss of a trial, where it was made before."""
        return next((loss for tried, loss in self.finished if tried == places), _NEW)

    def untried(self, random: np.random.Generator) -> dict[str, int]:
        """A place of the space that was not tried, by chance."""
        while True:
            places = {name: int(random.integers(len(choices))) for name, choices in self.space.items()}
            if self.known(places) is _NEW:
                return places

    def begin(self, places: dict[str, int]) -> None:
        """Note that a trial begins."""
        self.begun = places
        self._note({"places": places})

    def end(self, places: dict[str, int], loss: float | None) -> None:
        """Note how a trial ended; only the folder of the best one stays."""
        self.finished.append((places, loss))
        self.begun = None
        self._note({"places": places, "values": to_plain(self.values(places)), "loss": loss})
        best = min((value for _, value in self.finished if value is not None), default=math.inf)
        for tried, value in self.finished:
            if value is None or value > best:
                shutil.rmtree(self.place(tried), ignore_errors=True)

    def _note(self, line: dict[str, Any]) -> None:
        self._lines.append(line)
        write_text(self.path, "".join(json.dumps(item) + "\n" for item in self._lines))

    @property
    def is_exhausted(self) -> bool:
        """Whether everything was tried."""
        tried = {tuple(sorted(places.items())) for places, _ in self.finished}
        return len(tried) >= math.prod(len(choices) for choices in self.space.values())

    def best(self) -> tuple[dict[str, Any], Path]:
        """The values of the best trial, and the folder of its network.

        Raises
        ------
        InputError
            Where none could be trained.
        """
        there = [(loss, place) for place, (_, loss) in enumerate(self.finished) if loss is not None]
        if not there:
            raise InputError("no trial could be trained", path=self.path, cure="Choose other values in --tune-config")
        places = self.finished[min(there)[1]][0]
        return self.values(places), self.place(places)

    def said(self) -> str:
        """The best so far, in a line."""
        losses = [loss for _, loss in self.finished if loss is not None]
        if not losses:
            return _NONE
        return f"loss {min(losses):.4f} with {_said(self.best()[0])}"


def _said(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', '-')} {value}" for name, value in values.items())
