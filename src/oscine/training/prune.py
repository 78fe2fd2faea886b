"""Delete the models that a training kept along the way, all but the best.

A training keeps a model at every validation, and each evaluation of it figures and tables of every one. Once it is
known which is best they only take room. What stays:

- `best_model.safetensors`, of every replicate and of the run, with its thresholds,
- the kept model of the best step: as training chose it, as `oscine evaluate` did, and of the steps named with `--keep`,
- what a training that is not finished needs to go on (`checkpoint.safetensors`),
- parameters, metrics, datasets, tables and figures of the whole run: everything that is not of a single other step.

A finished training that was pruned stays finished: the same command does not train it again. More steps can no longer
be added to it, but another training can start from its model. Only files are deleted whose names say that they are of
a step, and nothing while a training is writing into the folder.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import Field, OperationParams
from oscine.training.run import Run
from oscine.training.runs import Runs

STATE = "checkpoint.safetensors"
"""What a training resumes from; `oscine.training.loop` has it too, with torch."""

_MODEL = re.compile(r"step-(\d+)_model\.safetensors")
_OF_STEP = re.compile(r".+\.ckpt-(\d+)(\.[A-Za-z]+)?")


class PruneParams(OperationParams):
    """What stays."""

    keep: tuple[int, ...] = Field(())
    """Steps to keep besides the best."""
    dry_run: bool = False
    """Say what would be deleted, and delete nothing."""


@dataclass(frozen=True)
class Pruned:
    """What was deleted, or would be.

    Attributes
    ----------
    path
        Of the run, or of the runs.
    files
        Files and folders with their sizes in bytes.
    kept
        Steps that stay, of each replicate by its folder.
    done
        Whether they are deleted.
    notes
        What was left alone, and why.
    """

    path: Path
    files: tuple[tuple[Path, int], ...]
    kept: dict[str, tuple[int, ...]]
    done: bool
    notes: tuple[str, ...] = ()

    @property
    def freed(self) -> int:
        """Bytes."""
        return sum(size for _, size in self.files)

    def summary(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "path": str(self.path),
            "deleted" if self.done else "would_delete": [str(path) for path, _ in self.files],
            "bytes": self.freed,
            "kept": {name: list(steps) for name, steps in self.kept.items()},
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        if not self.files:
            return "\n".join(["nothing to delete", *self.notes])
        what = f"{len(self.files)} files and folders"
        head = f"{what} deleted, {_size(self.freed)} freed" if self.done else (
            f"{what} would be deleted, which frees {_size(self.freed)}"
        )  # fmt: skip
        lines = [head] if self.done else [head, *(f"  {path}" for path, _ in self.files)]
        steps = [f"{name}: step {', '.join(map(str, kept))} stays" for name, kept in self.kept.items()]
        return "\n".join([*lines, *steps, *self.notes])


@operation()
def prune(
    runs: Runs,
    params: PruneParams = PruneParams(),  # noqa: B008 - frozen
    *,
    monitor: Monitor = SILENT,
) -> Pruned:
    """Delete the models that trainings kept along the way, all but the best.

    Parameters
    ----------
    runs
        Folder of a run, or one that holds several.
    params
        What stays.

    Returns
    -------
    pruned
        What was deleted, and how much room that freed.

    Raises
    ------
    InputError
        Where a training is running there, or `keep` names a step of which there is no model.
    """
    from oscine.training.train import alone

    files: list[Path] = []
    kept: dict[str, tuple[int, ...]] = {}
    notes: list[str] = []
    with ExitStack() as locks:
        for name, run in runs.runs.items():
            if not params.dry_run:
                locks.enter_context(alone(run.path, patience=0))
            several = len(run.replicates) > 1
            for folder in run.replicates:
                label = folder.name if runs.kind == "train" else f"{name}/{folder.name}" if several else name
                models = {int(match[1]): file for file in folder.iterdir() if (match := _MODEL.fullmatch(file.name))}
                stays = {step for step in _best_steps(runs, run, label, folder) if step in models}
                if not stays:
                    if models:
                        notes.append(f"{label}: its best step is not known, and all of it is left")
                    continue
                stays |= {step for step in params.keep if step in models}
                kept[label] = tuple(sorted(stays))
                for step, file in sorted(models.items()):
                    beside = file.with_name(file.name.replace("_model.safetensors", "_params.yaml"))
                    files += [one for one in (file, beside) if step not in stays and one.exists()]
                if run.finished and (folder / STATE).exists():
                    files.append(folder / STATE)
                gone = set(models) - stays
                files += [path for place in _evaluations(runs, run, label, folder) for path in _of_steps(place, gone)]
        _check_kept(params, kept, runs)
        sizes = tuple((path, _size_of(path)) for path in files)
        if not params.dry_run:
            with monitor.task("Deleting", total=len(files), unit="files") as task:
                for path in files:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
                    task.advance()
    return Pruned(runs.path, sizes, kept, not params.dry_run, tuple(notes))


def _check_kept(params: PruneParams, kept: dict[str, tuple[int, ...]], runs: Runs) -> None:
    """Refuse a step that there is no model of: a typing error must not cost one."""
    there = {step for steps in kept.values() for step in steps}
    for step in params.keep:
        if kept and step not in there:
            raise InputError("no model was kept at this step", path=runs.path, found=f"keep {step}")


def _best_steps(runs: Runs, run: Run, label: str, folder: Path) -> Iterator[int]:
    """The best step of a replicate: as its training chose it, so far if need be, and as evaluations did."""
    if best := run.best.get(folder.name):
        yield int(best["step"])
    elif (folder / STATE).exists():
        yield _best_so_far(folder / STATE)
    for place, name in ((runs.path, label), (run.path, folder.name)):
        try:
            card = json.loads((_evaluation_of(place) / "evaluation.json").read_text("utf-8"))
            yield int(card["best"][name])
        except (OSError, ValueError, KeyError, TypeError):
            continue  # not evaluated


def _best_so_far(file: Path) -> int:
    """The best step that a training's state knows of; -1 for none."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, "numpy") as state:
            return int(json.loads(state.metadata()["oscine"])["checkpoint"]["best_step"])
    except (SafetensorError, OSError, ValueError, KeyError, TypeError):
        return -1


