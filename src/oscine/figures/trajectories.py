"""Rates of every model at every checkpoint, as arrays: what several figures are drawn from.

The rates are those of the confusion matrix as if all labels were equally frequent, by which SongExplorer and ours
choose the best checkpoint: they do not depend on how many examples of each label somebody happened to annotate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from oscine.evaluation.run_evaluation import RunEvaluation
from oscine.figures.panels import second_axis
from oscine.figures.style import BACKGROUND_COLOUR, PALETTE
from oscine.metrics.frames import ConfusionMatrix, mean

Array = NDArray[np.float64]

QUANTITIES = ("precision", "recall", "F1")
MANY = 10
"""Models beyond which none has a colour of its own."""


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Rates of one model.

    Attributes
    ----------
    name, best
        Of the model, and its best step.
    steps
        Of its checkpoints, ascending, (checkpoint,).
    rates
        Of each of `QUANTITIES`, (label, checkpoint).
    steps_per_epoch
        For an axis of epochs; `nan` where that is not known.
    """

    name: str
    best: int
    steps: NDArray[np.int64]
    rates: dict[str, Array]
    steps_per_epoch: float = float("nan")

    def average(self, quantity: str) -> Array:
        """Mean over labels, (checkpoint,); F1 is that of mean precision and mean recall, as SongExplorer has it."""
        if quantity == "F1":
            precision, recall = self.average("precision"), self.average("recall")
            total = precision + recall
            return np.divide(2 * precision * recall, total, out=np.full_like(total, np.nan), where=total > 0)
        return np.array([mean(column) for column in self.rates[quantity].T])

    @property
    def best_place(self) -> int:
        """Where the best checkpoint is among `steps`."""
        return int(np.searchsorted(self.steps, self.best))


@dataclass(frozen=True, eq=False)
class Trajectories:
    """Rates of all models of a run, read once for many figures.

    Attributes
    ----------
    labels
        Those that the confusion matrices count, in order.
    paths
        One for each model of which anything was judged.
    """

    labels: tuple[str, ...]
    paths: tuple[Trajectory, ...]

    @property
    def steps_per_epoch(self) -> float:
        """The same for all models, or `nan`."""
        found = {path.steps_per_epoch for path in self.paths}
        return next(iter(found)) if len(found) == 1 else float("nan")


def rates_of(matrix: ConfusionMatrix, labels: Sequence[str]) -> dict[str, Array]:
    """Precision, recall and F1 of each label, (label,); `nan` where it is not in the matrix."""
    rows = [matrix.labels.index(label) if label in matrix.labels else -1 for label in labels]
    columns = (matrix.balanced_precision, matrix.recall, matrix.balanced_f1)
    return {
        quantity: np.array([values[row] if row >= 0 else np.nan for row in rows])
        for quantity, values in zip(QUANTITIES, columns, strict=True)
    }


def trajectories(result: RunEvaluation | Trajectories) -> Trajectories:
    """The rates of all models of an evaluation, in its order; each checkpoint is looked up once."""
    if isinstance(result, Trajectories):
        return result
    matrices = [
        {step: model.by_step[step].confusion_matrix for step in sorted(model.by_step)} for model in result.models
    ]
    counted = {label for by_step in matrices for matrix in by_step.values() for label in matrix.labels}
    labels = tuple(label for label in result.labels if label in counted)
    found = []
    for model, by_step in zip(result.models, matrices, strict=True):
        if by_step:
            each = [rates_of(matrix, labels) for matrix in by_step.values()]
            rates = {quantity: np.stack([one[quantity] for one in each], axis=1) for quantity in QUANTITIES}
            per_epoch = float(model.steps_per_epoch or "nan")
            found.append(Trajectory(model.name, model.best, np.array([*by_step], np.int64), rates, per_epoch))
    return Trajectories(labels, tuple(found))


def mean_over_models(
    paths: Sequence[Trajectory], values: Callable[[Trajectory], Array]
) -> tuple[NDArray[np.int64], Array, Array]:
    """Steps that any model has, and mean and standard deviation of `values` (checkpoint,) over those that have it."""
    by_step: dict[int, list[float]] = {}
    for path in paths:
        for step, value in zip(path.steps.tolist(), values(path).tolist(), strict=True):
            if np.isfinite(value):
                by_step.setdefault(step, []).append(value)
    steps = np.array(sorted(by_step), np.int64)
    return steps, np.array([np.mean(by_step[s]) for s in steps]), np.array([np.std(by_step[s]) for s in steps])


def model_colours(names: Iterable[str]) -> dict[str, str]:
    """A colour for each model; grey for all where there are too many to tell apart."""
    names = list(names)
    if len(names) > MANY:
        return dict.fromkeys(names, BACKGROUND_COLOUR)
    return {name: PALETTE[i % len(PALETTE)] for i, name in enumerate(names)}


def epoch_axis(axes: Axes, steps_per_epoch: float, *, label: bool = True) -> None:
    """An axis of epochs above, where it is known how many steps one takes."""
    if np.isfinite(steps_per_epoch) and steps_per_epoch > 0:
        second_axis(axes, "top", 1 / steps_per_epoch, "epoch" if label else "")
