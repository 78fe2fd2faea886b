"""A part of the training part, chosen by chance: for learning curves, and to try things quickly.

Where recordings are annotated from end to end, covered stretches are taken in random order, the last one cut, until
there are as many seconds as wished. Where single sounds are annotated, as many of them as wished. A choice holds every
label that it can: the first stretch (or sound) in that order that has a label which is missing so far comes first.
So a smaller choice with the same seed is not always part of a larger one, but mostly.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.core.errors import InputError
from oscine.recordings.recording import Recording
from oscine.training.traits import covered_seconds, is_dense

_LONGEST = 10.0
"""Seconds: longer stretches are taken in pieces, so that one long recording can be chosen from."""


def choose_subset(
    part: Annotations,
    recordings: Mapping[str, Recording],
    *,
    fraction: float | None = None,
    seconds: float | None = None,
    seed: int = 0,
) -> Annotations:
    """As much of a part as wished.

    Parameters
    ----------
    part
        Annotations with coverage.
    recordings
        By name.
    fraction, seconds
        How much: one of them; all of it where neither is given.
    seed
        Of the choice.

    Raises
    ------
    InputError
        Where there are not as many seconds, or single sounds are asked for by seconds.
    """
    if fraction is None and seconds is None:
        return part
    random = np.random.default_rng((seed, 2))
    if is_dense(part, recordings):
        there = covered_seconds(part, recordings)
        if seconds is not None and seconds > there * (1 + 1e-9):
            raise InputError(
                "there is not as much sound to learn from", found=f"{seconds:g} s", allowed=f"up to {there:.6g} s",
                cure="Lower --seconds",
            )  # fmt: skip
        return _stretches(part, recordings, there * fraction if fraction is not None else seconds or 0.0, random)
    if seconds is not None:
        raise InputError(
            "single annotated sounds are not told off by seconds", found=f"{seconds:g} s",
            cure="Give their share: --fraction",
        )  # fmt: skip
    return _rows(part, fraction or 1.0, random)


def _stretches(
    part: Annotations, recordings: Mapping[str, Recording], seconds: float, random: np.random.Generator
) -> Annotations:
    """So many seconds of covered stretches, with what is annotated in them."""
    rows = part.to_pandas()
    names, onsets, offsets = (rows[column].to_numpy() for column in ("recording", "onset", "offset"))
    labels = rows["label"].to_numpy()
    pieces, held = [], []
    for name in part.recordings:
        if name not in recordings:
            continue
        mine = names == name
        for onset, offset in part.coverage.intervals(name, recordings[name].duration):
            n = max(1, round((offset - onset) / _LONGEST))
            edges = np.linspace(onset, offset, n + 1)
            for first, last in itertools.pairwise(edges):
                pieces.append((name, float(first), float(last)))
                held.append(set(labels[mine & (onsets < last) & (offsets >= first)]))
    order = _labels_first(held, random)
    chosen: dict[str, list[tuple[float, float]]] = {}
    left = seconds
    for place in order:
        name, first, last = pieces[place]
        if left <= 0:
            break
        last = min(last, first + left)
        left -= last - first
        chosen.setdefault(name, []).append((first, last))
    coverage = Coverage(chosen, whole=False)
    inside = np.zeros(len(rows), bool)
    for name, spans in chosen.items():
        for first, last in spans:
            inside |= (names == name) & (onsets < last) & (offsets >= first)
    return part.with_rows(rows[inside], coverage=coverage)


def _rows(part: Annotations, fraction: float, random: np.random.Generator) -> Annotations:
    """So many of the rows, each of which covers itself, and what is covered near no row."""
    rows = part.to_pandas()
    order = _labels_first([{label} for label in rows["label"]], random)
    kept = np.zeros(len(rows), bool)
    kept[order[: max(1, round(fraction * len(rows)))]] = True
    spans: dict[str, list[tuple[float, float]]] = {}
    for name, onset, offset in rows[kept][["recording", "onset", "offset"]].itertuples(index=False):
        spans.setdefault(name, []).append((onset, offset))
    return part.with_rows(rows[kept], coverage=Coverage(spans, whole=False))


def _labels_first(held: list[set[str]], random: np.random.Generator) -> list[int]:
    """A random order in which what has a label that none before it has comes first."""
    order = random.permutation(len(held)).tolist()
    seen: set[str] = set()
    first: list[int] = []
    later: list[int] = []
    for place in order:
        (later if held[place] <= seen else first).append(place)
        seen |= held[place]
    return first + later
