"""What a training is about to do, made ready and checked before any time is lost.

Of a dataset and parameters comes a `Task`: recordings at one rate and level, samplers of their windows, and the
parameters with everything that was left open filled in. All that can be wrong with them is wrong here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from oscine.annotations.annotations import Annotations
from oscine.annotations.labels import BACKGROUND
from oscine.core.artifacts import Provenance, describe
from oscine.core.errors import InputError
from oscine.core.monitor import Monitor
from oscine.core.plugins import Plugin
from oscine.datasets.augmentation import find_margin
from oscine.datasets.dataset import Dataset
from oscine.datasets.leakage import count_leaks
from oscine.datasets.sampler import Example, FrameGrid, Sampler
from oscine.networks.architecture import Architecture
from oscine.networks.fitting import fit_recording
from oscine.networks.loss import FittedLoss, Loss, fitting_loss
from oscine.networks.losses.cross_entropy import CrossEntropy
from oscine.networks.model import Model
from oscine.networks.specification import Specification
from oscine.recordings.recording import Recording
from oscine.training.examples import find_examples, find_truth
from oscine.training.loggers import check_logger
from oscine.training.params import FilledParams, TrainParams
from oscine.training.parts import changed_options, freeze
from oscine.training.stretches import find_stretches
from oscine.training.subset import choose_subset
from oscine.training.tiles import find_tiles
from oscine.training.traits import covered_seconds, find_traits, is_dense

if TYPE_CHECKING:
    from oscine.networks.network import Network

_SPARSE_WINDOW, _DENSE_WINDOW = 0.05, 2.0
"""Seconds of a window by default, around single sounds and in sound annotated from end to end."""
_SPARSE_BATCH, _DENSE_BATCH = 32, 8
"""Windows in a batch by default."""
_SPARSE_STEPS, _DENSE_STEPS, _DENSE_EPOCHS = 300, (400, 4000), 25
"""Steps by default: of single sounds; of sound annotated from end to end so many epochs, least and most."""
_PERIOD, _N_PERIODS = 30, 10
"""Steps between validations by default, at least, and how many validations there are then."""
_LABEL_SMOOTHING = 0.02
"""Of cross-entropy by default."""


@dataclass(frozen=True)
class Task:
    """What all replicates of a training share.

    Attributes
    ----------
    dataset, train
        What it learns from, and how much of it.
    given, params
        The parameters as they were given, and with nothing left open.
    specification
        Of the network.
    recordings
        By name, at the network's rate and level.
    grid, n_frames
        The network's frames, and how many a window has.
    start
        The model whose weights it begins with.
    steps_per_epoch
        Batches that hold as many windows as the training part has.
    """

    dataset: Dataset
    train: Annotations
    given: TrainParams
    params: FilledParams
    specification: Specification
    recordings: Mapping[str, Recording]
    grid: FrameGrid
    n_frames: int
    start: Model | None
    steps_per_epoch: int

    @property
    def is_validated(self) -> bool:
        """Whether there is something to validate on."""
        return has_validation(self.dataset)

    @cached_property
    def loss(self) -> FittedLoss:
        """The loss, or that which fits the target."""
        return fitting_loss(self.params.loss, self.params.target, self.dataset.labels, self.specification.n_channels)

    @cached_property
    def provenance(self) -> Provenance:
        """The story of every model of the run; recordings are looked through once for it."""
        inputs: dict[str, Any] = {"dataset": describe(self.dataset)}
        if self.start is not None:
            inputs["start_from"] = describe(self.start)
        return Provenance.now("train", self.params.to_dict(), inputs)

    def build(self) -> Network:
        """A network with random weights; where scores depend on a window's length, prediction has that of training."""
        network = self.params.architecture.build(self.specification)
        if network.depends_on_length:
            network.tile = self.n_frames
        return network

    def samplers(self, monitor: Monitor) -> tuple[Sampler, Sampler | None]:
        """Where batches come from, and validation windows where there is something to validate on.

        Where the validation part is annotated from end to end, its windows lie side by side over all of it; else
        there is one around each annotation.
        """
        params, recordings, labels = self.params, dict(self.recordings), self.dataset.labels

        def sampler(examples: list[Example], part: Annotations, margin: int = 0) -> Sampler:
            truth = find_truth(part, recordings, labels, params.target, self.grid)
            return Sampler(
                examples, recordings, truth, self.grid,
                n_frames=self.n_frames, seed=params.seed, balance=params.balance, margin=margin, monitor=monitor,
            )  # fmt: skip

        train = self.train
        if params.sampling == "uniform":
            examples = find_stretches(train, recordings, self.n_frames / self.grid.frame_rate)
        else:
            examples = find_examples(train, recordings, labels)
        learnt = sampler(examples, train, find_margin(params.augmentations, self.grid, self.n_frames))
        if not self.is_validated:
            return learnt, None
        part = self.dataset.parts["validation"]
        if is_dense(part, recordings):
            tiles = find_tiles(part, recordings, self.grid, self.n_frames)
        else:
            tiles = find_examples(part, recordings, labels)
        return learnt, sampler(tiles, part)


