from __future__ import annotations

import numpy as np
import pytest

from oscine.figures.best_precision_recall import plot_best_precision_recall


def line(axes, label):
    return next(one for one in axes.get_lines() if one.get_label() == label)


def test_points_are_those_of_the_best_checkpoint_not_of_the_last(three_models) -> None:
    by_label, by_model = plot_best_precision_recall(three_models).axes
    best = [model.by_step[model.best].confusion_matrix for model in three_models.models]
    i = best[0].labels.index("b")
    points = line(by_label, "b")
    assert points.get_xdata() == pytest.approx([matrix.recall[i] for matrix in best])
    assert points.get_ydata() == pytest.approx([matrix.balanced_precision[i] for matrix in best])
    last = [model.by_step[60].confusion_matrix.recall[i] for model in three_models.models]
    assert points.get_xdata() != pytest.approx(last)
    assert line(by_model, "replicate-2 · step 30").get_xdata() == pytest.approx(best[1].recall)


def test_means_are_outlined_and_crossed(three_models) -> None:
    by_label, _ = plot_best_precision_recall(three_models).axes
    best = [model.by_step[model.best].confusion_matrix for model in three_models.models]
    i = best[0].labels.index("c")
    assert line(by_label, "mean c").get_xdata() == pytest.approx([np.mean([matrix.recall[i] for matrix in best])])
    (cross,) = by_label.containers
    recalls = np.mean([matrix.recall for matrix in best], axis=0)
    segment = cross[2][0].get_segments()[0]
    assert segment[:, 0] == pytest.approx([recalls.mean() - recalls.std(), recalls.mean() + recalls.std()])


def test_a_single_model_has_one_point_a_label(one_model) -> None:
    by_label, _ = plot_best_precision_recall(one_model).axes
    assert len(line(by_label, "pulse").get_xdata()) == 1
    assert not any(one.get_label() == "mean pulse" for one in by_label.get_lines())
