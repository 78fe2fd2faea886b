"""How far a figure can be trusted: bootstrap intervals over recordings, and whether two models differ.

Any figure comes from the recordings that happen to be there; from others of the same kind it would be a little
different. The *bootstrap* [1]_ asks how different, with nothing but what there is: draw as many recordings as there
are, with replacement, pool them, form the figure; do that a thousand times; the middle 95 % of what comes out is the
interval (the "percentile" interval). It is whole recordings that are drawn, because frames and syllables of one
recording are alike, and counting them as independent would promise far too much.

    recordings  a b c d        figure of all          0.93
    draws       a a c d        its figure             0.95
                b b b c                               0.88        ->  0.93 (0.88–0.96)
                …

Two models are compared on the *same* draws (`paired_bootstrap`): a recording that is hard is hard for both, so their
difference varies much less than either of them. Its *p* is the probability, on either side, of a difference of no or
of the opposite sign: p = 2 · min(share of draws ≤ 0, share ≥ 0), at most 1; never 0, since n draws cannot show less
than about 1/n (the difference that was seen counts as one draw more).

What it cannot do: of one recording alone nothing can be said (`nan`), and from fewer than ten or so intervals come out
too narrow. Recordings of one bird tell of that bird only.

Scores are anything that can be pooled with `+` (see `counts`). Most of them are trees of counts, of which all draws are
one product of matrices, which takes milliseconds (`score_tree`); others are pooled with `+`, draw by draw.

References
----------
.. [1] Efron & Tibshirani (1993), An Introduction to the Bootstrap, Chapman & Hall, chapters 13 (percentile intervals)
       and 16 (tests).
.. [2] Berg-Kirkpatrick, Burkett, Klein (2012), An empirical investigation of statistical significance in NLP, EMNLP,
       995–1005, on the paired test.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from oscine.metrics.counts import Addable, plain, pool
from oscine.metrics.score_tree import NoTreeError, ScoreTree

T = TypeVar("T", bound=Addable)

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A figure, and the limits within which it would lie for other recordings.

    Attributes
    ----------
    value
        Of all recordings pooled.
    low, high
        Limits; `nan` where there are fewer than two recordings.
    level
        Share of the draws that lie within.

    Examples
    --------
    >>> print(Interval(0.93, 0.9, 0.951))
    0.930 (0.900–0.951)
    """

    value: float
    low: float
    high: float
    level: float = 0.95

    def __str__(self) -> str:
        return _text(self.value, self.low, self.high)

    def to_dict(self) -> dict[str, float | None]:
        """Plain values, `None` for `nan`, ready for JSON."""
        return {"value": plain(self.value), "low": plain(self.low), "high": plain(self.high), "level": self.level}


@dataclass(frozen=True)
class Difference:
    """How much larger a figure is for the first of two models than for the second.

    Attributes
    ----------
    value
        First minus second, each of all recordings pooled.
    low, high
        Limits within which the difference would lie for other recordings; `nan` with fewer than two recordings.
    p
        Probability of a difference that has the opposite sign or is none, on either side.
    level
        Share of the draws that lie within the limits.
    """

    value: float
    low: float
    high: float
    p: float
    level: float = 0.95

    def __str__(self) -> str:
        return _text(self.value, self.low, self.high) + ("" if math.isnan(self.p) else f", p = {self.p:.2g}")

    def to_dict(self) -> dict[str, float | None]:
        """Plain values, `None` for `nan`, ready for JSON."""
        limits = {"value": plain(self.value), "low": plain(self.low), "high": plain(self.high)}
        return {**limits, "p": plain(self.p), "level": self.level}


def bootstrap(
    scores: Sequence[T], statistic: Callable[[T], float], *, n: int = 1000, level: float = 0.95, seed: int = 0
) -> Interval:
    """The interval of a figure over recordings.

    Parameters
    ----------
    scores
        One for each recording; they can be pooled with `+`.
    statistic
        The figure of a pooled score. Draws of which it is `nan` are left out.
    n
        Number of draws.
    level
        Share of the draws within the limits, between 0 and 1.
    seed
        Of the draws: the same seed draws the same recordings.

    Returns
    -------
    Interval
        The figure of all recordings, and its limits.

    Raises
    ------
    ValueError
        Where there is nothing to pool, or `n` or `level` are out of range.

    Examples
    --------
    >>> from oscine.metrics.counts import Counts
    >>> interval = bootstrap([Counts(9, 10, 10), Counts(7, 10, 8), Counts(10, 10, 12)], lambda counts: counts.recall)
    >>> interval.value, 0.7 <= interval.low < interval.value < interval.high <= 1.0
    (0.866..., True)
    """
    return bootstraps(scores, {"": statistic}, n=n, level=level, seed=seed)[""]


