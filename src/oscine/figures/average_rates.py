"""`P-R-F1-average.pdf`: precision, recall and F1, means over labels, at every checkpoint.

One grey line per model and their mean in black; with more than ten models the mean and its standard deviation alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from oscine.evaluation.run_evaluation import RunEvaluation
from oscine.figures.panels import few_steps, heading, panels
from oscine.figures.style import BACKGROUND_COLOUR, INK, NORMAL, PALETTE, dress
from oscine.figures.trajectories import (
    MANY,
    QUANTITIES,
    Trajectories,
    Trajectory,
    epoch_axis,
    mean_over_models,
    trajectories,
)


def plot_average_rates(result: RunEvaluation | Trajectories) -> Figure:
    """Draw the rates of all models of a `RunEvaluation` against the step, averaged over labels."""
    ways = trajectories(result)
    paths, known = ways.paths, bool(np.isfinite(ways.steps_per_epoch))
    figure, axes = panels(1, 3, size=(2.6, 2.2), gap=(0.35, 0), margins=(0.75, 0.35, 1.35 if known else 1.05, 0.6))
    for quantity, one in zip(QUANTITIES, axes[0], strict=True):
        dress(one, grid="y")

        def average(path: Trajectory, quantity: str = quantity) -> Any:
            return path.average(quantity)

        steps, means, spreads = mean_over_models(paths, average)
        alone = "o" if len(steps) == 1 else ""
        if len(paths) > MANY:
            one.errorbar(steps, means, yerr=spreads, color=BACKGROUND_COLOUR, linewidth=1.2, capsize=2)
        else:
            for path in paths:
                one.plot(path.steps, average(path), color=BACKGROUND_COLOUR, linewidth=1, marker=alone, label=path.name)
        one.plot(steps, means, color=INK, linewidth=2, marker=alone, label="mean")
        for path in paths:
            if path.best_place < len(path.steps):
                one.plot(path.best, average(path)[path.best_place], "o", color=PALETTE[0], markersize=4.5, zorder=4)
        one.set_ylim(0, 1.02)
        few_steps(one)
        one.set_xlabel("step")
        one.set_title(
            quantity[0].upper() + quantity[1:], loc="left", fontsize=NORMAL + 1, color=INK, pad=28 if known else 6
        )
        if known:
            epoch_axis(one, ways.steps_per_epoch)
    for one in axes[0, 1:]:
        one.tick_params(labelleft=False)
    who = "the model" if len(paths) == 1 else "one grey line per model" if len(paths) <= MANY else "mean ± SD of models"
    heading(figure, "Precision, recall and F1, means over labels", below=f"{who}; blue dots: best checkpoints")
    return figure
