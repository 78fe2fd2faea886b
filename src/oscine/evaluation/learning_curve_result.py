"""The result of a learning curve: a table of trainings, a fitted curve for each metric, and what they say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from oscine.core.artifacts import Provenance, write_json, write_text
from oscine.core.errors import InputError
from oscine.evaluation.power_law import PowerLaw, fit_power_law

CARD, TABLE = "learning_curve.json", "learning_curve.csv"

METRICS = {
    "frame_error": "frame error",
    "syllable_error_rate": "syllable error rate",
    "label_error": "error of labels (1 − F1, mean over labels)",
    "event_error": "error of events (1 − F1)",
}
"""Errors that a curve is fitted to, and what they are called."""

_OF = {"s": ("frame_error", "syllable_error_rate", "event_error"), "annotations": ("label_error", "event_error")}
"""Of sound annotated from end to end, and of single sounds, where the share of frames depends on what was marked."""


@dataclass(frozen=True)
class LearningCurve:
    """How errors fall with the amount of annotation.

    Attributes
    ----------
    path
        Folder of the trainings.
    unit
        Of the amount: "s" of sound annotated from end to end, or "annotations".
    part
        Part of the dataset that was judged on.
    table
        A line for each training: `train_dur` (s), `replicate_num`, `n_annotations`, errors, and `run`, its folder.
    laws
        The fitted curve of each metric, by its name.
    missing
        Names of trainings that are not finished.
    """

    has_figures: ClassVar[bool] = True  # drawn by `oscine.figures.draw`

    path: Path
    unit: str
    part: str
    table: pd.DataFrame
    laws: Mapping[str, PowerLaw]
    missing: tuple[str, ...] = ()
    level: float = 0.95
    provenance: Provenance | None = field(default=None, compare=False)

    @property
    def sentences(self) -> list[str]:
        """What doubling the annotations would bring, for each metric that could be fitted."""
        return [law.doubled().sentence(METRICS[name], self.unit) for name, law in self.laws.items() if law.is_fitted]

    @property
    def notes(self) -> list[str]:
        """What should be known before that is believed."""
        said = [note for law in self.laws.values() for note in law.notes]
        if self.part == "validation":
            said.append(
                "judged on the validation part, by which each training chose its best model: real errors are a little "
                "larger; a test part tells (oscine prepare --splitter.test 20)"
            )
        return list(dict.fromkeys(said))

    def means(self) -> pd.DataFrame:
        """Mean and standard deviation of every fitted metric at each size."""
        amount = "train_dur" if self.unit == "s" else "n_annotations"
        names = list(self.laws)
        groups = self.table.groupby("train_dur")[names]
        found = groups.mean().join(groups.std(ddof=1).add_suffix("_sd"))
        found.insert(0, "n", self.table.groupby("train_dur")[amount].mean())
        found.insert(1, "trainings", self.table.groupby("train_dur").size())
        return found.reset_index(drop=True)

    def summary(self) -> dict[str, Any]:
        """Everything but the single trainings, as plain values."""
        return {
            "path": str(self.path),
            "unit": self.unit,
            "part": self.part,
            "sizes": self.means().to_dict("records"),
            "laws": {name: law.to_dict() for name, law in self.laws.items()},
            "sentences": self.sentences,
            "notes": self.notes,
            "missing": list(self.missing),
        }

    def save(self, path: str | Path | None = None) -> Path:
        """Write the table and the curves into the folder of the trainings, or another one."""
        folder = Path(path) if path else self.path
        card = {
            "oscine": "learning-curve",
            "version": 1,
            "level": self.level,
            **_plain(self.summary()),
            "provenance": self.provenance.model_dump(mode="json") if self.provenance else None,
        }
        write_text(folder / TABLE, self.table.to_csv(index=False, lineterminator="\n"))
        write_json(folder / CARD, card)
        return folder

    @classmethod
    def load(cls, path: str | Path) -> LearningCurve:
        """Read what was written; the curves are fitted again, with the same seed.

        Raises
        ------
        InputError
            Where there is none, or it is damaged.
        """
        folder = Path(path)
        try:
            card = json.loads((folder / CARD).read_text(encoding="utf-8"))
            table = pd.read_csv(folder / TABLE, dtype={"run": str})
            provenance = Provenance.model_validate(card["provenance"]) if card.get("provenance") else None
            unit, level = str(card["unit"]), float(card["level"])
            seed = provenance.seed or 0 if provenance else 0
            laws = fitted(table, unit, level=level, seed=seed)
            return cls(folder, unit, str(card["part"]), table, laws, tuple(card["missing"]), level, provenance)
        except (OSError, ValueError, KeyError, TypeError) as error:
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            raise InputError(
                f"not the folder of a learning curve ({reason})",
                path=folder,
                cure="Make one: oscine learning-curve DATASET --out FOLDER",
            ) from None

    def with_provenance(self, provenance: Provenance) -> Self:
        """The same, saying how it came to be; it is written again."""
        curve = replace(self, provenance=provenance)
        curve.save()
        return curve

    def __str__(self) -> str:
        table = self.means()
        head = f"{self.unit:>12}  trainings" + "".join(f"  {_short(name):>20}" for name in self.laws)
        spread = " (mean ± standard deviation over trainings)" if (table["trainings"] > 1).any() else ""
        lines = [f"errors on the {self.part} part, %{spread}:", head]
        for row in table.to_dict("records"):
            cells = "".join(f"  {_with_spread(row[name], row[f'{name}_sd']):>20}" for name in self.laws)
            lines.append(f"{row['n']:>12g}  {row['trainings']:>9}{cells}")
        lines += [f"{sentence[0].upper()}{sentence[1:]}." for sentence in self.sentences]
        lines += [f"Note: {note}." for note in self.notes]
        if self.missing:
            lines.append(f"Not finished: {', '.join(self.missing)}.")
        return "\n".join(lines)


def fitted(table: pd.DataFrame, unit: str, *, level: float = 0.95, seed: int = 0) -> dict[str, PowerLaw]:
    """A power law for every metric that makes sense for the annotations, and that was measured.

    Parameters
    ----------
    table
        A line for each training, with `train_dur` or `n_annotations`.
    unit
        "s", or "annotations".
    level, seed
        Of the bands.
    """
    amount = table["train_dur" if unit == "s" else "n_annotations"].to_numpy(float)
    laws = {}
    for name in _OF[unit]:
        errors = pd.to_numeric(table[name]).to_numpy(float) if name in table else np.empty(0)
        if np.isfinite(errors).any():
            laws[name] = fit_power_law(amount, errors, level=level, seed=seed)
    return laws


def _short(name: str) -> str:
    return METRICS[name].partition(" (")[0]


def _with_spread(value: float, spread: float) -> str:
    if not np.isfinite(value):
        return "–"
    return f"{100 * value:.2f}" + (f" ± {100 * spread:.2f}" if np.isfinite(spread) else "")


def _plain(value: Any) -> Any:
    """For JSON, which knows no `nan`."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
