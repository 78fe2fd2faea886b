from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from oscine.datasets.inspect import Inspection
from oscine.figures.dataset_labels import PART_COLOURS, plot_dataset_labels

PARTS = ("train", "validation", "test")


def inspection(n_labels=4, parts=PARTS):
    random = np.random.default_rng(0)
    labels = ("background", *(f"syllable-{i}" for i in range(n_labels - 2)), "pulse")
    counts = {part: {label: int(random.integers(1, 900)) for label in labels} for part in parts}
    seconds = {part: {label: float(random.uniform(0.1, 90)) for label in labels} for part in parts}
    for part in parts:
        counts[part]["background"], seconds[part]["pulse"] = 0, 0.0
    counts[parts[-1]][labels[1]] = seconds[parts[-1]][labels[1]] = 0
    durations = {label: {part: random.lognormal(-3, 0.5, 40) for part in parts} for label in labels[1:]}
    return Inspection(
        labels, ("pulse",), counts, seconds, durations, dict.fromkeys(parts, 3), dict.fromkeys(parts, 100.0), name="x"
    )


@pytest.mark.parametrize("n_labels", [2, 12, 40])
def test_a_row_for_each_label_and_nothing_overlaps(n_labels):
    figure = plot_dataset_labels(inspection(n_labels))
    figure.draw_without_rendering()
    ticks = figure.axes[0].get_yticklabels()
    assert len(ticks) == n_labels
    boxes = [tick.get_window_extent() for tick in ticks]
    assert all(not one.overlaps(other) for one, other in pairwise(boxes))
    width = figure.bbox.width
    assert min(box.x0 for box in boxes) >= 0
    texts = [*figure.texts, *figure.legends[0].get_texts(), *(axes.xaxis.label for axes in figure.axes)]
    extents = [text.get_window_extent() for text in texts]
    assert all(0 <= box.x0 <= box.x1 <= width for box in extents)
    for place, one in enumerate(extents):
        assert not any(one.overlaps(other) for other in extents[:place])
    flat = []
    for axes in figure.axes:
        low, high = axes.get_xlim()
        shown = [tick.label1 for tick in axes.xaxis.get_major_ticks() if low <= tick.get_loc() <= high]
        flat += [label.get_window_extent() for label in shown]
    for place, one in enumerate(flat):
        assert not any(one.overlaps(other) for other in flat[:place])


def test_shares_add_up_and_what_is_lacking_is_hollow():
    figure = plot_dataset_labels(inspection(4))
    shares = figure.axes[2]
    bars = np.array([[bar.get_width() for bar in container] for container in shares.containers])
    assert bars.sum(axis=0) == pytest.approx(1)
    hollow = [line for line in figure.axes[0].lines if line.get_markerfacecolor() != line.get_color()]
    assert len(hollow) == 1
    assert hollow[0].get_color() == PART_COLOURS["test"]


def test_one_part_and_no_durations():
    single = inspection(3, parts=("train",))
    plot_dataset_labels(
        Inspection(single.labels, (), single.counts, single.seconds, {}, {"train": 1}, {"train": 0.0})
    ).draw_without_rendering()
