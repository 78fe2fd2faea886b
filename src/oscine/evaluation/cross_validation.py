"""The result of a cross-validation, in the folder of its runs.

runs/xval/
  runs.json, fold-1/ …    the trainings (see `oscine.training.runs`)
  cross-validation.json   every figure of every fold, their means, and of all pooled
  cross-validation.csv    a row for each fold
  pooled.evaluation/      the tables of all folds pooled (see `oscine.evaluation.tables`)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from oscine.core.artifacts import Provenance, write_json, write_text
from oscine.evaluation.evaluation import Evaluation, pool_evaluations
from oscine.evaluation.main_rates import NAMES, columns_of, main_rates, shown, shown_interval, text_table
from oscine.metrics.bootstrap import Interval
from oscine.metrics.counts import plain

CARD, TABLE, POOLED = "cross-validation.json", "cross-validation.csv", "pooled.evaluation"


@dataclass(frozen=True)
class CrossValidation:
    """Each fold judged by the model that did not learn from it.

    Attributes
    ----------
    path
        Folder of the runs.
    k, by
        Folds, negative where roles were swapped; and what was dealt out.
    folds
        Evaluation of each fold, by name.
    missing
        Names of folds whose model could not be trained.
    """

    has_figures: ClassVar[bool] = True  # of the pooled evaluation, drawn by `oscine.figures.draw`

    path: Path
    k: int
    by: str
    folds: Mapping[str, Evaluation]
    missing: tuple[str, ...] = ()
    provenance: Provenance | None = field(default=None, compare=False)

    @cached_property
    def pooled(self) -> Evaluation:
        """All counts of all folds added up; its intervals are over recordings."""
        return pool_evaluations(list(self.folds.values()))

    @cached_property
    def rates(self) -> dict[str, dict[str, Interval]]:
        """The main figures of each fold."""
        return {name: main_rates(fold) for name, fold in self.folds.items()}

    @cached_property
    def table(self) -> pd.DataFrame:
        """The main figures: a row for each fold."""
        rows = {name: {rate: found.value for rate, found in rates.items()} for name, rates in self.rates.items()}
        table = pd.DataFrame.from_dict(rows, orient="index", columns=columns_of(self.rates.values()), dtype=float)
        table.index.name = "fold"
        return table

    @property
    def mean(self) -> pd.Series:
        """Mean over folds."""
        return self.table.mean()

    @property
    def sd(self) -> pd.Series:
        """Standard deviation over folds, of a sample."""
        return self.table.std(ddof=1)

    def summary(self) -> dict[str, Any]:
        """Every main figure, as plain values."""
        return {
            "path": str(self.path),
            "k": self.k,
            "by": self.by,
            "folds": {
                name: {rate: found.to_dict() for rate, found in rates.items()} for name, rates in self.rates.items()
            },
            "mean": {name: plain(float(value)) for name, value in self.mean.items()},
            "sd": {name: plain(float(value)) for name, value in self.sd.items()},
            "pooled": {name: interval.to_dict() for name, interval in main_rates(self.pooled).items()},
            "missing": list(self.missing),
        }

    def __str__(self) -> str:
        columns = list(self.table.columns)
        rows = [
            [str(name), *(shown(column, float(row[column])) for column in columns)]
            for name, row in self.table.iterrows()
        ]
        for title, series in (("mean", self.mean), ("± sd", self.sd)):
            rows.append([title, *(shown(column, float(series[column])) for column in columns)])
        learnt = "learning from one and judged on the others" if self.k < 0 else "each judged by a model of the others"
        lines = [
            f"{abs(self.k)} folds by {self.by}, {learnt}:",
            *text_table(["", *(NAMES[column] for column in columns)], rows),
            "pooled, with 95 % intervals over recordings:" if self._has_intervals else "pooled:",
            *(f"  {NAMES[name]} {shown_interval(name, found)}" for name, found in main_rates(self.pooled).items()),
        ]
        if self.missing:
            lines.append(f"not trained: {', '.join(self.missing)}")
        return "\n".join(lines)

    @property
    def _has_intervals(self) -> bool:
        return any(np.isfinite(found.low) for found in main_rates(self.pooled).values())

    def save(self, path: str | Path | None = None) -> Path:
        """Write card and tables; the runs are there already."""
        folder = Path(path) if path else self.path
        self.pooled.save(folder / POOLED)
        write_text(folder / TABLE, self.table.to_csv(lineterminator="\n"))
        self._save_card(folder)
        return folder

    def _save_card(self, folder: Path) -> None:
        story = self.provenance.model_dump(mode="json") if self.provenance else None
        write_json(folder / CARD, {"oscine": KIND, "version": 1, **self.summary(), "provenance": story})

    def with_provenance(self, provenance: Provenance) -> Self:
        """The same, saying how it came to be; the card is written again."""
        result = replace(self, provenance=provenance)
        result._save_card(self.path)
        return result


KIND = "cross-validation"