def check_data(dataset: Dataset, params: TrainParams, monitor: Monitor) -> None:
    """Refuse what no network could be trained on: see `prepare_task`, which does so as well."""
    _fitted(dataset, params)
    _check_labels(dataset, dataset.train, monitor)
    _check_validation(dataset, params)


def prepare_task(dataset: Dataset, given: TrainParams, monitor: Monitor) -> Task:
    """Check everything, and fill in what was left open.

    Raises
    ------
    InputError
        Where a training would be in vain: see `_check`.
    """
    check_logger(given.logger)
    if given.n_epochs is not None and given.n_steps is not None:
        raise InputError(
            "the length of the training is said twice",
            found=f"n-steps {given.n_steps}, n-epochs {given.n_epochs:g}",
            cure="Leave one out; where a configuration has it: --n-epochs none",
        )
    specification, recordings = _fitted(dataset, given)
    seed = given.seed if given.subset_seed is None else given.subset_seed
    train = choose_subset(dataset.train, recordings, fraction=given.fraction, seconds=given.seconds, seed=seed)
    _check_labels(dataset, train, monitor)
    _check_validation(dataset, given)
    loss = fitting_loss(given.loss, given.target, dataset.labels, specification.n_channels).loss
    _check_soft(given, loss)
    _check_smoothing(given)
    start = Model.load(given.start_from) if given.start_from is not None else None
    architecture = given.architecture
    if start is not None:
        architecture = _continued(given, start, specification)
    else:
        traits = find_traits(train, recordings, seed=given.seed, listen=_is_open(architecture.to_dict()))
        architecture = architecture.suited(traits)
    network = architecture.build(specification)
    freeze(network, given.freeze)  # names of parts that are none, before anything is read
    grid = FrameGrid(network.hop, network.context, specification.sample_rate)
    dense = is_dense(train, recordings)
    window = given.window or _default_window(network, architecture, dense)
    n_frames = max(1, round(window * grid.frame_rate))
    _check_window(window, train, recordings, dense, network)
    batch_size = given.batch_size or (_DENSE_BATCH if dense else _SPARSE_BATCH) * given.devices
    # of single sounds, a window around each
    n_windows = covered_seconds(train, recordings) / window if dense else float(len(train))
    epoch = max(1, round(n_windows / batch_size))
    params = FilledParams.of(
        given,
        architecture=architecture,
        loss=_loss(given, dataset, specification.n_channels, dense),
        smoothing=given.smoothing if _has_probabilities(given) else given.smoothing.model_copy(update={"weight": 0.0}),
        window=window,
        sampling=given.sampling or ("uniform" if dense else "centred"),
        batch_size=batch_size,
        **_length(given, epoch, dense),
    )
    _check_enough(dataset, train, recordings, params)
    task = Task(dataset, train, given, params, specification, recordings, grid, n_frames, start, epoch)
    _explain(task, network, monitor)
    return task


def has_validation(dataset: Dataset) -> bool:
    """Whether a dataset has a validation part with anything in it."""
    return "validation" in dataset.parts and len(dataset.parts["validation"]) > 0


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


def _options(plugin: Plugin) -> str:
    """A plug-in with the options that are not its defaults.

    Examples
    --------
    >>> _options(CrossEntropy(label_smoothing=0.5))
    'cross-entropy (label-smoothing 0.5)'
    """
    usual = type(plugin)().to_dict()
    changed = [f"{name.replace('_', '-')} {value}" for name, value in plugin.to_dict().items() if value != usual[name]]
    return plugin.plugin_name + (f" ({', '.join(changed)})" if changed else "")


def _is_open(options: Mapping[str, Any]) -> bool:
    """Whether an option is left to the data."""
    return any(value is None or (isinstance(value, Mapping) and _is_open(value)) for value in options.values())


# -- what is filled in ---------------------------------------------------------------------------------------------


def _fitted(dataset: Dataset, params: TrainParams) -> tuple[Specification, dict[str, Recording]]:
    """The task of the network, and the recordings at one rate and level."""
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
    return specification, fitted


