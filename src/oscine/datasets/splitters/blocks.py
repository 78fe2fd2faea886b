"""By blocks of time within each recording, with a guard gap that belongs to no part.

Every recording, individual and condition is in every part, yet no sound is validated on that lies within a
window of one that was learnt from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from oscine.annotations.coverage import Coverage
from oscine.core.params import Field, Seconds
from oscine.datasets.splitter import PARTS, Percent, Splitter, draw_parts, only_within

if TYPE_CHECKING:
    from oscine.annotations.annotations import Annotations
    from oscine.recordings.recordings import Recordings


class Blocks(Splitter):
    """By blocks of time in each recording, with guard gaps between the parts."""

    validation: Percent = 20.0
    """Share of the time to validate on."""
    test: Percent = 0.0
    """Share of the time kept apart for a test."""
    block: Seconds = Field(10.0, gt=0)
    """Length of a block."""
    guard: Seconds = Field(0.5, ge=0)
    """Time left unused where blocks of different parts meet; at least the network's context."""

    def split(self, annotations: Annotations, recordings: Recordings, *, seed: int) -> dict[str, Annotations]:
        """Tell the parts apart, weighing each block by the number of annotations that begin in it."""
        rows = annotations.to_pandas()
        weights: dict[str, float] = {}
        for name in annotations.recordings:
            n_blocks = max(1, int(np.ceil(recordings.by_name(name).duration / self.block)))
            begin = rows.loc[rows["recording"] == name, "onset"].to_numpy() // self.block
            counts = np.bincount(begin.astype(int).clip(0, n_blocks - 1), minlength=n_blocks)
            weights |= {f"{name}\n{index:09d}": float(count) for index, count in enumerate(counts)}
        drawn = draw_parts(weights, validation=self.validation, test=self.test, seed=seed)
        parts = {}
        for part in PARTS:
            stretches = {
                name: self._stretches(name, part, drawn, recordings.by_name(name).duration)
                for name in annotations.recordings
            }
            if part == "train" or any(len(stretch) for stretch in stretches.values()):
                parts[part] = only_within(annotations, Coverage(stretches), recordings)
        return parts

    def _stretches(self, name: str, part: str, drawn: dict[str, str], duration: float) -> np.ndarray:
        """Merged blocks of a part, shortened by half a guard gap wherever another part begins."""
        mine = [drawn[key] == part for key in sorted(drawn) if key.startswith(f"{name}\n")]
        edges = np.flatnonzero(np.diff([False, *mine, False])).reshape(-1, 2).astype(float) * self.block
        edges[:, 0] += np.where(edges[:, 0] > 0, self.guard / 2, 0)
        edges[:, 1] -= np.where(edges[:, 1] < duration, self.guard / 2, 0)
        edges = edges.clip(0, duration)
        return edges[edges[:, 1] > edges[:, 0]]
