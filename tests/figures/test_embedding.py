from __future__ import annotations

import base64
import io
import re

import matplotlib as mpl
import numpy as np
import pytest
import soundfile

from oscine.figures.embedding import VARIABLES, png, svg, wav
from oscine.figures.style import INK, dress, new_figure, title


def a_figure():
    figure = new_figure(3, 2)
    axes = dress(figure.add_subplot(), grid="y")
    axes.plot(np.linspace(0, 1, 7), np.random.default_rng(0).random(7), "o-", color=INK)
    title(axes, "a < b & c")
    return figure


def test_inks_become_variables_and_nothing_else_changes_colour() -> None:
    text = svg(a_figure(), "f1")
    assert not any(ink in text for ink in VARIABLES)
    assert {f"var({name})" for name in VARIABLES.values()} <= set(re.findall(r"var\(--\w+\)", text))


def test_identifiers_are_prefixed_and_still_found() -> None:
    text = svg(a_figure(), "f1")
    ids = re.findall(r'\bid="([^"]*)"', text)
    assert all(name.startswith("f1-") for name in ids)
    assert len(ids) == len(set(ids))
    used = set(re.findall(r'xlink:href="#([^"]*)"|url\(#([^)]*)\)', text))
    assert used
    assert {a or b for a, b in used} <= set(ids)


def test_text_stays_text_and_is_escaped() -> None:
    assert "a &lt; b &amp; c" in svg(a_figure(), "f1")


def test_the_same_figure_gives_the_same_text_and_settings_are_left_alone() -> None:
    before = dict(mpl.rcParams)
    assert svg(a_figure(), "f1") == svg(a_figure(), "f1")
    assert dict(mpl.rcParams) == before


def test_coordinates_are_short() -> None:
    paths = "".join(re.findall(r'\bd="([^"]*)"', svg(a_figure(), "f1")))
    assert paths
    assert not re.search(r"\d\.\d{3}", paths)


def test_png_is_one() -> None:
    kind, content = png(a_figure()).split(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(content).startswith(b"\x89PNG")


def decoded(uri: str) -> tuple[np.ndarray, int]:
    kind, content = uri.split(",")
    assert kind == "data:audio/wav;base64"
    return soundfile.read(io.BytesIO(base64.b64decode(content)), always_2d=True)


@pytest.mark.parametrize(
    ("rate", "speed", "played"), [(2500, 1, 10_000), (44_100, 1, 44_100), (250_000, 1, 48_000), (250_000, 0.1, 25_000)]
)
def test_sound_is_given_a_rate_that_browsers_play(rate: float, speed: float, played: int) -> None:
    tone = 0.01 * np.sin(2 * np.pi * rate / 25 * np.arange(rate) / rate)
    samples, found = decoded(wav(tone, rate, speed=speed))
    assert found == played
    assert len(samples) / found == pytest.approx(1 / speed, rel=0.01)
    assert np.abs(samples).max() == pytest.approx(0.9, abs=0.01)
    spectrum = np.abs(np.fft.rfft(samples[:, 0]))
    assert np.argmax(spectrum) / len(samples) * found == pytest.approx(rate * speed / 25, rel=0.01)


def test_channels_are_kept_and_silence_is_silent() -> None:
    samples, _ = decoded(wav(np.zeros((2, 1000), np.float32), 8000))
    assert samples.shape == (1000, 2)
    assert not samples.any()


@pytest.mark.parametrize("sound", [[], [np.nan], np.zeros((1, 2, 3))])
def test_what_is_no_sound_is_refused(sound) -> None:
    with pytest.raises(ValueError, match="sound must be"):
        wav(sound, 8000)