def _continued(given: TrainParams, start: Model, specification: Specification) -> Any:
    """The architecture of the model to start from, where it is the wished one."""
    theirs = start.architecture.to_dict()
    changed = changed_options(given.architecture.to_dict(), theirs)
    if (start.sample_rate, start.n_channels) != (specification.sample_rate, specification.n_channels):
        changed.append(
            f"sound of {specification.n_channels} channel(s) at {specification.sample_rate:g} Hz "
            f"(not {start.n_channels} at {start.sample_rate:g} Hz)"
        )
    if changed:
        raise InputError(
            "the model to start from has another architecture",
            path=given.start_from,
            found=", ".join(changed),
            cure="Give the architecture and the options that it was trained with: they are in its _params.yaml",
        )
    return start.architecture


def _default_window(network: Network, architecture: Architecture, dense: bool) -> float:
    """Seconds; what pads with zeros inside its window should at least see as far as it can."""
    if not dense:
        return _SPARSE_WINDOW
    return max(_DENSE_WINDOW, receptive_field(network, architecture)) if network.is_windowed else _DENSE_WINDOW


def receptive_field(network: Network, architecture: Architecture) -> float:
    """Seconds of sound that a frame can see.

    A network that pads inside its window sees as far as the same one that does not, whose context says how far.
    """
    samples = getattr(network, "receptive_field", None)
    if not isinstance(samples, int):
        if network.is_windowed and "padding" in type(architecture).model_fields:
            network = architecture.model_copy(update={"padding": "context"}).build(network.specification)
        samples = sum(network.context) + 1
    return samples / network.specification.sample_rate


def _length(params: TrainParams, epoch: int, dense: bool) -> dict[str, int]:
    """Steps of the training, and between validations."""
    period = None
    if params.n_epochs is not None:
        n_steps, period = max(1, round(params.n_epochs * epoch)), epoch
    elif params.n_steps is not None:
        n_steps = params.n_steps
    elif dense:
        n_steps = min(max(_DENSE_EPOCHS * epoch, _DENSE_STEPS[0]), _DENSE_STEPS[1])
    else:
        n_steps = _SPARSE_STEPS
    period = params.period or period or max(_PERIOD, round(n_steps / _N_PERIODS))
    return {"n_steps": n_steps, "period": period}


def _loss(given: TrainParams, dataset: Dataset, n_channels: int, dense: bool) -> Loss:
    """The given loss; or that of the target, in which labels balance where single sounds are learnt."""
    loss = fitting_loss(given.loss, given.target, dataset.labels, n_channels).loss
    if given.loss is None and isinstance(loss, CrossEntropy):
        return loss.model_copy(update={"balanced": not dense, "label_smoothing": _LABEL_SMOOTHING})
    return loss


def _has_probabilities(params: TrainParams) -> bool:
    """Whether outputs stand for probabilities, whose changes a smoothing term can count, and not for sound."""
    return params.target.encodes != "values"


# -- what is checked -----------------------------------------------------------------------------------------------


def _check_labels(dataset: Dataset, train: Annotations, monitor: Monitor) -> None:
    """Refuse a single label, and labels that can be met but not learnt; warn of those that cannot be judged."""
    if len(dataset.labels) < 2:
        raise InputError(
            "there is nothing to tell the only label from",
            path=dataset.path,
            found=list(dataset.labels),
            allowed="two labels or more",
            cure="Annotate background, or say with coverage where there is nothing else",
        )
    learnt = set(train.to_pandas()["label"])
    for name, part in dataset.parts.items():
        strange = sorted(set(part.to_pandas()["label"]) - learnt - {BACKGROUND})
        if name != "train" and strange:
            raise InputError(
                f"the {name} part has labels that the training part has not",
                path=dataset.path,
                found=", ".join(strange),
                allowed=sorted(learnt),
                cure="Split otherwise, take more of the training part, or leave them out: oscine prepare --labels",
            )
    if has_validation(dataset):
        judged = set(dataset.parts["validation"].to_pandas()["label"])
        if unseen := sorted(learnt - judged - {BACKGROUND}):
            monitor.warning(f"labels without a validation annotation cannot be judged: {', '.join(unseen)}")


def _check_validation(dataset: Dataset, params: TrainParams) -> None:
    """Refuse to train what nobody could say how good it is, unless that is wished."""
    if has_validation(dataset):
        return
    if params.schedule.needs_validation or params.patience is not None:
        raise InputError(
            "there is no validation part for early stopping or the schedule to go by",
            path=dataset.path,
            cure="Split one off with oscine prepare, or leave patience out and choose another schedule",
        )
    if not params.unvalidated:
        raise InputError(
            "the dataset has no validation part, so that nobody could say how good the model is",
            path=dataset.path,
            found=", ".join(dataset.parts),
            cure="Split one off with oscine prepare, or train without: --unvalidated",
        )


