"""A command as a shell script, to run by hand or to hand to a scheduler.

The script says what a scheduler should set aside in comments that Slurm reads, and others leave alone; it changes to
the folder in which the command was given, and runs that very command. Sent again after a kill, it goes on where the
command itself goes on.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

_SCRIPT = """\
#!/usr/bin/env bash
# Runs by itself, or under a scheduler: sbatch, or with comments of its own in place of those of Slurm.
#SBATCH --job-name={name}
#SBATCH --output={name}-%j.log
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --mem=16G
#SBATCH --time=24:00:00
##SBATCH --gres=gpu:1
#SBATCH --signal=TERM@120
set -euo pipefail
cd {folder}
exec {command}
"""


def script(arguments: Sequence[str], name: str, *, folder: str | Path | None = None) -> str:
    """The text of a script that runs a command of Oscine.

    Parameters
    ----------
    arguments
        Of the command line, the operation first.
    name
        Of the job.
    folder
        Where to run it; here by default.

    Examples
    --------
    >>> lines = script(["train", "my birds.dataset"], "oscine-train", folder="/data").splitlines()
    >>> lines[-2], lines[-1].partition("-m ")[2]
    ('cd /data', "oscine train 'my birds.dataset'")
    """
    command = [sys.executable, "-m", "oscine", *arguments]
    place = Path.cwd() if folder is None else folder
    return _SCRIPT.format(name=name, folder=shlex.quote(str(place)), command=shlex.join(command))
