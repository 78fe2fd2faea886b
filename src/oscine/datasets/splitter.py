"""How the annotations of a dataset are told apart into train, validation and test.

A splitter gives each part its annotations *and its coverage*: a part is judged, and learnt from, only where
it covers. So a splitter may cut anywhere, even through a sound, and no moment belongs to two parts (but
for `hash`, where one annotation lies inside another).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from oscine.annotations.coverage import Coverage
from oscine.annotations.intervals import Intervals, contains, intersect
from oscine.core.errors import InputError
from oscine.core.params import Field, Unit
from oscine.core.plugins import Plugin, PluginKind

if TYPE_CHECKING:
    from oscine.annotations.annotations import Annotations
    from oscine.recordings.recordings import Recordings

PARTS = ("train", "validation", "test")

_N_VISITS = 2000
"""Units visited in all draws together: few units are drawn often, many just once."""

Percent = Annotated[float, Unit("%"), Field(ge=0, lt=100)]


class Splitter(Plugin):
    """Base of every splitter."""

    def split(self, annotations: Annotations, recordings: Recordings, *, seed: int) -> dict[str, Annotations]:
        """Tell the parts apart.

        Parameters
        ----------
        annotations
            All rows to use, with their coverage.
        recordings
            The recordings that they belong to.
        seed
            Of every random choice.

        Returns
        -------
        parts
            "train", and where there are any "validation" and "test", each with its own coverage.
        """
        raise NotImplementedError


SPLITTERS: PluginKind[Splitter] = PluginKind("splitters", Splitter, "oscine.datasets.splitters")


def draw_parts(weights: Mapping[str, ArrayLike], *, validation: float, test: float, seed: int) -> dict[str, str]:
    """Give whole units (recordings, blocks) to parts at random, as near the wished percentages as they allow.

    Each wished part gets a unit, training first, as long as there are any. The others are visited in a random order,
    and each goes to the part that lacks most of what it holds; where units are few, of many such draws the one that
    comes nearest is taken.

    Parameters
    ----------
    weights
        How much each unit counts, by its name: a number, or one for each label, so that every label, not only their
        sum, is shared out as wished.
    validation, test
        Wished shares, %.
    seed
        The same seed gives the same parts.

    Raises
    ------
    InputError
        Where the shares leave nothing to train on.

    Examples
    --------
    >>> draw_parts({"a": 1.0, "b": 1.0, "c": 2.0, "d": 4.0}, validation=25, test=0, seed=0)
    {'a': 'train', 'b': 'train', 'c': 'validation', 'd': 'train'}
    >>> draw_parts({"a": [3, 0], "b": [3, 0], "c": [0, 1], "d": [0, 1]}, validation=50, test=0, seed=0)
    {'a': 'validation', 'b': 'train', 'c': 'train', 'd': 'validation'}
    """
    wished = {"train": 100 - validation - test, "validation": validation, "test": test}
    if wished["train"] <= 0:
        raise InputError(
            "the parts leave nothing to train on",
            found=f"validation {validation:g} %, test {test:g} %",
            allowed="less than 100 % together",
        )
    shares = {part: percent / 100 for part, percent in wished.items() if percent > 0}
    names = sorted(weights)
    counts = np.array([np.atleast_1d(weights[name]) for name in names], dtype=float)
    totals = counts.sum(axis=0)
    relative = np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)
    random = np.random.default_rng(seed)
    draws = [_draw(relative, shares, random) for _ in range(max(1, _N_VISITS // max(1, len(names))))]
    _, drawn = min(draws, key=lambda draw: draw[0])
    return dict(zip(names, drawn, strict=True))


def _draw(
    weights: NDArray[np.float64], shares: dict[str, float], random: np.random.Generator
) -> tuple[float, list[str]]:
    """One random draw of weights (unit, label): how far it is from the wished shares, and the part of each unit."""
    missing = {part: np.full(weights.shape[1], share) for part, share in shares.items()}
    drawn = [""] * len(weights)
    first = iter(shares)
    for index in random.permutation(len(weights)):
        held = weights[index] if weights[index].any() else np.ones(weights.shape[1])
        lacks = {part: float(lack @ held) for part, lack in missing.items()}
        part = next(first, None) or max(lacks, key=lacks.__getitem__)
        missing[part] = missing[part] - weights[index]
        drawn[index] = part
    return float(sum(np.abs(lack).sum() for lack in missing.values())), drawn


def label_counts(annotations: Annotations, unit: Iterable[object]) -> dict[object, NDArray[np.float64]]:
    """Number of annotations of each label in each unit, which is given for each row."""
    table = pd.crosstab(pd.Series(list(unit), dtype=object), annotations.to_pandas()["label"].to_numpy())
    return {name: row.to_numpy(float) for name, row in table.iterrows()}


def only_rows(annotations: Annotations, chosen: NDArray[np.bool_]) -> Annotations:
    """The chosen rows, covering their own intervals and nothing else."""
    rows = annotations.to_pandas()[chosen]
    spans = {str(name): mine[["onset", "offset"]].to_numpy() for name, mine in rows.groupby("recording")}
    return annotations.with_rows(rows, coverage=Coverage(spans, whole=False))


def only_within(annotations: Annotations, stretches: Coverage, recordings: Recordings) -> Annotations:
    """The rows that reach into what is covered of `stretches`, with that as their coverage.

    A row at the edge of a stretch keeps its own bounds: what lies outside is not covered, so nothing is learnt from
    it, and a metric can tell a sound that was cut.
    """
    rows = annotations.to_pandas()
    chosen = np.zeros(len(rows), bool)
    covered: dict[str, Intervals] = {}
    places = rows.groupby("recording", sort=False).indices
    for name in annotations.recordings:
        duration = recordings.by_name(name).duration
        covered[name] = intersect(annotations.coverage.intervals(name, duration), stretches.intervals(name, duration))
        mine = places.get(name, np.empty(0, np.intp))
        spans = rows[["onset", "offset"]].to_numpy()[mine]
        chosen[mine] = reaching(spans, covered[name])
    return annotations.with_rows(rows[chosen], coverage=Coverage(covered, whole=False))


def reaching(spans: Intervals, stretches: Intervals) -> NDArray[np.bool_]:
    """Which annotations share a moment with any of the stretches.

    Parameters
    ----------
    spans
        Onset and offset of each annotation (row, 2), s; an event is a point.
    stretches
        Sorted and disjoint (n, 2), s.

    Examples
    --------
    >>> reaching(np.array([[0, 1], [0, 2], [1, 1], [3, 3], [2.5, 4]]), np.array([[1.0, 3.0]])).tolist()
    [False, True, True, False, True]
    """
    onsets, offsets = spans[:, 0], spans[:, 1]
    if len(stretches) == 0:
        return np.zeros(len(spans), bool)
    last = np.searchsorted(stretches[:, 0], offsets, side="left") - 1  # the last stretch that begins before the end
    begin, end = stretches[last].T
    shared = (last >= 0) & ((end > onsets) | ((begin == end) & (end >= onsets)))
    return np.where(onsets == offsets, contains(stretches, onsets), shared)
