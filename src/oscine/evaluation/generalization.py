"""The result of withholding recordings, in the folder of its runs.

runs/generalize/
  runs.json, without-PS_2013/ …  the trainings (see `oscine.training.runs`)
  generalization.json            every figure on every withheld recording, and on sounds of recordings that are known
  generalization.csv             a row for each withheld recording
  withheld.evaluation/           the tables of all that was withheld (see `oscine.evaluation.tables`)

How much worse a model is on recordings that it has not met is a difference between two means of few models, so it is
told with a bootstrap interval over the models (see `oscine.metrics.bootstrap`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from oscine.core.artifacts import Provenance, write_json, write_text
from oscine.evaluation.evaluation import Evaluation, pool_evaluations
from oscine.evaluation.main_rates import NAMES, columns_of, main_rates, shown, shown_interval, text_table
from oscine.evaluation.recording_counts import RecordingCounts, overall_rates
from oscine.metrics.bootstrap import Difference, Interval, paired_bootstrap
from oscine.metrics.counts import pool

KIND, CARD, TABLE, POOLED = "generalization", "generalization.json", "generalization.csv", "withheld.evaluation"

_COMPARED: dict[str, Callable[[RecordingCounts], float]] = {
    "f1": lambda counts: overall_rates(counts.confusion)["f1"],
    "frame_error": lambda counts: counts.confusion.frame_error,
}
"""Figures of which the difference is told."""


@dataclass(frozen=True)
class Withheld:
    """One model, and what it does on recordings that it has not met, and on those that it has.

    Attributes
    ----------
    name
        Of the model.
    recordings
        That were withheld from it.
    evaluation
        On these.
    known
        On new sounds of the recordings that it learnt from; `None` where there are none.
    """

    name: str
    recordings: tuple[str, ...]
    evaluation: Evaluation
    known: Evaluation | None = None


@dataclass(frozen=True)
class Generalization:
    """How well models do on recordings that were withheld from them.

    Attributes
    ----------
    path
        Folder of the runs.
    omit
        "one", "some" or "all".
    models
        Each with what was withheld from it.
    missing
        Names of models that could not be trained.
    """

    has_figures: ClassVar[bool] = True  # of what was withheld, drawn by `oscine.figures.draw`

    path: Path
    omit: str
    models: tuple[Withheld, ...]
    missing: tuple[str, ...] = ()
    provenance: Provenance | None = field(default=None, compare=False)

    @cached_property
    def pooled(self) -> Evaluation:
        """All that was withheld, each by the model that has not met it; its intervals are over recordings."""
        return pool_evaluations([model.evaluation for model in self.models])

    @cached_property
    def known(self) -> Evaluation | None:
        """The same of new sounds of recordings that were learnt from; `None` where there are none."""
        found = [model.known for model in self.models if model.known is not None]
        return pool_evaluations(found) if found else None

    @cached_property
    def table(self) -> pd.DataFrame:
        """The main figures: a row for each withheld recording, with columns of the same for known recordings."""
        rows = []
        for model in self.models:
            known = main_rates(model.known) if model.known is not None else {}
            for name, rates in _by_recording(model.evaluation).items():
                values = {rate: found.value for rate, found in rates.items()}
                beside = {f"known {rate}": found.value for rate, found in known.items()}
                rows.append({"recording": name, "model": model.name, **values, **beside})
        table = pd.DataFrame(rows)
        names = columns_of(rows)
        others = [f"known {name}" for name in names if f"known {name}" in table]
        return table[["recording", "model", *names, *others]]

    @cached_property
    def differences(self) -> dict[str, Difference]:
        """How much larger a figure is on recordings that were withheld than on those that are known, over models."""
        pairs = [(model.evaluation, model.known) for model in self.models if model.known is not None]
        if not pairs:
            return {}
        rows = self.pooled.confusion_matrix.labels
        rows = tuple(dict.fromkeys([*rows, *(label for _, one in pairs for label in one.confusion_matrix.labels)]))
        sides = [
            [pool(counts.aligned(rows) for counts in pair[side].by_recording.values()) for pair in pairs]
            for side in (0, 1)
        ]
        return {name: paired_bootstrap(sides[0], sides[1], statistic) for name, statistic in _COMPARED.items()}

    def summary(self) -> dict[str, Any]:
        """Every main figure, as plain values."""
        return {
            "path": str(self.path),
            "omit": self.omit,
            "models": {
                model.name: {
                    "withheld": list(model.recordings),
                    "rates": _plain(main_rates(model.evaluation)),
                    "known": _plain(main_rates(model.known)) if model.known is not None else None,
                }
                for model in self.models
            },
            "withheld": _plain(main_rates(self.pooled)),
            "known": _plain(main_rates(self.known)) if self.known is not None else None,
            "differences": {name: found.to_dict() for name, found in self.differences.items()},
            "missing": list(self.missing),
        }

    def __str__(self) -> str:
        names = [name for name in NAMES if name in self.table]
        rows = [
            [str(row["recording"]), str(row["model"]), *(shown(name, float(row[name])) for name in names)]
            for _, row in self.table.iterrows()
        ]
        whole, known = main_rates(self.pooled), main_rates(self.known) if self.known is not None else {}
        for title, rates in (("all that was withheld", whole), ("new sounds of known ones", known)):
            if rates:
                cells = [shown(name, rates[name].value) if name in rates else "–" for name in names]
                rows.append([title, "", *cells])
        lines = [
            "recordings, each judged by a model from which it was withheld:",
            *text_table(["recording", "model", *(NAMES[name] for name in names)], rows),
            *self._sentences(),
        ]
        if self.missing:
            lines.append(f"not trained: {', '.join(self.missing)}")
        return "\n".join(lines)

    def _sentences(self) -> list[str]:
        """What it amounts to."""
        rates = main_rates(self.pooled)
        name = "frame_error" if "segment_error_rate" in rates else "f1"
        interval = shown_interval(name, rates[name])
        if self.known is None:
            return [
                f"on recordings that it never met {NAMES[name]} is {interval}",
                "there is no figure of known recordings to compare with: a dataset that holds out stretches of each "
                "recording gives one (oscine prepare --splitter blocks)",
            ]
        known = main_rates(self.known)[name]
        found = self.differences[name]
        sentence = (
            f"{NAMES[name]} is {interval} on recordings that the model never met, and "
            f"{shown_interval(name, known)} on new sounds of those that it knows"
        )
        if not np.isfinite(found.low):
            return [sentence]
        n_models = sum(model.known is not None for model in self.models)
        worse = found.value > 0 if name == "frame_error" else found.value < 0
        if found.low <= 0 <= found.high:
            return [sentence, f"the difference may be chance (p = {found.p:.2g}, {n_models} models)"]
        verdict = "it does worse on recordings that it never met" if worse else "it does no worse on new recordings"
        return [sentence, f"{verdict} (p = {found.p:.2g}, {n_models} models)"]

    def save(self, path: str | Path | None = None) -> Path:
        """Write card and tables; the runs are there already."""
        folder = Path(path) if path else self.path
        self.pooled.save(folder / POOLED)
        write_text(folder / TABLE, self.table.to_csv(index=False, lineterminator="\n"))
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


def _by_recording(evaluation: Evaluation) -> dict[str, dict[str, Interval]]:
    """The main figures of each recording by itself."""
    return {
        name: main_rates(replace(evaluation, by_recording={name: counts}))
        for name, counts in evaluation.by_recording.items()
    }


def _plain(rates: Mapping[str, Interval]) -> dict[str, Any]:
    return {name: found.to_dict() for name, found in rates.items()}