def _check_soft(params: TrainParams, loss: Loss) -> None:
    """Refuse a loss that cannot judge shares of labels where an augmentation makes such."""
    soft = [member.plugin_name for member in params.augmentations if member.softens]
    if soft and params.target.encodes == "labels" and "shares" not in loss.judges:
        raise InputError(
            f"the augmentation {soft[0]!r} mixes labels, which the loss {loss.plugin_name!r} cannot judge",
            found=f"loss {loss.plugin_name}",
            cure="Choose --loss cross-entropy, or leave the augmentation out",
        )


def _check_smoothing(params: TrainParams) -> None:
    """Refuse to smooth what are no probabilities; the smoothing that nobody has asked for is left out then."""
    asked = params.smoothing.weight and params.smoothing != TrainParams.model_fields["smoothing"].default
    if asked and not _has_probabilities(params):
        raise InputError(
            f"the outputs of the target {params.target.plugin_name!r} are no probabilities, which smoothing compares",
            found=f"smoothing {params.smoothing.plugin_name} with a weight of {params.smoothing.weight:g}",
            cure="Leave it out: --smoothing.weight 0",
        )


def _check_window(
    window: float, train: Annotations, recordings: Mapping[str, Recording], dense: bool, network: Network
) -> None:
    """Refuse windows that are longer than everything there is to draw them from, or shorter than a frame."""
    there = [recordings[name] for name in train.recordings if name in recordings]
    longest = max((recording.duration for recording in there), default=0.0)
    what = "recording"
    if dense:
        stretches = (train.coverage.intervals(recording.name, recording.duration) for recording in there)
        longest, what = (
            max(float((item[:, 1] - item[:, 0]).max()) for item in stretches if len(item)),
            "covered stretch",
        )
    if window > longest * (1 + 1e-9):
        raise InputError(
            f"the window is longer than the longest {what} of the training part",
            found=f"{window:g} s",
            allowed=f"up to {longest:.6g} s",
            cure="Lower --window",
        )


def _check_enough(
    dataset: Dataset, train: Annotations, recordings: Mapping[str, Recording], params: FilledParams
) -> None:
    """Refuse fewer examples than a batch, before anything is written or decoded."""
    if params.sampling == "uniform":  # any number of windows can be drawn from a stretch
        return
    n_examples = len(find_examples(train, dict(recordings), dataset.labels))
    if n_examples < params.batch_size:
        raise InputError(
            "there are fewer training examples than a batch has windows",
            path=dataset.path,
            found=n_examples,
            allowed=f"{params.batch_size} or more",
            cure="Annotate more, or lower --batch-size",
        )


# -- what is said --------------------------------------------------------------------------------------------------


def _explain(task: Task, network: Network, monitor: Monitor) -> None:
    """Say what is trained, on what, and what was taken from the data; warn where that may be wrong."""
    params, given, dataset = task.params, task.given, task.dataset
    monitor.message(f"learning {', '.join(dataset.labels)}\n{dataset}")
    if given.fraction is not None or given.seconds is not None:
        taken, there = (covered_seconds(part, task.recordings) for part in (task.train, dataset.train))
        monitor.message(
            f"of the training part {len(task.train)} of {len(dataset.train)} annotations and {taken:.4g} of "
            f"{there:.4g} s are used"
        )
    monitor.message(network.describe())
    filled = [
        f"{name} {now:g}" if isinstance(now, float) else f"{name} {now}"
        for name, _, now in differences(given.to_dict(), params.to_dict())
        if name != "loss"
    ]
    if given.loss is None:
        filled.append(f"loss {_options(params.loss)}")
    if filled:
        monitor.message(f"from the data: {', '.join(filled)}")
    field = receptive_field(network, params.architecture)
    if network.is_windowed and params.window is not None and params.window < field:
        monitor.warning(
            f"the window ({params.window:.4g} s) is shorter than what a frame could see ({field:.4g} s): much of every "
            "window is judged by zeros; choose a longer --window, or --architecture.padding context"
        )
    if not task.is_validated:
        monitor.warning("there is no validation part: how good the model is cannot be said, and it has no thresholds")
        return
    reach = (sum(task.grid.context) + 1) / task.grid.sample_rate
    leaks, n_validation = count_leaks(dataset, reach)
    if leaks:
        monitor.warning(
            f"{leaks} of {n_validation} validation annotations lie within {reach:.3g} s, what a frame sees, of a "
            "training one: scores are optimistic; split by files, or by blocks with that much of a guard"
        )