def _evaluation_of(path: Path) -> Path:
    """Where `oscine evaluate` puts what it finds."""
    path = path if path.name not in {"", ".."} else path.resolve()
    return path.with_name(f"{path.name}.evaluation")


def _evaluations(runs: Runs, run: Run, label: str, folder: Path) -> list[Path]:
    """Folders of what was found of a replicate, from evaluations of the run and of all runs."""
    places = [_evaluation_of(runs.path) / label, _evaluation_of(run.path) / folder.name]
    return [place for place in dict.fromkeys(places) if place.is_dir()]


def _of_steps(place: Path, steps: set[int]) -> Iterator[Path]:
    """Files and folders in a folder that are of one of these steps."""
    for path in sorted(place.iterdir()):
        match = _OF_STEP.fullmatch(path.name)
        if match and int(match[1]) in steps and not path.is_symlink():
            yield path


def _size_of(path: Path) -> int:
    if path.is_dir():
        return sum(item.stat().st_size for item in path.rglob("*") if item.is_file())
    return path.stat().st_size


def _size(n_bytes: float) -> str:
    """Bytes as people read them.

    Examples
    --------
    >>> _size(950), _size(12_345_678)
    ('950 bytes', '12.3 MB')
    """
    if n_bytes < 1000:
        return f"{n_bytes:.0f} bytes"
    for unit in ("kB", "MB", "GB", "TB"):
        n_bytes /= 1000
        if n_bytes < 1000 or unit == "TB":
            return f"{n_bytes:.3g} {unit}"
    raise AssertionError
