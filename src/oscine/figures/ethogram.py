"""Sound, scores, annotations and predictions over one time axis.

From above to below: waveform, spectrogram, the score of every label (with its threshold dotted), and one lane for each
set of annotations, so that what people marked stands right above what the model says. Events are ticks, segments are
bars; a label has the same colour everywhere, and labels that are in no label set (a detector's) are grey.

Everything is drawn as given. Waveforms longer than the figure is wide are drawn as the band between the smallest and
the largest sample of each column of pixels, which is what a line would have covered; scores as the largest of each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from oscine.figures.style import (
    FULL_WIDTH,
    GRID,
    INK,
    LARGE,
    MUTED,
    NORMAL,
    colours_for,
    dress,
    new_figure,
)
from oscine.recordings.spectrogram import DEFAULT, Spectrogram, SpectrogramParams
from oscine.recordings.spectrogram import spectrogram as compute_spectrogram

SOUND_COLOUR = MUTED
_COLUMNS = 1800  # of the waveform's band
_MOST_CURVES = 8  # labels beyond which scores are drawn as an image
_LEFT, _RIGHT, _TOP, _BOTTOM = 1.1, 0.15, 0.5, 0.55  # margins in inches
_HEIGHTS = {"waveform": 0.9, "spectrogram": 1.35, "scores": 1.05}  # of panels in inches


class Sound(Protocol):
    """What is needed of a recording."""

    name: str
    sample_rate: float
    n_samples: int

    def read(self, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """Samples (channel, sample)."""


def plot_ethogram(
    recording: Sound,
    *,
    start: float = 0.0,
    stop: float | None = None,
    channel: int = 0,
    spectrogram: Spectrogram | SpectrogramParams | None = DEFAULT,
    scores: Any = None,
    thresholds: Mapping[str, Any] | None = None,
    lanes: Mapping[str, Any] | None = None,
    labels: Sequence[str] | None = None,
    colours: Mapping[str, str] | None = None,
    heading: str | None = None,
) -> Figure:
    """Draw a stretch of a recording with all that is known of it.

    Parameters
    ----------
    recording
        The sound.
    start, stop
        Stretch to draw in seconds; to the end by default.
    channel
        Which channel to draw.
    spectrogram
        How the spectrogram is computed; or one of just that stretch, its times counted from `start`; or `None`.
    scores
        Scores of the recording: what `predict` gives.
    thresholds
        Threshold of each label, a number or a `Threshold`; by default those of the scores.
    lanes
        Annotations to show, from above to below, each under its name. Rows of other recordings are left out.
    labels
        Label set, in the order of its colours; by default that of the scores, else the labels of all lanes.
    colours
        Colour of each label; by default the house's, by order.
    heading
        Title; by default the recording's name.

    Returns
    -------
    Figure
        Axes in the order above, those without data left out.

    Examples
    --------
    >>> from oscine.recordings.recording import Recording
    >>> from oscine.testing import fly_song
    >>> sound, truth = fly_song(10, seed=1, name="a.wav")
    >>> figure = plot_ethogram(Recording.from_sound(sound, 2500.0, name="a.wav"), stop=2, lanes={"truth": truth})
    >>> figure.axes[-1].get_xlabel()
    'time (s)'
    """
    first = round(start * recording.sample_rate)
    last = recording.n_samples if stop is None else min(round(stop * recording.sample_rate), recording.n_samples)
    if not 0 <= first < last:
        raise ValueError(f"nothing to draw from {start} s to {stop} s of {recording.n_samples} samples")
    begin, end = first / recording.sample_rate, last / recording.sample_rate
    tables = {name: _rows(annotations, recording.name, begin, end) for name, annotations in (lanes or {}).items()}
    label_set = list(labels if labels is not None else scores.labels if scores is not None else _labels_of(tables))
    ink = colours_for(label_set, colours)

    heights = dict(_HEIGHTS)
    if scores is not None and len(scores.labels) > _MOST_CURVES:
        heights["scores"] = 0.17 * len(scores.labels)
    panels = {
        "waveform": heights["waveform"],
        **({"spectrogram": heights["spectrogram"]} if spectrogram is not None else {}),
        **({"scores": heights["scores"]} if scores is not None else {}),
        **({"lanes": 0.3 * len(tables)} if tables else {}),
    }
    figure, axes = _stack(panels)
    sound = recording.read(first, last)[channel : channel + 1]
    _waveform(axes["waveform"], sound[0], begin, end)
    if isinstance(spectrogram, SpectrogramParams):
        hop = max(spectrogram.hop, (end - begin) / _COLUMNS)
        params = spectrogram.model_copy(update={"hop": hop})
        _spectrogram(axes["spectrogram"], compute_spectrogram(sound, recording.sample_rate, params), 0, begin)
    elif spectrogram is not None:
        _spectrogram(axes["spectrogram"], spectrogram, channel, begin)
    if scores is not None:
        _scores(axes["scores"], scores, thresholds or getattr(scores, "thresholds", {}), begin, end, ink)
    if tables:
        _lanes(axes["lanes"], tables, ink, begin, end)
    bottom = axes[list(panels)[-1]]
    bottom.set_xlim(begin, end)
    bottom.set_xlabel("time (s)")
    bottom.tick_params(axis="x", labelbottom=True, length=3)
    _head(figure, recording.name if heading is None else heading, label_set, ink)
    return figure


def _stack(panels: Mapping[str, float]) -> tuple[Figure, dict[str, Axes]]:
    """Axes one below the other, of given heights in inches, sharing time."""
    gap = 0.13
    total = _TOP + sum(panels.values()) + gap * (len(panels) - 1) + _BOTTOM
    figure = new_figure(FULL_WIDTH, total, constrained=False)
    width = (FULL_WIDTH - _LEFT - _RIGHT) / FULL_WIDTH
    axes: dict[str, Axes] = {}
    y = total - _TOP
    for name, height in panels.items():
        y -= height
        share = next(iter(axes.values()), None)
        panel = figure.add_axes((_LEFT / FULL_WIDTH, y / total, width, height / total), sharex=share, label=name)
        axes[name] = dress(panel)
        panel.tick_params(axis="x", labelbottom=False, length=0)
        panel.spines["bottom"].set_visible(False)
        y -= gap
    return figure, axes


def _waveform(axes: Axes, sound: NDArray[np.float32], begin: float, end: float) -> None:
    n = len(sound)
    if n <= 2 * _COLUMNS:
        axes.plot(begin + np.arange(n) * (end - begin) / n, sound, color=SOUND_COLOUR, linewidth=0.7)
    else:
        edges = np.linspace(0, n, _COLUMNS + 1).astype(int)
        low, high = np.minimum.reduceat(sound, edges[:-1]), np.maximum.reduceat(sound, edges[:-1])
        times = begin + (edges[:-1] + edges[1:]) / 2 * (end - begin) / n
        axes.fill_between(times, low, high, color=SOUND_COLOUR, linewidth=0.35)
    peak = float(np.abs(sound).max(initial=0)) or 1.0
    axes.set_ylim(-1.05 * peak, 1.05 * peak)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    _name(axes, "waveform")


def _spectrogram(axes: Axes, spectrogram: Spectrogram, channel: int, begin: float) -> None:
    values = np.asarray(spectrogram.values[channel], np.float64)
    frequencies, times = np.asarray(spectrogram.frequencies, np.float64), np.asarray(spectrogram.times, np.float64)
    if values.size and values.min() >= 0:  # power or amplitude, not yet decibels
        values = 10 * np.log10(np.maximum(values, 1e-6 * (values.max() or 1.0)))
    low, high = np.percentile(values, [30, 99.7]) if values.size else (0.0, 1.0)
    kilo = 1000.0 if frequencies.size and frequencies[-1] >= 2000 else 1.0
    x, y = begin + _edges(times), _edges(frequencies) / kilo
    if np.allclose(np.diff(frequencies), np.diff(frequencies)[:1], rtol=1e-3):
        extent = (x[0], x[-1], y[0], y[-1])
        axes.imshow(
            values,
            origin="lower",
            aspect="auto",
            cmap="magma",
            vmin=low,
            vmax=high,
            extent=extent,
            interpolation="none",
        )
    else:  # bands equally spaced in octaves or in mel
        axes.pcolormesh(x, y, values, cmap="magma", vmin=low, vmax=high, rasterized=True)
    axes.set_ylim(max(0.0, y[0]), y[-1])
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.spines["left"].set_visible(False)
    _name(axes, f"frequency\n({'kHz' if kilo > 1 else 'Hz'})")


def _edges(centres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where cells end whose centres are given."""
    if len(centres) < 2:
        return np.array([*(centres - 0.5), *(centres + 0.5)])
    between = (centres[1:] + centres[:-1]) / 2
    return np.concatenate([[2 * centres[0] - between[0]], between, [2 * centres[-1] - between[-1]]])


