from __future__ import annotations

from oscine.figures.rates import plot_rates
from oscine.metrics.counts import Counts
from oscine.metrics.events import score_events


def test_three_points_per_label_and_f1_in_words() -> None:
    axes = plot_rates({"pulse": Counts(8, 10, 9), "sine": Counts(3, 4, 6)}).axes[0]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["pulse", "sine"]
    points = {(line.get_marker(), line.get_xdata()[0]) for line in axes.lines if line.get_marker() != "None"}
    assert points == {("<", 8 / 9), (">", 0.8), ("o", 16 / 19), ("<", 0.5), (">", 0.75), ("o", 0.6)}
    assert "0.842" in [text.get_text() for text in axes.texts]
    assert axes.yaxis_inverted()


def test_labels_without_anything_have_a_dash() -> None:
    scores = score_events([], [], [], [], 0.01, labels=["pulse"])
    assert "–" in [text.get_text() for text in plot_rates(scores.by_label).axes[0].texts]


def test_scale_and_title() -> None:
    axes = plot_rates({"pulse": Counts(9, 10, 10)}, heading="Events", low=0.5).axes[0]
    assert axes.get_xlim() == (0.5, 1)
    assert axes.get_title("left") == "Events"
