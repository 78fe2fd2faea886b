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

Scores are anything that can be pooled with `+` (see `counts`). Most of them are trees of counts: dataclasses and
mappings whose numbers simply add up, and whose lists of measurements are strung together. Then all draws are one
product of matrices, which takes milliseconds. Whether a score is of this sort is tried, not assumed: the sum of all
must be what `pool` says, else every draw is pooled with `+`.

References
----------
.. [1] Efron & Tibshirani (1993), An Introduction to the Bootstrap, Chapman & Hall, chapters 13 (percentile intervals)
       and 16 (tests).
.. [2] Berg-Kirkpatrick, Burkett, Klein (2012), An empirical investigation of statistical significance in NLP, EMNLP,
       995–1005, on the paired test.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from oscine.metrics.counts import Addable, plain, pool

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
        tree = _Tree(scores)
    except _NoTreeError:
        return (_pooled(scores, row) for row in weights)
    return tree.totals(weights)


def _pooled(scores: Sequence[T], weights: NDArray[np.int64]) -> T:
    return pool(score for score, weight in zip(scores, weights.tolist(), strict=True) for _ in range(weight))


# -- scores as trees of counts ---------------------------------------------------------------------------------------


class _NoTreeError(Exception):
    """A score that does not simply add up."""


class _Tree:
    """Scores of recordings as one matrix of counts, and how a score is made of a row of sums.

    Every leaf is of one of three sorts, and is what makes the sum of all parts equal to the whole: a *count* adds up,
    a *list of measurements* is strung together, a *setting* is the same in all.
    """

    def __init__(self, scores: Sequence[Any]) -> None:
        self._columns: list[Array] = []  # of each leaf, (recording, number)
        self._width = 0
        self._build = self._node(pool(scores), list(scores))
        self._matrix = np.concatenate(self._columns, axis=1) if self._columns else np.zeros((len(scores), 0))

    def totals(self, weights: NDArray[np.int64]) -> Any:
        """The score of each draw, given how often each recording is in it, (draw, recording)."""
        sums = weights.astype(np.float64) @ self._matrix
        return (self._build(row, weight) for row, weight in zip(sums, weights, strict=True))

    def _node(self, whole: Any, parts: list[Any]) -> Callable[[Array, NDArray[np.int64]], Any]:
        """How to make a part of the score; `None` among the parts where a recording lacks it."""
        if dataclasses.is_dataclass(whole) and not isinstance(whole, type):
            return self._record(whole, parts)
        if isinstance(whole, Mapping):
            inner = {key: self._node(whole[key], [_item(part, key) for part in parts]) for key in whole}
            return lambda row, weights: {key: build(row, weights) for key, build in inner.items()}
        if isinstance(whole, (np.ndarray, float, int, np.number)) and not isinstance(whole, bool):
            return self._leaf(whole, parts)
        if not all(part is None or (type(part) is type(whole) and bool(part == whole)) for part in parts):
            raise _NoTreeError
        return lambda row, weights: whole

    def _record(self, whole: Any, parts: list[Any]) -> Callable[[Array, NDArray[np.int64]], Any]:
        fields = dataclasses.fields(whole)
        if any(not field.init for field in fields) or any(
            type(part) not in (type(whole), type(None)) for part in parts
        ):
            raise _NoTreeError
        kind, inner = type(whole), []
        for field in fields:
            values = [None if part is None else getattr(part, field.name) for part in parts]
            inner.append((field.name, self._node(getattr(whole, field.name), values)))
        return lambda row, weights: kind(**{name: build(row, weights) for name, build in inner})

    def _leaf(self, whole: Any, parts: list[Any]) -> Callable[[Array, NDArray[np.int64]], Any]:
        array = np.asarray(whole)
        arrays = [None if part is None else np.asarray(part) for part in parts]
        there = [part for part in arrays if part is not None]
        if all(part.shape == array.shape for part in there):
            stacked = np.array([np.zeros(array.shape) if part is None else part for part in arrays], dtype=np.float64)
            if np.allclose(stacked.sum(axis=0), array, rtol=1e-9, atol=0):
                return self._count(whole, array, stacked.reshape(len(parts), -1))
            if all(np.array_equal(part, array) for part in there):
                return lambda row, weights: whole
        if array.ndim == 1 and sum(part.size for part in there) == array.size:
            owners = np.repeat(np.arange(len(arrays)), [0 if part is None else part.size for part in arrays])
            if np.array_equal(np.concatenate(there), array):
                return lambda row, weights: np.repeat(array, weights[owners])
        raise _NoTreeError

    def _count(self, whole: Any, array: NDArray[Any], columns: Array) -> Callable[[Array, NDArray[np.int64]], Any]:
        place = slice(self._width, self._width + columns.shape[1])
        self._columns.append(columns)
        self._width = place.stop
        start = place.start
        if isinstance(whole, np.ndarray):
            return lambda row, weights: row[place].reshape(array.shape).astype(array.dtype)
        if np.issubdtype(array.dtype, np.integer):
            return lambda row, weights: round(row[start])
        return lambda row, weights: float(row[start])


def _item(part: Any, key: Any) -> Any:
    return None if part is None else part.get(key)


def _text(value: float, low: float, high: float) -> str:
    """A figure and its limits, in three decimals."""
    if math.isnan(value):
        return "–"
    return f"{value:.3f}" if math.isnan(low) else f"{value:.3f} ({low:.3f}–{high:.3f})"
