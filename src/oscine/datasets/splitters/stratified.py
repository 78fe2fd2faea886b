"""By files, by samples, or one part by files and another by samples, with every label shared out alike.

What DAS calls "by files" and "by samples", with what it meant by stratification [1]_:

- *files*: whole recordings (or groups of them: individuals, days) go to a part. It answers how well the network does
  on a recording, or a bird, that it has not met.
- *samples*: recordings are cut into blocks of time, which go to parts, with a guard gap where blocks of different
  parts meet. It makes the most of few recordings.

A test by files with a validation by samples is common: what is kept for the test is unlike what was learnt from,
while everything else serves both for learning and for stopping in time. Of many assignments the one is taken whose
label distributions (events by number, segments and background by duration) differ least; see
`oscine.datasets.stratification`. A recording shorter than a block is a block, and none is ever lost.

References
----------
.. [1] Steinfath et al. (2021), eLife 10:e68837.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from oscine.annotations.coverage import Coverage
from oscine.core.errors import InputError
from oscine.core.params import Field, Seconds
from oscine.datasets.distribution import label_weights
from oscine.datasets.groups import group_recordings
from oscine.datasets.splitter import PARTS, Percent, Splitter, only_within
from oscine.datasets.stratification import choose_parts

if TYPE_CHECKING:
    from oscine.annotations.annotations import Annotations
    from oscine.annotations.intervals import Intervals
    from oscine.recordings.recordings import Recordings

By = Literal["files", "samples"]


class Stratified(Splitter):
    """By files, by samples, or mixed, such that every label is shared out alike."""

    validation: Percent = 20.0
    """Share of every label to validate on, as near as whole files or blocks allow."""
    test: Percent = 0.0
    """Share of every label kept apart for a test."""
    validation_by: By = "samples"
    """Whether whole files, or blocks of time within files, are validated on."""
    test_by: By = "files"
    """Whether whole files, or blocks of time within files, are kept apart for a test."""
    groups: str = ""
    """Recordings that stay together in parts by files: day, folder, folder:2, a CSV table (recording,group), or a
    regular expression on the name."""
    block: Seconds = Field(10.0, gt=0)
    """Longest block of a part by samples; shorter where the recordings are."""
    guard: Seconds = Field(0.5, ge=0)
    """Time left unused where blocks of different parts meet; at least the network's context."""
    n_draws: int = Field(200, ge=1, le=100_000)
    """Random assignments to choose the best of."""

    def split(self, annotations: Annotations, recordings: Recordings, *, seed: int) -> dict[str, Annotations]:
        """Tell the parts apart: first those by files, then those by samples in the files that are left."""
        wished = {"validation": self.validation, "test": self.test}
        if sum(wished.values()) >= 100:
            raise InputError(
                "the parts leave nothing to train on",
                found=f"validation {self.validation:g} %, test {self.test:g} %",
                allowed="less than 100 % together",
            )
        by = {"validation": self.validation_by, "test": self.test_by}
        if self.groups and all(by[part] == "samples" for part in wished if wished[part]):
            raise InputError(
                "groups cannot stay together in parts by samples",
                found=f"groups {self.groups!r}",
                cure="Choose --splitter.validation-by files or --splitter.test-by files",
            )
        durations = {name: recordings.by_name(name).duration for name in annotations.recordings}
        whole = {part: wished[part] for part in wished if wished[part] and by[part] == "files"}
        of_file = self._files(annotations, recordings, durations, whole, seed)
        left = [name for name, part in of_file.items() if part == "train"]
        cut = {part: wished[part] for part in wished if wished[part] and by[part] == "samples"}
        rest = 100 - sum(whole.values())
        stretches: dict[str, dict[str, Intervals]] = {part: {} for part in PARTS}
        for name, part in of_file.items():
            if part != "train" or not cut:
                stretches[part][name] = np.array([[0.0, durations[name]]])
        if cut and left:
            shares = {"train": rest - sum(cut.values()), **cut}
            blocks = self._samples(annotations, {name: durations[name] for name in left}, shares, seed)
            for part, mine in blocks.items():
                stretches[part] |= mine
        parts = {}
        for part in PARTS:
            held = {name: mine for name, mine in stretches[part].items() if len(mine)}
            if held or part == "train":
                chosen = annotations.select(recordings=[name for name in durations if name in held])
                parts[part] = only_within(chosen, Coverage(held, whole=False), recordings)
        return parts

    def _files(
        self,
        annotations: Annotations,
        recordings: Recordings,
        durations: Mapping[str, float],
        wished: Mapping[str, float],
        seed: int,
    ) -> dict[str, str]:
        """The part of each recording; "train" for those that are still to be cut."""
        if not wished:
            return dict.fromkeys(durations, "train")
        groups = group_recordings(self.groups, durations, recordings)
        stretches, weights = label_weights(annotations, {name: np.array([0.0, durations[name]]) for name in durations})
        names = sorted(set(groups.values()))
        places = [names.index(groups[name]) for name, _ in stretches]
        held = np.zeros((len(names), weights.shape[1]))
        np.add.at(held, places, weights)
        shares = {"train": 100 - sum(wished.values()), **wished}
        drawn, _ = choose_parts(held, shares, seed=seed, n_draws=self.n_draws)
        part_of = dict(zip(names, drawn, strict=True))
        return {name: part_of[groups[name]] for name in durations}

    def _samples(
        self, annotations: Annotations, durations: Mapping[str, float], shares: Mapping[str, float], seed: int
    ) -> dict[str, dict[str, Intervals]]:
        """Stretches of each part in each recording."""
        parts = [part for part, share in shares.items() if share > 0]
        block = min(self.block, sum(durations.values()) * min(shares[part] for part in parts) / sum(shares.values()))
        edges = {name: block_edges(duration, block) for name, duration in durations.items()}
        blocks, weights = label_weights(annotations, edges)
        drawn, _ = choose_parts(weights, shares, seed=seed, n_draws=self.n_draws)
        of_block: dict[str, list[str]] = {}
        for (name, _), part in zip(blocks, drawn, strict=True):
            of_block.setdefault(name, []).append(part)
        return {
            part: {
                name: joined_blocks([one == part for one in of_block[name]], edges[name], self.guard)
                for name in durations
            }
            for part in shares
        }


