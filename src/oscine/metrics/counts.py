"""Right, missed, invented: what every other score of this package is made of.

Of `n_true` annotated sounds and `n_predicted` predicted ones, `tp` ("true positives") are matched one to one. Then

    precision = tp / n_predicted         how much of what was predicted is right
    recall    = tp / n_true              how much of what is there was found
    F1        = 2 tp / (n_true + n_predicted), the harmonic mean of the two

Counts of several recordings are added before the rates are formed ("micro-average", "pooled"), so a long recording
weighs as much as it holds, and one without any sound does no harm.

Where a denominator is zero the rate is `nan` (nothing can be said), not 0 or 1: a label that nobody sang must not
lower, or raise, an average. F1 is `nan` only where there is neither an annotation nor a prediction.

References
----------
.. [1] van Rijsbergen (1979), Information Retrieval, 2nd ed., Butterworths, chapter 7.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar


class Addable(Protocol):
    """Anything of which two can be added to one."""

    def __add__(self, other: Any, /) -> Any: ...


A = TypeVar("A", bound=Addable)


@dataclass(frozen=True)
class Counts:
    """Numbers of matched, annotated and predicted sounds.

    Attributes
    ----------
    tp
        Predictions matched one to one with annotations.
    n_true, n_predicted
        All annotations, all predictions.

    Examples
    --------
    >>> counts = Counts(tp=8, n_true=10, n_predicted=16) + Counts(tp=1, n_true=2, n_predicted=2)
    >>> counts.precision, counts.recall, counts.f1
    (0.5, 0.75, 0.6)
    """

    tp: int = 0
    n_true: int = 0
    n_predicted: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.tp <= min(self.n_true, self.n_predicted):
            raise ValueError(f"tp must be within 0 and both totals, found {self}")

    def __add__(self, other: Self) -> Counts:
        return Counts(self.tp + other.tp, self.n_true + other.n_true, self.n_predicted + other.n_predicted)

    @property
    def fp(self) -> int:
        """Predictions without an annotation ("false positives")."""
        return self.n_predicted - self.tp

    @property
    def fn(self) -> int:
        """Annotations without a prediction ("false negatives", misses)."""
        return self.n_true - self.tp

    @property
    def precision(self) -> float:
        """Share of the predictions that are right; `nan` without predictions."""
        return ratio(self.tp, self.n_predicted)

    @property
    def recall(self) -> float:
        """Share of the annotations that were found; `nan` without annotations."""
        return ratio(self.tp, self.n_true)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; `nan` without annotations and predictions."""
        return ratio(2 * self.tp, self.n_true + self.n_predicted)

    def to_dict(self) -> dict[str, Any]:
        """Counts and rates as plain values, `None` for `nan`, ready for JSON."""
        return {
            "tp": self.tp,
            "n_true": self.n_true,
            "n_predicted": self.n_predicted,
            "precision": plain(self.precision),
            "recall": plain(self.recall),
            "f1": plain(self.f1),
        }


def ratio(part: float, whole: float) -> float:
    """`part / whole`, or `nan` where `whole` is zero.

    Examples
    --------
    >>> ratio(1, 4), ratio(0, 0)
    (0.25, nan)
    """
    return part / whole if whole else math.nan


def pool(results: Iterable[A]) -> A:
    """The sum of results, one per recording, as if all had been scored in one piece.

    Raises
    ------
    ValueError
        Where there is nothing to pool.

    Examples
    --------
    >>> pool([Counts(1, 1, 2), Counts(3, 4, 4)])
    Counts(tp=4, n_true=5, n_predicted=6)
    """
    items = list(results)
    if not items:
        raise ValueError("nothing to pool: no results were given")
    while len(items) > 1:  # neighbours first, so that lists of measurements are not copied again for every recording
        pairs = [one + two for one, two in zip(items[::2], items[1::2], strict=False)]
        items = [*pairs, *items[len(pairs) * 2 :]]
    return items[0]


def counts_by_label(
    found: Iterable[str], truth: Iterable[str], predicted: Iterable[str], names: Iterable[str]
) -> dict[str, Counts]:
    """Counts of each label, given the labels of what was matched, annotated and predicted.

    Examples
    --------
    >>> counts_by_label(found="ab", truth="aab", predicted="abb", names="ab")
    {'a': Counts(tp=1, n_true=2, n_predicted=1), 'b': Counts(tp=1, n_true=1, n_predicted=2)}
    """
    matched, annotated, said = Counter(found), Counter(truth), Counter(predicted)
    return {name: Counts(matched[name], annotated[name], said[name]) for name in names}


def plain(value: float) -> float | None:
    """A number for JSON, which knows no `nan`: `None` in its place."""
    return None if math.isnan(value) else float(value)
