"""The hyper-parameters of a training, apart from the operation so that the loop can know them too.

What is left open (`none`) is taken from the data or follows from another option, before anything is trained; what came
of it is said, and stored with the model.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import model_validator

from oscine.core.errors import InputError
from oscine.core.params import Field, Hertz, OperationParams, Seconds
from oscine.datasets.augmentation import Augmentations
from oscine.datasets.augmentations.gain import Gain
from oscine.datasets.augmentations.noise import Noise
from oscine.networks.architecture import ARCHITECTURES, Architecture
from oscine.networks.architectures.oscine import Oscine
from oscine.networks.loss import LOSSES, Loss
from oscine.networks.smoothing import SMOOTHINGS, Smoothing
from oscine.networks.smoothings.tmse import Tmse
from oscine.networks.target import TARGETS, Target
from oscine.networks.targets.exclusive import Exclusive
from oscine.training.optimizers import OptimizerName
from oscine.training.schedule import SCHEDULES, Schedule
from oscine.training.schedules.constant import Constant
from oscine.training.schedules.cosine import Cosine


class TrainParams(OperationParams):
    """Hyper-parameters of one training run."""

    configurations: ClassVar[Path | None] = Path(__file__).parent / "configurations"

    architecture: Annotated[Architecture, ARCHITECTURES] = Oscine()
    """Network to train."""
    target: Annotated[Target, TARGETS] = Exclusive(event_width=0.01)
    """What a frame can be."""
    loss: Annotated[Loss, LOSSES] | None = None
    """What is made small; none: what fits the target."""
    smoothing: Annotated[Smoothing, SMOOTHINGS] = Tmse(weight=0.15)
    """What makes scores change seldom from frame to frame, beside the loss."""
    normalise: bool = True
    """Bring every recording to the same level of background noise, since recorders differ in gain."""
    sample_rate: Hertz | None = Field(None, gt=0)
    """Rate to resample to, for recordings that differ; none: that of the recordings, which must agree."""
    window: Seconds | None = Field(None, gt=0)
    """Stretch whose frames are learnt together; none: 2 s of sound annotated from end to end, else 0.05 s."""
    sampling: Literal["centred", "uniform"] | None = None
    """Draw windows around annotations and background, or anywhere in what was annotated from end to end; none: anywhere
    if the training part is annotated so."""
    balance: bool = True
    """Draw every label equally often around annotations, however rare it is."""
    augmentations: Augmentations = (Gain(), Noise())
    """How windows are changed before they are learnt from, in this order."""
    fraction: float | None = Field(None, gt=0, le=1)
    """Share of the training part to learn from, chosen by chance; none: all of it."""
    seconds: Seconds | None = Field(None, gt=0)
    """How much of the training part to learn from, chosen by chance; none: all of it."""
    subset_seed: int | None = Field(None, ge=0)
    """Seed of that choice, if not `seed`."""
    unvalidated: bool = False
    """Train even where the dataset has no validation part: the last model is then the best, without thresholds."""
    n_steps: int | None = Field(None, ge=0)
    """Batches to train on, 0 keeps the random weights; none: 300, or 25 epochs of sound annotated from end to end, but
    400 at least and 4000 at most."""
    n_epochs: float | None = Field(None, gt=0)
    """Epochs to train for, instead of `n_steps`: in one, as many windows are drawn as fit into the training sound."""
    batch_size: int | None = Field(None, ge=1)
    """Windows in a batch; none: 32, or 8 of sound annotated from end to end."""
    optimizer: OptimizerName = "adamw"
    """How the weights follow the gradient."""
    learning_rate: float = Field(4e-3, gt=0)
    """How far they follow it, at most."""
    schedule: Annotated[Schedule, SCHEDULES] = Cosine(warm_up=50)
    """How the learning rate changes in the course of the training."""
    weight_decay: float = Field(0.01, ge=0)
    """How strongly weights are pulled to zero."""
    clip: float | None = Field(1.0, gt=0)
    """Largest norm of the gradient."""
    ema: float | None = Field(0.99, gt=0, lt=1)
    """Keep a moving average of the weights, of which this share stays at each step; none: the weights themselves."""
    period: int | None = Field(None, ge=1)
    """Steps between validations, each of which keeps model and state; none: 30, or an epoch if `n_epochs` is given."""
    patience: int | None = Field(None, ge=1)
    """Stop after this many validations without gain, which are epochs if `n_epochs` is given; none: never."""
    criterion: Literal["f1", "frame-error", "loss"] = "f1"
    """What makes a validated model the best, and a gain; the loss, for targets that have no F1."""
    start_from: Path | None = None
    """Model, or folder of a run, whose weights to begin with; its labels may be others."""
    freeze: tuple[str, ...] = ()
    """Parts of the network that stay as they are: front-end, body, all-but-head, or names of its layers."""
    n_replicates: int = Field(1, ge=1)
    """Models to train, which differ in their seeds."""
    at_once: int = Field(1, ge=1)
    """How many of them to train at a time, each in a process of its own with its share of the cores."""
    weights_seed: int | None = Field(None, ge=0)
    """Seed of the initial weights, if not `seed`."""
    batches_seed: int | None = Field(None, ge=0)
    """Seed of the windows drawn, if not `seed`."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where to compute."""
    devices: int = Field(1, ge=1)
    """How many of these devices to share every batch among."""
    precision: Literal["32-true", "16-mixed", "bf16-mixed"] = "32-true"
    """Of the arithmetic."""
    logger: Literal["none", "tensorboard", "wandb"] = "none"
    """Where measurements go besides metrics.jsonl: a program of that name must be installed."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.optimizer == "ftrl" and self.schedule != Constant():
            raise InputError(
                "the optimizer ftrl makes weights anew from all gradients, so that its rate cannot change",
                found=f"schedule {self.schedule.plugin_name}",
                cure="Add --schedule constant, without warm-up, or choose another --optimizer",
            )
        if self.fraction is not None and self.seconds is not None:
            raise InputError("how much to learn from is said twice", cure="Give fraction or seconds, not both")
        if (self.batch_size or self.devices) % self.devices:
            raise InputError(
                "a batch cannot be shared evenly among the devices",
                found=f"batch_size {self.batch_size}, devices {self.devices}",
                cure=f"Choose a batch_size such as {-(-(self.batch_size or 1) // self.devices) * self.devices}",
            )
        return self


class FilledParams(TrainParams):
    """Parameters of a training with nothing left open."""

    loss: Annotated[Loss, LOSSES]
    window: Seconds
    sampling: Literal["centred", "uniform"]
    n_steps: int
    batch_size: int
    period: int

    @classmethod
    def of(cls, given: TrainParams, **filled: object) -> FilledParams:
        """The given parameters with some filled in."""
        return cls.model_validate({name: getattr(given, name) for name in type(given).model_fields} | filled)


def check_one_seed(seed: int, train: TrainParams) -> None:
    """Refuse a seed of the trainings of a series that is not the series' own, which would be passed over in silence.

    Raises
    ------
    InputError
        Where `train` has a seed other than 0, the default, and `seed`.
    """
    if train.seed not in {0, seed}:
        raise InputError(
            "the seed of the trainings is that of all of it",
            found=f"seed {seed}, train.seed {train.seed}",
            cure="Give --seed alone",
        )
