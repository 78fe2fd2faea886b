"""What the sounds to be learnt are like: durations, gaps, frequencies; for options that are left to the data.

The frequencies come from the annotations where these have them (`low`, `high`), else from the power of the sound within
annotations over that outside: the band that holds all but a hundredth of what the annotated sounds add.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from oscine.annotations.annotations import Annotations
from oscine.annotations.intervals import subtract, total
from oscine.networks.traits import Traits
from oscine.recordings.recording import Recording

_N_SOUNDS = 200
"""Stretches of either kind that are listened to."""
_LONGEST = 0.5
"""Seconds of each."""
_BINS = 512
"""Samples of a spectrum: 62.5 Hz wide bins at 32 kHz."""
_OUTSIDE = 0.01
"""Share of the added power that may lie outside the band, half of it on either side."""
_DENSE_STRETCH = 1.0
_DENSE_SHARE = 0.05


def find_traits(
    part: Annotations, recordings: Mapping[str, Recording], *, seed: int = 0, listen: bool = True
) -> Traits:
    """The traits of a part of a dataset.

    Parameters
    ----------
    part
        What is learnt from, with its coverage.
    recordings
        By name, at one sample rate.
    seed
        Of the choice of sounds that are listened to.
    listen
        Whether to read sound, for the frequencies.
    """
    first = next(iter(recordings.values()))
    rows = part.to_pandas()
    spans = rows[["onset", "offset"]].to_numpy(float)
    durations = spans[:, 1] - spans[:, 0]
    low, high = _noted(rows["low"].to_numpy(float)), _noted(rows["high"].to_numpy(float))
    if listen and not (math.isfinite(low) and math.isfinite(high)):
        low, high = _heard(part, recordings, np.random.default_rng((seed, 1)))
    return Traits(
        sample_rate=first.sample_rate,
        n_channels=first.n_channels,
        durations=durations[durations > 0],
        gaps=_gaps(part, recordings) if is_dense(part, recordings) else np.empty(0),
        low=low,
        high=high,
        has_events=bool((durations == 0).any()),
    )


def is_dense(part: Annotations, recordings: Mapping[str, Recording]) -> bool:
    """Whether somebody has annotated stretches from end to end, and not single sounds alone.

    That is so where half of what is covered lies in stretches of a second or more, and 5 % of it bears no annotation.
    """
    stretches = [covered for _, covered, _ in _covered(part, recordings)]
    lengths = np.sort(np.concatenate([[0.0], *(item[:, 1] - item[:, 0] for item in stretches)]))
    if not lengths.sum():
        return False
    typical = lengths[np.searchsorted(np.cumsum(lengths), lengths.sum() / 2)]
    empty = sum(total(subtract(covered, spans)) for _, covered, spans in _covered(part, recordings))
    return bool(typical >= _DENSE_STRETCH and empty >= _DENSE_SHARE * lengths.sum())


def covered_seconds(part: Annotations, recordings: Mapping[str, Recording]) -> float:
    """Seconds that a part covers."""
    return float(sum(total(covered) for _, covered, _ in _covered(part, recordings)))


def _covered(
    part: Annotations, recordings: Mapping[str, Recording]
) -> list[tuple[str, NDArray[np.float64], NDArray[np.float64]]]:
    """Name, covered stretches and annotations of each recording."""
    rows = part.to_pandas()
    spans = rows[["onset", "offset"]].to_numpy(float)
    places = rows.groupby("recording", sort=False).indices
    none = np.empty(0, np.intp)
    return [
        (name, part.coverage.intervals(name, recordings[name].duration), spans[places.get(name, none)])
        for name in part.recordings
        if name in recordings
    ]


def _noted(frequencies: NDArray[np.float64]) -> float:
    """The median of frequencies that somebody has noted; not a number where most are missing."""
    there = frequencies[np.isfinite(frequencies)]
    return float(np.median(there)) if 2 * len(there) > len(frequencies) else math.nan


def _gaps(part: Annotations, recordings: Mapping[str, Recording]) -> NDArray[np.float64]:
    """From one sound to the next within a covered stretch, s."""
    gaps = [np.empty(0)]
    for _, covered, spans in _covered(part, recordings):
        for onset, offset in covered:
            inside = spans[(spans[:, 0] >= onset) & (spans[:, 1] <= offset)]
            inside = inside[np.argsort(inside[:, 0], kind="stable")]
            gaps.append(inside[1:, 0] - np.maximum.accumulate(inside[:, 1])[:-1])
    found = np.concatenate(gaps)
    return found[found > 0]


def _heard(part: Annotations, recordings: Mapping[str, Recording], random: np.random.Generator) -> tuple[float, float]:
    """Frequencies between which annotated sounds have more power than what is around them, Hz."""
    inside, outside = [], []
    for name, covered, spans in _covered(part, recordings):
        inside += [(name, onset, offset) for onset, offset in spans]
        known_empty = subtract(covered, spans)
        if not total(known_empty):  # single sounds: whatever lies between them
            known_empty = subtract([(0.0, recordings[name].duration)], spans)
        outside += [(name, onset, offset) for onset, offset in known_empty]
    sounds, rest = _power(inside, recordings, random), _power(outside, recordings, random)
    if sounds is None:
        return math.nan, math.nan
    added = (sounds if rest is None else np.maximum(sounds - rest, 0))[1:]
    if not added.sum() > 0:
        return math.nan, math.nan
    rate = next(iter(recordings.values())).sample_rate
    share = np.cumsum(added) / added.sum()
    edges = (np.arange(len(added) + 1) + 0.5) * rate / _BINS
    lowest = int(np.searchsorted(share, _OUTSIDE / 2, side="right"))
    highest = int(np.searchsorted(share, 1 - _OUTSIDE / 2))
    return float(edges[lowest]), float(min(edges[highest + 1], rate / 2))


def _power(
    stretches: list[tuple[str, float, float]], recordings: Mapping[str, Recording], random: np.random.Generator
) -> NDArray[np.float64] | None:
    """Mean power spectrum (bin,) of some stretches; none where there are none."""
    if len(stretches) > _N_SOUNDS:
        stretches = [stretches[place] for place in np.sort(random.permutation(len(stretches))[:_N_SOUNDS])]
    window = np.hanning(_BINS)
    power, n = np.zeros(_BINS // 2 + 1), 0
    for name, onset, offset in stretches:
        recording = recordings[name]
        middle, half = (onset + offset) / 2, max(min(offset - onset, _LONGEST), _BINS / recording.sample_rate) / 2
        first = max(0, round((middle - half) * recording.sample_rate))
        sound = recording.read(
            first, min(recording.n_samples, first + max(_BINS, round(2 * half * recording.sample_rate)))
        )
        n_windows = sound.shape[-1] // _BINS
        if n_windows:
            pieces = sound[:, : n_windows * _BINS].reshape(-1, _BINS)
            power += (np.abs(np.fft.rfft(pieces * window)) ** 2).sum(axis=0)
            n += len(pieces)
    return power / n if n else None
