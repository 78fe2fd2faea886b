"""Stretches that were annotated all through, as examples to draw windows from uniformly."""

from __future__ import annotations

from collections.abc import Iterator

from oscine.annotations.annotations import Annotations
from oscine.datasets.sampler import Example
from oscine.recordings.recording import Recording


def find_stretches(part: Annotations, recordings: dict[str, Recording], window: float) -> list[Example]:
    """Where windows can be centred so that they lie within what is covered, each weighted by its length.

    A stretch that is shorter than the window has one place, its middle.

    Parameters
    ----------
    part
        Annotations with coverage.
    recordings
        By name.
    window
        Length of the windows, s.

    Examples
    --------
    >>> import numpy as np
    >>> recording = Recording.from_sound(np.zeros((1, 1000)), 100.0, name="a.wav")
    >>> part = Annotations([{"recording": "a.wav", "onset": 1.0, "offset": 2.0, "label": "song"}])
    >>> [(example.onset, example.offset, example.weight) for example in find_stretches(part, {"a.wav": recording}, 4.0)]
    [(2.0, 8.0, 10.0)]
    """
    return [
        Example(name, onset + (inset := min(window, offset - onset) / 2), offset - inset, "", offset - onset)
        for name, onset, offset in _covered(part, recordings)
    ]


def _covered(part: Annotations, recordings: dict[str, Recording]) -> Iterator[tuple[str, float, float]]:
    """Recording, onset and offset of every stretch."""
    for name in part.recordings:
        if name in recordings:
            for onset, offset in part.coverage.intervals(name, recordings[name].duration).tolist():
                if onset < offset:
                    yield name, onset, offset
