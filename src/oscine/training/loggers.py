"""Programs that draw what a training measures while it runs: TensorBoard, Weights & Biases.

They get what `metrics.jsonl` gets. Neither is needed otherwise: each is a package of its own that may be installed.
Weights & Biases writes into the run's folder and sends nothing anywhere, unless its own setting WANDB_MODE says so.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Protocol

from oscine.core.errors import InputError

LoggerName = Literal["none", "tensorboard", "wandb"]

_PACKAGES = {"tensorboard": "tensorboard", "wandb": "wandb"}


class Logger(Protocol):
    """Where measurements go."""

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Take what was measured at a step."""

    def close(self) -> None:
        """Write what is left."""


def check_logger(name: LoggerName) -> None:
    """Raise an `InputError` where the package of a logger is not installed."""
    package = _PACKAGES.get(name)
    if package and importlib.util.find_spec(package) is None:
        raise InputError(
            f"the package {package} is not installed",
            found=f"--logger {name}",
            cure=f"Install it (pip install {package}), or leave the option out: metrics.jsonl has all numbers",
        )


def open_logger(name: LoggerName, folder: Path, step: int, params: Mapping[str, Any]) -> Logger:
    """The logger of this name, for a training that goes on from `step`.

    Parameters
    ----------
    folder
        Of the replicate.
    step
        Steps that are done: what was logged of later ones is taken back where the program can.
    params
        Of the training, as plain values.

    Raises
    ------
    InputError
        Where its package is not installed.
    """
    check_logger(name)
    if name == "tensorboard":
        return _TensorBoard(folder, step)
    if name == "wandb":
        return _Wandb(folder, params)
    return _Nothing()


class _Nothing:
    def write(self, step: int, values: Mapping[str, float]) -> None:
        return

    def close(self) -> None:
        return


class _TensorBoard:
    """Event files in `tensorboard/` of the replicate's folder."""

    def __init__(self, folder: Path, step: int) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what it imports, to which a user can do nothing
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1 if step else None)

    def write(self, step: int, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            kind, _, rest = name.partition("validation_")
            self._writer.add_scalar(f"validation/{rest}" if rest else f"training/{kind}", value, step)

    def close(self) -> None:
        self._writer.close()


class _Wandb:
    """A run of Weights & Biases, kept in the replicate's folder unless WANDB_MODE says otherwise."""

    def __init__(self, folder: Path, params: Mapping[str, Any]) -> None:
        wandb: Any = importlib.import_module("wandb")
        self._run = wandb.init(
            project="oscine",
            name=f"{folder.parent.name}/{folder.name}",
            dir=str(folder),
            config=dict(params),
            mode=os.environ.get("WANDB_MODE", "offline"),
        )

    def write(self, step: int, values: Mapping[str, float]) -> None:
        self._run.log(dict(values), step=step)

    def close(self) -> None:
        self._run.finish()
