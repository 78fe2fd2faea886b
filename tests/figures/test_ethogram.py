from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from oscine.figures.ethogram import plot_ethogram
from oscine.figures.style import MUTED, label_colours
from oscine.recordings.spectrogram import SpectrogramParams, spectrogram

RATE, N = 2500.0, 10_000
LABELS = ("pulse", "sine", "ambient")
COLOURS = label_colours(LABELS)


class Sound:
    """Four seconds of two channels, read as a recording is."""

    name, sample_rate, n_samples = "a.wav", RATE, N

    def read(self, start: int = 0, stop: int | None = None) -> np.ndarray:
        sound = np.random.default_rng(0).normal(size=(2, N)).astype(np.float32)
        return sound[:, start:stop]


@pytest.fixture
def scores() -> SimpleNamespace:
    values = np.random.default_rng(1).dirichlet([1, 1, 1], N // 2).T.astype(np.float32)
    return SimpleNamespace(values=values, labels=LABELS, frame_rate=RATE / 2)


@pytest.fixture
def truth() -> pd.DataFrame:
    rows = [
        ("a.wav", 1.0, 1.0, "pulse"),
        ("a.wav", 1.5, 2.5, "sine"),
        ("a.wav", 3.5, 3.6, "sine"),
        ("b.wav", 1, 2, "x"),
    ]
    return pd.DataFrame(rows, columns=["recording", "onset", "offset", "label"])


def panels(figure) -> dict:
    return {axes.get_label(): axes for axes in figure.axes}


def test_panels_share_one_time_axis_in_order(scores, truth) -> None:
    figure = plot_ethogram(Sound(), start=1, stop=3, scores=scores, lanes={"annotated": truth})
    axes = panels(figure)
    assert list(axes) == ["waveform", "spectrogram", "scores", "lanes"]
    assert {panel.get_xlim() for panel in axes.values()} == {(1.0, 3.0)}
    tops = [panel.get_position().y1 for panel in axes.values()]
    assert tops == sorted(tops, reverse=True)
    assert len({(p.get_position().x0, p.get_position().x1) for p in axes.values()}) == 1  # aligned
    assert axes["lanes"].get_xlabel() == "time (s)"
    assert not axes["scores"].get_xlabel()


def test_the_waveform_alone() -> None:
    assert list(panels(plot_ethogram(Sound(), spectrogram=None))) == ["waveform"]


def test_a_short_waveform_is_a_line_and_a_long_one_a_band() -> None:
    short = panels(plot_ethogram(Sound(), stop=0.5, spectrogram=None))["waveform"]
    np.testing.assert_array_equal(short.lines[0].get_ydata(), Sound().read(0, 1250)[0])
    long = panels(plot_ethogram(Sound(), channel=1, spectrogram=None))["waveform"]
    edges = long.collections[0].get_paths()[0].vertices[:, 1]
    sound = Sound().read()[1]
    assert (edges.min(), edges.max()) == (sound.min(), sound.max())


def test_one_score_per_label_with_its_threshold(scores) -> None:
    axes = panels(plot_ethogram(Sound(), stop=0.5, scores=scores, thresholds={"pulse": 0.4, "sine": np.nan}))["scores"]
    drawn = {line.get_label(): line for line in axes.lines if line.get_label() in LABELS}
    assert {label: line.get_color() for label, line in drawn.items()} == COLOURS
    np.testing.assert_allclose(drawn["sine"].get_xdata()[:3], np.arange(3) / scores.frame_rate)
    dotted = [line for line in axes.lines if line.get_label() not in LABELS]
    assert [(line.get_ydata()[0], line.get_color()) for line in dotted] == [(0.4, COLOURS["pulse"])]


def test_scores_of_many_frames_keep_their_peaks() -> None:
    values = np.zeros((1, 100_000), np.float32)
    values[0, 77_777] = 0.9
    scores = SimpleNamespace(values=values, labels=("pulse",), frame_rate=25_000.0)
    axes = panels(plot_ethogram(Sound(), scores=scores))["scores"]
    line = next(line for line in axes.lines if line.get_label() == "pulse")
    assert len(line.get_ydata()) < 2000
    assert line.get_ydata().max() == np.float32(0.9)


def test_many_labels_become_an_image(scores) -> None:
    many = SimpleNamespace(
        values=np.tile(scores.values, (5, 1)), labels=[f"s{i}" for i in range(15)], frame_rate=1250.0
    )
    axes = panels(plot_ethogram(Sound(), scores=many))["scores"]
    assert len(axes.images) == 1
    assert [tick.get_text() for tick in axes.get_yticklabels()] == many.labels


def test_lanes_show_events_as_ticks_and_segments_as_bars(scores, truth) -> None:
    detected = pd.DataFrame({"onset": [1.2], "offset": [1.3], "label": ["time"]})
    figure = plot_ethogram(Sound(), start=0.5, stop=3, scores=scores, lanes={"annotated": truth, "detected": detected})
    axes = panels(figure)["lanes"]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["annotated", "detected"]
    drawn = {collection.get_label(): collection for collection in axes.collections}
    assert set(drawn) == {"pulse", "sine", "time"}  # nothing of b.wav
    (tick,) = drawn["pulse"].get_segments()
    assert tick[:, 0].tolist() == [1.0, 1.0]
    assert to_hex(drawn["pulse"].get_color()[0]) == COLOURS["pulse"]
    (bar,) = drawn["sine"].get_paths()  # the one at 3.5 s is out of sight
    assert (bar.vertices[:, 0].min(), bar.vertices[:, 0].max()) == (1.5, 2.5)
    assert to_hex(drawn["time"].get_edgecolor()[0]) == MUTED  # a detector's label is in no label set


def test_annotations_are_asked_for_their_table(truth) -> None:
    annotations = SimpleNamespace(to_pandas=lambda: truth)
    figure = plot_ethogram(Sound(), lanes={"annotated": annotations})
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["pulse", "sine"]


def test_spectrogram_in_place(scores) -> None:
    params = SpectrogramParams(window=0.02, hop=0.005)
    axes = panels(plot_ethogram(Sound(), start=1, stop=2, spectrogram=params))["spectrogram"]
    (image,) = axes.images
    left, right, _, top = image.get_extent()
    assert (left, right) == pytest.approx((1 - 0.0025, 2 + 0.0025), abs=0.003)
    assert axes.get_ylim()[0] == 0
    assert top == pytest.approx(1250, abs=30)
    given = spectrogram(Sound().read(2500, 5000), RATE, params)
    same = panels(plot_ethogram(Sound(), start=1, stop=2, spectrogram=given))["spectrogram"].images[0]
    np.testing.assert_allclose(same.get_array(), image.get_array())


def test_bands_of_unequal_width_are_drawn_where_they_are() -> None:
    axes = panels(plot_ethogram(Sound(), spectrogram=SpectrogramParams(scale="mel", n_bands=20)))["spectrogram"]
    assert not axes.images
    assert len(axes.collections) == 1


def test_silence_and_a_stretch_outside() -> None:
    silent = SimpleNamespace(
        name="s", sample_rate=RATE, n_samples=N, read=lambda a, b: np.zeros((1, b - a), np.float32)
    )
    assert plot_ethogram(silent).axes
    with pytest.raises(ValueError, match="nothing to draw"):
        plot_ethogram(Sound(), start=10)
    assert plot_ethogram(Sound(), start=3, stop=99).axes[0].get_xlim() == (3, 4)  # ends with the recording
