"""`<prefix>-compare-overall-params-speed.pdf`: four views of several runs, as in SongExplorer.

- precision against recall of frames, as if labels were equally common: a small point for each model, a large one for
  each run, and the mean of runs ± standard deviation
- mean recall in validation against minutes of training: a thin line for each model, a thick one for their mean
- how many numbers are learnt
- how many seconds of sound are predicted in a second, by one thread of a processor
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from oscine.evaluation.comparison import Compared, Comparison, shown_speed
from oscine.evaluation.recording_counts import overall_rates
from oscine.figures.panels import heading, panels
from oscine.figures.style import INK, MUTED, NORMAL, SMALL, dress
from oscine.figures.trajectories import model_colours

_SIZE = (3.6, 2.9)
_MOST_NAMES = 12


def plot_compare_overall(result: Comparison) -> Figure:
    """Draw accuracy, learning, size and speed of several runs.

    Parameters
    ----------
    result
        Of `compare`.

    Returns
    -------
    Figure
        Four axes: rates, validation, parameters, speed.
    """
    candidates, tones = result.candidates, colours_of(result)
    longest = max(len(shortened(one.name)) for one in candidates)
    left = 0.75 + (0.065 * longest if longest > 8 else 0)
    figure, axes = panels(2, 2, size=_SIZE, gap=(left + 0.1, 1.0), margins=(left, 0.45, 1.0, 0.65), share=False)
    n = len(result.recordings)
    below = f"{n} recording{'s' if n > 1 else ''} of the {result.part} part; small points and thin lines: single models"
    heading(figure, f"Comparison of {len(candidates)} runs", below=below, left=left)
    _rates(axes[0, 0], candidates, tones)
    _validation(axes[0, 1], candidates, tones)
    parameters = [float(one.n_parameters) for one in candidates]
    _bars(axes[1, 0], candidates, tones, parameters, "parameters", [shown_count(value) for value in parameters])
    speeds = [one.speed for one in candidates]
    texts = ["–" if math.isnan(value) else shown_speed(value) for value in speeds]
    _bars(axes[1, 1], candidates, tones, speeds, "speed: seconds of sound per second, one thread", texts)
    return figure


def colours_of(result: Comparison) -> dict[str, str]:
    """The colour of each run, the same in all figures of a comparison."""
    return model_colours([one.name for one in result.candidates])


def shortened(name: str, most: int = 22) -> str:
    """A name that fits beside axes: its end tells more than its beginning."""
    return name if len(name) <= most else "…" + name[1 - most :]


def shown_count(value: float) -> str:
    """A number of parameters.

    Examples
    --------
    >>> shown_count(950), shown_count(23_456), shown_count(1_234_567)
    ('950', '23.5 k', '1.23 M')
    """
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.0f}"


def _rates(axes: Axes, candidates: Sequence[Compared], tones: dict[str, str]) -> None:
    """Precision against recall."""
    dress(axes, grid="both")
    means, lowest = [], 1.0
    for one in candidates:
        points = np.array([[overall_rates(matrix)[rate] for rate in ("recall", "precision")]
                           for matrix in one.models.values()])  # fmt: skip
        points = points[np.isfinite(points).all(axis=1)]
        if not len(points):
            continue
        lowest = min(lowest, float(points.min()))
        if len(points) > 1:
            axes.plot(*points.T, "o", color=tones[one.name], markersize=4, alpha=0.6, markeredgecolor="white",
                      markeredgewidth=0.5, clip_on=False)  # fmt: skip
        centre = points.mean(axis=0)
        means.append(centre)
        axes.plot(*centre, "o", color=tones[one.name], markersize=8.5, markeredgecolor=INK, markeredgewidth=0.9,
                  clip_on=False, zorder=4, label=shortened(one.name))  # fmt: skip
    if len(means) > 2:
        middle, spread = np.mean(means, axis=0), np.std(means, axis=0)
        axes.errorbar(
            middle[0], middle[1], xerr=spread[0], yerr=spread[1], color=MUTED, linewidth=1.5, alpha=0.7, zorder=2
        )
    low = next((start for start in (0.98, 0.95, 0.9, 0.8, 0.5) if lowest > start + 0.1 * (1 - start)), 0.0)
    margin = 0.03 * (1 - low)
    axes.set(xlim=(low - margin, 1 + margin), ylim=(low - margin, 1 + margin), xlabel="recall", ylabel="precision")
    axes.locator_params(nbins=5)
    if len(means) <= _MOST_NAMES:
        axes.legend(loc="lower left", frameon=False, fontsize=SMALL, handletextpad=0.2, borderpad=0.1)


def _validation(axes: Axes, candidates: Sequence[Compared], tones: dict[str, str]) -> None:
    """Recall in validation against time."""
    dress(axes, grid="both")
    longest = max([float(x[-1]) for one in candidates for x, _ in one.validations.values() if len(x)], default=0.0)
    unit, size = ("minutes", 60.0) if longest > 120 else ("seconds", 1.0)
    for one in candidates:
        curves = [(np.asarray(x) / size, np.asarray(y)) for x, y in one.validations.values() if len(x)]
        for times, recall in curves:
            axes.plot(times, recall, color=tones[one.name], linewidth=0.8, alpha=0.5 if len(curves) > 1 else 1)
        if curves:
            n = min(len(times) for times, _ in curves)
            middle = [np.mean([curve[i][:n] for curve in curves], axis=0) for i in (0, 1)]
            axes.plot(*middle, color=tones[one.name], linewidth=2, marker="o" if n < 3 else "", markersize=4)
    axes.set(xlabel=f"{unit} of training", ylabel="mean recall in validation", ylim=(None, 1.01))
    axes.set_xlim(left=0)
    if not longest:
        axes.text(0.5, 0.5, "nothing was measured in training", transform=axes.transAxes, ha="center", color=MUTED,
                  fontsize=NORMAL)  # fmt: skip


def _bars(
    axes: Axes,
    candidates: Sequence[Compared],
    tones: dict[str, str],
    values: Sequence[float],
    label: str,
    texts: Sequence[str],
) -> None:
    """A bar for each run, with its value."""
    dress(axes)
    place = np.arange(len(candidates))
    axes.barh(place, np.nan_to_num(values), color=[tones[one.name] for one in candidates], height=0.62)
    top = max([value for value in values if not math.isnan(value)], default=1.0)
    for row, (value, text) in enumerate(zip(values, texts, strict=True)):
        axes.annotate(text, (0 if math.isnan(value) else value, row), xytext=(4, 0), textcoords="offset points",
                      va="center", fontsize=SMALL, color=INK)  # fmt: skip
    axes.set(xlim=(0, top * 1.2), ylim=(len(candidates) - 0.4, -0.6), xlabel=label)
    axes.set_yticks(place, [shortened(one.name) for one in candidates], color=INK)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(lambda value, _: shown_count(value))