def bootstraps(
    scores: Sequence[T],
    statistics: Mapping[str, Callable[[T], float]],
    *,
    n: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> dict[str, Interval]:
    """The intervals of several figures by name, all from the same draws; otherwise as `bootstrap`."""
    _check(n, level)
    whole = pool(scores)
    values = {name: float(statistic(whole)) for name, statistic in statistics.items()}
    if len(scores) < 2:
        return {name: Interval(value, math.nan, math.nan, level) for name, value in values.items()}
    drawn = np.empty((len(statistics), n))
    for i, score in enumerate(_resampled(scores, _draws(len(scores), n, seed))):
        drawn[:, i] = [statistic(score) for statistic in statistics.values()]
    return {
        name: Interval(value, *_limits(row, level), level)
        for (name, value), row in zip(values.items(), drawn, strict=True)
    }


def paired_bootstrap(
    first: Sequence[T],
    second: Sequence[T],
    statistic: Callable[[T], float],
    *,
    n: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Difference:
    """How much larger a figure is for the first model than for the second, over the same recordings.

    Parameters
    ----------
    first, second
        Scores of both models, one for each recording, in the same order; they can be pooled with `+`.
    statistic, n, level, seed
        As in `bootstrap`.

    Returns
    -------
    Difference
        First minus second, its limits, and the probability that there is none.

    Raises
    ------
    ValueError
        Where the numbers of recordings differ, there is nothing to pool, or `n` or `level` are out of range.

    Examples
    --------
    >>> from oscine.metrics.counts import Counts
    >>> first, second = [Counts(9, 10, 10)] * 20, [Counts(8, 10, 10), Counts(7, 10, 10)] * 10
    >>> difference = paired_bootstrap(first, second, lambda counts: counts.f1)
    >>> round(difference.value, 3), difference.low > 0, difference.p < 0.01
    (0.15, True, True)
    """
    if len(first) != len(second):
        raise ValueError(f"both models need a score for each recording, found {len(first)} and {len(second)}")
    scores = {"first": first, "second": second}
    return paired_bootstraps(scores, statistic, n=n, level=level, seed=seed)["first", "second"]


def paired_bootstraps(
    scores: Mapping[str, Sequence[T]],
    statistic: Callable[[T], float],
    *,
    n: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> dict[tuple[str, str], Difference]:
    """How models differ in a figure, two by two, all on the same draws of recordings.

    Parameters
    ----------
    scores
        Of each model by name, one for each recording, in the same order; they can be pooled with `+`.
    statistic, n, level, seed
        As in `bootstrap`.

    Returns
    -------
    dict
        By the names of a first and a second model, in the order of `scores`: first minus second. The p values are not
        corrected for the number of pairs (see `oscine.metrics.multiple_tests`).

    Raises
    ------
    ValueError
        Where the numbers of recordings differ, there is nothing to pool, or `n` or `level` are out of range.
    """
    _check(n, level)
    sizes = {name: len(mine) for name, mine in scores.items()}
    if len(set(sizes.values())) > 1:
        raise ValueError(f"all models need a score for each recording, found {sizes}")
    wholes = {name: float(statistic(pool(mine))) for name, mine in scores.items()}
    n_recordings = next(iter(sizes.values()), 0)
    drawn: dict[str, Array] = {}
    if n_recordings > 1:
        weights = _draws(n_recordings, n, seed)
        for name, mine in scores.items():
            drawn[name] = np.array([statistic(score) for score in _resampled(mine, weights)], dtype=np.float64)
    found = {}
    for one, two in itertools.combinations(scores, 2):
        value = wholes[one] - wholes[two]
        if drawn:
            found[one, two] = _difference(value, drawn[one] - drawn[two], level)
        else:
            found[one, two] = Difference(value, math.nan, math.nan, math.nan, level)
    return found


def _difference(value: float, differences: Array, level: float) -> Difference:
    """A difference and those of all draws (draw,), summed up."""
    known = differences[~np.isnan(differences)]
    tails = [(1 + int(np.count_nonzero(side))) / (1 + len(known)) for side in (known <= 0, known >= 0)]
    p = min(1.0, 2 * min(tails)) if len(known) and not math.isnan(value) else math.nan
    return Difference(value, *_limits(differences, level), p, level)


# -- drawing ---------------------------------------------------------------------------------------------------------


def _check(n: int, level: float) -> None:
    if n < 1:
        raise ValueError(f"at least one draw is needed, found {n}")
    if not 0 < level < 1:
        raise ValueError(f"the level must be between 0 and 1, found {level!r}")


def _draws(n_recordings: int, n: int, seed: int) -> NDArray[np.int64]:
    """How often each recording is in each draw, (draw, recording)."""
    chosen = np.random.default_rng(seed).integers(0, n_recordings, (n, n_recordings))
    places = chosen + np.arange(n)[:, np.newaxis] * n_recordings
    return np.bincount(places.ravel(), minlength=n * n_recordings).reshape(n, n_recordings)


def _limits(values: Array, level: float) -> tuple[float, float]:
    known = values[~np.isnan(values)]
    if not len(known):
        return math.nan, math.nan
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _resampled(scores: Sequence[T], weights: NDArray[np.int64]) -> Any:
    """The pooled score of each draw, one after the other."""
    try:
        tree = ScoreTree(scores)
    except NoTreeError:
        return (_pooled(scores, row) for row in weights)
    return tree.totals(weights)


def _pooled(scores: Sequence[T], weights: NDArray[np.int64]) -> T:
    return pool(score for score, weight in zip(scores, weights.tolist(), strict=True) for _ in range(weight))


def _text(value: float, low: float, high: float) -> str:
    """A figure and its limits, in three decimals."""
    if math.isnan(value):
        return "–"
    return f"{value:.3f}" if math.isnan(low) else f"{value:.3f} ({low:.3f}–{high:.3f})"
