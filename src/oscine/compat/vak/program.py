"""The command line of `oscine vak`: a command, and a TOML file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from oscine.core.errors import InputError, unknown
from oscine.core.monitor import Monitor

SUMMARY = "vak's own command line: prep, train, eval, predict, learncurve, each with a TOML file"

COMMANDS = {
    "prep": "Make the dataset that [vak.prep] says",
    "train": "Train the networks of [vak.train]",
    "eval": "Judge a model by [vak.eval]: eval_MODEL.csv",
    "predict": "Annotate recordings by [vak.predict]: one CSV",
    "learncurve": "A learning curve by [vak.learncurve]: learning_curve.csv, with a fit",
}
"""And what each does."""


@dataclass(frozen=True)
class Job:
    """A line that was read: what to do.

    Attributes
    ----------
    command, file
        Name of the command, and of the TOML file.
    """

    command: str
    file: Path
    quiet: bool = False

    def run(self, monitor: Monitor) -> int:
        """Do it; the exit code."""
        from oscine.compat.vak import commands
        from oscine.compat.vak.config import Config

        config = Config.load(self.file)
        if self.command == "prep":
            path, dataset = commands.prep(config, monitor)
            click.echo(str(dataset))
            click.echo(str(path))
        elif self.command == "train":
            for run in commands.train_models(config, monitor):
                click.echo(str(run))
        elif self.command == "learncurve":
            for curve in commands.learncurve(config, monitor):
                click.echo(str(curve))
                monitor.message(f"wrote {curve.path / 'learning_curve.csv'}")
        elif self.command == "eval":
            path, found = commands.evaluate_model(config, monitor)
            for name, value in found.items():
                click.echo(f"{name}: {'–' if value is None else f'{value:.5f}'}")
            click.echo(str(path))
        else:
            for path in commands.predict_files(config, monitor):
                click.echo(str(path))
        return 0


def prepare(words: Sequence[str]) -> Job | None:
    """Read a line; none where it asked for help, which is given.

    Raises
    ------
    InputError
        For a command that is none, or a file that is missing.
    """
    if not words or words[0] in ("-h", "--help") or (len(words) > 1 and words[1] in ("-h", "--help")):
        click.echo(_overview())
        return None
    name, *rest = words
    quiet = "--quiet" in rest
    rest = [word for word in rest if word != "--quiet"]
    if name not in COMMANDS:
        raise unknown("command of vak", name, COMMANDS)
    if len(rest) != 1:
        raise InputError(
            f"vak {name} takes one TOML file", found=" ".join(rest) or None, cure=f"oscine vak {name} config.toml"
        )
    return Job(name, Path(rest[0]), quiet)


def _overview() -> str:
    lines = ["Usage: oscine vak COMMAND CONFIG.TOML [--quiet]", "", SUMMARY + ".", ""]
    lines += ["The file is never rewritten; a command that was interrupted goes on when it is given again.", ""]
    lines += ["Commands:", *(f"  {name:12}{text}" for name, text in COMMANDS.items())]
    return "\n".join(lines)
