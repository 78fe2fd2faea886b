from __future__ import annotations

import math

import pytest
from matplotlib.colors import to_rgb

from oscine.figures.style import BACKGROUND_COLOUR, PALETTE, dress, label_colours, new_figure, percent


def test_a_label_keeps_its_colour_when_others_come_after_it() -> None:
    few, many = label_colours(["pulse", "sine"]), label_colours(["pulse", "sine", "click", "song"])
    assert few.items() <= many.items()


def test_background_is_grey_and_takes_no_colour_from_the_others() -> None:
    colours = label_colours(["Ambient", "pulse", "silence", "sine"])
    assert colours["Ambient"] == colours["silence"] == BACKGROUND_COLOUR
    assert [colours["pulse"], colours["sine"]] == list(PALETTE[:2])


def test_more_labels_than_colours_start_again() -> None:
    labels = [f"syllable {i}" for i in range(40)]
    colours = label_colours(labels)
    assert list(colours) == labels
    assert colours[labels[len(PALETTE)]] == PALETTE[0]


def luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("colour", PALETTE[:6])
@pytest.mark.parametrize("paper", ["#fefefe", "#14181d"])
def test_the_first_colours_stand_out_on_light_and_on_dark_paper(colour: str, paper: str) -> None:
    dark, light = sorted([luminance(colour), luminance(paper)])
    assert (light + 0.05) / (dark + 0.05) > 2.0


def test_percentages_are_never_flattering() -> None:
    assert [percent(share) for share in (0.0, 0.004, 0.5, 0.996, 1.0)] == ["0", "<1", "50", ">99", "100"]
    assert percent(math.nan) == "–"


def test_dressed_axes_have_two_spines() -> None:
    axes = dress(new_figure(3, 2).add_subplot(), grid="y")
    assert [side for side, spine in axes.spines.items() if spine.get_visible()] == ["left", "bottom"]
