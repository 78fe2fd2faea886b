"""`reliability.pdf`: whether a probability means what it says.

Frames are put into bins by the probability that the model gives; each point tells what share of a bin came true. On
the diagonal, of all that was called "90 % sure" nine in ten are right. Below it the model boasts, above it it is too
modest. The bars below tell how many frames there are: a point of a few frames says little, and is drawn small. "After"
is the same with one number, the temperature, that makes all probabilities duller or sharper, and changes no decision.

References
----------
.. [1] Guo, Pleiss, Sun, Weinberger (2017), On calibration of modern neural networks, ICML, 1321–1330.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from oscine.evaluation.evaluation import Evaluation
from oscine.figures.panels import heading
from oscine.figures.style import GRID, INK, MUTED, NORMAL, PALETTE, SMALL, dress, new_figure
from oscine.metrics.calibration import Calibration

BEFORE, AFTER = PALETTE[1], PALETTE[0]
_SIDE, _BARS, _LEFT, _BOTTOM, _GAP, _TOP, _BETWEEN = 2.7, 0.55, 0.75, 0.6, 0.14, 1.15, 0.6


def plot_reliability(
    calibrations: Mapping[str, Calibration], *, temperature: float | None = None, below: str = ""
) -> Figure:
    """Draw reliability diagrams side by side.

    Parameters
    ----------
    calibrations
        By what they are called, such as "before" and "after".
    temperature
        What lies between the two.
    below
        What is said below the heading instead.

    Examples
    --------
    >>> from oscine.metrics.calibration import reliability
    >>> said, true = [[0.9, 0.8, 0.7], [0.1, 0.2, 0.3]], [0, 0, 1]
    >>> figure = plot_reliability({"before": reliability(said, true)})
    >>> figure.axes[0].get_title("left"), figure.axes[0].get_xlabel(), figure.axes[1].get_xlabel()
    ('before', '', 'probability that the model gives')
    """
    n = max(len(calibrations), 1)
    width = max(_LEFT + n * _SIDE + (n - 1) * _BETWEEN + 0.35, 5.0)
    height = _TOP + _SIDE + _GAP + _BARS + _BOTTOM
    figure = new_figure(width, height, constrained=False)
    inks = (BEFORE, AFTER, *PALETTE[2:])
    for column, (name, calibration) in enumerate(calibrations.items()):
        x = _LEFT + column * (_SIDE + _BETWEEN)
        upper = (x / width, (_BOTTOM + _BARS + _GAP) / height, _SIDE / width, _SIDE / height)
        lower = (x / width, _BOTTOM / height, _SIDE / width, _BARS / height)
        _diagram(dress(figure.add_axes(upper), grid="both"), name, calibration, inks[column % len(inks)])
        _bars(dress(figure.add_axes(lower)), calibration, inks[column % len(inks)])
    if not below:
        below = "on the line, of all frames called 90 % sure nine in ten are right"
        if temperature is not None and np.isfinite(temperature):
            below += f"; temperature {temperature:.3g}"
    heading(figure, "What a probability is worth", below=below)
    return figure


def calibrations_of(evaluation: Evaluation) -> dict[str, Calibration]:
    """How an `Evaluation`'s probabilities come true: as they are, and at the temperature where they do best."""
    found = {"as the model gives them": evaluation.calibration}
    if evaluation.calibrated is not None and np.isfinite(evaluation.fitted_temperature):
        found[f"at temperature {evaluation.fitted_temperature:.3g}"] = evaluation.calibrated
    elif evaluation.calibrated is not None:
        found["each model at its own temperature"] = evaluation.calibrated
    return {name: calibration for name, calibration in found.items() if calibration is not None}


def _diagram(axes: Axes, name: str, calibration: Calibration, ink: str) -> None:
    axes.plot([0, 1], [0, 1], color=GRID, linewidth=1.4, zorder=0.6)
    there = calibration.n_frames > 0
    x, y, n = calibration.mean_probability[there], calibration.share_right[there], calibration.n_frames[there]
    axes.vlines(x, x, y, color=ink, alpha=0.3, linewidth=3)
    axes.plot(x, y, color=ink, linewidth=1.2, label=name)
    if n.size:
        axes.scatter(x, y, s=12 + 60 * np.sqrt(n / n.max()), color=ink, linewidths=0, zorder=3, clip_on=False)
    axes.set(xlim=(0, 1), ylim=(0, 1.01), ylabel="share that is right")
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], [""] * 5)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])
    axes.set_title(name, loc="left", fontsize=NORMAL + 1, color=INK, pad=20)
    error, bias = calibration.expected_error, calibration.bias
    if np.isfinite(error):
        text = f"calibration error {100 * error:.1f} %"
        if abs(bias) >= 0.001:
            text += f"; it {'boasts' if bias > 0 else 'is too modest'} by {100 * abs(bias):.1f} %"
        axes.annotate(text, (0, 1), xycoords="axes fraction", xytext=(0, 7), textcoords="offset points",
                      fontsize=SMALL, color=MUTED)  # fmt: skip


def _bars(axes: Axes, calibration: Calibration, ink: str) -> None:
    axes.stairs(np.maximum(calibration.n_frames, 0.5), calibration.edges, color=ink, fill=True, alpha=0.55)
    axes.set_yscale("log")
    axes.set(xlim=(0, 1), xlabel="probability that the model gives", ylabel="frames")
    axes.set_ylim(bottom=0.5)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_locator(LogLocator(numticks=4))
