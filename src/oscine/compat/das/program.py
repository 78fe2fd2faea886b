"""The commands of `oscine das`, and what they say."""

from __future__ import annotations

import platform
import shutil
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import click

from oscine.compat.das.grammar import describe, parse
from oscine.compat.das.options import (
    EvaluateOptions,
    Options,
    PredictOptions,
    TrainOptions,
    TuneOptions,
    VersionOptions,
)
from oscine.core.errors import InputError, unknown
from oscine.core.monitor import Monitor

SUMMARY = "DAS's own command line: train, predict, evaluate, tune, version"


def _train(options: Any, monitor: Monitor) -> int:
    from oscine.compat.das.train import train

    path, report = train(options, monitor)
    if report is not None:
        click.echo(str(report))
    click.echo(str(path))
    return 0


def _predict(options: Any, monitor: Monitor) -> int:
    from oscine.compat.das.predict import predict

    for path in predict(options, monitor):
        click.echo(str(path))
    return 0


def _evaluate(options: Any, monitor: Monitor) -> int:
    from oscine.compat.das.evaluate import evaluate

    path, report = evaluate(options, monitor)
    click.echo(str(report))
    click.echo(str(path))
    return 0


def _tune(options: Any, monitor: Monitor) -> int:
    from oscine.compat.das.tune import tune

    path, report = tune(options, monitor)
    if report is not None:
        click.echo(str(report))
    click.echo(str(path))
    return 0


def _version(options: Any, monitor: Monitor) -> int:
    import oscine

    click.echo(platform.platform())
    click.echo(f"oscine {oscine.__version__}, in place of DAS 0.32")
    click.echo(f"python {platform.python_version()}")
    for package in ("torch", "numpy", "scipy", "pandas", "h5py", "zarr"):
        try:
            click.echo(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            click.echo(f"{package} is not installed")
    import torch

    click.echo(f"GPU: {torch.cuda.get_device_name(0) if torch.cuda.is_available() else 'none'}")
    return 0


@dataclass(frozen=True)
class Command:
    """A command.

    Attributes
    ----------
    options
        What it can be told.
    run
        What it does.
    help
        In a line.
    """

    options: type[Options]
    run: Callable[[Any, Monitor], int]
    help: str


COMMANDS = {
    "train": Command(TrainOptions, _train, "Train a network on a dataset: X_model.h5, X_params.yaml, X_results.h5"),
    "predict": Command(PredictOptions, _predict, "Annotate a recording, or the WAV files of a folder"),
    "evaluate": Command(EvaluateOptions, _evaluate, "Judge a model by the test part of its dataset: X_results.h5"),
    "tune": Command(TuneOptions, _tune, "Search for the best options, and train with them"),
    "version": Command(VersionOptions, _version, "Say what is installed"),
}


@dataclass(frozen=True)
class Job:
    """A line that was read: what to do, and whether to be quiet about it.

    Attributes
    ----------
    command, options
        What to do.
    warnings
        About the line.
    """

    command: Command
    options: Options
    warnings: tuple[str, ...]

    @property
    def quiet(self) -> bool:
        """Whether nothing is to be said but warnings."""
        return getattr(self.options, "verbose", 1) == 0

    def run(self, monitor: Monitor) -> int:
        """Do it; the exit code."""
        for warning in self.warnings:
            monitor.warning(warning)
        return self.command.run(self.options, monitor)


def prepare(words: Sequence[str]) -> Job | None:
    """Read a line; none where it asked for help, which is given.

    Raises
    ------
    InputError
        For a command or an option that is none, or a value that cannot be.
    """
    if not words or words[0] in ("-h", "--help"):
        click.echo(_overview())
        return None
    name, *rest = words
    if name == "--version":
        name, rest = "version", []
    if name == "gui":
        raise InputError(
            "there is no window here yet", found="das gui", cure="Use DAS's own, or the commands of oscine"
        )
    if name not in COMMANDS:
        raise unknown("command of das", name, COMMANDS)
    command = COMMANDS[name]
    if any(word in ("-h", "--help") for word in rest):
        click.echo(_help(name, command))
        return None
    options, warnings = parse(rest, command.options)
    return Job(command, options, tuple(warnings))


def _overview() -> str:
    lines = [
        "Usage: oscine das COMMAND …",
        "",
        SUMMARY + ".",
        "Where DAS is wrong it is right here; --das-compat gives",
    ]
    lines += ["DAS's own numbers. See docs/das.md.", "", "Commands:"]
    return "\n".join([*lines, *(f"  {name:10}{command.help}" for name, command in COMMANDS.items())])


def _help(name: str, command: Command) -> str:
    words = " ".join(word.upper() for word in command.options.positionals)
    lines = [f"Usage: oscine das {name} {words}".rstrip() + " [OPTIONS]", "", command.help + ".", "", "Options:"]
    width = min(shutil.get_terminal_size((100, 20)).columns, 120)
    for flag, text in describe(command.options).items():
        lines.append(f"  {flag}")
        lines += textwrap.wrap(" ".join(text.split()), width, initial_indent=" " * 8, subsequent_indent=" " * 8)
    lines += ["", "Switches may also be written --name True and --name False."]
    return "\n".join(lines)
