"""Segments from probabilities, as DAS finds them, with and without its faults.

Each sample has a label, where noise (0) is what reaches no threshold. Samples that are not noise are song; short pauses
within it are filled, then short runs of it are removed, and each run is one segment, named by what most of its samples
are called. All song types share one such mask, so that two that touch are one segment.

What is corrected by default, and as in DAS with ``compat``:

=====================  ===============================================  =============================================
                       by default                                       in DAS
=====================  ===============================================  =============================================
label of a sample      the most probable type above the threshold       the first class above it, noise before all
offset                 where the last sample ends, so that a run of     where the last sample begins: a run of one
                       one sample has a length                          sample looks like an event
vote on the label      noise has no say                                 filled pauses may win: a segment *noise*
ends of the recording  as everywhere else                               runs that touch them are left as they are
=====================  ===============================================  =============================================
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oscine.compat.das.events import BLOCK

Mask = NDArray[np.bool_]
Labels = NDArray[np.uint16]


@dataclass(frozen=True)
class Segments:
    """What was found in one recording.

    Attributes
    ----------
    onsets, offsets
        s (segment,).
    labels
        Place of each one's name among the classes of segments, noise being 0 (segment,).
    samples
        Label of each sample, cleaned (sample,).
    """

    onsets: NDArray[np.float64]
    offsets: NDArray[np.float64]
    labels: NDArray[np.int64]
    samples: Labels


def label_samples(values: NDArray[np.floating], threshold: float, *, compat: bool = False) -> Labels:
    """The label of each sample.

    Parameters
    ----------
    values
        Probability of noise and of each type of segment (class, sample).
    threshold
        What a probability exceeds.

    Examples
    --------
    >>> values = np.array([[0.4, 0.2, 0.5], [0.25, 0.35, 0.5], [0.35, 0.45, 0.0]])
    >>> label_samples(values, 0.3).tolist(), label_samples(values, 0.3, compat=True).tolist()
    ([2, 2, 1], [0, 1, 0])
    >>> label_samples(values, 0.5).tolist()
    [0, 0, 0]
    """
    if compat:
        return np.asarray((values > threshold).argmax(axis=0), np.uint16)
    if len(values) < 2:
        return np.zeros(values.shape[1], np.uint16)
    best = values[1:].argmax(axis=0)
    height = values[1:].max(axis=0)
    return np.where(height > threshold, best + 1, 0).astype(np.uint16)


def runs_of(song: Mask) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First sample, and last + 1, of each run of song (run,).

    Examples
    --------
    >>> [bounds.tolist() for bounds in runs_of(np.array([True, True, False, True]))]
    [[0, 3], [2, 4]]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], song, [False]]).view(np.int8)))
    return edges[::2], edges[1::2]


def clean(song: Mask, gap: int, shortest: int, *, compat: bool = False) -> Mask:
    """Song with pauses of fewer than `gap` samples filled, and then without runs of fewer than `shortest`.

    Examples
    --------
    >>> song = np.array([1, 0, 1, 1, 0, 0, 0, 1, 0, 0], bool)
    >>> clean(song, 2, 2).astype(int).tolist()
    [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    >>> clean(song, 2, 2, compat=True).astype(int).tolist()  # DAS leaves alone what touches the ends
    [1, 0, 1, 1, 0, 0, 0, 0, 0, 0]
    """
    if not compat:
        return _removed(_filled(song, gap), shortest)
    if gap:
        song = _in_blocks(song, gap + 1, lambda part: _inside(part, lambda inner: _filled(inner, gap)))
    if shortest:
        song = _in_blocks(song, shortest + 1, lambda part: _inside(part, lambda inner: _removed(inner, shortest)))
    return song


def _filled(song: Mask, gap: int) -> Mask:
    starts, stops = runs_of(song)
    filled = song.copy()
    for place in np.flatnonzero(starts[1:] - stops[:-1] < gap):
        filled[stops[place] : starts[place + 1]] = True
    return filled


def _removed(song: Mask, shortest: int) -> Mask:
    starts, stops = runs_of(song)
    left = song.copy()
    for place in np.flatnonzero(stops - starts < shortest):
        left[starts[place] : stops[place]] = False
    return left


def _inside(song: Mask, change: Callable[[Mask], Mask]) -> Mask:
    """Change what lies between the runs that touch the ends, or the ends."""
    quiet = np.flatnonzero(~song)
    if not len(quiet):
        return song
    first, last = int(quiet[0]), int(quiet[-1]) + 1
    return np.concatenate([song[:first], change(song[first:last]), song[last:]])


def _in_blocks(song: Mask, overlap: int, change: Callable[[Mask], Mask]) -> Mask:
    """Change a mask block by block, each seen with some samples on either side, as DAS does."""
    pieces = []
    for start in range(0, len(song), BLOCK):
        stop = min(start + BLOCK, len(song))
        first = max(0, start - overlap)
        changed = change(song[first : min(len(song), stop + overlap)].copy())
        pieces.append(changed[start - first : stop - first])
    return np.concatenate(pieces) if pieces else song


def find_segments(
    samples: Labels,
    sample_rate: float,
    n_classes: int,
    *,
    gap: float | None = None,
    shortest: float | None = None,
    compat: bool = False,
) -> Segments:
    """Segments from the labels of samples.

    Parameters
    ----------
    samples
        As `label_samples` gives them (sample,).
    sample_rate
        Hz.
    n_classes
        Of segments, with noise.
    gap, shortest
        Shorter pauses are filled, shorter segments removed, s.
    compat
        With DAS's faults.

    Examples
    --------
    >>> labels = np.array([0, 1, 0, 0, 0, 2, 0, 0], np.uint16)
    >>> found = find_segments(labels, 10.0, 3, gap=0.4)
    >>> found.onsets.tolist(), found.offsets.tolist(), found.labels.tolist()
    ([0.1], [0.6], [1])
    >>> find_segments(labels, 10.0, 3, gap=0.4, compat=True).labels.tolist()  # a segment of noise
    [0]
    """
    song = clean(samples > 0, *(int((time or 0.0) * sample_rate) for time in (gap, shortest)), compat=compat)
    starts, stops = runs_of(song)
    onsets = starts / sample_rate
    offsets = (stops - 1 if compat else stops) / sample_rate
    if n_classes <= 2:
        return Segments(onsets, offsets, np.ones(len(starts), np.int64), song.astype(np.uint16))
    lows, highs = starts, stops
    if compat:  # by way of seconds, and without the last sample
        lows, highs = (onsets * sample_rate).astype(np.int64), (offsets * sample_rate).astype(np.int64)
    cleaned = np.zeros_like(samples)
    labels = np.zeros(len(starts), np.int64)
    for place, (low, high) in enumerate(zip(lows.tolist(), highs.tolist(), strict=True)):
        votes = np.bincount(samples[low : max(low + 1, high)], minlength=n_classes)
        if not compat:
            votes[0] = 0
        labels[place] = votes.argmax()
        cleaned[low:high] = labels[place]
    return Segments(onsets, offsets, labels, cleaned)