def joined_blocks(mine: Sequence[bool], edges: NDArray[np.float64], guard: float) -> Intervals:
    """Merged blocks of a part (n, 2), shortened by half a guard gap wherever another part begins.

    Parameters
    ----------
    mine
        Whether each block is of the part.
    edges
        Bounds of the blocks, one more than there are blocks, in seconds.
    guard
        Time left unused where parts meet, in seconds.

    Examples
    --------
    >>> joined_blocks([True, True, False, True], np.array([0.0, 10, 20, 30, 40]), 1.0).tolist()
    [[0.0, 19.5], [30.5, 40.0]]
    """
    turns = np.flatnonzero(np.diff([False, *mine, False])).reshape(-1, 2)
    stretches = edges[turns]
    stretches[:, 0] += np.where(turns[:, 0] > 0, guard / 2, 0)
    stretches[:, 1] -= np.where(turns[:, 1] < len(edges) - 1, guard / 2, 0)
    return stretches[stretches[:, 1] > stretches[:, 0]]


def block_edges(duration: float, block: float) -> NDArray[np.float64]:
    """Bounds of equal blocks of about a length; one block where the recording is shorter.

    Examples
    --------
    >>> block_edges(25.0, 10.0), block_edges(3.0, 10.0)
    (array([ 0. ,  8.33333333, 16.66666667, 25. ]), array([0., 3.]))
    """
    return np.linspace(0, duration, max(1, math.ceil(duration / block - 1e-9)) + 1)
