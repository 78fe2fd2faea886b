"""Which runs are compared: by the folders they are in, by a list, or by names with a common prefix.

    oscine compare runs/tweety runs/das runs/tcn        these
    oscine compare runs/                                all runs in a folder
    oscine compare "runs/window-*"                      all that fit a pattern
    oscine compare runs/hidden_bird7                    runs/hidden16_bird7, runs/hidden64_lr3_bird7, …

The last is SongExplorer's way [1]_: `<folder>/<var>[_<fixed>…]` means the runs whose names, told apart at underscores,
hold every fixed part, and one that begins with `var`, by whose value they are sorted.

A *candidate* is one run with all of its replicates, or one folder of several runs that belong together (the folds of a
cross-validation): what is said of it is said of all of its models.

References
----------
.. [1] Arthur et al. (2021), SongExplorer, bioRxiv 2021.03.26.437280.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oscine.core.errors import InputError
from oscine.training.run import CARD as RUN_CARD
from oscine.training.run import Run
from oscine.training.runs import CARD as RUNS_CARD
from oscine.training.runs import Runs, natural


@dataclass(frozen=True)
class Candidate:
    """What is compared with others.

    Attributes
    ----------
    name
        By which it is told from the others.
    runs
        Its models.
    """

    name: str
    runs: Runs

    @property
    def first(self) -> Run:
        """The first of its runs that has begun."""
        return next(iter(self.runs.runs.values()))


@dataclass(frozen=True)
class RunSet:
    """Runs to compare.

    Attributes
    ----------
    candidates
        In their order.
    missing
        Names of what is incomplete, and why.
    prefix
        What the files of a comparison are named after.
    """

    candidates: tuple[Candidate, ...]
    missing: tuple[str, ...] = ()
    prefix: str = "runs"

    @classmethod
    def load(cls, text: str | Path) -> RunSet:
        """Of one folder, pattern or prefix."""
        return cls.load_all([str(text)])

    @classmethod
    def load_all(cls, texts: Sequence[str]) -> RunSet:
        """Of several folders, patterns or prefixes.

        Raises
        ------
        InputError
            Where one means no run.
        """
        return cls.of([path for text in texts for path in _paths(text, alone=len(texts) == 1)], _prefix(texts))

    @classmethod
    def of(cls, items: Sequence[Run | Runs | str | Path], prefix: str = "runs") -> RunSet:
        """Of runs, or their folders.

        Raises
        ------
        InputError
            Where a folder is no run.
        """
        candidates: list[Candidate] = []
        missing: list[str] = []
        for item in items:
            if isinstance(item, Run):
                runs = Runs(item.path, "train", (item.path.resolve().name,))
            else:
                try:
                    runs = item if isinstance(item, Runs) else Runs.load(item)
                except InputError as error:
                    if len(items) == 1:
                        raise
                    missing.append(f"{item} ({error.problem})")
                    continue
            if any(other.runs.path.resolve() == runs.path.resolve() for other in candidates):
                continue
            if not any((run.path / "best_model.safetensors").is_file() or run.best or run.replicates
                       for run in runs.runs.values()):  # fmt: skip
                missing.append(f"{runs.path} (no model was kept yet)")
                continue
            candidates.append(Candidate(str(runs.path), runs))
        names = _short([candidate.runs.path for candidate in candidates])
        named = tuple(Candidate(name, item.runs) for name, item in zip(names, candidates, strict=True))
        return cls(named, tuple(missing), prefix)

    def identity(self) -> list[dict[str, Any]]:
        """What provenance records of it."""
        return [candidate.runs.identity() for candidate in self.candidates]


def _is_run(path: Path) -> bool:
    return (path / RUN_CARD).is_file() or (path / RUNS_CARD).is_file()


def _paths(text: str, *, alone: bool) -> Iterator[Path]:
    """The folders of runs that a text means."""
    path = Path(text)
    if path.is_dir():
        within = sorted((item.parent for item in path.glob(f"*/{RUN_CARD}")), key=lambda item: natural(item.name))
        if (path / RUNS_CARD).is_file() and alone:
            runs = Runs.load(path)
            yield from (runs.folder(name) for name in runs.names)
        elif _is_run(path):
            yield path
        elif within or any(path.glob(f"*/{RUNS_CARD}")):
            groups = sorted((item.parent for item in path.glob(f"*/{RUNS_CARD}")), key=lambda item: natural(item.name))
            yield from [*within, *groups]
        else:
            raise InputError(
                "there is no run in this folder", path=path, cure="Give folders that oscine train has made"
            )
        return
    if glob.has_magic(text):
        found = sorted((Path(item) for item in glob.glob(text)), key=lambda item: natural(item.name))  # noqa: PTH207
        fitting = [item for item in found if item.is_dir() and _is_run(item)]
        if not fitting:
            raise InputError("no run fits this pattern", found=text, cure="Give folders that oscine train has made")
        yield from fitting
        return
    yield from by_prefix(path)


def by_prefix(path: Path) -> list[Path]:
    """The runs that SongExplorer's `<folder>/<var>[_<fixed>…]` means, by the value of the variable part.

    Raises
    ------
    InputError
        Where there are none; it lists runs that are there.
    """
    variable, *fixed = path.name.split("_")
    found = []
    for folder in path.parent.iterdir() if path.parent.is_dir() else ():
        parts = folder.name.split("_")
        value = next((part for part in parts if part.startswith(variable)), None)
        if value is not None and set(fixed) <= set(parts) and folder.is_dir() and not folder.name.endswith(_RESULTS):
            found.append((natural(value), natural(folder.name), folder))
    runs = [folder for _, _, folder in sorted(found) if _is_run(folder)]
    if not runs:
        there = [item.parent.name for item in path.parent.glob(f"*/{RUN_CARD}")] if path.parent.is_dir() else []
        raise InputError(
            "neither the folder of a run, nor the beginning of the names of any",
            path=path,
            allowed=sorted(there, key=natural)[:8] or None,
            cure="Give folders of runs, a folder that holds some, or what their names begin with",
        )
    return [folder for _, _, folder in sorted(found)]


_RESULTS = (".evaluation", ".compare", ".dataset")


def _prefix(texts: Sequence[str]) -> str:
    """What the files are named after: the prefix or folder that was given, else what all names begin with."""
    if len(texts) == 1 and not glob.has_magic(texts[0]):
        return Path(texts[0]).resolve().name or "runs"
    names = [Path(text).name for text in texts]
    common = names[0]
    for name in names[1:]:
        while not name.startswith(common):
            common = common[:-1]
    common = "".join(character for character in common.split("*")[0].split("?")[0] if character not in "[]")
    return common.rstrip("-_.") or "runs"


def _short(paths: Sequence[Path]) -> list[str]:
    """Names of folders, with as many of those above as tell them apart.

    Examples
    --------
    >>> _short([Path("/a/x/run"), Path("/a/y/run"), Path("/a/y/other")])
    ['x/run', 'y/run', 'other']
    """
    parts = [path.resolve().parts for path in paths]
    names = []
    for mine in parts:
        length = 1
        while length < len(mine) and sum(other[-length:] == mine[-length:] for other in parts) > 1:
            length += 1
        names.append("/".join(mine[-length:]))
    return names
