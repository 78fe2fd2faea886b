"""The figures that belong to a result, drawn into its folder; what the command line does after an operation.

A run with many checkpoints has hundreds of figures, so they are drawn one at a time, as they are asked for, and
forgotten once they are written. The figures of single checkpoints are drawn for the best one of each model, and for all
of them where that is asked for (`oscine evaluate --figures all`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from oscine.core.artifacts import atomic
from oscine.core.monitor import SILENT, Monitor
from oscine.datasets.inspect import Inspection
from oscine.evaluation.agreement_result import Agreement
from oscine.evaluation.comparison import Comparison
from oscine.evaluation.cross_validation import CrossValidation
from oscine.evaluation.evaluation import Evaluation
from oscine.evaluation.generalization import Generalization
from oscine.evaluation.learning_curve_result import LearningCurve
from oscine.evaluation.review_result import Review
from oscine.evaluation.run_evaluation import ModelEvaluation, RunEvaluation
from oscine.figures.agreement import agreement_drawings, report_agreement
from oscine.figures.average_rates import plot_average_rates
from oscine.figures.best_precision_recall import plot_best_precision_recall
from oscine.figures.compare_classes import plot_compare_classes
from oscine.figures.compare_matrices import plot_compare_matrices
from oscine.figures.compare_overall import plot_compare_overall
from oscine.figures.compare_report import report_comparison
from oscine.figures.confusion_matrix import plot_confusion_matrix
from oscine.figures.dataset_examples import plot_dataset_examples
from oscine.figures.dataset_labels import plot_dataset_labels
from oscine.figures.evaluation_report import report_evaluation
from oscine.figures.held_out import plot_cross_validation, plot_generalization
from oscine.figures.learning_curve_fit import plot_learning_curve_fit
from oscine.figures.learning_curves import plot_learning_curves
from oscine.figures.overlapping_confusion import labels_apart, plot_overlapping_confusion
from oscine.figures.precision_recall import plot_precision_recall
from oscine.figures.precision_recall_by_label import plot_precision_recall_by_label
from oscine.figures.precision_versus_recall import plot_precision_versus_recall
from oscine.figures.probability_density import plot_probability_density
from oscine.figures.rates_by_step import plot_rates_by_label, plot_rates_by_model
from oscine.figures.reliability import calibrations_of, plot_reliability
from oscine.figures.review_report import report_review
from oscine.figures.sensitivity_specificity import plot_sensitivity_specificity
from oscine.figures.train_validation_loss import plot_train_validation_loss
from oscine.figures.trajectories import trajectories
from oscine.figures.tuning import plot_tuning
from oscine.training.run import Run
from oscine.training.search import Search

Drawing = tuple[str, Callable[[], Figure]]
"""Name of a figure, without suffix, perhaps within a sub-folder, and what draws it."""


def figures_of(result: object) -> Iterator[tuple[str, Figure]]:
    """Name and figure of everything worth looking at in a result; nothing for most."""
    for name, drawn in _drawings(result):
        yield name, drawn()


def draw(result: object, folder: str | Path, *, suffix: str = ".pdf", monitor: Monitor = SILENT) -> list[Path]:
    """Draw all figures of a result into a folder; of the evaluation of a run its report as well."""
    drawings = list(_drawings(result))
    paths = []
    with monitor.task("Drawing figures", total=len(drawings), unit="figures") as task:
        for name, drawn in drawings:
            path = Path(folder) / f"{name}{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic(path) as temporary:
                drawn().savefig(temporary)
            paths.append(path)
            task.advance()
    if isinstance(result, Agreement):
        paths.append(report_agreement(result, monitor=monitor).save(Path(folder) / "agreement.html"))
    if isinstance(result, Comparison):
        paths.append(report_comparison(result).save(Path(folder) / f"{result.prefix}-compare.html"))
    if isinstance(result, Review):
        paths.append(report_review(result, monitor=monitor).save(Path(folder) / "review.html"))
    if isinstance(result, (RunEvaluation, Evaluation)):
        paths.append(report_evaluation(result, monitor=monitor).save(Path(folder) / "report.html"))
    return paths


def _drawings(result: object) -> Iterator[Drawing]:
    if isinstance(result, RunEvaluation):
        yield from _of_models(result)
    elif isinstance(result, Evaluation):
        yield "confusion_matrix", partial(draw_confusion, result, balanced=True)
        yield "precision_recall", partial(plot_precision_recall, result)
    elif isinstance(result, CrossValidation):
        yield "cross_validation", partial(plot_cross_validation, result)
        yield "confusion_matrix", lambda: draw_confusion(result.pooled, balanced=True)
    elif isinstance(result, Generalization):
        yield "generalization", partial(plot_generalization, result)
        yield "confusion_matrix", lambda: draw_confusion(result.pooled, balanced=True)
    elif isinstance(result, Inspection):
        yield "dataset_labels", partial(plot_dataset_labels, result)
        if result.examples:
            yield "dataset_examples", partial(plot_dataset_examples, result)
    elif isinstance(result, Run) and result.training:
        best = result.best.get(f"replicate-{result.winner}", {})
        step = round(best["step"]) if best else None
        yield "learning_curves", partial(plot_learning_curves, result, best_step=step)
    elif isinstance(result, Comparison):
        yield f"{result.prefix}-compare-overall-params-speed", partial(plot_compare_overall, result)
        yield f"{result.prefix}-compare-confusion-matrices", partial(plot_compare_matrices, result)
        yield f"{result.prefix}-compare-PR-classes", partial(plot_compare_classes, result)
    elif isinstance(result, LearningCurve) and result.laws:
        yield "learning_curve", partial(plot_learning_curve_fit, result)
    elif isinstance(result, Agreement):
        yield from agreement_drawings(result)
    elif isinstance(result, Search) and result.trials:
        yield "tuning", partial(plot_tuning, result)


def _of_models(result: RunEvaluation) -> Iterator[Drawing]:
    """SongExplorer's figures of all models of a run, under its names, and the reliability diagram."""
    yield "train-validation-loss", partial(plot_train_validation_loss, result)
    if not any(model.by_step for model in result.models):
        return  # a model that says nothing of labels has no other
    yield "confusion-matrix", lambda: draw_confusion(result.pooled, balanced=True)
    ways = trajectories(result)
    yield "precision-recall", partial(plot_best_precision_recall, ways)
    yield "P-R-F1-label", partial(plot_rates_by_label, ways)
    yield "P-R-F1-model", partial(plot_rates_by_model, ways)
    yield "P-R-F1-average", partial(plot_average_rates, ways)
    yield "PvR", partial(plot_precision_versus_recall, ways)
    for model in (model for model in result.models if model.by_step):
        for step in model.by_step if wants_all(result) else (model.best,):
            yield from _of_checkpoint(model, step)


