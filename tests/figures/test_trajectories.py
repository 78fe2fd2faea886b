from __future__ import annotations

import numpy as np

from oscine.figures.trajectories import mean_over_models, model_colours, rates_of, trajectories
from oscine.metrics.frames import ConfusionMatrix


def test_rates_are_the_balanced_ones_of_each_checkpoint(one_model) -> None:
    ways = trajectories(one_model)
    (path,) = ways.paths
    assert path.steps.tolist() == [0, 30, 60]
    assert path.steps[path.best_place] == path.best == 30
    matrix = one_model.models[0].by_step[60].confusion_matrix
    np.testing.assert_allclose(path.rates["precision"][:, 2], matrix.balanced_precision)
    np.testing.assert_allclose(path.rates["recall"][:, 2], matrix.recall)
    np.testing.assert_allclose(path.average("recall")[2], matrix.recall.mean())


def test_the_average_is_that_by_which_the_best_checkpoint_is_chosen(one_model) -> None:
    (path,) = trajectories(one_model).paths
    for place, step in enumerate(path.steps.tolist()):
        overall = one_model.models[0].by_step[step].overall
        found = [path.average(quantity)[place] for quantity in ("precision", "recall", "F1")]
        np.testing.assert_allclose(found, [overall["precision"], overall["recall"], overall["f1"]])


def test_they_are_read_once(one_model) -> None:
    ways = trajectories(one_model)
    assert trajectories(ways) is ways


def test_a_label_without_frames_has_no_rates() -> None:
    matrix = ConfusionMatrix(np.array([[3, 1], [0, 0]]), ("a", "b"))
    rates = rates_of(matrix, ("a", "b", "absent"))
    assert np.isfinite(rates["recall"]).tolist() == [True, False, False]


def test_the_mean_is_over_models_that_have_the_step(three_models) -> None:
    ways = trajectories(three_models)
    steps, means, spreads = mean_over_models(ways.paths, lambda path: path.average("recall"))
    assert steps.tolist() == [0, 30, 60]
    values = np.array([path.average("recall") for path in ways.paths])
    np.testing.assert_allclose(means, values.mean(axis=0))
    np.testing.assert_allclose(spreads, values.std(axis=0))


def test_too_many_models_have_one_colour() -> None:
    assert len(set(model_colours(f"m{i}" for i in range(8)).values())) == 8
    assert len(set(model_colours(f"m{i}" for i in range(11)).values())) == 1
