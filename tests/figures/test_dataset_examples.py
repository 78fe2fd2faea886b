from __future__ import annotations

import numpy as np
import pytest

from oscine.datasets.inspect import Example, Inspection
from oscine.figures.dataset_examples import plot_dataset_examples
from oscine.figures.draw import figures_of


def example(part, number, rate=32_000.0, length=1.0):
    sound = np.random.default_rng(number).normal(0, 0.1, round(length * rate)).astype(np.float32)
    onset = 10.0 * number
    rows = ((onset + 0.1, onset + 0.4, "a"), (onset + 0.5, onset + 0.5, "p"), (onset - 1, onset + 0.05, "long name"))
    covered = np.array([[onset, onset + 0.45]])
    return Example(
        part, f"a_rather_long_recording_name_{number}.wav", onset, onset + length, rate, sound, rows, covered
    )


def inspection(n, labels=("background", "a", "p", "long name"), **options):
    examples = tuple(example(part, i, **options) for part in ("train", "validation") for i in range(n))
    none = {part: dict.fromkeys(labels, 1) for part in ("train", "validation")}
    ones = {"train": 1, "validation": 1}
    return Inspection(labels, ("p",), none, none, {}, ones, ones, examples, name="x.dataset")


@pytest.mark.parametrize("rate", [2500.0, 32_000.0, 250_000.0])
@pytest.mark.parametrize("n", [1, 3])
def test_texts_stay_apart(n, rate):
    many = ("background", "a", "p", "long name", *(f"syllable {i}" for i in range(20)))
    figure = plot_dataset_examples(inspection(n, many, rate=rate, length=0.6))
    figure.draw_without_rendering()
    assert len(figure.axes) == 2 * n * 3
    texts = [*figure.texts, *figure.legends[0].get_texts()]
    texts += [axes.title if axes.get_title() else axes._left_title for axes in figure.axes]
    texts += [axes.xaxis.label for axes in figure.axes if axes.get_xlabel()]
    texts += [text for axes in figure.axes[1:2] for text in (*axes.texts, *axes.get_yticklabels())]
    for axes in figure.axes[2::3]:
        low, high = axes.get_xlim()
        texts += [tick.label1 for tick in axes.xaxis.get_major_ticks() if low <= tick.get_loc() <= high]
    boxes = [text.get_window_extent() for text in texts if text.get_text()]
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.width + 1 for box in boxes)
    for place, one in enumerate(boxes):
        assert not any(one.overlaps(other) for other in boxes[:place])


def test_panels_of_an_example_share_their_time_axis():
    figure = plot_dataset_examples(inspection(2))
    for place in range(0, len(figure.axes), 3):
        three = figure.axes[place : place + 3]
        assert len({axes.get_xlim() for axes in three}) == 1
        assert len({axes.get_position().x0 for axes in three}) == 1
        assert np.diff(three[0].get_xlim()) == pytest.approx(1)


def test_drivers_find_them():
    names = [name for name, _ in figures_of(inspection(1))]
    assert names == ["dataset_labels", "dataset_examples"]
