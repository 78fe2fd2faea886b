"""Parts of an evaluation's report: how the models learnt, and what came of them from checkpoint to checkpoint."""

from __future__ import annotations

from typing import Any

from oscine.evaluation.run_evaluation import RunEvaluation
from oscine.figures.average_rates import plot_average_rates
from oscine.figures.best_precision_recall import plot_best_precision_recall
from oscine.figures.precision_versus_recall import plot_precision_versus_recall
from oscine.figures.rates_by_step import plot_rates_by_label
from oscine.figures.report import Report
from oscine.figures.train_validation_loss import plot_train_validation_loss
from oscine.figures.trajectories import QUANTITIES, Trajectories, trajectories


def add_learning(report: Report, result: RunEvaluation) -> None:
    """Add loss and accuracy during training, and the rates of all checkpoints."""
    if any(model.metrics for model in result.models):
        report.add_section("How it learnt")
        report.add_figure(
            plot_train_validation_loss(result),
            "Loss and accuracy by step and time. Validation loss that rises while training loss falls says that "
            "the examples are being learnt by heart.",
            "Loss and accuracy during training",
        )
    if not any(model.by_step for model in result.models):
        return
    ways = trajectories(result)
    several = len(result.models) > 1
    if not several and all(len(path.steps) < 2 for path in ways.paths):
        return
    report.add_section("From checkpoint to checkpoint")
    if several:
        caption = "Each model at its best checkpoint, means over labels as if these were equally frequent."
        report.add_table(_model_rows(result, ways), caption, rates=QUANTITIES, sortable=True)
        report.add_figure(
            plot_best_precision_recall(ways),
            "Each label and each model at its best checkpoint.",
            "Precision against recall by label and by model",
        )
    if any(len(path.steps) > 1 for path in ways.paths):
        figures = (
            (plot_average_rates, "Means over labels at every checkpoint.", "Precision, recall and F1 against step"),
            (plot_rates_by_label, "Each label at every checkpoint.", "Precision, recall and F1 of each label by step"),
            (
                plot_precision_versus_recall,
                "The way of each label through precision and recall.",
                "Precision against recall at every checkpoint",
            ),
        )
        for plot, caption, alt in figures:
            report.add_figure(plot(ways), caption, alt)


def _model_rows(result: RunEvaluation, ways: Trajectories) -> list[dict[str, Any]]:
    """Of each model, its best step and how good it is there."""
    error = {model.name: model.at_best.confusion_matrix.frame_error for model in result.models if model.by_step}
    return [
        {
            "model": path.name,
            "best step": path.best,
            **{quantity: path.average(quantity)[path.best_place] for quantity in QUANTITIES},
            "frame error": error[path.name],
        }
        for path in ways.paths
    ]
