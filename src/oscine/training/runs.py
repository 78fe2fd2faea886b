"""A folder of several trainings that belong together: folds, replicates of a grid, amounts of data.

runs/xval/
  runs.json        what they are for, their names in order, parameters, provenance
  fold-1/          a run, as `oscine train` makes it (see `oscine.training.run`)
  fold-2/ …

A folder that merely holds runs is read likewise, and so is a single run. What is not finished yet is named, so that
whoever judges models can judge those that are there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from oscine.core.artifacts import Provenance, write_json
from oscine.core.errors import InputError
from oscine.training.run import CARD as RUN_CARD
from oscine.training.run import Run
from oscine.training.task import differences

CARD = "runs.json"
KIND_OF_ONE = "train"
KIND_OF_MANY = "runs"


@dataclass(frozen=True)
class Runs:
    """Several trainings in one folder, finished or not.

    Attributes
    ----------
    path
        Their folder.
    kind
        What they are for: "cross-validate", "generalize", "learning-curve", …; "train" for a single run, "runs" for a
        folder that merely holds some.
    names
        Of all that belong to it, also those that are not trained yet.
    params
        Of the operation that made them, as plain values.
    dataset_digest
        Of what they were made from, so that they are continued with nothing else.
    """

    path: Path
    kind: str
    names: tuple[str, ...]
    params: dict[str, Any] = field(default_factory=dict)
    dataset_digest: str = ""
    provenance: Provenance | None = field(default=None, compare=False)

    @classmethod
    def load(cls, path: str | Path) -> Runs:
        """Open a folder of runs, a folder that holds runs, or a single run.

        Raises
        ------
        InputError
            Where there is none, or its card is damaged.
        """
        path = Path(path)
        if (path / CARD).is_file():
            return cls._read(path)
        if (path / RUN_CARD).is_file():
            Run.load(path)  # a damaged card is refused
            return cls(path, KIND_OF_ONE, (path.resolve().name,))
        found = sorted(item.parent.name for item in path.glob(f"*/{RUN_CARD}")) if path.is_dir() else []
        if not found:
            raise InputError(
                "neither the folder of a training nor one that holds some",
                path=path,
                cure="Make one: oscine train DATASET --out FOLDER",
            )
        return cls(path, KIND_OF_MANY, tuple(sorted(found, key=natural)))

    @classmethod
    def _read(cls, path: Path) -> Runs:
        try:
            card = json.loads((path / CARD).read_text(encoding="utf-8"))
            return cls(
                path,
                str(card["kind"]),
                tuple(str(name) for name in card["runs"]),
                dict(card["params"]),
                str(card.get("dataset_digest", "")),
                Provenance.model_validate(card["provenance"]) if card.get("provenance") else None,
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            raise InputError(
                f"the card of these trainings is damaged ({reason})", path=path / CARD, cure="Choose another --out"
            ) from None

    @classmethod
    def begin(
        cls,
        path: str | Path,
        kind: str,
        names: Iterable[str],
        params: Mapping[str, Any],
        *,
        dataset_digest: str = "",
        may_change: Iterable[str] = (),
    ) -> Runs:
        """New trainings, or the same ones to be continued; nothing is written yet.

        Parameters
        ----------
        path
            Their folder.
        kind, names, params, dataset_digest
            As above.
        may_change
            Names of parameters (with hyphens) that may differ when they are continued, such as `at-once`.

        Raises
        ------
        InputError
            Where the folder holds anything else.
        """
        path = Path(path)
        fresh = cls(path, kind, tuple(names), dict(params), dataset_digest)
        if not path.exists():
            return fresh
        another = "Choose another --out, or give the same dataset and parameters to continue it"
        if (path / RUN_CARD).exists():
            raise InputError("this folder holds a single training", path=path, cure="Choose another --out")
        if not (path / CARD).exists():
            if not path.is_dir() or any(not item.name.startswith(".") for item in path.iterdir()):
                raise InputError("this folder holds something else", path=path, cure="Choose another --out")
            return fresh
        old = cls._read(path)
        if old.kind != kind:
            raise InputError(
                f"this folder holds trainings of {old.kind!r}", path=path, found=kind, cure="Choose another --out"
            )
        allowed = set(may_change)
        changed = [
            f"{name} {before} (not {now})"
            for name, before, now in differences(old.params, fresh.params)
            if name not in allowed and name.partition(".")[0] not in allowed
        ]
        if old.dataset_digest != dataset_digest:
            changed.append("another dataset")
        elif not changed and old.names != fresh.names and not set(old.names) <= set(fresh.names):
            changed.append(f"runs {', '.join(old.names)} (not {', '.join(fresh.names)})")
        if changed:
            raise InputError(
                f"this folder holds another {kind}", path=path, found=", ".join(changed)[:300], cure=another
            )
        return replace(fresh, provenance=old.provenance)

    def save(self) -> Path:
        """Write the card; the runs are written as they are trained."""
        card = {
            "oscine": "runs",
            "version": 1,
            "kind": self.kind,
            "runs": list(self.names),
            "params": self.params,
            "dataset_digest": self.dataset_digest,
            "provenance": self.provenance.model_dump(mode="json") if self.provenance else None,
        }
        write_json(self.path / CARD, card)
        return self.path

    def with_provenance(self, provenance: Provenance) -> Self:
        """The same, saying how it came to be; the card, where there is one, is written again."""
        runs = replace(self, provenance=provenance)
        if (self.path / CARD).exists():
            runs.save()
        return runs

    def folder(self, name: str) -> Path:
        """Where one of the runs is, or will be."""
        return self.path if self.kind == KIND_OF_ONE else self.path / name

    @cached_property
    def runs(self) -> dict[str, Run]:
        """The runs that have begun, finished or not, in order; one whose card is damaged counts as not begun."""
        found = {}
        for name in self.names:
            try:
                found[name] = Run.load(self.folder(name))
            except InputError:
                continue
        return found

    @property
    def finished(self) -> dict[str, Run]:
        """Those that were trained to their end."""
        return {name: run for name, run in self.runs.items() if run.finished}

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of those that were not."""
        return tuple(name for name in self.names if name not in self.finished)

    def identity(self) -> dict[str, Any]:
        """What provenance records of it."""
        return {"path": str(self.path), "kind": self.kind, "runs": list(self.names)}

    def summary(self) -> dict[str, Any]:
        """Where they are, for machines."""
        return {
            "path": str(self.path),
            "kind": self.kind,
            "runs": {name: run.summary() for name, run in self.finished.items()},
            "missing": list(self.missing),
        }

    def __str__(self) -> str:
        lines = [f"{self.kind}: {len(self.finished)} of {len(self.names)} trainings finished in {self.path}"]
        if self.missing:
            lines.append(f"not finished: {', '.join(self.missing)}")
        return "\n".join(lines)


def natural(name: str) -> tuple[tuple[int, str], ...]:
    """A key that sorts numbers in names by their value.

    Examples
    --------
    >>> sorted(["fold-10", "fold-2", "a"], key=natural)
    ['a', 'fold-2', 'fold-10']
    """
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in re.findall(r"\d+|\D+", name))
