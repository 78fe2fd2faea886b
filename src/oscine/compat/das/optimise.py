"""The best shortest pause and shortest segment: a search over a grid, ``--post-opt`` of `oscine das train`.

For each pair, pauses that are shorter are filled and segments that are shorter are removed, and the labels of all
samples are compared with the truth: the mean of the F1 of all classes, noise included. The best pair is stored with the
model, and prediction uses it. DAS searches on the training data, on which the network hardly errs; here it is the
validation data (with ``--das-compat`` the training data).

Only the bounds of runs are looked at, with sums of the truth up to each sample, so that four hundred pairs take as long
as a few passes over the data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oscine.compat.das.segments import Labels, runs_of


@dataclass(frozen=True)
class Cleaning:
    """The best pair, and how good it is.

    Attributes
    ----------
    gap, shortest
        s.
    before, score
        Mean F1 of samples without cleaning, and with it.
    """

    gap: float
    shortest: float
    before: float
    score: float


class Judge:
    """Scores of what is made of labels by cleaning.

    Parameters
    ----------
    true, said
        Label of each sample (sample,), 0 is noise.
    n_classes
        With noise.

    Examples
    --------
    >>> true = np.array([0, 1, 1, 1, 0, 0, 0, 0], np.uint16)
    >>> said = np.array([0, 1, 0, 1, 0, 0, 1, 0], np.uint16)
    >>> judge = Judge(true, said, 2)
    >>> round(judge.score(0, 0), 3), judge.score(2, 2)
    (0.733, 1.0)
    """

    def __init__(self, true: Labels, said: Labels, n_classes: int) -> None:
        n = min(len(true), len(said))
        true, said = true[:n], said[:n]
        self.n_classes = n_classes
        self._raw = np.bincount(true.astype(np.int64) * n_classes + said, minlength=n_classes**2)
        self._true, self._said = (_sums(labels, n_classes) for labels in (true, said))
        self._runs = runs_of(said > 0)

    def score(self, gap: int, shortest: int) -> float:
        """Mean F1 with pauses of fewer than `gap` samples filled and segments of fewer than `shortest` removed."""
        starts, stops = self._runs
        apart = starts[1:] - stops[:-1] >= gap
        starts, stops = starts[np.append(True, apart)[: len(starts)]], stops[np.append(apart, True)[-len(stops) :]]
        long = stops - starts >= shortest
        starts, stops = starts[long], stops[long]
        inside = self._true[:, stops] - self._true[:, starts]  # (class, run)
        if self.n_classes > 2:
            labels = (self._said[1:, stops] - self._said[1:, starts]).argmax(axis=0) + 1
        else:
            labels = np.ones(len(starts), np.int64)
        counts = np.zeros((self.n_classes, self.n_classes))
        np.add.at(counts.T, labels, inside.T)
        counts[:, 0] = self._true[:, -1] - counts[:, 1:].sum(axis=1)
        return mean_f1(counts)

    @property
    def raw(self) -> float:
        """Mean F1 of the labels as they are."""
        return mean_f1(self._raw.reshape(self.n_classes, self.n_classes))


def mean_f1(counts: NDArray[np.number]) -> float:
    """The mean F1 of all classes that are there or are said to be, of counts (true class, said class)."""
    right, total = np.diag(counts), counts.sum(axis=0) + counts.sum(axis=1)
    there = total > 0
    return float((2 * right[there] / total[there]).mean()) if there.any() else 0.0


def optimise(judge: Judge, sample_rate: float, gaps: NDArray[np.float64], shortest: NDArray[np.float64]) -> Cleaning:
    """The best pair of a grid; of equals the first.

    Parameters
    ----------
    judge
        Of the truth and the labels.
    sample_rate
        Hz.
    gaps, shortest
        What to try, s.
    """
    pairs = [(gap, least) for gap in gaps.tolist() for least in shortest.tolist()]
    scores = [judge.score(int(gap * sample_rate), int(least * sample_rate)) for gap, least in pairs]
    best = int(np.argmax(scores))
    gap, least = (int(value * sample_rate) / sample_rate for value in pairs[best])
    return Cleaning(gap, least, judge.raw, scores[best])


def _sums(labels: Labels, n_classes: int) -> NDArray[np.int64]:
    """How many samples before each one, and in all, have each label (class, sample + 1)."""
    sums = np.zeros((n_classes, len(labels) + 1), np.int64)
    for label in range(n_classes):
        np.cumsum(labels == label, out=sums[label, 1:])
    return sums