def _scores(
    axes: Axes, scores: Any, thresholds: Mapping[str, Any], begin: float, end: float, ink: Mapping[str, str]
) -> None:
    rate = float(scores.frame_rate)
    first, last = max(int(np.floor(begin * rate)), 0), int(np.ceil(end * rate)) + 1
    values = scores.read(first, last) if hasattr(scores, "read") else np.asarray(scores.values[:, first:last])
    if len(scores.labels) > _MOST_CURVES:
        n = len(scores.labels)
        extent = ((first - 0.5) / rate, (first + values.shape[1] - 0.5) / rate, n - 0.5, -0.5)
        axes.imshow(values, aspect="auto", cmap="Greys", vmin=0, vmax=1, extent=extent)
        axes.set_yticks(range(n), list(scores.labels), fontsize=7)
        for tick, label in zip(axes.get_yticklabels(), scores.labels, strict=True):
            tick.set_color(ink.get(label, MUTED))
        axes.tick_params(axis="y", length=0)
        return
    times = (first + np.arange(values.shape[1])) / rate
    if len(times) > 2 * _COLUMNS:
        edges = np.linspace(0, len(times), _COLUMNS + 1).astype(int)[:-1]
        values, times = np.maximum.reduceat(values, edges, axis=1), times[edges]
    for label, row in zip(scores.labels, values, strict=True):
        colour = ink.get(label, MUTED)
        axes.fill_between(times, row, color=colour, alpha=0.18, linewidth=0, rasterized=True)
        axes.plot(times, row, color=colour, linewidth=0.9, label=label)
        threshold = thresholds.get(label)
        value = float(getattr(threshold, "value", threshold)) if threshold is not None else np.nan
        if np.isfinite(value):
            axes.axhline(value, color=colour, linewidth=0.8, linestyle=(0, (1, 2.5)))
    axes.set_ylim(0, 1.02)
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    _name(axes, "score")


