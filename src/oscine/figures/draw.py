"""The figures that belong to a result, drawn into its folder; what the command line does after an operation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from matplotlib.figure import Figure

from oscine.core.artifacts import atomic
from oscine.datasets.inspect import Inspection
from oscine.evaluation.evaluation import Evaluation
from oscine.figures.confusion_matrix import plot_confusion_matrix
from oscine.figures.dataset_examples import plot_dataset_examples
from oscine.figures.dataset_labels import plot_dataset_labels
from oscine.figures.learning_curves import plot_learning_curves
from oscine.figures.precision_recall import plot_precision_recall
from oscine.figures.tuning import plot_tuning
from oscine.training.run import Run
from oscine.training.search import Search


def figures_of(result: object) -> Iterator[tuple[str, Figure]]:
    """Name and figure of everything worth looking at in a result; nothing for most."""
    if isinstance(result, Evaluation):
        yield "confusion_matrix", plot_confusion_matrix(result)
        yield "precision_recall", plot_precision_recall(result)
    elif isinstance(result, Inspection):
        yield "dataset_labels", plot_dataset_labels(result)
        if result.examples:
            yield "dataset_examples", plot_dataset_examples(result)
    elif isinstance(result, Run) and result.training:
        best = result.best.get(f"replicate-{result.winner}", {})
        yield "learning_curves", plot_learning_curves(result, best_step=round(best["step"]) if best else None)
    elif isinstance(result, Search) and result.trials:
        yield "tuning", plot_tuning(result)


def draw(result: object, folder: str | Path, *, suffix: str = ".pdf") -> list[Path]:
    """Draw all figures of a result into a folder."""
    paths = []
    for name, figure in figures_of(result):
        with atomic(Path(folder) / f"{name}{suffix}") as temporary:
            figure.savefig(temporary)
        paths.append(Path(folder) / f"{name}{suffix}")
    return paths
