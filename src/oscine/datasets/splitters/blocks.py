"""By blocks of time within each recording, with a guard gap that belongs to no part.

Every recording, individual and condition is in every part, yet no sound is validated on that lies within a
window of one that was learnt from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from oscine.annotations.coverage import Coverage
from oscine.annotations.intervals import Intervals
from oscine.core.params import Field, Seconds
from oscine.datasets.splitter import PARTS, Percent, Splitter, draw_parts, label_counts, only_within

if TYPE_CHECKING:
    from oscine.annotations.annotations import Annotations
    from oscine.recordings.recordings import Recordings


class Blocks(Splitter):
    """By blocks of time in each recording, with guard gaps between the parts."""

    validation: Percent = 20.0
    """Share of the annotations to validate on, as near as whole blocks allow."""
    test: Percent = 0.0
    """Share of the annotations kept apart for a test."""
    block: Seconds = Field(10.0, gt=0)
    """Length of a block."""
    guard: Seconds = Field(0.5, ge=0)
    """Time left unused where blocks of different parts meet; at least the network's context."""

    def split(self, annotations: Annotations, recordings: Recordings, *, seed: int) -> dict[str, Annotations]:
        """Tell the parts apart, weighing each block by the annotations of each label that begin in it."""
        rows = annotations.to_pandas()
        durations = {name: recordings.by_name(name).duration for name in annotations.recordings}
        blocks = (rows["onset"] // self.block).astype(int)
        keys = [_key(name, block) for name, block in zip(rows["recording"], blocks, strict=True)]
        counts = label_counts(annotations, keys)
        every = [_key(name, block) for name, duration in durations.items() for block in range(self._n_blocks(duration))]
        none = np.zeros(len(set(rows["label"])))
        weights = {key: counts.get(key, none) for key in every}
        drawn = draw_parts(weights, validation=self.validation, test=self.test, seed=seed)
        parts = {}
        for part in PARTS:
            stretches = {
                name: self._stretches(
                    [drawn[_key(name, index)] == part for index in range(self._n_blocks(duration))], duration
                )
                for name, duration in durations.items()
            }
            if part == "train" or any(len(stretch) for stretch in stretches.values()):
                parts[part] = only_within(annotations, Coverage(stretches, whole=False), recordings)
        return parts

    def _n_blocks(self, duration: float) -> int:
        return max(1, int(np.ceil(duration / self.block)))

    def _stretches(self, mine: list[bool], duration: float) -> Intervals:
        """Merged blocks of a part, shortened by half a guard gap wherever another part begins."""
        edges = np.flatnonzero(np.diff([False, *mine, False])).reshape(-1, 2).astype(float) * self.block
        edges[:, 0] += np.where(edges[:, 0] > 0, self.guard / 2, 0)
        edges[:, 1] -= np.where(edges[:, 1] < duration, self.guard / 2, 0)
        edges = edges.clip(0, duration)
        return edges[edges[:, 1] > edges[:, 0]]


def _key(recording: str, block: int) -> str:
    """Name of a block, such that blocks are sorted in time."""
    return f"{recording}\n{block:09d}"
