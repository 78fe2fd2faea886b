"""The training loop: compact, ours, on Lightning Fabric; it owns its state and resumes exactly.

What happens in a step is a function of the seed and the step alone (the windows drawn, the units dropped, the learning
rate), so a training that is interrupted after any step and resumed from its checkpoint makes the same model, bit for
bit on one machine, as one that was not. What is measured goes to a file as it comes (`oscine.training.metrics_file`).

The best model is the validated one with the highest F1, mean over labels as if all were equally common, or by another
criterion; for targets that know no right and wrong, the one with the lowest loss. Without validation it is the last.
Where an average of the weights is kept, it is what is validated and kept.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import Tensor

from oscine.core.errors import Cancelled, InputError
from oscine.core.monitor import Monitor
from oscine.datasets.augmentation import Batch as AugmentedBatch
from oscine.datasets.augmentation import augment, mask_features
from oscine.datasets.sampler import Sampler
from oscine.networks.loss import FittedLoss
from oscine.networks.network import Network
from oscine.networks.target import UNKNOWN, Target
from oscine.training.ahead import Ahead
from oscine.training.average import Average
from oscine.training.checkpoint import Checkpoint
from oscine.training.loggers import open_logger
from oscine.training.metrics_file import METRICS, MetricsFile
from oscine.training.optimizers import make_optimizer
from oscine.training.params import FilledParams
from oscine.training.parts import freeze
from oscine.training.validation import Tally

CHECKPOINT = "checkpoint.safetensors"

Batch = tuple[NDArray[np.float32], NDArray[Any]]


@dataclass
class Fit:
    """One training of one network.

    Attributes
    ----------
    network, target, loss
        What is trained, on what, and what is made small.
    sampler, validation
        Where batches come from; no validation where there is nothing to validate on.
    params
        Of the training, nothing left open.
    folder
        Where checkpoint and metrics are kept.
    seed
        Of the units dropped; the batches have their sampler's.
    keep
        `keep(network, step, best)` is called where a model should be kept.
    """

    network: Network
    target: Target
    loss: FittedLoss
    sampler: Sampler
    validation: Sampler | None
    params: FilledParams
    folder: Path
    seed: int
    keep: Callable[[Network, int, bool], None]

    def run(self, monitor: Monitor) -> Checkpoint:
        """Train until the last step, from the checkpoint if there is one.

        Raises
        ------
        Cancelled
            Where the user or the system asked to stop; the state is saved and nothing is lost.
        InputError
            Where the loss is no number any more, the checkpoint is damaged or beyond the last step, the device is not
            here, or the disk is full.
        """
        return _Training(self, _fabric(self.params), monitor).run()


class _Training:
    """A training that runs."""

    def __init__(self, fit: Fit, fabric: Fabric, monitor: Monitor) -> None:
        self.fit, self.params, self.fabric, self.monitor = fit, fit.params, fabric, monitor
        self.network = fit.network
        self.leads, self.n_ranks = fabric.global_rank == 0, fabric.world_size
        self.frozen = freeze(self.network, self.params.freeze)
        weights = [weight for weight in self.network.parameters() if weight.requires_grad]
        self.optimizer = make_optimizer(
            self.params.optimizer, weights, self.params.learning_rate, self.params.weight_decay
        )
        self.module, self.stepper = fabric.setup(self.network, self.optimizer)
        self.average = Average(self.network, self.params.ema) if self.params.ema else None
        self.state = self._resume()
        self.started = time.monotonic() - self.state.elapsed
        self.metrics: MetricsFile | None = None
        self.clock = _Clock(self.params.batch_size * fit.sampler.n_frames / self.network.frame_rate)

    def run(self) -> Checkpoint:
        params, folder, step = self.params, self.fit.folder, self.state.step
        logger = params.logger if self.leads else "none"
        with (
            MetricsFile(folder / METRICS, step=step or -1) if self.leads else nullcontext() as self.metrics,
            closing(open_logger(logger, folder, step, params.to_dict())) as self.logger,
            self.monitor.task(f"Training {folder.name}", total=params.n_steps, unit="steps") as task,
            _repeatable(self.fabric),
            _told_to_stop() as told,
            Ahead(self._share, params.n_steps) as batches,
        ):
            if step == 0:
                self._validate()
            task.done = step
            while self.state.step < params.n_steps and not self._is_stuck():
                values = self._step(batches(self.state.step))
                self.clock.tick()
                self.state.step += 1
                self._note(values)
                if self.state.step == params.n_steps or self.state.step % self.params.period == 0:
                    self._validate()
                    self._save()
                try:
                    task.advance(1, note=self._progress(values))
                    wished = told.is_set()
                except Cancelled:
                    wished = True
                if self._agreed(wished):
                    self._save()
                    raise Cancelled
            if self.state.step < params.n_steps:
                self.monitor.message(f"stopped early: no gain since step {self.state.gain_step}")
        return self.state

    # -- the state -----------------------------------------------------------------------------------------------

    def _resume(self) -> Checkpoint:
        """The state of the checkpoint; the beginning where there is none."""
        path = self.fit.folder / CHECKPOINT
        if not path.exists():
            return Checkpoint()
        state = Checkpoint.load(path, self.network, self.optimizer, self.average)
        if state.step > self.params.n_steps:
            raise InputError(
                "this training has gone further already",
                path=path,
                found=f"step {state.step}",
                allowed=f"up to --n-steps {self.params.n_steps}",
                cure="Raise --n-steps, or choose another --out",
            )
        self.fabric.strategy.precision.load_state_dict(state.scale)
        return state

    def _share(self, step: int) -> Batch:
        """What this device learns from in a step: every so-manieth window of the batch."""
        sampler, params = self.fit.sampler, self.params
        sound, truth = sampler.batch(step, params.batch_size, margin=sampler.margin)
        if params.augmentations:
            n_outputs = self.network.specification.n_outputs
            batch = AugmentedBatch(sound, truth, sampler.grid, sampler.margin, n_outputs, self._reversal())
            batch = augment(batch, params.augmentations, self.fit.seed, step)
            sound, truth = batch.sound, batch.truth
        if self.n_ranks == 1:
            return sound, truth
        mine = slice(self.fabric.global_rank, None, self.n_ranks)
        return np.ascontiguousarray(sound[mine]), np.ascontiguousarray(truth[mine])

    def _reversal(self) -> tuple[int, ...]:
        """Order of the outputs once time is reversed: an onset becomes an offset."""
        specification = self.network.specification
        names = list(self.fit.target.outputs(specification.labels, specification.n_channels))
        if not {"onset", "offset"} <= {*names}:
            return ()
        swapped = {"onset": "offset", "offset": "onset"}
        return tuple(names.index(swapped.get(name, name)) for name in names)

    def _agreed(self, wished: bool) -> bool:
        """Whether any of the devices wishes something."""
        return self._mean(float(wished)) > 0

    def _mean(self, value: float) -> float:
        """The mean over devices."""
        if self.n_ranks == 1:
            return value
        total: Any = self.fabric.all_reduce(torch.tensor(value), reduce_op="mean")
        return float(total)

    def _save(self) -> None:
        if not self.leads:
            return
        self.state.scale = self.fabric.strategy.precision.state_dict()
        self.state.save(self.fit.folder / CHECKPOINT, self.network, self.optimizer, self.average)

    def _note(self, values: dict[str, float], **unrepeatable: float) -> None:
        """Write down what was measured, and tell it."""
        state = self.state
        state.elapsed = time.monotonic() - self.started
        if self.metrics is None:
            return
        self.metrics.write({"step": state.step, **values, **unrepeatable, "seconds": round(state.elapsed, 3)})
        self.logger.write(state.step, {**values, **unrepeatable})
        self.monitor.metric(state.step, **values)

    def _progress(self, values: dict[str, float]) -> str:
        """What stands beside the bar."""
        parts = [f"loss {values['loss']:.3f}"]
        if "accuracy" in values:
            parts.append(f"accuracy {values['accuracy']:.0%}")
        parts.append(f"{self.clock.speed:.3g} s of sound/s")
        if "f1" in self.state.best:
            parts.append(f"best F1 {self.state.best['f1']:.3f}")
        return "  ".join(parts)

    def _is_stuck(self) -> bool:
        """Whether there was no gain in as many validations as patience lasts."""
        waited = self.state.step - self.state.gain_step
        patience = self.params.patience
        return (
            patience is not None
            and self.state.step % self.params.period == 0
            and waited >= patience * self.params.period
        )

    # -- a step --------------------------------------------------------------------------------------------------

    def _step(self, batch: Batch) -> dict[str, float]:
        """Learn from one batch; says its loss and its share of known frames that were right."""
        params, step = self.params, self.state.step
        sound, truth = _tensors(self.fabric, *batch)
        rank = (self.fabric.global_rank,) if self.n_ranks > 1 else ()
        _seed(self.fabric.device, _mixed(self.fit.seed, step, *rank))  # of the units that are dropped
        if not self.network.training:
            self._train_mode()
        rate = params.learning_rate * params.schedule.factor(step, params.n_steps, self.state.losses)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.stepper.zero_grad()
        columns: list[Tensor] = []
        edit = self._edit(columns)
        logits = self.module(sound, edit) if edit else self.module(sound)
        own = self._own_truth(sound)
        truth = truth if own is None else own
        loss = self._loss(logits, truth, columns)
        value = self._mean(loss.item())
        if not math.isfinite(value):
            raise InputError(
                f"training has failed: the loss of step {step + 1} is no number",
                path=self.fit.folder,
                found=value,
                cure="Choose another --out, and lower --learning-rate or set --clip",
            )
        self.fabric.backward(loss)
        if params.clip:
            self.fabric.clip_gradients(self.module, self.stepper, max_norm=params.clip)
        self.stepper.step()
        if self.average:
            self.average.update(step + 1)
        if own is not None:
            return {"loss": value}
        return {"loss": value, "accuracy": self._mean(accuracy(self.fit.target, logits.detach(), truth))}

    def _train_mode(self) -> None:
        """Learning, but for what is frozen: that neither drops units nor measures its batches."""
        self.module.train()
        for module in self.frozen:
            module.eval()

    def _own_truth(self, sound: Tensor) -> Tensor | None:
        """The truth that some targets take from the sound itself."""
        return self.fit.target.of_sound(sound, self.network.hop, self.network.context)

    def _edit(self, columns: list[Tensor]) -> Callable[[Tensor], Tensor] | None:
        """Puts aside the features of every frame, where the smoothing term needs them, and masks what shall be."""
        smoothing = self.params.smoothing
        looks = smoothing.weight > 0 and smoothing.needs_columns
        mask = mask_features(self.params.augmentations, self.fit.seed, self.state.step)
        if not looks:
            return mask

        def edit(features: Tensor) -> Tensor:
            columns.append(self.network.columns(features, self.fit.sampler.n_frames))
            return mask(features) if mask else features

        return edit

    def _loss(self, logits: Tensor, truth: Tensor, columns: list[Tensor]) -> Tensor:
        """The loss with its smoothing term."""
        loss = self.fit.loss(logits, truth)
        if self.params.smoothing.weight:
            known = truth != UNKNOWN if truth.ndim == 2 else ~truth.isnan().all(dim=1)  # something is
            loss = loss + self.params.smoothing(
                self.fit.target.log_probabilities(logits), known, columns[0] if columns else None
            )
        return loss

    # -- a validation --------------------------------------------------------------------------------------------

    def _validate(self) -> None:
        """Measure, and keep the model; with several devices the first one does, and the others learn of it."""
        if self.leads:
            with self.average.applied() if self.average else nullcontext():
                self._judge(self.measure())
        if self.n_ranks > 1:
            self.state = self.fabric.broadcast(self.state)
        self.clock.skip()

    def _judge(self, values: dict[str, float]) -> None:
        """Note what was measured, and keep the model."""
        state = self.state
        if values:
            speed = {"speed": round(self.clock.speed, 3)} if self.clock.speed else {}
            self._note({f"validation_{name}": value for name, value in values.items()}, **speed)
            state.losses.append(values["loss"])
            self.monitor.message(_line(state.step, values))
        value = goodness(values, self.params.criterion, state.step)
        if state.best_step < 0 or value > state.best_value:
            state.gain_step = state.step
        best = state.best_step < 0 or value >= state.best_value
        if best:
            state.best_step, state.best_value, state.best = state.step, value, values
        self.fit.keep(self.network, state.step, best)

    @torch.no_grad()
    def measure(self) -> dict[str, float]:
        """Loss and rates on all validation windows; nothing where nothing is known of them.

        The loss is that of all windows as one batch, so that it does not depend on how they are told off into batches.
        """
        if self.fit.validation is None:
            return {}
        self.network.eval()
        logits, truths = [], []
        tally = Tally(self.fit.target, self.network.specification.n_outputs)
        for batch in self.fit.validation.centred(4 * self.params.batch_size):
            sound, truth = _tensors(self.fabric, *batch)
            own = self._own_truth(sound)
            with self.fabric.autocast():  # not through the module, which would wait for the other devices
                logits.append(self.network(sound).float().cpu())
            truths.append((truth if own is None else own).cpu())
            if own is None:
                tally.add(logits[-1].numpy(), truths[-1].numpy())
        truth = torch.cat(truths)
        known = ~truth.isnan() if truth.is_floating_point() else truth != UNKNOWN
        if not known.any():
            return {}
        values = {"loss": self.fit.loss(torch.cat(logits), truth).item(), **tally.rates()}
        return {name: value for name, value in values.items() if math.isfinite(value)}


def accuracy(target: Target, logits: Tensor, truth: Tensor) -> float:
    """Share of what is known of a batch that the network says rightly.

    Parameters
    ----------
    logits
        (batch, output, frame).
    truth
        Labels (batch, frame), or values (batch, output, frame).
    """
    if truth.ndim == 2 and type(target).is_present is Target.is_present:  # the most probable label, where it is known
        known = truth != UNKNOWN
        right = (logits.argmax(dim=1) == truth) & known
        return float(right.sum() / known.sum().clamp(min=1))
    scores = target.decode(logits.float().cpu().numpy())
    present, known_too = target.judge(truth.cpu().numpy(), scores.shape[-2])
    somewhere = known_too.any(axis=-2)
    wrong = ((target.is_present(scores) != present) & known_too).any(axis=-2)
    return float((somewhere & ~wrong).sum() / max(1, somewhere.sum()))


def goodness(values: dict[str, float], criterion: str, step: int) -> float:
    """What a validation is worth, the larger the better; without any, the later the better.

    Examples
    --------
    >>> goodness({"loss": 0.5, "f1": 0.9}, "f1", 30), goodness({"loss": 0.5}, "f1", 30), goodness({}, "f1", 30)
    (0.9, -0.5, 30.0)
    """
    name = criterion.replace("-", "_")
    if name in values:
        return values[name] if name == "f1" else -values[name]
    return -values["loss"] if "loss" in values else float(step)


def _line(step: int, values: dict[str, float]) -> str:
    """A validation in a line."""
    parts = [f"loss {values['loss']:.4f}"]
    if "f1" in values:
        parts.append(f"F1 {values['f1']:.3f}")
    if "frame_error" in values:
        parts.append(f"frame error {values['frame_error']:.2%}")
    return f"step {step}, validation: {', '.join(parts)}"


class _Clock:
    """How many seconds of sound a training learns from in a second, validations left out.

    Parameters
    ----------
    amount
        Seconds of sound in a step.
    """

    def __init__(self, amount: float) -> None:
        self.amount, self.speed = amount, 0.0
        self._before: float | None = None

    def tick(self) -> None:
        """A step is done."""
        now = time.monotonic()
        if self._before is not None and now > self._before:
            speed = self.amount / (now - self._before)
            self.speed = 0.95 * self.speed + 0.05 * speed if self.speed else speed
        self._before = now

    def skip(self) -> None:
        """Something else took place, which does not count."""
        self._before = time.monotonic()


def _fabric(params: FilledParams) -> Fabric:
    """Where to compute, and how precisely."""
    try:
        strategy = "ddp" if params.devices > 1 else "auto"
        fabric = Fabric(
            accelerator=params.device, devices=params.devices, strategy=strategy, precision=params.precision
        )
        fabric.launch()
        return fabric
    except (RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(
            f"this device cannot be used ({reason})", found=params.device, cure="Choose --device auto or cpu"
        ) from error


def _tensors(fabric: Fabric, sound: NDArray[np.float32], truth: NDArray[Any]) -> tuple[Tensor, Tensor]:
    """A batch where the network is."""
    device = fabric.device
    return torch.from_numpy(sound).to(device), torch.from_numpy(truth).to(device)


def _seed(device: torch.device, seed: int) -> None:
    """Seed what draws on a device; `torch.manual_seed` seeds all there could be, and takes longer than a small step."""
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)
    elif device.type == "mps":
        torch.mps.manual_seed(seed)


def _mixed(*seeds: int) -> int:
    """One seed of several."""
    return int(np.random.SeedSequence(seeds).generate_state(1, np.uint64)[0] >> 1)


@contextmanager
def _repeatable(fabric: Fabric) -> Iterator[None]:
    """The same numbers every time, from a random state of its own: the caller's stays as it was."""
    chosen, searching = torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
    devices: Iterable[torch.device] = [fabric.device] if fabric.device.type == "cuda" else []
    try:
        with torch.random.fork_rng(devices=list(devices)):
            yield
    finally:
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = chosen, searching


@contextmanager
def _told_to_stop() -> Iterator[threading.Event]:
    """Is set where the system asks to stop (SIGTERM), unless the driver listens to that itself."""
    told = threading.Event()
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield told
        return
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    try:
        yield told
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
