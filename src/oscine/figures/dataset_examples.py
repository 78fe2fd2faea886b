"""Examples of a dataset, part by part: waveform, spectrogram, and right below what is taken for true.

All examples are of one length, so that sounds can be compared by eye across them. Segments are bars, events ticks;
hatched is what nobody has judged, which training leaves out; what is covered and bears nothing is background. Whether
boundaries lie where the sound begins is seen by following an edge upwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from oscine.annotations.intervals import subtract
from oscine.figures.style import (
    BACKGROUND_LABELS,
    FULL_WIDTH,
    GRID,
    INK,
    LARGE,
    MUTED,
    NORMAL,
    SMALL,
    dress,
    label_colours,
    new_figure,
)
from oscine.recordings.spectrogram import SpectrogramParams
from oscine.recordings.spectrogram import spectrogram as compute_spectrogram

_WAVE, _IMAGE, _LANE = 0.42, 0.95, 0.36  # heights in inches
_BETWEEN = 0.05  # within an example
_CAPTION, _AXIS = 0.3, 0.42  # above and below an example
_LEFT, _RIGHT, _GAP = 0.85, 0.15, 0.2
_COLUMNS = 500
_LETTER = 0.075  # inches that a letter takes


def plot_dataset_examples(inspection: Any) -> Figure:
    """Draw the examples of every part.

    Parameters
    ----------
    inspection
        What `oscine.inspect` gives, with examples.

    Examples
    --------
    >>> import numpy as np
    >>> from oscine.datasets.inspect import Example, Inspection
    >>> sound = np.random.default_rng(0).normal(0, 0.1, 2000).astype(np.float32)
    >>> one = Example("train", "a.wav", 1.0, 2.0, 2000.0, sound, ((1.2, 1.5, "x"),), np.array([[1.0, 2.0]]))
    >>> found = Inspection(("x",), (), {"train": {}}, {"train": {}}, {}, {"train": 1}, {"train": 1.0}, (one,))
    >>> len(plot_dataset_examples(found).axes)
    3
    """
    examples = list(inspection.examples)
    parts = [part for part in inspection.parts if any(one.part == part for one in examples)]
    columns = max([sum(one.part == part for one in examples) for part in parts] + [1])
    ink = label_colours(inspection.labels)
    drawn = _drawn_labels(inspection)
    columns_of_legend = _legend_columns(drawn)
    head = 0.42 + 0.2 * -(-len(drawn) // columns_of_legend)
    block = _CAPTION + _WAVE + _IMAGE + _LANE + 2 * _BETWEEN + _AXIS
    height = head + block * max(1, len(parts))
    figure = new_figure(FULL_WIDTH, height, constrained=False)
    width = (FULL_WIDTH - _LEFT - _RIGHT - _GAP * (columns - 1)) / columns
    length = max([one.offset - one.onset for one in examples] + [1e-3])
    for row, part in enumerate(parts):
        top = height - head - row * block - _CAPTION
        mine = [one for one in examples if one.part == part]
        figure.text(
            0.12 / FULL_WIDTH, (top - (_WAVE + _IMAGE + _LANE) / 2) / height, part, rotation=90,
            fontsize=NORMAL, color=INK, ha="left", va="center", fontweight="bold",
        )  # fmt: skip
        for column, example in enumerate(mine):
            x = _LEFT + column * (width + _GAP)
            _draw(figure, example, (x, top, width, height), ink, length, first=column == 0)
    _head(figure, inspection, {label: ink[label] for label in drawn}, height, columns_of_legend)
    return figure


def _draw(
    figure: Figure, example: Any, place: tuple[float, float, float, float], ink: Mapping[str, str], length: float, *,
    first: bool,
) -> None:  # fmt: skip
    """One example: three panels over one time axis."""
    x, top, width, height = place
    panels = {}
    y = top
    for name, size in (("wave", _WAVE), ("image", _IMAGE), ("lane", _LANE)):
        y -= size
        box = (x / FULL_WIDTH, y / height, width / FULL_WIDTH, size / height)
        panels[name] = dress(figure.add_axes(box))
        panels[name].spines["left"].set_visible(False)
        panels[name].spines["bottom"].set_visible(name == "lane")
        panels[name].tick_params(axis="x", labelbottom=name == "lane", length=3 if name == "lane" else 0)
        panels[name].set_xlim(example.onset, example.onset + length)
        y -= _BETWEEN
    panels["wave"].set_title(
        _shortened(example.recording, int(width / _LETTER)), loc="left", fontsize=SMALL, color=MUTED, pad=3
    )
    _waveform(panels["wave"], example.sound, example.onset, example.offset)
    _image(panels["image"], example, named=first)
    _lane(panels["lane"], example, ink, width / length)
    panels["lane"].set_xlabel("time (s)", fontsize=SMALL, labelpad=1)
    panels["lane"].xaxis.set_major_locator(MaxNLocator(4, prune="both"))


def _waveform(axes: Axes, sound: NDArray[np.float32], begin: float, end: float) -> None:
    edges = np.linspace(0, len(sound), min(_COLUMNS, max(1, len(sound))) + 1).astype(int)[:-1]
    low, high = np.minimum.reduceat(sound, edges), np.maximum.reduceat(sound, edges)
    times = begin + (np.arange(len(edges)) + 0.5) / len(edges) * (end - begin)
    axes.fill_between(times, low, high, color=MUTED, linewidth=0.4)
    peak = float(np.abs(sound).max(initial=0)) or 1.0
    axes.set_ylim(-1.05 * peak, 1.05 * peak)
    axes.set_yticks([])


def _image(axes: Axes, example: Any, *, named: bool) -> None:
    span, rate = example.offset - example.onset, example.sample_rate
    # a window that shows both time and frequency: 128 to 512 samples of common rates, never below 16
    window = float(np.clip(0.008 * (16_000 / rate) ** 0.5, 16 / rate, span / 4))
    params = SpectrogramParams(window=window, hop=max(window / 8, span / (2 * _COLUMNS)))
    found = compute_spectrogram(example.sound, rate, params)
    values = 20 * np.log10(np.maximum(np.abs(found.values[0].astype(float)), 1e-9))
    low, high = np.percentile(values, [35, 99.8])
    kilo = 1000.0 if found.frequencies[-1] >= 2000 else 1.0
    step = (found.times[-1] - found.times[0]) / max(1, len(found.times) - 1) if len(found.times) > 1 else span
    extent = (
        example.onset + found.times[0] - step / 2, example.onset + found.times[-1] + step / 2,
        found.frequencies[0] / kilo, found.frequencies[-1] / kilo,
    )  # fmt: skip
    left, right = axes.get_xlim()
    axes.imshow(
        values, origin="lower", aspect="auto", cmap="magma", vmin=low, vmax=max(high, low + 1e-6), extent=extent,
        interpolation="none",
    )  # fmt: skip
    axes.set_xlim(left, right)
    axes.yaxis.set_major_locator(MaxNLocator(3))
    if named:
        axes.annotate(
            "kHz" if kilo > 1 else "Hz", (0, 0.5), xycoords="axes fraction", xytext=(-34, 0), rotation=90,
            textcoords="offset points",
            fontsize=SMALL, color=MUTED, ha="center", va="center",
        )  # fmt: skip
    else:
        axes.tick_params(axis="y", labelleft=False)


def _lane(axes: Axes, example: Any, ink: Mapping[str, str], inches: float) -> None:
    """The truth: bars and ticks, labels in bars that have room for them, hatching where nothing is known."""
    begin, end = example.onset, example.offset
    unknown = subtract([(begin, end)], example.covered)
    for onset, offset in unknown:
        axes.axvspan(onset, offset, facecolor="none", edgecolor=GRID, hatch="/////", linewidth=0, zorder=0)
    points = [(onset, label) for onset, offset, label in example.rows if onset == offset]
    spans = [(max(a, begin), min(b, end), label) for a, b, label in example.rows if b > a]
    middle, half = (0.3, 0.24) if points and spans else (0.5, 0.34)
    for onset, offset, label in spans:
        colour = ink.get(label, MUTED)
        axes.broken_barh([(onset, offset - onset)], (middle - half, 2 * half), facecolor=colour, edgecolor="none")
        if (offset - onset) * inches > _LETTER * len(label) + 0.03:
            axes.text(
                (onset + offset) / 2, middle, label, fontsize=SMALL - 0.5, color=_on(colour), ha="center",
                va="center_baseline", clip_on=True,
            )  # fmt: skip
    low, high = (0.6, 0.98) if spans else (0.15, 0.85)
    for time, label in points:
        axes.vlines(time, low, high, color=ink.get(label, MUTED), linewidth=1.2)
    axes.set_ylim(0, 1)
    axes.set_yticks([])


def _on(colour: str) -> str:
    """Black or white, whichever reads better on a colour (relative luminance of WCAG 2).

    >>> _on("#0072b2"), _on("#88ccee")
    ('#ffffff', '#1b2027')
    """
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.03928, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ [0.2126, 0.7152, 0.0722])
    return "#ffffff" if 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.064 else INK


def _legend_columns(labels: Sequence[str]) -> int:
    """Labels that have room side by side."""
    letters = max([len(label) for label in labels] + [1])
    return max(1, min(len(labels), int((FULL_WIDTH - _LEFT - _RIGHT) / (0.42 + 0.08 * letters))))


def _drawn_labels(inspection: Any) -> list[str]:
    """The label set without background that nobody marked: there is nothing of it to see."""
    there = {row[2] for one in inspection.examples for row in one.rows}
    return [label for label in inspection.labels if label in there or label not in BACKGROUND_LABELS]


def _head(figure: Figure, inspection: Any, ink: Mapping[str, str], height: float, columns: int) -> None:
    """Title, note, and a legend that is read row by row."""
    y = 1 - 0.24 / height
    name = f"Examples of {inspection.name}" if inspection.name else "Examples"
    figure.text(0.12 / FULL_WIDTH, y, name, fontsize=LARGE, color=INK, va="center", ha="left")
    note = "truth below the sound: bars segments, ticks events; hatched: not known"
    figure.text(1 - _RIGHT / FULL_WIDTH, y, note, fontsize=SMALL, color=MUTED, va="center", ha="right")
    labels = list(ink)
    in_columns = [label for column in range(columns) for label in labels[column::columns]]
    handles = [Line2D([], [], color=ink[label], linewidth=5, label=label) for label in in_columns]
    if handles:
        figure.legend(
            handles=handles, loc="upper left", bbox_to_anchor=(_LEFT / FULL_WIDTH, 1 - 0.42 / height),
            ncols=columns, frameon=False, fontsize=NORMAL, labelcolor=INK,
            handlelength=0.9, handletextpad=0.5, columnspacing=1.4, borderaxespad=0, borderpad=0, labelspacing=0.35,
        )  # fmt: skip


def _shortened(name: str, letters: int) -> str:
    """A name with its middle left out where it is too long.

    >>> _shortened("20190122T132554a-14.wav", 13)
    '201901…14.wav'
    """
    half = max(1, (letters - 1) // 2)
    return name if len(name) <= letters else f"{name[:half]}…{name[-half:]}"
