"""The training loop: compact, ours, on Lightning Fabric; it owns its state and resumes exactly.

What happens in a step is a function of the seed and the step alone (the windows drawn, the units dropped), so a
training that is interrupted after any step and resumed from its checkpoint makes the same model, bit for bit on
one machine, as one that was not. What is measured goes to a file as it comes (`oscine.training.metrics_file`).

The best model is the validated one with the highest F1: mean over labels, as if all were equally common. Without
validation it is the last one.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import Tensor

from oscine.core.errors import Cancelled, InputError
from oscine.core.monitor import Monitor
from oscine.datasets.sampler import Sampler
from oscine.metrics.frames import confusion_matrix, mean
from oscine.networks.loss import Loss
from oscine.networks.network import Network
from oscine.networks.target import UNKNOWN, Target
from oscine.training.checkpoint import Checkpoint
from oscine.training.metrics_file import METRICS, MetricsFile
from oscine.training.optimizers import make_optimizer
from oscine.training.params import TrainParams

CHECKPOINT = "checkpoint.safetensors"


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
        Of the training.
    folder
        Where checkpoint and metrics are kept.
    seed
        Of the units dropped; the batches have their sampler's.
    keep
        `keep(network, step, best)` is called where a model should be kept.
    """

    network: Network
    target: Target
    loss: Loss
    sampler: Sampler
    validation: Sampler | None
    params: TrainParams
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
        params = self.params
        fabric = _fabric(params)
        optimizer = make_optimizer(
            params.optimizer, self.network.parameters(), params.learning_rate, params.weight_decay
        )
        network, stepper = fabric.setup(self.network, optimizer)
        state = self._resume(fabric, optimizer)
        started = time.monotonic() - state.elapsed

        def note(values: dict[str, float]) -> None:
            state.elapsed = time.monotonic() - started
            metrics.write({"step": state.step, **values, "seconds": round(state.elapsed, 3)})
            monitor.metric(state.step, **values)

        def save() -> None:
            state.scale = fabric.strategy.precision.state_dict()
            state.save(self.folder / CHECKPOINT, self.network, optimizer)

        with (
            MetricsFile(self.folder / METRICS, step=state.step if state.step else -1) as metrics,
            monitor.task(f"Training {self.folder.name}", total=params.n_steps, unit="steps") as task,
            _repeatable(fabric),
            _told_to_stop() as told,
        ):
            if state.step == 0:
                self._validate(fabric, network, state, note)
            task.done = state.step
            while state.step < params.n_steps and not self._is_stuck(state):
                values = self._step(fabric, network, stepper, state.step)
                state.step += 1
                note(values)
                if state.step == params.n_steps or state.step % params.period == 0:
                    self._validate(fabric, network, state, note)
                    save()
                try:
                    task.advance(1, note=f"loss {values['loss']:.3f}  accuracy {values['accuracy']:.0%}")
                    if told.is_set():
                        raise Cancelled
                except Cancelled:
                    save()
                    raise
            if state.step < params.n_steps:
                monitor.message(f"stopped early: no gain since step {state.gain_step}")
        return state

    def _resume(self, fabric: Fabric, optimizer: torch.optim.Optimizer) -> Checkpoint:
        """The state of the checkpoint; the beginning where there is none."""
        path = self.folder / CHECKPOINT
        if not path.exists():
            return Checkpoint()
        state = Checkpoint.load(path, self.network, optimizer)
        if state.step > self.params.n_steps:
            raise InputError(
                "this training has gone further already",
                path=path,
                found=f"step {state.step}",
                allowed=f"up to --n-steps {self.params.n_steps}",
                cure="Raise --n-steps, or choose another --out",
            )
        fabric.strategy.precision.load_state_dict(state.scale)
        return state

    def _is_stuck(self, state: Checkpoint) -> bool:
        """Whether there was no gain in as many validations as patience lasts."""
        period, patience = self.params.period, self.params.patience
        waited = state.step - state.gain_step
        return patience is not None and state.step % period == 0 and waited >= patience * period

    def _step(
        self, fabric: Fabric, network: torch.nn.Module, optimizer: torch.optim.Optimizer, step: int
    ) -> dict[str, float]:
        """Learn from one batch; says its loss and its share of known frames that were right."""
        sound, truth = _tensors(fabric, *self.sampler.batch(step, self.params.batch_size))
        torch.manual_seed(_mixed(self.seed, step))  # of the units that are dropped
        network.train()
        optimizer.zero_grad()
        columns: list[Tensor] = []
        logits = network(sound, self._look(columns)) if self.params.smoothing.needs_columns else network(sound)
        truth = self._truth(sound, truth)
        loss = self._loss(logits, truth, columns)
        value = loss.item()
        if not math.isfinite(value):
            raise InputError(
                f"training has failed: the loss of step {step + 1} is no number",
                path=self.folder,
                found=value,
                cure="Choose another --out, and lower --learning-rate or set --clip",
            )
        fabric.backward(loss)
        if self.params.clip:
            fabric.clip_gradients(network, optimizer, max_norm=self.params.clip)
        optimizer.step()
        return {"loss": value, "accuracy": self._accuracy(logits, truth)}

    def _truth(self, sound: Tensor, truth: Tensor) -> Tensor:
        """The truth of a batch, which some targets take from the sound itself."""
        own = self.target.of_sound(sound, self.network.hop, self.network.context)
        return truth if own is None else own

    def _look(self, columns: list[Tensor]) -> Callable[[Tensor], Tensor]:
        """Puts the features of every frame aside, for the smoothing term."""

        def look(features: Tensor) -> Tensor:
            n_frames = self.sampler.n_frames
            columns.append(self.network.columns(features, n_frames))
            return features

        return look

    def _loss(self, logits: Tensor, truth: Tensor, columns: list[Tensor]) -> Tensor:
        """The loss with its smoothing term."""
        loss = self.loss(logits, truth)
        if self.params.smoothing.weight:
            known = truth != UNKNOWN if truth.ndim == 2 else ~truth.isnan().all(dim=1)  # something is
            loss = loss + self.params.smoothing(
                self.target.log_probabilities(logits), known, columns[0] if columns else None
            )
        return loss

    def _accuracy(self, logits: Tensor, truth: Tensor) -> float:
        """Share of what is known of a batch that the network says rightly."""
        scores = self.target.decode(logits.detach().float().cpu().numpy())
        present, known = self.target.judge(truth.cpu().numpy(), scores.shape[-2])
        right = ((self.target.is_present(scores) == present) | ~known).all(axis=-2) & known.any(axis=-2)
        return float(right.sum() / max(1, known.any(axis=-2).sum()))

    def _validate(
        self,
        fabric: Fabric,
        network: torch.nn.Module,
        state: Checkpoint,
        note: Callable[[dict[str, float]], None],
    ) -> None:
        """Measure, and keep the model."""
        values = self._measure(fabric, network)
        if values:
            note({f"validation_{name}": value for name, value in values.items()})
        value = values.get("f1", float(state.step))
        if state.best_step < 0 or value > state.best_value:
            state.gain_step = state.step
        best = state.best_step < 0 or value >= state.best_value
        if best:
            state.best_step, state.best_value = state.step, value
        self.keep(self.network, state.step, best)

    @torch.no_grad()
    def _measure(self, fabric: Fabric, network: torch.nn.Module) -> dict[str, float]:
        """Loss and rates on a window around every validation example; nothing where nothing is known of them.

        The loss is that of all windows as one batch, so that it does not depend on how they are told off into batches.
        """
        if self.validation is None:
            return {}
        network.eval()
        logits, truths = [], []
        for batch in self.validation.centred(4 * self.params.batch_size):
            sound, truth = _tensors(fabric, *batch)
            logits.append(network(sound).float().cpu())
            truths.append(truth.cpu())
        scores, truth = torch.cat(logits), torch.cat(truths)
        known = (truth != UNKNOWN).numpy()
        if not known.any():
            return {}
        guess = scores.argmax(1).numpy()
        matrix = confusion_matrix(truth.numpy()[known], guess[known], self.network.specification.labels)
        values = {
            "loss": self.loss(scores, truth).item(),
            "precision": mean(matrix.balanced_precision),
            "recall": mean(matrix.recall),
            "f1": mean(matrix.balanced_f1),
        }
        return {name: value for name, value in values.items() if math.isfinite(value)}


def _fabric(params: TrainParams) -> Fabric:
    """Where to compute, and how precisely."""
    try:
        return Fabric(accelerator=params.device, devices=1, precision=params.precision)
    except (RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(
            f"this device cannot be used ({reason})", found=params.device, cure="Choose --device auto or cpu"
        ) from error


def _tensors(fabric: Fabric, sound: NDArray[np.float32], truth: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
    """A batch where the network is."""
    return fabric.to_device(torch.from_numpy(sound)), fabric.to_device(torch.from_numpy(truth))


def _mixed(seed: int, step: int) -> int:
    """One seed of two."""
    return int(np.random.SeedSequence((seed, step)).generate_state(1, np.uint64)[0] >> 1)


@contextmanager
def _repeatable(fabric: Fabric) -> Iterator[None]:
    """The same numbers every time, from a random state of its own: the caller's stays as it was."""
    chosen, searching = torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
    devices = [fabric.device] if fabric.device.type == "cuda" else []
    try:
        with torch.random.fork_rng(devices=devices):
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
