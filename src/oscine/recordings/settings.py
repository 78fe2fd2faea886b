"""How the sound files of a project are read, said once, in the project's `oscine.toml`.

Most files say all there is to know. Where they do not, a table per pattern does, and then holds for every operation,
on the command line, in jobs and on the page:

    [recordings."*.npy"]
    sample_rate = 10000

    [recordings."ephys/*.wav"]                  # one file, several logical recordings
    split = { recA = [0], recB = [1, 2] }

    [recordings."*.dat"]
    reader = "cbin"

The pattern is compared with the file's name and with its path below the project's folder; the first that fits counts.
The keys are `reader` (a name) and the options of the reader. The nearest `oscine.toml` in the file's folder or above is
the project's.

With `split`, a folder's recordings are the logical ones, named `<file>-<name>` as in SongExplorer (`a.wav-recA`);
`Recording("a.wav")` is still the whole file, `Recording("a.wav-recA")` one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatch
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from oscine.core.errors import InputError
from oscine.core.params import read_toml

PROJECT_FILE = "oscine.toml"
"""Name of the file that makes a folder a project."""


class ReaderSettings(NamedTuple):
    """What a project says of a file: the reader's name (`None`: find out), its options, and where it says so."""

    reader: str | None = None
    options: Mapping[str, Any] = MappingProxyType({})
    origin: Path | None = None


def reader_settings(path: Path) -> ReaderSettings:
    """How a sound file is to be read.

    Raises
    ------
    InputError
        Where the project's file is malformed.
    """
    path = path.absolute()
    for folder in path.parents:
        project = folder / PROJECT_FILE
        try:
            status = project.stat()
        except OSError:
            continue
        for pattern, options in _tables(project, status.st_mtime_ns, status.st_size).items():
            if fnmatch(path.name, pattern) or fnmatch(path.relative_to(folder).as_posix(), pattern):
                rest = dict(options)
                return ReaderSettings(rest.pop("reader", None), rest, project)
        break
    return ReaderSettings()


@lru_cache(maxsize=64)
def _tables(project: Path, _changed: int, _size: int) -> Mapping[str, Mapping[str, Any]]:
    tables = read_toml(project).get("recordings", {})
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise InputError(
            "[recordings] must hold a table per pattern",
            path=project,
            cure='Write for example: [recordings."*.npy"] and below it: sample_rate = 10000',
        )
    return tables
