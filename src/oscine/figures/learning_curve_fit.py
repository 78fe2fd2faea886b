"""How errors fall with the amount of annotation: every training, the fitted power law, and what twice as much brings.

Both axes are logarithmic, where a power law without an asymptote is a straight line. A point is a training; the line is
the fit, dashed beyond the largest size; the band holds it as surely as is written below. A dotted line is what the fit
says no amount of annotation would take away.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from oscine.evaluation.learning_curve_result import METRICS, LearningCurve
from oscine.evaluation.power_law import PowerLaw
from oscine.figures.style import FULL_WIDTH, INK, LARGE, MUTED, NORMAL, PALETTE, SMALL, dress, new_figure

_UNITS = {"s": "training sound annotated from end to end (s)", "annotations": "training annotations"}
_STEPS = (1, 1.5, 2, 3, 5, 7)
_FEWEST_TICKS, _MOST_TICKS = 4, 6


def plot_learning_curve_fit(result: LearningCurve) -> Figure:
    """Draw a learning curve, a panel for each metric.

    Parameters
    ----------
    result
        From `learning_curve`, or `LearningCurve.load`.

    Examples
    --------
    >>> import pandas as pd
    >>> from pathlib import Path
    >>> from oscine.evaluation.learning_curve_result import fitted
    >>> table = pd.DataFrame({"train_dur": [30.0, 60, 120, 240], "frame_error": [0.2, 0.12, 0.08, 0.05]})
    >>> curve = LearningCurve(Path(), "s", "test", table, fitted(table, "s"))
    >>> [axes.get_ylabel() for axes in plot_learning_curve_fit(curve).axes]
    ['frame error (%)']
    """
    n = max(1, len(result.laws))
    figure = new_figure(max(5.6, FULL_WIDTH * n / 3 if n > 1 else 5.6), 3.9)
    for colour, (name, law), axes in zip(
        PALETTE, result.laws.items(), np.ravel(np.asarray(figure.subplots(1, n))).tolist(), strict=False
    ):
        _draw(axes, law, METRICS[name], result, colour)
    return figure


def _draw(axes: Axes, law: PowerLaw, what: str, result: LearningCurve, colour: str) -> None:
    """Points, curve and band of one metric."""
    dress(axes, grid="both")
    positive = law.errors > 0
    values = [100 * law.errors[positive]]
    if law.is_fitted:
        least, most = law.n.min(), law.n.max()
        inside, beyond = np.geomspace(least, most, 100), np.geomspace(most, 2 * most, 40)
        everything = np.concatenate([inside, beyond])
        low, high = law.band(everything)
        if law.has_band:
            axes.fill_between(everything, 100 * low, 100 * high, color=colour, alpha=0.16, linewidth=0)
            values.append(100 * low)
        axes.plot(inside, 100 * law.at(inside), color=colour, linewidth=2)
        axes.plot(beyond, 100 * law.at(beyond), color=colour, linewidth=2, linestyle=(0, (3, 2)))
        values.append(100 * law.at(everything))
        _mark_double(axes, law, colour)
        if law.a > 0:
            axes.axhline(100 * law.a, color=MUTED, linewidth=0.9, linestyle=(0, (1, 2)))
    axes.plot(law.n, 100 * law.errors, "o", color=colour, markersize=5, markeredgecolor="white", markeredgewidth=0.7,
              alpha=0.85, clip_on=False)  # fmt: skip
    _scale(axes, law, np.concatenate(values))
    axes.set(xlabel=_UNITS[result.unit], ylabel=f"{what.partition(' (')[0]} (%)")
    name = what.partition(" (")[0]
    axes.set_title(name[0].upper() + name[1:], loc="left", fontsize=LARGE, color=INK, pad=22)
    axes.annotate(_said(law, result), (0, 1), xycoords="axes fraction", xytext=(0, 7), textcoords="offset points",
                  fontsize=SMALL, color=MUTED, ha="left", va="bottom")  # fmt: skip


def _mark_double(axes: Axes, law: PowerLaw, colour: str) -> None:
    """The error with twice as much annotation."""
    double = law.doubled()
    x, y = 2 * double.n, 100 * double.then
    if law.has_band and y > 0:
        low, high = 100 * max(double.low, 1e-9), 100 * double.high
        axes.plot([x, x], [low, high], color=colour, linewidth=1.4, solid_capstyle="butt")
    axes.plot([x], [y], "o", markersize=6, markerfacecolor="white", markeredgecolor=colour, markeredgewidth=1.6)
    axes.annotate(f"{y:.{2 if y < 10 else 1}f} %", (x, y), xytext=(-6, -3), textcoords="offset points", ha="right",
                  va="top", fontsize=NORMAL, color=INK)  # fmt: skip


def _said(law: PowerLaw, result: LearningCurve) -> str:
    """The fit, in a line."""
    if not law.is_fitted:
        return law.notes[0] if law.notes else ""
    rest = f"{100 * law.a:.2g} + " if law.a > 0 else ""
    band = f"; band: {100 * law.level:.0f} %" if law.has_band else ""
    return f"{rest}{_number(100 * law.b)} n$^{{-{law.alpha:.2f}}}$ %, n in {result.unit}{band}"


def _number(value: float) -> str:
    return f"{value:.3g}" if 1e-3 < abs(value) < 1e5 else f"{value:.1e}"


def _scale(axes: Axes, law: PowerLaw, values: Any) -> None:
    """Logarithmic axes with round numbers, where all is above nought."""
    axes.set_xscale("log")
    sizes = sorted(set(law.n.tolist()))
    marked = [*sizes, 2 * sizes[-1]]
    if len(marked) > 8:
        marked = [size for place, size in enumerate(reversed(marked)) if place % 2 == 0][::-1]
    axes.set_xlim(min(sizes) / 1.12, 2 * max(sizes) * 1.12)
    axes.xaxis.set_major_locator(FixedLocator(marked))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}"))
    values = values[np.isfinite(values) & (values > 0)]
    if len(values) == 0 or (law.errors == 0).any():
        axes.set_ylim(bottom=0)
        return
    axes.set_yscale("log")
    low, high = values.min() / 1.3, values.max() * 1.25
    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(FixedLocator(_ticks(low, high)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}"))


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers between two, not too many.

    Examples
    --------
    >>> _ticks(0.9, 23)
    [1, 2, 5, 10, 20]
    >>> _ticks(1.1, 3.2)
    [1.5, 2, 3]
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found: list[float] = []
    for steps in ((1,), (1, 3), (1, 2, 5), _STEPS):
        found = [float(f"{step * 10.0**power:.3g}") for power in powers for step in steps]
        found = [value for value in found if low <= value <= high]
        if len(found) >= _FEWEST_TICKS:
            break
    return [int(value) if value == int(value) else value for value in found]
