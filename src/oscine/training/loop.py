"""The training loop: compact, ours, on Lightning Fabric; it owns its state and resumes exactly.

What happens in a step is a function of the seed and the step alone (the windows drawn, the units dropped), so a
training that is interrupted after any step and resumed from its checkpoint makes the same model, bit for bit on
one machine, as one that was not. Metrics go to `metrics.jsonl`, one JSON object a line:

    {"step": 30, "loss": 0.61, "accuracy": 0.77, "seconds": 2.1}
    {"step": 30, "validation_loss": 0.7, "validation_f1": 0.81, "validation_recall": …, "seconds": 2.2}
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric

from oscine.core.errors import Cancelled
from oscine.core.monitor import Monitor
from oscine.datasets.sampler import Sampler
from oscine.metrics.counts import pool
from oscine.metrics.frames import confusion_matrix, mean
from oscine.networks.loss import Loss
from oscine.networks.network import Network
from oscine.networks.target import UNKNOWN
from oscine.training.checkpoint import Checkpoint
from oscine.training.metrics_file import METRICS, read_metrics, write_metrics
from oscine.training.optimizers import make_optimizer
from oscine.training.params import TrainParams

CHECKPOINT = "checkpoint.safetensors"


@dataclass
class Fit:
    """One training of one network.

    Attributes
    ----------
    network, loss
        What is trained, and on what.
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
        """
        params = self.params
        fabric = Fabric(accelerator=params.device, devices=1, precision=params.precision)
        optimizer = make_optimizer(
            params.optimizer, self.network.parameters(), params.learning_rate, params.weight_decay
        )
        network, optimizer = fabric.setup(self.network, optimizer)
        state = self._resume(self.network, optimizer)
        started = time.monotonic() - state.elapsed
        self.folder.mkdir(parents=True, exist_ok=True)
        with (
            (self.folder / METRICS).open("a", encoding="utf-8") as log,
            monitor.task(f"Training {self.folder.name}", total=params.n_steps, unit="steps") as task,
            _on_terminate(monitor),
        ):
            if state.step == 0:
                self._validate(fabric, network, state, log, monitor, started)
            task.done = state.step
            while state.step < params.n_steps:
                values = self._step(fabric, network, optimizer, state.step)
                state.step += 1
                state.elapsed = time.monotonic() - started
                write_metrics(log, [{"step": state.step, **values, "seconds": round(state.elapsed, 3)}])
                monitor.metric(state.step, **values)
                last = state.step == params.n_steps
                if last or state.step % params.period == 0:
                    self._validate(fabric, network, state, log, monitor, started)
                    state.save(self.folder / CHECKPOINT, self.network, optimizer)
                    if params.patience and (state.step - state.best_step) // params.period >= params.patience:
                        monitor.message(f"stopped early: no gain since step {state.best_step}")
                        break
                try:
                    task.advance(1, note=f"loss {values['loss']:.3f}  accuracy {values['accuracy']:.0%}")
                except Cancelled:
                    state.save(self.folder / CHECKPOINT, self.network, optimizer)
                    raise
        return state

    def _resume(self, network: Network, optimizer: torch.optim.Optimizer) -> Checkpoint:
        """The state of the checkpoint, and the metrics cut back to it; the beginning where there is none."""
        path = self.folder / CHECKPOINT
        if not path.exists():
            (self.folder / METRICS).unlink(missing_ok=True)
            return Checkpoint()
        state = Checkpoint.load(path, network, optimizer)
        lines = read_metrics(self.folder / METRICS)
        with (self.folder / METRICS).open("w", encoding="utf-8") as log:
            write_metrics(log, (line for line in lines if line["step"] <= state.step))
        return state

    def _step(self, fabric: Fabric, network: Any, optimizer: Any, step: int) -> dict[str, float]:
        sound, truth = (
            fabric.to_device(torch.from_numpy(array)) for array in self.sampler.batch(step, self.params.batch_size)
        )
        torch.manual_seed(_mixed(self.seed, step))  # of the units that are dropped
        network.train()
        optimizer.zero_grad()
        logits = network(sound)
        loss = self.loss(logits, truth)
        fabric.backward(loss)
        if self.params.clip:
            fabric.clip_gradients(network, optimizer, max_norm=self.params.clip)
        optimizer.step()
        known = truth != UNKNOWN
        right = ((logits.argmax(1) == truth) & known).sum() / known.sum().clamp(min=1)
        return {"loss": loss.item(), "accuracy": right.item()}

    def _validate(
        self, fabric: Fabric, network: Any, state: Checkpoint, log: Any, monitor: Monitor, started: float
    ) -> None:
        """Measure, and keep the model; the best one has the highest F1, mean over labels, of balanced classes."""
        values: dict[str, float] = {}
        if self.validation is not None:
            measured = self._measure(fabric, network)
            values = {f"validation_{name}": value for name, value in measured.items()}
            write_metrics(log, [{"step": state.step, **values, "seconds": round(time.monotonic() - started, 3)}])
            monitor.metric(state.step, **values)
        value = values.get("validation_f1", float(state.step))
        best = state.best_step < 0 or value >= state.best_value
        if best:
            state.best_step, state.best_value = state.step, value
        self.keep(self.network, state.step, best)

    @torch.no_grad()
    def _measure(self, fabric: Fabric, network: Any) -> dict[str, float]:
        """Loss and rates on a window around every validation example, as if all labels were equally common."""
        assert self.validation is not None
        network.eval()
        labels = self.network.specification.labels
        matrices, losses, n_known = [], 0.0, 0
        for sound, truth in self.validation.centred(4 * self.params.batch_size):
            logits = network(fabric.to_device(torch.from_numpy(sound)))
            known = int((truth != UNKNOWN).sum())
            losses += self.loss(logits, fabric.to_device(torch.from_numpy(truth))).item() * known
            n_known += known
            matrices.append(confusion_matrix(truth.ravel(), logits.argmax(1).cpu().numpy().ravel(), labels))
        matrix = pool(matrices)
        return {
            "loss": losses / max(n_known, 1),
            "precision": mean(matrix.balanced_precision),
            "recall": mean(matrix.recall),
            "f1": mean(matrix.balanced_f1),
        }


def _mixed(seed: int, step: int) -> int:
    """One seed of two."""
    return int(np.random.SeedSequence((seed, step)).generate_state(1, np.uint64)[0] >> 1)


@contextmanager
def _on_terminate(monitor: Monitor) -> Iterator[None]:
    """Stop at the next step, keeping the state, where the system asks to (SIGTERM)."""
    if threading.current_thread() is not threading.main_thread() or os.name == "nt":
        yield
        return
    previous = signal.signal(signal.SIGTERM, lambda *_: monitor.cancel())
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