def _of_checkpoint(model: ModelEvaluation, step: int) -> Iterator[Drawing]:
    def at(plot: Callable[..., Figure], **options: Any) -> Callable[[], Figure]:
        return lambda: plot(model.by_step[step], **options)

    stem = f"{model.name}/{{}}.ckpt-{step}"
    yield stem.format("confusion-matrix"), at(draw_confusion, balanced=True)
    yield stem.format("precision-recall"), at(plot_precision_recall_by_label)
    yield stem.format("sensitivity-specificity"), at(plot_sensitivity_specificity)
    if model.by_step[step].densities is not None:
        yield stem.format("probability-density"), at(plot_probability_density)
    if step == model.best:
        yield f"{model.name}/reliability", lambda: plot_reliability(calibrations_of(model.at_best))


def draw_confusion(evaluation: Evaluation, *, balanced: bool = False) -> Figure:
    """The confusion matrix in the form that its labels want: one matrix, or one for each that may overlap."""
    plot = plot_overlapping_confusion if labels_apart(evaluation.confusion_matrix) else plot_confusion_matrix
    return plot(evaluation, balanced=balanced)


def wants_all(result: RunEvaluation) -> bool:
    """Whether the figures of all checkpoints were asked for: `--figures all`."""
    return bool(result.provenance and result.provenance.params.get("figures") == "all")
