"""`train-validation-loss.pdf`: how every model learnt: loss, accuracy, and whether it still gains.

One row a model. Training values come from single batches; they are drawn thin, and their mean between validations
strong. Validation values come from all held-out frames. Below each panel stand steps and the time that they took, above
it epochs, where it is known how long one is. Where validation loss rises while training loss still falls, the network
has begun to learn its examples by heart; where the gain of accuracy has gone to zero, more steps will not help. That
panel is left out where no model was validated thrice.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator
from numpy.typing import NDArray

from oscine.figures.learning_curves import TRAINING_COLOUR, VALIDATION_COLOUR
from oscine.figures.panels import few_steps, heading, panels, second_axis
from oscine.figures.style import GRID, INK, MUTED, NORMAL, SMALL, dress
from oscine.figures.trajectories import epoch_axis

_MOST_POINTS = 2000
_MEAN_COLOUR = "#3d4651"
_SIZE, _GAP, _MARGINS = (2.7, 1.75), (0.68, 1.2), (0.75, 0.35, 1.15, 0.95)
_UNITS = ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes"), (1.0, "seconds"))

Array = NDArray[np.float64]


def plot_train_validation_loss(result: Any) -> Figure:
    """Draw the training of every model of an evaluation.

    Parameters
    ----------
    result
        A `RunEvaluation`; or anything with `models` that have a `name`, a `best` step, and `metrics`: one mapping per
        step of training ("step", "loss", "accuracy", "seconds") or validation ("validation_loss", "validation_recall").

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> lines = [{"step": s, "loss": 1 / s, "accuracy": 1 - 1 / s, "seconds": s} for s in range(1, 9)]
    >>> lines += [{"step": s, "validation_loss": 1 / s} for s in (2, 4, 6, 8)]
    >>> model = SimpleNamespace(name="replicate-1", best=8, metrics=lines, steps_per_epoch=None)
    >>> figure = plot_train_validation_loss(SimpleNamespace(models=(model,)))
    >>> [axes.get_title("left") for axes in figure.axes]
    ['Loss', 'Accuracy', 'Gain of accuracy']
    """
    models = [model for model in result.models if model.metrics]
    columns = 3 if not models or any(_has_gain(model) for model in models) else 2
    figure, axes = panels(max(len(models), 1), columns, size=_SIZE, gap=_GAP, margins=_MARGINS, share=False)
    for row, model in zip(axes, models, strict=False):
        _draw_row(row, model, several=len(models) > 1)
    if not models:
        for one in axes.flat:
            one.set_visible(False)
    heading(
        figure,
        "How it learnt",
        below="thin: single batches; dark: their mean between validations; blue: held-out frames; dotted: the model "
        "that was kept" if models else "nothing was measured during this training",
    )  # fmt: skip
    return figure


def _draw_row(row: NDArray[Any], model: Any, *, several: bool) -> None:
    loss, accuracy, *others = row
    edges = _validations(model)
    for axes, quantity, held_out in (
        (loss, "loss", "validation_loss"),
        (accuracy, "accuracy", "validation_recall"),
    ):
        dress(axes, grid="y")
        drawn = []
        train, validation = _columns(model.metrics, quantity), _columns(model.metrics, held_out)
        if train:
            steps, values = train
            every = max(1, len(steps) // _MOST_POINTS)
            axes.plot(steps[::every], values[::every], color=TRAINING_COLOUR, linewidth=0.5, alpha=0.55, label="batch")
            axes.plot(*_means(*train, edges), color=_MEAN_COLOUR, linewidth=1.6, label="training")
            drawn.append(values)
        if validation:
            few = len(validation[0]) <= 30
            axes.plot(*validation, color=VALIDATION_COLOUR, linewidth=1.6, marker="o" if few else "", markersize=3,
                      label="validation")  # fmt: skip
            drawn.append(validation[1])
        if quantity == "loss" and drawn and all((values > 0).all() for values in drawn):
            _logarithmic(axes)
        elif quantity == "accuracy":
            axes.set_ylim(0, 1.02)
    for gain in others:
        dress(gain, grid="y")
        gain.axhline(0, color=GRID, linewidth=1.2)
        train = _columns(model.metrics, "accuracy")
        if train and _has_gain(model):
            steps, values = _means(*train, edges)
            gain.plot((steps[1:] + steps[:-1]) / 2, 100 * np.diff(values) / np.diff(steps), color=_MEAN_COLOUR,
                      linewidth=1.4, label="gain")  # fmt: skip
        gain.set_ylabel("percentage points / step", fontsize=SMALL)
    last = max(line["step"] for line in model.metrics)
    for axes in row:
        axes.set_xlim(0, max(last, 1))
        axes.axvline(model.best, color=MUTED, linewidth=0.8, linestyle=(0, (1, 3)), label=f"kept: step {model.best}")
        few_steps(axes)
        axes.set_xlabel("step", labelpad=1)
        epoch_axis(axes, float(model.steps_per_epoch or "nan"))
        _clock(axes, model.metrics)
    epochs = bool(model.steps_per_epoch)
    for axes, name in zip(row, ("Loss", "Accuracy", "Gain of accuracy"), strict=False):
        text = f"{model.name} · {name.lower()}" if several else name
        axes.set_title(text, loc="left", fontsize=NORMAL + 1 - several, color=INK, pad=26 if epochs else 7)


def _validations(model: Any) -> Array:
    """Steps of the validations."""
    found = _columns(model.metrics, "validation_loss") or _columns(model.metrics, "validation_recall")
    return found[0] if found else np.empty(0)


def _has_gain(model: Any) -> bool:
    """Whether there were enough validations to tell the gain between them."""
    return len(_validations(model)) > 2 and _columns(model.metrics, "accuracy") is not None


def _logarithmic(axes: Axes) -> None:
    """A logarithmic axis with plain numbers."""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    wide = high / low > 30
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0,) if wide else (1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(NullLocator())


def _columns(metrics: list[dict[str, float]], name: str) -> tuple[Array, Array] | None:
    """Steps and values of a quantity, where it was measured."""
    pairs = [(line["step"], line[name]) for line in metrics if line.get(name) is not None]
    pairs = [(step, value) for step, value in pairs if np.isfinite(value)]
    return (np.array([p[0] for p in pairs], float), np.array([p[1] for p in pairs], float)) if pairs else None


def _means(steps: Array, values: Array, edges: Array) -> tuple[Array, Array]:
    """Means between validations; of fifty equal stretches where there were none."""
    if len(edges) < 2:
        edges = np.linspace(steps[0] - 1, steps[-1], min(50, len(steps)) + 1)
    place = np.searchsorted(edges, steps, side="left")
    groups = np.unique(place)
    return (
        np.array([steps[place == group].mean() for group in groups]),
        np.array([values[place == group].mean() for group in groups]),
    )


def _clock(axes: Axes, metrics: list[dict[str, float]]) -> None:
    """An axis of the time that training took, below that of steps."""
    times = _columns(metrics, "seconds")
    if times is None or times[0][-1] <= times[0][0] or times[1][-1] <= 0:
        return
    steps, seconds = (
        np.unique(times[0]),
        np.maximum.accumulate([times[1][times[0] == s].max() for s in np.unique(times[0])]),
    )
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds[-1] >= 2 * size), _UNITS[-1])
    rate = (seconds[-1] - seconds[0]) / (steps[-1] - steps[0]) / size or 1e-9
    second_axis(axes, -0.24, rate, unit)
