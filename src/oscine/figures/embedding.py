"""Figures and sound as text, for a page that needs no other file.

- `svg`  a figure as an SVG element. Its type is left to the page's font, its inks become the page's CSS variables
         (`--ink`, `--muted`, `--grid`, `--paper`), so a figure follows the page from light to dark and to the printer;
         its identifiers get a prefix, so that several figures live in one page. Coordinates are rounded to 0.01 points.
- `png`  a figure as a PNG data URI, for those that hold too many strokes.
- `wav`  sound as a WAV data URI, at a sample rate that every browser plays; `flac` the same, half as large.
- `image`  a picture of few colours, such as a spectrogram, as a small PNG data URI.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from oscine.figures.style import GRID, INK, MUTED, PAPER

VARIABLES = {INK: "--ink", MUTED: "--muted", GRID: "--grid", PAPER: "--paper"}
"""CSS variable of each ink."""

_LOWEST_RATE, _HIGHEST_RATE = 8_000.0, 48_000.0  # Hz, what browsers play for certain


def svg(figure: Figure, prefix: str, *, dpi: float = 160) -> str:
    """A figure as an SVG element.

    Parameters
    ----------
    figure
        The figure; it is not changed.
    prefix
        Put before every identifier: something unique in the page, such as "figure-3".
    dpi
        Resolution of the images in it (spectrograms), per inch.
    """
    stream = io.BytesIO()
    # both settings exist nowhere but in this dictionary of matplotlib's, so they are set for the moment of writing
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "oscine"}):
        figure.savefig(stream, format="svg", dpi=dpi, metadata={"Date": None, "Creator": None})
    text = stream.getvalue().decode("utf-8")
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r'\bd="[^"]*"', lambda path: re.sub(r"\d+\.\d{3,}", _rounded, path[0]), text)
    text = re.sub(r'(\bid="|xlink:href="#|url\(#)', rf"\g<1>{prefix}-", text)
    for ink, variable in VARIABLES.items():
        text = text.replace(ink, f"var({variable})")
    return re.sub(r"\n\s*", "\n", text)


def png(figure: Figure, *, dpi: float = 160) -> str:
    """A figure as a PNG data URI."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=dpi)
    return _uri("image/png", stream.getvalue())


def wav(sound: ArrayLike, sample_rate: float, *, speed: float = 1.0) -> str:
    """Sound as a 16-bit WAV data URI, its peak just below full scale.

    Parameters
    ----------
    sound
        Samples (sample,) or (channel, sample).
    sample_rate
        In Hz. Rates that browsers refuse (a fly's 2500, a bat's 250 000) are resampled to the nearest that they play.
    speed
        Played that many times as fast: 0.1 makes a bat's calls audible.

    Raises
    ------
    ValueError
        Where there is no sound, or a sample is not a number.
    """
    return _sound(sound, sample_rate, speed, "WAV", "audio/wav")


def flac(sound: ArrayLike, sample_rate: float, *, speed: float = 1.0) -> str:
    """Sound as `wav` gives it, but compressed without loss: half the size, and played by every browser of today."""
    return _sound(sound, sample_rate, speed, "FLAC", "audio/flac")


def image(levels: NDArray[np.uint8], colours: Sequence[Sequence[float]]) -> str:
    """A picture (row, column), the first row on top, of indices into a few colours (red, green, blue in [0, 1])."""
    from PIL import Image

    picture = Image.fromarray(np.ascontiguousarray(levels, np.uint8), "P")
    picture.putpalette([round(255 * channel) for colour in colours for channel in colour[:3]])
    stream = io.BytesIO()
    picture.save(stream, "PNG", optimize=True)
    return _uri("image/png", stream.getvalue())


def _sound(sound: ArrayLike, sample_rate: float, speed: float, form: str, kind: str) -> str:
    import soundfile
    import soxr

    samples = np.atleast_2d(np.asarray(sound, dtype=np.float32)).T
    if samples.ndim != 2 or not samples.size or not np.isfinite(samples).all():
        raise ValueError(f"sound must be finite samples (channel, sample), found shape {np.shape(sound)}")
    rate = sample_rate * speed
    played = float(np.clip(rate, _LOWEST_RATE, _HIGHEST_RATE))
    if played > rate:
        played = rate * np.ceil(_LOWEST_RATE / rate)  # a whole multiple resamples most cleanly
    if round(played) != rate:
        samples = soxr.resample(samples, rate, round(played))
    peak = float(np.abs(samples).max()) or 1.0
    stream = io.BytesIO()
    soundfile.write(stream, 0.9 * samples / peak, round(played), format=form, subtype="PCM_16")
    return _uri(kind, stream.getvalue())


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def _uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
