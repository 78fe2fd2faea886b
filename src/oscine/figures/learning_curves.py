"""Loss and accuracy during training: whether it still learns, and whether that holds elsewhere.

Training values come from single batches and are noisy; they are drawn thin. Validation values come from all held-out
frames and are drawn strong. Where validation loss rises while training loss still falls, the network has begun to
learn its examples by heart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from oscine.figures.style import FULL_WIDTH, MUTED, NORMAL, SMALL, dress, new_figure, title

TRAINING_COLOUR, VALIDATION_COLOUR = "#9aa3ae", "#0072b2"


def plot_learning_curves(
    training: Mapping[str, ArrayLike] | Any,
    validation: Mapping[str, ArrayLike] | None = None,
    *,
    best_step: int | None = None,
) -> Figure:
    """Draw loss and accuracy against the step of training.

    Parameters
    ----------
    training
        Columns `step`, and `loss` and `accuracy` where they were measured, each (point,); or any result that holds such
        columns as `training` and `validation`.
    validation
        The same columns, measured on held-out frames.
    best_step
        Step of the model that was kept, to be marked.

    Examples
    --------
    >>> figure = plot_learning_curves({"step": [1, 2, 3], "loss": [1.0, 0.5, 0.4], "accuracy": [0.3, 0.7, 0.8]})
    >>> [axes.get_ylabel() for axes in figure.axes]
    ['loss', 'accuracy']
    """
    if not isinstance(training, Mapping):
        training, validation = training.training, validation or training.validation
    sources = {"training": training, "validation": validation or {}}
    figure = new_figure(FULL_WIDTH, 3.2)
    for column, (quantity, axes) in enumerate(zip(("loss", "accuracy"), figure.subplots(1, 2), strict=True)):
        dress(axes, grid="y")
        everything = []
        for name, columns in sources.items():
            if quantity in columns and np.size(columns[quantity]):
                step, values = np.asarray(columns["step"]), np.asarray(columns[quantity], np.float64)
                everything.append(values[np.isfinite(values)])
                _draw(axes, name, step, values)
        if best_step is not None and everything:
            axes.axvline(best_step, color=MUTED, linewidth=0.8, linestyle=(0, (1, 3)))
            if quantity == "loss":
                axes.annotate(
                    f"kept: step {best_step}",
                    (best_step, 1),
                    xycoords=("data", "axes fraction"),
                    xytext=(-4, -2),
                    textcoords="offset points",
                    ha="right",
                    va="top",
                    fontsize=SMALL,
                    color=MUTED,
                )
        axes.set(xlabel="step", ylabel=quantity)
        axes.margins(x=0.01)
        if quantity == "accuracy":
            axes.set_ylim(0, 1.02)
        elif everything:
            _scale(axes, np.concatenate(everything))
        title(axes, quantity.capitalize())
        if column == 1 and axes.get_lines():
            axes.legend(loc="lower right", frameon=False, fontsize=NORMAL, labelcolor="linecolor", handlelength=1.4)
    return figure


def _draw(axes: Axes, name: str, step: np.ndarray, values: np.ndarray) -> None:
    if name == "training":
        axes.plot(step, values, color=TRAINING_COLOUR, linewidth=0.9, label=name)
    else:
        dot = "o" if len(step) <= 40 else ""
        axes.plot(step, values, color=VALIDATION_COLOUR, linewidth=1.8, marker=dot, markersize=4, label=name)


def _scale(axes: Axes, values: np.ndarray) -> None:
    """A logarithmic axis where the loss spans more than a factor of twenty."""
    positive = values[values > 0]
    if len(positive) == len(values) > 0 and positive.max() > 20 * positive.min():
        axes.set_yscale("log")
    elif len(values) and values.min() >= 0:
        axes.set_ylim(bottom=0)
