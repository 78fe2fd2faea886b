from __future__ import annotations

import numpy as np

from oscine.figures.precision_versus_recall import plot_precision_versus_recall
from oscine.figures.trajectories import trajectories


def ways(axes):
    (collection,) = [one for one in axes.collections if hasattr(one, "get_segments")]
    return collection


def test_one_model_has_a_panel_for_each_label_and_one_for_their_mean(one_model) -> None:
    axes = [one for one in plot_precision_versus_recall(one_model).axes if one.get_visible()]
    assert [one.get_title("left") for one in axes] == ["mean over labels", "pulse", "sine", "ambient"]
    path = trajectories(one_model).paths[0]
    segments = np.array(ways(axes[2]).get_segments())
    np.testing.assert_allclose(segments[:, 0], np.stack([path.rates["recall"][1], path.rates["precision"][1]], 1)[:-1])
    np.testing.assert_allclose(segments[-1, 1], [path.rates["recall"][1, -1], path.rates["precision"][1, -1]])


def test_the_ring_is_at_the_best_checkpoint(one_model) -> None:
    axes = plot_precision_versus_recall(one_model).axes[0]
    path = trajectories(one_model).paths[0]
    (ring,) = [one for one in axes.get_lines() if one.get_markerfacecolor() == "none"]
    assert ring.get_xydata().tolist() == [[path.average("recall")[1], path.average("precision")[1]]]
    assert "30" in [text.get_text() for text in axes.texts]


def test_several_models_stand_in_columns_the_means_first(three_models) -> None:
    figure = plot_precision_versus_recall(three_models)
    assert len(figure.axes) == (1 + 4) * (1 + 3)
    assert [one.get_title() for one in figure.axes[:4]] == ["mean over models", *(f"replicate-{i}" for i in (1, 2, 3))]
    assert ways(figure.axes[4 * 2 + 1]).get_label() == "replicate-1 · b"
    paths = trajectories(three_models).paths
    mean = np.mean([path.rates["recall"][0] for path in paths], axis=0)
    np.testing.assert_allclose(np.array(ways(figure.axes[4]).get_segments())[:, 0, 0], mean[:-1])
