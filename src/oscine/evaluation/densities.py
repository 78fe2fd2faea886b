"""How probable a model finds each label where another is true: histograms of probabilities.

For each output of a model and each true label, the probabilities that the output has in the frames of that label are
counted in 50 equal bins from 0 to 1. A good label's own frames lie at the right end, and all others at the left; what
lies between shows with which labels it is confused, and how surely.

    output pulse, bins of 0.2      0–.2  .2–.4  .4–.6  .6–.8  .8–1
    where pulse is true               1      0      2      3     40
    where ambient is true            90      5      2      1      0

Counts pool: those of two recordings are added. SongExplorer draws kernel densities of the same probabilities over
annotations [1]_; here a frame is counted, and only one of which the truth is known.

References
----------
.. [1] Arthur et al. (2021), SongExplorer: a deep learning workflow for discovery and segmentation of animal
       acoustic communication signals, bioRxiv 2021.03.26.437280.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

N_BINS = 50


@dataclass(frozen=True, eq=False)
class Densities:
    """Histograms of the probability of each output, by true label.

    Attributes
    ----------
    outputs
        Names of the first axis: what the model has a probability of.
    truths
        Names of the second axis: what is there. Where labels may overlap, each stands twice, once as it is and once
        with ``not_`` in front, for where it is not.
    counts
        Frames (output, truth, bin), int64; bin `i` of `n` holds the probabilities from i/n to (i + 1)/n, the last one
        1, too.

    Examples
    --------
    >>> values = np.array([[0.9, 0.3], [0.1, 0.7]], np.float32)
    >>> densities = densities_of(values, ["pulse", "sine"], np.eye(2, dtype=bool), ["pulse", "sine"], n_bins=2)
    >>> densities.counts.tolist()
    [[[0, 1], [1, 0]], [[1, 0], [0, 1]]]
    """

    outputs: tuple[str, ...]
    truths: tuple[str, ...]
    counts: NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.counts.ndim != 3 or self.counts.shape[:2] != (len(self.outputs), len(self.truths)):
            raise ValueError(f"counts must be (output, truth, bin), found {self.counts.shape}")

    @property
    def edges(self) -> NDArray[np.float64]:
        """Bounds of the bins, (bin + 1,), from 0 to 1."""
        return np.linspace(0, 1, self.counts.shape[2] + 1)

    def aligned(self, outputs: Sequence[str], truths: Sequence[str]) -> Densities:
        """The same with other axes: what is not here has no frames, what is not asked for is left out."""
        counts = np.zeros((len(outputs), len(truths), self.counts.shape[2]), np.int64)
        for row, output in enumerate(outputs):
            for column, truth in enumerate(truths):
                if output in self.outputs and truth in self.truths:
                    counts[row, column] = self.counts[self.outputs.index(output), self.truths.index(truth)]
        return Densities(tuple(outputs), tuple(truths), counts)

    def __add__(self, other: Densities) -> Densities:
        outputs = tuple(dict.fromkeys([*self.outputs, *other.outputs]))
        truths = tuple(dict.fromkeys([*self.truths, *other.truths]))
        first, second = self.aligned(outputs, truths), other.aligned(outputs, truths)
        return Densities(outputs, truths, first.counts + second.counts)


def densities_of(
    values: NDArray[np.float32],
    outputs: Sequence[str],
    present: NDArray[np.bool_],
    truths: Sequence[str],
    *,
    n_bins: int = N_BINS,
) -> Densities:
    """Count probabilities by true label.

    Parameters
    ----------
    values
        Probabilities (output, frame).
    outputs
        Names of their first axis.
    present
        Whether each truth holds in each frame and is known to, (truth, frame).
    truths
        Names of its first axis.
    n_bins
        Bins from 0 to 1.

    Raises
    ------
    ValueError
        Where shapes differ.
    """
    if values.shape != (len(outputs), present.shape[1]) or len(present) != len(truths):
        raise ValueError(f"expected (output, frame) and (truth, frame), found {values.shape} and {present.shape}")
    bins = np.clip(np.nan_to_num(values) * n_bins, 0, n_bins - 1).astype(np.int64)
    counts = [
        [np.bincount(bins[row, present[column]], minlength=n_bins) for column in range(len(truths))]
        for row in range(len(outputs))
    ]
    shape = (len(outputs), len(truths), n_bins)
    return Densities(tuple(outputs), tuple(truths), np.array(counts, np.int64).reshape(shape))
