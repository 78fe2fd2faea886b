"""How the annotations of a dataset are told apart into train, validation and test.

A splitter gives each part its annotations *and its coverage*: a part is judged, and learnt from, only where
it covers. So a splitter may cut anywhere, even through a sound, and no moment belongs to two parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from oscine.annotations.coverage import Coverage
from oscine.annotations.intervals import intersect
from oscine.core.params import Field, Unit
from oscine.core.plugins import Plugin, PluginKind

if TYPE_CHECKING:
    from oscine.annotations.annotations import Annotations
    from oscine.recordings.recordings import Recordings

PARTS = ("train", "validation", "test")

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


def draw_parts(weights: Mapping[str, float], *, validation: float, test: float, seed: int) -> dict[str, str]:
    """Give whole units (recordings, blocks) to parts at random, as near the wished percentages as they allow.

    Units are visited in a random order; each goes to the part that is furthest below its wished share, so that
    the training part is never empty.

    Examples
    --------
    >>> draw_parts({"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0}, validation=25, test=0, seed=0)
    {'a': 'train', 'b': 'train', 'c': 'train', 'd': 'validation'}
    """
    wished = {"train": 100 - validation - test, "validation": validation, "test": test}
    names = sorted(weights)
    order: NDArray[np.intp] = np.random.default_rng(seed).permutation(len(names))
    total = sum(weights.values()) or 1.0
    have = dict.fromkeys(wished, 0.0)
    drawn = {}
    for index in order:
        name = names[index]
        part = max(wished, key=lambda part: wished[part] / 100 - have[part] / total)
        have[part] += weights[name]
        drawn[name] = part
    return {name: drawn[name] for name in names}


def only_rows(annotations: Annotations, chosen: NDArray[np.bool_]) -> Annotations:
    """The chosen rows, covering their own intervals and nothing else."""
    rows = annotations.to_pandas()[chosen]
    spans = {
        str(name): group[["onset", "offset"]].to_numpy(float) for name, group in rows.groupby("recording", sort=False)
    }
    return type(annotations)(rows, coverage=Coverage(spans, whole=False))


def only_within(annotations: Annotations, stretches: Coverage, recordings: Recordings) -> Annotations:
    """The rows that reach into `stretches`, covering what they covered there."""
    rows = annotations.to_pandas()
    chosen = np.zeros(len(rows), bool)
    covered = {}
    for name in annotations.recordings:
        duration = recordings.by_name(name).duration
        inside = stretches.intervals(name, duration)
        mine = (rows["recording"] == name).to_numpy()
        onsets, offsets = rows.loc[mine, "onset"].to_numpy(), rows.loc[mine, "offset"].to_numpy()
        reach = [
            ((onset < inside[:, 1]) & (offset >= inside[:, 0])).any()
            for onset, offset in zip(onsets, offsets, strict=True)
        ]
        chosen[mine] = reach
        covered[name] = intersect(annotations.coverage.intervals(name, duration), inside)
    return type(annotations)(rows[chosen], coverage=Coverage(covered, whole=False))
