"""The result of evaluating runs: every model that they kept, at every step that was kept.

A *model* is one replicate of one run. Of each, its *best* step is that with the highest F1 = 2PR / (P + R) of the
overall precision P and recall R: means over labels, as if all were equally common (SongExplorer's rule [1]_). Training
chose by what it measured on windows around examples, which need not be the same step; both are told.

References
----------
.. [1] Arthur et al. (2021), SongExplorer: a deep learning workflow for discovery and segmentation of animal
       acoustic communication signals, bioRxiv 2021.03.26.437280.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Self

from oscine.core.artifacts import Provenance
from oscine.evaluation.evaluation import Evaluation, pool_evaluations


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
    """

    name: str
    by_step: Mapping[int, Evaluation]
    best: int
    metrics: list[dict[str, float]] = field(default_factory=list)
    chosen: int | None = None

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
    def best(self) -> dict[str, int]:
        """The best step of each model."""
        return {model.name: model.best for model in self.models}

    def with_provenance(self, provenance: Provenance) -> Self:
        """The same, saying how it came to be."""
        return replace(self, provenance=provenance)
