"""Whether the segments are found, judged by how much of their time is right.

The *intersection over union* (IoU) of two segments is the time that they share, divided by the time that they take up
together: 1 where they are the same, 0 where they do not touch. A predicted segment is right where an annotated one,
one to one, has an IoU of at least some threshold [1]_.

    truth      |----------|            1.0–2.0 s
    predicted     |----------|         1.3–2.3 s       shared 0.7 s, together 1.3 s: IoU 0.54

Unlike a tolerance in seconds (`segments`) this asks the same of a 30 ms syllable and of a bout of a minute: at 0.5 the
one may be 10 ms off, the other twenty seconds. So it suits sounds of very different lengths and onsets that are fuzzy;
for the timing of syllables use `segments` and `boundaries`. Above 0.5 at most one prediction can fit where segments of
a side do not overlap each other; below, and where they do, as many pairs as possible are made (`matching`).

Each threshold has two views, as in `segments`: with labels compared, matched label by label, and without. Events last
no time, and have no place here.

References
----------
.. [1] Everingham, Van Gool, Williams, Winn, Zisserman (2010), The PASCAL visual object classes (VOC) challenge,
       International Journal of Computer Vision 88, 303–338.
.. [2] Mesaros, Heittola, Virtanen, Plumbley (2021), Sound event detection: a tutorial, IEEE Signal Processing Magazine
       38, 67–83, on intersection-based criteria.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscine.metrics.counts import Counts, counts_by_label, pool
from oscine.metrics.coverage import segments_inside
from oscine.metrics.events import one_of
from oscine.metrics.matching import IouCandidates, Pairs, intervals

THRESHOLDS = (0.25, 0.5, 0.75)
"""Intersections over union that are asked for by default: touching well, more than half, nearly the same."""


@dataclass(frozen=True, eq=False)
class OverlapScore:
    """How many segments are found at one threshold.

    Attributes
    ----------
    by_label
        Counts of each label, matched among themselves.
    unlabelled
        Counts with labels not compared.
    """

    by_label: Mapping[str, Counts]
    unlabelled: Counts

    def __add__(self, other: OverlapScore) -> OverlapScore:
        by_label = dict(self.by_label)
        for label, counts in other.by_label.items():
            by_label[label] = by_label.get(label, Counts()) + counts
        return OverlapScore(by_label, self.unlabelled + other.unlabelled)

    @property
    def labelled(self) -> Counts:
        """Counts with labels compared: the sum over labels."""
        return pool([Counts(), *self.by_label.values()])

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "by_label": {label: counts.to_dict() for label, counts in self.by_label.items()},
            "labelled": self.labelled.to_dict(),
            "unlabelled": self.unlabelled.to_dict(),
        }


@dataclass(frozen=True, eq=False)
class OverlapScores:
    """How many segments are found at each of several thresholds.

    Attributes
    ----------
    by_threshold
        Score at each intersection over union.
    """

    by_threshold: Mapping[float, OverlapScore]

    def __add__(self, other: OverlapScores) -> OverlapScores:
        if set(self.by_threshold) != set(other.by_threshold):
            raise ValueError("cannot pool segments that were scored with different thresholds")
        return OverlapScores({at: score + other.by_threshold[at] for at, score in self.by_threshold.items()})

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON, by threshold."""
        return {f"{at:g}": score.to_dict() for at, score in self.by_threshold.items()}


def score_overlaps(
    truth: ArrayLike,
    truth_labels: Iterable[str],
    predicted: ArrayLike,
    predicted_labels: Iterable[str],
    *,
    thresholds: Sequence[float] = THRESHOLDS,
    labels: Iterable[str] | None = None,
    coverage: ArrayLike | None = None,
) -> OverlapScores:
    """Score segments by the share of their time that is right.

    Parameters
    ----------
    truth, predicted
        Onset and offset in seconds, (segment, 2), in any order.
    truth_labels, predicted_labels
        Label of each segment, (segment,).
    thresholds
        Least intersections over union, above 0 and at most 1, inclusive.
    labels
        Labels to score, in this order; segments of any other are left out. By default all that occur, sorted.
    coverage
        Where somebody has looked: sorted, disjoint intervals in seconds, (interval, 2); `None` is everywhere.

    Raises
    ------
    ValueError
        Where numbers of segments and labels differ, times are not finite, a threshold is out of range, or the coverage
        is not sorted.

    Examples
    --------
    >>> truth, predicted = [[1.0, 2.0], [3.0, 4.0]], [[1.3, 2.3], [3.0, 3.9]]
    >>> scores = score_overlaps(truth, "ab", predicted, "ac", thresholds=[0.5, 0.75])
    >>> {at: (score.labelled.f1, score.unlabelled.f1) for at, score in scores.by_threshold.items()}
    {0.5: (0.5, 1.0), 0.75: (0.0, 0.5)}
    """
    first, second = intervals(truth), intervals(predicted)
    one, two = np.array([*truth_labels], object), np.array([*predicted_labels], object)
    if (len(first), len(second)) != (len(one), len(two)):
        raise ValueError("every segment needs one label, and every label one segment")
    names = dict.fromkeys(sorted({*one, *two}) if labels is None else labels)
    kept = segments_inside(first, coverage) & one_of(one, names)
    scored = one_of(two, names)
    first, one, second, two = first[kept], one[kept], second[scored], two[scored]
    inside = segments_inside(second, coverage)
    near = IouCandidates(first, second, min(thresholds, default=1.0), truth_labels=one, predicted_labels=two)

    def match(at: float, same_label: bool) -> tuple[Pairs, NDArray[np.bool_]]:
        pairs = near.match(at, same_label=same_label, first_columns=inside)
        counted = inside.copy()
        counted[pairs[:, 1]] = True
        return pairs, counted

    found = {}
    for at in thresholds:
        pairs, counted = match(at, same_label=True)
        by_label = counts_by_label(one[pairs[:, 0]], one, two[counted], names)
        pairs, counted = match(at, same_label=False)
        found[float(at)] = OverlapScore(by_label, Counts(len(pairs), len(first), int(counted.sum())))
    return OverlapScores(found)
