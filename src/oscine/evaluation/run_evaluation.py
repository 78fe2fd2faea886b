"""The result of evaluating runs: every model that they kept, at every step that was kept.

<name>.evaluation/
evaluation.json, confusion-matrix.csv, thresholds.csv, curves.csv
                                    of all models, each at its best step, pooled; "best": {model: step} for `prune`
<model>/
  confusion-matrix.ckpt-<step>.csv, thresholds.ckpt-<step>.csv, curves.ckpt-<step>.csv
  predictions.ckpt-<step>/<recording>-mistakes.csv
  counts.ckpt-<step>.npz            everything of the step, so that it need not be judged again

A *model* is one replicate of one run. Of each, its *best* step is that with the highest F1 = 2PR / (P + R) of the
overall precision P and recall R: means over labels, as if all were equally common (SongExplorer's rule [1]_). Training
chose by what it measured on windows around examples, which need not be the same step; both are told.

References
----------
.. [1] Arthur et al. (2021), SongExplorer: a deep learning workflow for discovery and segmentation of animal
       acoustic communication signals, bioRxiv 2021.03.26.437280.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

from oscine.core.artifacts import Provenance, atomic_folder, write_json
from oscine.evaluation.evaluation import Evaluation, pool_evaluations
from oscine.evaluation.keeping import KeptEvaluations
from oscine.evaluation.tables import write_tables
from oscine.metrics.counts import plain

COUNTS = "counts.ckpt-{step}.npz"
"""Name of the file in which a judged checkpoint is kept."""


NOT_FINISHED = "not finished"
"""How a training is named, among what is missing, that is judged before its end."""


@dataclass(frozen=True)
class ModelEvaluation:
    """One model at every step that was judged.

    Attributes
    ----------
    name
        "replicate-1" in a single run; "<run>" in several runs of one replicate each; else "<run>/replicate-2".
    by_step
        Evaluation of each step, in order; empty where the model says nothing of labels. They are read from the folder
        of the evaluation when they are looked up.
    best
        The step of highest F1 of overall precision and recall; that of least validation loss where there are no labels.
    metrics
        What training measured: the lines of `metrics.jsonl`.
    chosen
        The step that training chose, if it is known.
    steps_per_epoch
        Steps in which training saw as many windows as its part has, if that is known.
    """

    name: str
    by_step: Mapping[int, Evaluation]
    best: int
    metrics: list[dict[str, float]] = field(default_factory=list)
    chosen: int | None = None
    steps_per_epoch: int | None = None

    @property
    def at_best(self) -> Evaluation:
        """The evaluation of the best step."""
        return self.by_step[self.best]


@dataclass(frozen=True)
class RunEvaluation:
    """All models of one run, or of several.

    Attributes
    ----------
    path
        The folder of the run, or of the runs.
    labels
        Of any of the models.
    models
        Every model of which at least one step was judged.
    part
        Part of the dataset.
    ratios
        Wished ratios of precision to recall, for which there are thresholds.
    missing
        What is incomplete and was left out, and why.
    """

    has_figures: ClassVar[bool] = True  # drawn by `oscine.figures.draw`

    path: Path
    labels: tuple[str, ...]
    models: tuple[ModelEvaluation, ...]
    part: str
    ratios: tuple[float, ...]
    missing: tuple[str, ...] = ()
    provenance: Provenance | None = field(default=None, compare=False)

    @cached_property
    def pooled(self) -> Evaluation:
        """Each model at its best step, all counts added up.

        Raises
        ------
        ValueError
            Where no model says anything of labels.
        """
        return pool_evaluations([model.at_best for model in self.models if model.by_step])

    @property
    def is_judged(self) -> bool:
        """Whether any model says anything of labels; if none does there are losses only, and nothing to pool."""
        return any(model.by_step for model in self.models)

    @property
    def best(self) -> dict[str, int]:
        """The best step of each model."""
        return {model.name: model.best for model in self.models}

    def with_provenance(self, provenance: Provenance) -> Self:
        """The same, saying how it came to be."""
        return replace(self, provenance=provenance)

    @cached_property
    def _rates(self) -> dict[str, dict[int, dict[str, float]]]:
        """The main figures of every model at every step."""
        return {
            model.name: {step: _figures(evaluation) for step, evaluation in model.by_step.items()}
            for model in self.models
        }

    def summary(self) -> dict[str, Any]:
        """Every figure of the pooled models, and the main ones of each, as plain values."""
        models = {
            model.name: {
                "best": model.best,
                "chosen": model.chosen,
                "by_step": {
                    str(step): {name: plain(value) for name, value in rates.items()}
                    for step, rates in self._rates[model.name].items()
                },
            }
            for model in self.models
        }
        pooled = self.pooled.summary() if self.is_judged else {"part": self.part}
        return {
            "path": str(self.path),
            **pooled,
            "best": self.best,
            "models": models,
            "ratios": list(self.ratios),
            "missing": list(self.missing),
        }

    def __str__(self) -> str:
        lines = [*self.unfinished, self._head(), *self._table()]
        if self.is_judged:
            several = len(self.models) > 1
            lines += ["", "all models, each at its best step:" if several else "at the best step:", str(self.pooled)]
        return "\n".join(lines)

    @property
    def unfinished(self) -> tuple[str, ...]:
        """A sentence for each training that is judged before its end."""
        found = [item for item in self.missing if f"({NOT_FINISHED}" in item]
        return tuple(
            f"Unfinished training: {item}; these figures are of the models that it has kept so far" for item in found
        )

    def _head(self) -> str:
        n_steps = sum(len(model.by_step) for model in self.models)
        models = f"{len(self.models)} model{'s' * (len(self.models) > 1)} of {self.path}"
        missing = f"; incomplete: {', '.join(self.missing)}" if self.missing else ""
        judged = (
            f", {n_steps} checkpoint{'s' * (n_steps > 1)} judged" if self.is_judged else ", of which only losses are"
        )
        return f"{models}{judged}{missing}"

    def _table(self) -> list[str]:
        """A line for each model: its best step, and the figures there."""
        width = max(map(len, [model.name for model in self.models]))
        names = {"precision": "precision", "recall": "recall", "f1": "F1", "frame_error": "frame error"}
        if any("segment_error_rate" in rates for steps in self._rates.values() for rates in steps.values()):
            names["segment_error_rate"] = "syllable error"
        head = "".join(f"  {name:>{max(6, len(name))}}" for name in (names.values() if self.is_judged else ()))
        lines = [f"{'':{width}}  best step{head}  step that training chose"]
        for model in self.models:
            rates = self._rates[model.name].get(model.best, {})
            cells = "".join(
                f"  {_shown(name, rates.get(name, math.nan)):>{max(6, len(text))}}"
                for name, text in (names.items() if self.is_judged else ())
            )
            there = self._rates[model.name].get(-1 if model.chosen is None else model.chosen, {}).get("f1")
            note = "" if there is None or model.chosen == model.best else f" (F1 {there:.3f})"
            chosen = "–" if model.chosen is None else f"{model.chosen}{note}"
            lines.append(f"{model.name:{width}}  {model.best:9d}{cells}  {chosen}")
        if self.is_judged:
            lines.append("precision, recall and F1 are means over labels, as if these were equally common")
        return lines

    def card(self) -> dict[str, Any]:
        """What stands in `evaluation.json`."""
        told = self.provenance.model_dump(mode="json") if self.provenance else None
        head = {"oscine": "evaluation", "version": 1, "labels": list(self.labels)}
        return {**head, **self.summary(), "provenance": told}

    def save(self, path: str | Path) -> Path:
        """Write the folder; what is there of single checkpoints already, written as they were judged, stays."""
        path = Path(path)
        with atomic_folder(path) as folder:
            if self.is_judged:
                write_tables(self.pooled, folder, predictions=False)
            for model in self.models:
                if not isinstance(model.by_step, KeptEvaluations):
                    for step, evaluation in model.by_step.items():
                        (folder / model.name).mkdir(parents=True, exist_ok=True)
                        write_tables(evaluation, folder / model.name, f".ckpt-{step}")
            write_json(folder / "evaluation.json", self.card())
        return path


def best_step(f1: Mapping[int, float], chosen: int | None = None) -> int:
    """The step of highest F1: of several, that which training chose, else the first.

    Examples
    --------
    >>> best_step({10: 0.5, 20: 0.9, 30: 0.9}), best_step({10: 0.5, 20: 0.9, 30: 0.9}, chosen=30)
    (20, 30)
    """
    return max(f1, key=lambda step: (-1.0 if math.isnan(f1[step]) else f1[step], step == chosen, -step))


def _figures(evaluation: Evaluation) -> dict[str, float]:
    """The main figures of one checkpoint."""
    found = {**evaluation.overall, "frame_error": evaluation.confusion_matrix.frame_error}
    if evaluation.segmentation is not None:
        found["segment_error_rate"] = evaluation.segmentation.pooled.syllable_error_rate
    return found


def _shown(name: str, value: float) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:.2%}" if name.endswith(("error", "error_rate")) else f"{value:.3f}"
