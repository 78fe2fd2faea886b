"""Whole files to parts, as vak draws them.

vak says in seconds how long each part should be at least. Each part first gets, for every label, a file that holds it;
then files are added until it is long enough; the drawing is repeated until every part holds every label. What is left
over is not used, unless a part is to have the rest (−1). Ours is by a seed, and says which label has too few files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.core.errors import InputError
from oscine.datasets.splitter import Splitter, only_within
from oscine.recordings.recordings import Recordings

if TYPE_CHECKING:
    from oscine.annotations.intervals import Intervals

_N_DRAWS = 2000
REST = -1.0
"""What is left over, in place of a number of seconds."""


class Assigned(Splitter):
    """Every recording to the part that it was given; those that were given none are left out."""

    of: dict[str, str]
    """Part of each recording, by its name."""

    def split(self, annotations: Annotations, recordings: Recordings, *, seed: int) -> dict[str, Annotations]:
        """Tell the parts apart."""
        parts = {}
        for part in ("train", "validation", "test"):
            names = [name for name in annotations.recordings if self.of.get(name) == part]
            if names or part == "train":
                spans: dict[str, Intervals] = {
                    name: np.array([[0.0, recordings.by_name(name).duration]]) for name in names
                }
                parts[part] = only_within(
                    annotations.select(recordings=names), Coverage(spans, whole=False), recordings
                )
        return parts


def draw_files(
    durations: Mapping[str, float], labels: Mapping[str, set[str]], wished: Mapping[str, float], *, seed: int = 0
) -> dict[str, str]:
    """A part for each file.

    Parameters
    ----------
    durations
        Of each file, s.
    labels
        That each holds.
    wished
        Seconds of each part at least, −1 for the rest; parts without any are not among them.
    seed
        Of the drawing.

    Raises
    ------
    InputError
        Where there is not as much sound, or a label is in fewer files than there are parts.

    Examples
    --------
    >>> files = {"a": 10.0, "b": 10.0, "c": 10.0, "d": 10.0}
    >>> drawn = draw_files(files, {name: {"x"} for name in files}, {"train": 15.0, "validation": 5.0})
    >>> sorted(drawn.values())
    ['train', 'train', 'validation']
    """
    there, asked = sum(durations.values()), sum(value for value in wished.values() if value > 0)
    if asked > there:
        raise InputError(
            "there is not as much sound as the parts ask for", found=f"{asked:g} s", allowed=f"up to {there:.6g} s",
            cure="Lower train_dur, val_dur or test_dur",
        )  # fmt: skip
    every = set().union(*labels.values()) if labels else set()
    for label in sorted(every):
        holding = sum(label in mine for mine in labels.values())
        if holding < len(wished):
            raise InputError(
                "a label is in fewer files than there are parts", found=f"{label} in {holding} files",
                allowed=f"{len(wished)} files or more", cure="Leave it out of labelset, or add files",
            )  # fmt: skip
    random = np.random.default_rng(seed)
    names = sorted(durations)
    for _ in range(_N_DRAWS):
        drawn = _draw(names, durations, labels, wished, sorted(every), random)
        if drawn is not None:
            return drawn
    raise InputError(
        "no drawing of files gave every part every label and as much sound as it asks for",
        found=f"{_N_DRAWS} tries",
        cure="Lower train_dur, val_dur or test_dur, or leave rare labels out of labelset",
    )


def _draw(
    names: list[str],
    durations: Mapping[str, float],
    labels: Mapping[str, set[str]],
    wished: Mapping[str, float],
    every: list[str],
    random: np.random.Generator,
) -> dict[str, str] | None:
    """One drawing; none where a part lacks a label, or sound."""
    left = [names[place] for place in random.permutation(len(names))]
    drawn: dict[str, str] = {}
    held: dict[str, set[str]] = {part: set() for part in wished}
    for label in every:
        for part in wished:
            if label in held[part]:
                continue
            found = next((name for name in left if label in labels.get(name, set())), None)
            if found is None:
                return None
            left.remove(found)
            drawn[found] = part
            held[part] |= labels.get(found, set())
    lengths = {part: sum(durations[name] for name in drawn if drawn[name] == part) for part in wished}
    open_parts = [part for part in wished if wished[part] > 0 and lengths[part] < wished[part]]
    while open_parts:
        if not left:
            return None
        part, name = open_parts[int(random.integers(len(open_parts)))], left.pop(0)
        drawn[name] = part
        lengths[part] += durations[name]
        if lengths[part] >= wished[part]:
            open_parts.remove(part)
    rest = next((part for part, seconds in wished.items() if seconds == REST), None)
    if rest is not None:
        drawn.update(dict.fromkeys(left, rest))
    return drawn
