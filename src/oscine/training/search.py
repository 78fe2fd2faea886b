"""The folder of a search: its trials, each an ordinary training, the table of them, and the best model.

searches/bird7/
  search.json                  parameters, space, what was found
  trials.csv                   a row for each trial: state, value, what was tried, and why it failed
  study.journal                Optuna's record, to go on with
  dataset/                     what the trials learn from (no sound)
  trial-0001/ …                runs, as `oscine train` makes them
  best_model.safetensors       the best of all, trained
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self

from oscine.core.artifacts import Provenance, write_json, write_text
from oscine.core.errors import InputError
from oscine.networks.model import Model
from oscine.training.run import BEST

CARD, TABLE, JOURNAL = "search.json", "trials.csv", "study.journal"


@dataclass(frozen=True)
class Trial:
    """One training of a search.

    Attributes
    ----------
    number
        Counted from 1.
    state
        "done", "pruned" (stopped, since it was worse than most) or "failed".
    value
        The criterion, of its best model.
    step
        Of that model.
    seconds
        That it took.
    values
        What was tried, by dotted name.
    reason
        Why it failed.
    """

    number: int
    state: str
    value: float | None = None
    step: int | None = None
    seconds: float | None = None
    values: dict[str, Any] = field(default_factory=dict)
    reason: str = ""

    @property
    def folder(self) -> str:
        """Name of its run's folder."""
        return f"trial-{self.number:04d}"


@dataclass(frozen=True)
class Search:
    """A search, finished or not.

    Attributes
    ----------
    path
        Its folder.
    params
        As plain values.
    criterion
        What is made good.
    trials
        In order.
    importance
        Share of each option in how good the trials were, where that can be said.
    dataset_digest
        Of what the trials learn from.
    """

    has_figures: ClassVar[bool] = True  # drawn by `oscine.figures.draw`

    path: Path
    params: dict[str, Any]
    criterion: str
    trials: tuple[Trial, ...] = ()
    importance: dict[str, float] = field(default_factory=dict)
    dataset_digest: str = ""
    provenance: Provenance | None = field(default=None, compare=False)

    @property
    def done(self) -> list[Trial]:
        """The trials that were trained to their end."""
        return [trial for trial in self.trials if trial.state == "done" and trial.value is not None]

    @property
    def best(self) -> Trial | None:
        """The best of them; of equals the first."""
        sign = 1 if self.criterion == "f1" else -1
        return max(self.done, key=lambda trial: sign * (trial.value or 0.0), default=None)

    @property
    def model(self) -> Model:
        """The best model, trained."""
        return Model.load(self.path / BEST)

    def save(self, path: str | Path | None = None) -> Path:
        """Write card and table."""
        folder = Path(path) if path else self.path
        card = {
            "oscine": "search",
            "version": 1,
            "params": self.params,
            "criterion": self.criterion,
            "trials": [asdict(trial) for trial in self.trials],
            "importance": self.importance,
            "dataset_digest": self.dataset_digest,
            "provenance": self.provenance.model_dump(mode="json") if self.provenance else None,
        }
        write_json(folder / CARD, card)
        write_text(folder / TABLE, table(self.trials, self.criterion))
        return folder

    @classmethod
    def load(cls, path: str | Path) -> Search:
        """Open a search's folder.

        Raises
        ------
        InputError
            Where it is none.
        """
        path = Path(path)
        try:
            card = json.loads((path / CARD).read_text(encoding="utf-8"))
            return cls(
                path,
                dict(card["params"]),
                str(card["criterion"]),
                tuple(Trial(**trial) for trial in card["trials"]),
                dict(card["importance"]),
                str(card["dataset_digest"]),
                Provenance.model_validate(card["provenance"]) if card["provenance"] else None,
            )
        except (FileNotFoundError, NotADirectoryError):
            raise InputError("not the folder of a search", path=path, cure="Make one: oscine tune DATASET") from None
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"the card of this search is damaged ({type(error).__name__})",
                path=path / CARD,
                cure="Choose another --out",
            ) from None

    def with_provenance(self, provenance: Provenance) -> Self:
        """The same, saying how it came to be; the card is written again."""
        search = replace(self, provenance=provenance)
        search.save()
        return search

    def summary(self) -> dict[str, Any]:
        """What was found, for machines."""
        best = asdict(self.best) if self.best else None
        states = {state: sum(trial.state == state for trial in self.trials) for state in ("done", "pruned", "failed")}
        return {"path": str(self.path), "model": str(self.path / BEST), "best": best, **states}

    def __str__(self) -> str:
        best, counts = self.best, self.summary()
        states = ", ".join(f"{counts[state]} {state}" for state in ("done", "pruned", "failed"))
        lines = [f"{len(self.trials)} trials: {states}"]
        if best is not None and best.value is not None:
            chosen = ", ".join(f"{name} {_shown(value)}" for name, value in best.values.items())
            lines.append(f"best: trial {best.number}, {self.criterion} {best.value:.4g}, with {chosen}")
            lines.append(f"best model: {self.path / BEST}")
        return "\n".join(lines)


def table(trials: Sequence[Trial], criterion: str) -> str:
    """All trials as comma-separated values.

    Examples
    --------
    >>> print(table([Trial(1, "done", 0.9, 300, 12.5, {"n-steps": 300})], "f1"), end="")
    trial,state,f1,step,seconds,n-steps,reason
    1,done,0.9,300,12.5,300,
    """
    names = list(dict.fromkeys(name for trial in trials for name in trial.values))
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["trial", "state", criterion, "step", "seconds", *names, "reason"])
    for trial in trials:
        tried = [_shown(trial.values[name]) if name in trial.values else "" for name in names]
        facts = [trial.number, trial.state, trial.value, trial.step, trial.seconds]
        writer.writerow(["" if fact is None else fact for fact in facts] + tried + [trial.reason])
    return stream.getvalue()


def _shown(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return json.dumps(value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)