def _lanes(axes: Axes, tables: Mapping[str, Any], ink: Mapping[str, str], begin: float, end: float) -> None:
    for row, table in enumerate(tables.values()):
        axes.axhline(row, color=GRID, linewidth=0.8, zorder=0.5)
        for label, part in sorted(table.groupby("label", sort=True), key=lambda item: str(item[0])):
            colour = ink.get(str(label), MUTED)
            onset, offset = part["onset"].to_numpy(float), part["offset"].to_numpy(float)
            point = onset == offset
            if point.any():
                axes.vlines(onset[point], row - 0.33, row + 0.33, color=colour, linewidth=1.1, label=str(label))
            if (~point).any():
                spans = np.clip(np.column_stack([onset, offset])[~point], begin, end)
                bars = np.column_stack([spans[:, 0], spans[:, 1] - spans[:, 0]])
                axes.broken_barh(bars.tolist(), (row - 0.24, 0.48), facecolor=colour, alpha=0.8, edgecolor=colour,
                                 linewidth=0.4, label=str(label))  # fmt: skip
    axes.set_ylim(len(tables) - 0.5, -0.5)
    axes.set_yticks(range(len(tables)), list(tables))
    axes.tick_params(axis="y", length=0, labelsize=NORMAL, labelcolor=INK, pad=8)
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_visible(True)


def _name(axes: Axes, text: str) -> None:
    """The panel's name, left of its ticks, at one distance for all panels."""
    axes.annotate(text, (0, 0.5), xycoords="axes fraction", xytext=(-30, 0), textcoords="offset points", ha="right",
                  va="center", fontsize=NORMAL, color=MUTED, linespacing=1.3)  # fmt: skip


def _head(figure: Figure, text: str, labels: Sequence[str], ink: Mapping[str, str]) -> None:
    y = 1 - 0.25 / figure.get_figheight()
    figure.text(_LEFT / FULL_WIDTH, y, text, fontsize=LARGE, color=INK, va="center", ha="left")
    if labels and len(labels) <= _MOST_CURVES:
        handles = [Line2D([], [], color=ink[label], linewidth=4, label=label) for label in labels]
        figure.legend(
            handles=handles,
            loc="center right",
            bbox_to_anchor=(1 - _RIGHT / FULL_WIDTH, y),
            ncols=len(labels),
            frameon=False,
            fontsize=NORMAL,
            labelcolor=INK,
            handlelength=0.9,
            handletextpad=0.5,
            columnspacing=1.6,
            borderaxespad=0,
            borderpad=0,
        )


def _rows(annotations: Any, recording: str, begin: float, end: float) -> Any:
    """Rows of one recording that reach into a stretch, as a table."""
    table = annotations.to_pandas() if hasattr(annotations, "to_pandas") else annotations
    inside = (table["offset"] >= begin) & (table["onset"] <= end)
    if "recording" in table.columns:
        inside &= table["recording"] == recording
    return table[inside]


def _labels_of(tables: Mapping[str, Any]) -> list[str]:
    return sorted({str(label) for table in tables.values() for label in table["label"]})
