"""Whether the pulses are found, and how exactly in time.

An event has a time and a label but no length: a pulse of fly song, a click. A prediction is right where it stands
for an annotated event of its label, one to one, no more than a tolerance away (`matching`); all the others are false
positives, and annotated events without a partner are misses. Precision, recall and F1 follow (`counts`).

Three views of the same events:

- `by_label[name]`  events of one label, matched among themselves
- `pooled`          the sum over labels: how many are found *and* named rightly
- `unlabelled`      all labels as one, matched afresh: how many are found, whatever they are called

The timing error is measured on the matched pairs: `errors` holds predicted minus true time, so a positive `bias` is
late; `median_error` and `error_95` are the median and the 95 % point of its absolute value, `percentiles` any others.
Being conditional on a match, they can never exceed the tolerance.

References
----------
.. [1] Steinfath, Palacios-Muñoz, Rottschäfer, Yuezak, Clemens (2021), Fast and accurate annotation of acoustic
       signals with deep neural networks, eLife 10:e68837, scores pulses of fly song in this way (10 ms).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscine.metrics.counts import Counts, plain, pool
from oscine.metrics.coverage import events_inside
from oscine.metrics.matching import Pairs, match_times, seconds, times

PERCENTILES = (5, 25, 50, 75, 95)
"""Percentiles of timing errors that are shown."""


@dataclass(frozen=True, eq=False)
class EventScore:
    """How well the events of one label, or of all, are found.

    Attributes
    ----------
    counts
        Matched, annotated and predicted events that count.
    errors
        Predicted minus true time of each matched pair in seconds, (match,).
    tolerance
        Greatest distance of a pair in seconds.
    """

    counts: Counts
    errors: NDArray[np.float64]
    tolerance: float

    def __add__(self, other: EventScore) -> EventScore:
        if self.tolerance != other.tolerance:
            raise ValueError(f"cannot pool tolerances of {self.tolerance} s and {other.tolerance} s")
        return EventScore(self.counts + other.counts, np.concatenate([self.errors, other.errors]), self.tolerance)

    @property
    def precision(self) -> float:
        """Share of the predictions that are right."""
        return self.counts.precision

    @property
    def recall(self) -> float:
        """Share of the annotations that were found."""
        return self.counts.recall

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return self.counts.f1

    @property
    def bias(self) -> float:
        """Median of predicted minus true time in seconds, positive if predictions are late; `nan` without matches."""
        return float(np.median(self.errors)) if self.errors.size else float("nan")

    @property
    def median_error(self) -> float:
        """Median distance of matched times in seconds; `nan` without matches."""
        return float(np.median(np.abs(self.errors))) if self.errors.size else float("nan")

    @property
    def error_95(self) -> float:
        """Distance in seconds that 95 % of the matched times keep below; `nan` without matches."""
        return float(np.quantile(np.abs(self.errors), 0.95)) if self.errors.size else float("nan")

    def percentiles(self, percent: Iterable[float] = PERCENTILES) -> dict[float, float]:
        """Predicted minus true time in seconds that a share of the matched pairs keeps below, by percent.

        Examples
        --------
        >>> score = score_times([1.0, 2.0, 3.0], [1.001, 2.003, 2.998], 0.010)
        >>> {percent: round(seconds, 4) for percent, seconds in score.percentiles([0, 50, 100]).items()}
        {0: -0.002, 50: 0.001, 100: 0.003}
        """
        wished = list(percent)
        found = np.percentile(self.errors, wished) if self.errors.size else np.full(len(wished), np.nan)
        return dict(zip(wished, found.tolist(), strict=True))

    def to_dict(self) -> dict[str, Any]:
        """Counts, rates and timing errors as plain values, ready for JSON."""
        percentiles = self.percentiles()
        middle, most = np.quantile(np.abs(self.errors), [0.5, 0.95]).tolist() if self.errors.size else [np.nan] * 2
        return {
            **self.counts.to_dict(),
            "tolerance": self.tolerance,
            "bias": plain(percentiles[50]),
            "median_error": plain(middle),
            "error_95": plain(most),
            "percentiles": {f"{percent:g}": plain(value) for percent, value in percentiles.items()},
        }


@dataclass(frozen=True, eq=False)
class EventScores:
    """How well events are found, per label and altogether.

    Attributes
    ----------
    by_label
        Score of each label.
    unlabelled
        Score with labels not compared.
    """

    by_label: dict[str, EventScore]
    unlabelled: EventScore

    def __add__(self, other: EventScores) -> EventScores:
        by_label = dict(self.by_label)
        for label, score in other.by_label.items():
            by_label[label] = by_label[label] + score if label in by_label else score
        return EventScores(by_label, self.unlabelled + other.unlabelled)

    @property
    def pooled(self) -> EventScore:
        """Sum over labels: an event counts as found where it is named rightly, too."""
        nothing = EventScore(Counts(), np.zeros(0), self.unlabelled.tolerance)
        return pool([nothing, *self.by_label.values()])

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "by_label": {label: score.to_dict() for label, score in self.by_label.items()},
            "pooled": self.pooled.to_dict(),
            "unlabelled": self.unlabelled.to_dict(),
        }


def score_times(
    truth: ArrayLike, predicted: ArrayLike, tolerance: float, *, coverage: ArrayLike | None = None
) -> EventScore:
    """Score events, labels not compared.

    Parameters
    ----------
    truth, predicted
        Times in seconds, (event,), in any order.
    tolerance
        Greatest distance of a pair in seconds, inclusive.
    coverage
        Where somebody has looked: sorted, disjoint intervals in seconds, (interval, 2); `None` is everywhere.

    Examples
    --------
    >>> score = score_times([0.1, 0.2, 0.3], [0.105, 0.31, 0.5, 0.9], 0.010, coverage=[[0.0, 0.6]])
    >>> score.counts
    Counts(tp=2, n_true=3, n_predicted=3)
    >>> score.median_error
    0.0075
    """
    first, second = times(truth), times(predicted)
    first = first[events_inside(first, coverage)]
    inside = events_inside(second, coverage)
    pairs = _match_inside_first(first, second, inside, tolerance)
    inside[pairs[:, 1]] = True
    counts = Counts(len(pairs), len(first), int(inside.sum()))
    return EventScore(counts, second[pairs[:, 1]] - first[pairs[:, 0]], seconds(tolerance))


def score_events(
    truth: ArrayLike,
    truth_labels: Iterable[str],
    predicted: ArrayLike,
    predicted_labels: Iterable[str],
    tolerance: float,
    *,
    labels: Iterable[str] | None = None,
    coverage: ArrayLike | None = None,
) -> EventScores:
    """Score events per label and altogether.

    Parameters
    ----------
    truth, predicted
        Times in seconds, (event,), in any order.
    truth_labels, predicted_labels
        Label of each event, (event,).
    tolerance
        Greatest distance of a pair in seconds, inclusive.
    labels
        Labels to score, in this order; events of any other are left out. By default all that occur, sorted.
    coverage
        Where somebody has looked: sorted, disjoint intervals in seconds, (interval, 2); `None` is everywhere.

    Raises
    ------
    ValueError
        Where numbers of times and labels differ, times are not finite, or the coverage is not sorted.

    Examples
    --------
    >>> scores = score_events([0.1, 0.2], ["pulse", "click"], [0.1, 0.2], ["pulse", "pulse"], 0.010)
    >>> scores.by_label["pulse"].precision, scores.pooled.f1, scores.unlabelled.f1
    (0.5, 0.5, 1.0)
    """
    first, second = times(truth), times(predicted)
    first_labels, second_labels = np.array([*truth_labels], object), np.array([*predicted_labels], object)
    if (len(first), len(second)) != (len(first_labels), len(second_labels)):
        raise ValueError("every event needs one label, and every label one event")
    names = dict.fromkeys(sorted({*first_labels, *second_labels}) if labels is None else labels)

    by_label = {
        name: score_times(first[first_labels == name], second[second_labels == name], tolerance, coverage=coverage)
        for name in names
    }
    unlabelled = score_times(
        first[one_of(first_labels, names)],
        second[one_of(second_labels, names)],
        tolerance,
        coverage=coverage,
    )
    return EventScores(by_label, unlabelled)


def one_of(labels: Iterable[str], names: Collection[str]) -> NDArray[np.bool_]:
    """Whether each label is one of some names, (label,)."""
    return np.array([label in names for label in labels], dtype=np.bool_)


def _match_inside_first(
    truth: NDArray[np.float64], predicted: NDArray[np.float64], inside: NDArray[np.bool_], tolerance: float
) -> Pairs:
    """Pairs with predictions inside the coverage, then of what they leave over with those outside (`coverage`)."""
    indexes = np.flatnonzero(inside)
    pairs = match_times(truth, predicted[indexes], tolerance)
    pairs = np.column_stack([pairs[:, 0], indexes[pairs[:, 1]]])
    if inside.all():
        return pairs
    left, outside = np.setdiff1d(np.arange(len(truth)), pairs[:, 0]), np.flatnonzero(~inside)
    more = match_times(truth[left], predicted[outside], tolerance)
    return np.concatenate([pairs, np.column_stack([left[more[:, 0]], outside[more[:, 1]]])])
