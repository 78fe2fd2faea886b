"""Whether the song is read right: the syllable error rate.

A recording's segments in order of onset, their times forgotten, are a text, each label a letter. The *edit distance*
[1]_ is the least number of letters to replace, insert or delete in order to turn the predicted text into the true one:

    true        a b c c d
    predicted   a b b c   d e        1 replaced (c for b), 1 inserted (e): distance 2

Divided by the length of the true text it is the *syllable error rate* (segment or character error rate, "word error
rate" in speech), in which a syllable that is split counts as much as one that is misnamed. It exceeds 1 where enough
is invented, and says nothing (`nan`) of a recording without annotated segments, whose inventions still count where
recordings are pooled.

Two segments with the same onset are read in order of offset, then of label. Where somebody has looked at parts of a
recording only, each part is a text of its own, holding the segments whose middle lies in it.

The distance is rapidfuzz's: Myers' [2]_ algorithm, 64 letters at a time, in memory that grows linearly.

References
----------
.. [1] Levenshtein (1966), Binary codes capable of correcting deletions, insertions and reversals, Soviet Physics
       Doklady 10, 707–710.
.. [2] Myers (1999), A fast bit-vector algorithm for approximate string matching based on dynamic programming,
       Journal of the ACM 46, 395–415.
.. [3] Cohen, Nicholson, Sanchioni, Mallaber, Skidanova, Gardner (2022), Automated annotation of birdsong with a
       neural network that segments spectrograms, eLife 11:e63853, "segment error rate".
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from rapidfuzz.distance import Levenshtein

from oscine.metrics.counts import plain, ratio
from oscine.metrics.coverage import events_inside
from oscine.metrics.matching import ROUNDING, intervals


@dataclass(frozen=True)
class SequenceScore:
    """How far a sequence of labels is from the true one.

    Attributes
    ----------
    distance
        Labels to replace, insert or delete.
    n_true, n_predicted
        Lengths of both sequences.

    Examples
    --------
    >>> SequenceScore(1, 10, 10) + SequenceScore(2, 0, 2)
    SequenceScore(distance=3, n_true=10, n_predicted=12)
    """

    distance: int = 0
    n_true: int = 0
    n_predicted: int = 0

    def __add__(self, other: SequenceScore) -> SequenceScore:
        return SequenceScore(
            self.distance + other.distance, self.n_true + other.n_true, self.n_predicted + other.n_predicted
        )

    @property
    def error_rate(self) -> float:
        """Distance as a share of the true length: the syllable error rate; `nan` without annotated segments."""
        return ratio(self.distance, self.n_true)

    def to_dict(self) -> dict[str, Any]:
        """Counts and the rate as plain values, `None` for `nan`, ready for JSON."""
        return {
            "distance": self.distance,
            "n_true": self.n_true,
            "n_predicted": self.n_predicted,
            "error_rate": plain(self.error_rate),
        }


def edit_distance(truth: Iterable[Hashable], predicted: Iterable[Hashable]) -> int:
    """Least number of labels to replace, insert or delete, in order to turn one sequence into the other.

    Parameters
    ----------
    truth, predicted
        Labels in order, of any kind that can be compared: text, numbers.

    Examples
    --------
    >>> edit_distance("abccd", "abbcde"), edit_distance(["long call", "trill"], ["trill"])
    (2, 1)
    """
    # rapidfuzz compares numbers safely, other things by their hash
    numbers: dict[Hashable, int] = {}
    first, second = ([numbers.setdefault(label, len(numbers)) for label in labels] for labels in (truth, predicted))
    return int(Levenshtein.distance(first, second))


def score_sequences(
    truth: ArrayLike,
    truth_labels: Iterable[Hashable],
    predicted: ArrayLike,
    predicted_labels: Iterable[Hashable],
    *,
    coverage: ArrayLike | None = None,
) -> SequenceScore:
    """Compare the labels of segments, read in order of their onset.

    Parameters
    ----------
    truth, predicted
        Onset and offset in seconds, (segment, 2), in any order.
    truth_labels, predicted_labels
        Label of each segment, (segment,): names, or their indices.
    coverage
        Where somebody has looked: sorted, disjoint intervals in seconds, (interval, 2); `None` is everywhere.

    Raises
    ------
    ValueError
        Where numbers of segments and labels differ, times are not finite, or the coverage is not sorted.

    Examples
    --------
    >>> score = score_sequences([[0.1, 0.2], [0.3, 0.4]], ["a", "b"], [[0.3, 0.4], [0.1, 0.2], [0.8, 0.9]], "bac")
    >>> score, score.error_rate
    (SequenceScore(distance=1, n_true=2, n_predicted=3), 0.5)
    """
    texts = [
        _texts(intervals(spans), np.array([*labels], object), coverage)
        for spans, labels in ((truth, truth_labels), (predicted, predicted_labels))
    ]
    first, second = texts
    total = SequenceScore()
    for part in sorted({*first, *second}):
        one, two = first.get(part, []), second.get(part, [])
        total += SequenceScore(edit_distance(one, two), len(one), len(two))
    return total


def _texts(
    spans: NDArray[np.float64], labels: NDArray[np.object_], coverage: ArrayLike | None
) -> dict[int, list[Hashable]]:
    """The text of each part of the coverage that has one."""
    if len(spans) != len(labels):
        raise ValueError("every segment needs one label, and every label one segment")
    order = np.array(sorted(range(len(spans)), key=lambda i: (*spans[i].tolist(), labels[i])), dtype=np.intp)
    if coverage is None:
        return {0: labels[order].tolist()}
    middles = spans[order].mean(axis=1)
    inside = events_inside(middles, coverage)
    parts = np.searchsorted(intervals(coverage)[:, 0], middles[inside] + ROUNDING, side="right") - 1
    texts: dict[int, list[Hashable]] = {}
    for part, label in zip(parts.tolist(), labels[order][inside].tolist(), strict=True):
        texts.setdefault(part, []).append(label)
    return texts
