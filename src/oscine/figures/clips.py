"""Sounds behind the numbers: snippets to see and to hear, for each cell of a confusion matrix.

Every annotated row of an evaluation was called something (`Evaluation.judged`). Of each pair of what was annotated and
what was said some rows are cut out of their recordings, with a little sound around them, as a picture of the
spectrogram and as sound, both as data URIs. Of mistakes the surest come first, for they are the most instructive (or
mistakes of whoever annotated); of what is right, some from the least to the most sure.

A page must stay small enough to be sent: cells take turns until the snippets have the allowed size together.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.figures.embedding import flac, image
from oscine.recordings.recording import Recording
from oscine.recordings.recordings import Recordings
from oscine.recordings.spectrogram import SpectrogramParams, spectrogram

PER_CELL = 6
"""Snippets of a cell, at most."""
SIZE_LIMIT = 8_000_000
"""Characters of all snippets together."""

_AUDIBLE = 100_000.0  # Hz: what is recorded faster than that is for bats and mice, and played slower
_SLOWED = 0.1
_AROUND, _LONGEST = 0.15, 3.0  # seconds of playing: before and after a sound, and of a snippet
_HEIGHT, _PIXELS_A_SECOND, _WIDTHS = 72, 420.0, (96, 420)
_LEVELS = 48


@dataclass(frozen=True)
class Clip:
    """A sound to see and to hear.

    Attributes
    ----------
    row
        Where it is in the table of judged rows.
    picture, sound
        Data URIs of its spectrogram and of its sound.
    begin, end
        Where the annotated sound begins and ends within the snippet, from 0 to 1.
    top
        Highest frequency of the picture, in Hz.
    speed
        How fast it is played.
    """

    row: int
    picture: str
    sound: str
    begin: float
    end: float
    duration: float
    top: float
    speed: float

    @property
    def size(self) -> int:
        """Characters."""
        return len(self.picture) + len(self.sound)


@dataclass(frozen=True)
class Clips:
    """Snippets, and why there are not more.

    Attributes
    ----------
    by_row
        By the row of the table that was cut out.
    absent
        Recordings that could not be read.
    reason
        Why, of the first; otherwise which sounds were left out.
    full
        Whether some were left out for want of room.
    """

    by_row: dict[int, Clip]
    absent: tuple[str, ...] = ()
    reason: str = ""
    full: bool = False


class _OutsideError(InputError):
    """A sound that lies outside its recording, which may hold others."""


def cut_clips(
    judged: pd.DataFrame,
    recordings: Recordings | None,
    *,
    per_cell: int = PER_CELL,
    size_limit: int = SIZE_LIMIT,
    monitor: Monitor = SILENT,
) -> Clips:
    """Cut out some sounds of each pair of an annotated and a predicted label.

    Parameters
    ----------
    judged
        Columns recording, onset, offset (s), label, annotated, kind, score.
    recordings
        Where their sound is; `None` where that is not known.
    per_cell, size_limit
        Snippets of a pair, and characters of all together.

    Returns
    -------
    Clips
        Recordings that cannot be read are left out, and said; so are sounds that lie outside their recording.
    """
    if recordings is None:
        return Clips({}, reason="the recordings are not known")
    found: dict[int, Clip] = {}
    absent: dict[str, str] = {}
    opened: dict[str, Recording] = {}
    room, n_outside = size_limit, 0

    def clips(*, full: bool = False) -> Clips:
        outside = f"{n_outside} sound{'s lie' if n_outside > 1 else ' lies'} outside the recording" if n_outside else ""
        return Clips(found, tuple(absent), next(iter(absent.values()), outside), full=full)

    wanted = list(_in_turn(judged, per_cell))
    with monitor.task("Cutting out sounds", total=len(wanted), unit="sounds") as task:
        for row in wanted:
            item = judged.iloc[row]
            name = str(item["recording"])
            if name not in absent:
                try:
                    if name not in opened:
                        opened[name] = recordings.by_name(name)
                    clip = cut(opened[name], row, float(item["onset"]), float(item["offset"]))
                except _OutsideError:
                    n_outside += 1
                except (InputError, OSError) as error:
                    absent[name] = str(error)
                else:
                    if clip.size > room:
                        return clips(full=True)
                    found[row] = clip
                    room -= clip.size
            task.advance()
    return clips()


def _in_turn(judged: pd.DataFrame, per_cell: int) -> Iterator[int]:
    """Rows to cut out: of every pair of labels the first, then of every one the second, …, mistakes before the rest."""
    cells: list[list[int]] = []
    numbered = judged.reset_index(drop=True)
    for (annotated, said), rows in numbered.groupby(["annotated", "label"], sort=True):
        ordered = rows.sort_values(["score", "recording", "onset"], ascending=[annotated == said, True, True])
        places = ordered.index.to_numpy()
        if annotated == said and len(places) > per_cell:
            places = places[np.unique(np.linspace(0, len(places) - 1, per_cell).astype(int))]
        cells.append([*map(int, places[:per_cell])])
    mistakes = [cell for cell in cells if numbered["kind"].iloc[cell[0]] != "correct"]
    right = [cell for cell in cells if cell not in mistakes]
    for group in (mistakes, right):
        for turn in range(per_cell):
            yield from (cell[turn] for cell in group if turn < len(cell))


def cut(recording: Recording, row: int, onset: float, offset: float) -> Clip:
    """A snippet around a sound, its first channel."""
    rate = float(recording.sample_rate)
    speed = _SLOWED if rate > _AUDIBLE else 1.0
    around = max(_AROUND, 0.25 * (offset - onset) / speed) * speed
    first = max(0.0, onset - around)
    last = min(recording.duration, offset + around, first + _LONGEST * speed + around)
    start, stop = math.floor(first * rate), min(recording.n_samples, math.ceil(last * rate))
    if stop - start < 2:
        raise _OutsideError("a sound lies outside its recording", path=recording.path, found=f"{onset:.3f} s")
    sound = recording.read(start, stop)[:1]
    duration = (stop - start) / rate
    begin, end = ((time - start / rate) / duration for time in (onset, offset))
    picture = _picture(sound, rate, duration / speed)
    return Clip(row, picture, flac(sound, rate, speed=speed), max(begin, 0.0), min(end, 1.0), duration, rate / 2, speed)


def _picture(sound: NDArray[np.float32], rate: float, playing: float) -> str:
    """The spectrogram, in decibels, of a few colours."""
    width = int(np.clip(_PIXELS_A_SECOND * playing, *_WIDTHS))
    size = min(256 if rate >= 8000 else 64, sound.shape[1])
    params = SpectrogramParams(window=max(size, 2) / rate, hop=max(sound.shape[1] / width, 1.0) / rate, n_fft=512)
    found = spectrogram(sound, rate, params)
    values = 20 * np.log10(np.maximum(found.values[0], 1e-9))  # noqa: PD011 - no table
    rows = np.linspace(0, len(values), _HEIGHT + 1).astype(int)
    values = np.maximum.reduceat(values, rows[:-1], axis=0)
    low, high = np.percentile(values, [40, 99.8])
    levels = np.clip((values - low) / max(high - low, 1e-6), 0, 1) * (_LEVELS - 1)
    return image(levels[::-1].astype(np.uint8), _colours())


def _colours() -> Any:
    import matplotlib as mpl

    return mpl.colormaps["magma"](np.linspace(0.02, 0.98, _LEVELS))
