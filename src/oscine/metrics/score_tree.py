"""Scores of recordings as one matrix of counts, so that a thousand draws of them are one product of matrices.

Most scores are trees: dataclasses and mappings whose numbers simply add up, and whose lists of measurements are strung
together. Every leaf is of one of three sorts:

    count          the sum of all parts is the whole            tp, n_true, a confusion matrix
    measurements   all parts, one after the other, are it       timing errors
    setting        the same in all parts and in the whole       a tolerance, names of labels

Which sort a leaf is, is tried, not assumed: the parts must make up what `pool` says. Where a label occurs in one
recording only, its part is the whole of it, be it a count or a setting; so it is asked, too, what becomes of the whole
when it is added to itself: a count doubles, a setting stays. A score of any other sort is refused (`NoTreeError`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscine.metrics.counts import pool

Array = NDArray[np.float64]


class NoTreeError(Exception):
    """A score that does not simply add up."""


class ScoreTree:
    """Scores of recordings, of which any draw can be pooled quickly.

    Parameters
    ----------
    scores
        One for each recording; they can be pooled with `+`.

    Raises
    ------
    NoTreeError
        Where they do not simply add up.

    Examples
    --------
    >>> from oscine.metrics.counts import Counts
    >>> tree = ScoreTree([Counts(1, 2, 3), Counts(4, 5, 6)])
    >>> list(tree.totals(np.array([[2, 0], [1, 1]])))
    [Counts(tp=2, n_true=4, n_predicted=6), Counts(tp=5, n_true=7, n_predicted=9)]
    """

    def __init__(self, scores: Sequence[Any]) -> None:
        self._columns: list[Array] = []  # of each leaf, (recording, number)
        self._width = 0
        whole = pool(scores)
        self._build = self._node(whole, whole + whole, list(scores))
        self._matrix = np.concatenate(self._columns, axis=1) if self._columns else np.zeros((len(scores), 0))

    def totals(self, weights: NDArray[np.int64]) -> Any:
        """The score of each draw, given how often each recording is in it, (draw, recording)."""
        sums = weights.astype(np.float64) @ self._matrix
        return (self._build(row, weight) for row, weight in zip(sums, weights, strict=True))

    def _node(self, whole: Any, twice: Any, parts: list[Any]) -> Callable[[Array, NDArray[np.int64]], Any]:
        """How to make a part of the score; `None` among the parts where a recording lacks it."""
        if dataclasses.is_dataclass(whole) and not isinstance(whole, type):
            return self._record(whole, twice, parts)
        if isinstance(whole, Mapping):
            inner = {key: self._node(whole[key], twice[key], [_item(part, key) for part in parts]) for key in whole}
            return lambda row, weights: {key: build(row, weights) for key, build in inner.items()}
        if isinstance(whole, (np.ndarray, float, int, np.number)) and not isinstance(whole, bool):
            return self._leaf(whole, twice, parts)
        if not all(part is None or (type(part) is type(whole) and bool(part == whole)) for part in parts):
            raise NoTreeError
        return lambda row, weights: whole

    def _record(self, whole: Any, twice: Any, parts: list[Any]) -> Callable[[Array, NDArray[np.int64]], Any]:
        fields = dataclasses.fields(whole)
        if any(not field.init for field in fields) or any(
            type(part) not in (type(whole), type(None)) for part in parts
        ):
            raise NoTreeError
        kind, inner = type(whole), []
        for field in fields:
            values = [None if part is None else getattr(part, field.name) for part in parts]
            inner.append((field.name, self._node(getattr(whole, field.name), getattr(twice, field.name), values)))
        return lambda row, weights: kind(**{name: build(row, weights) for name, build in inner})

    def _leaf(self, whole: Any, twice: Any, parts: list[Any]) -> Callable[[Array, NDArray[np.int64]], Any]:
        array = np.asarray(whole)
        arrays = [None if part is None else np.asarray(part) for part in parts]
        there = [part for part in arrays if part is not None]
        if all(part.shape == array.shape for part in there):
            stacked = np.array([np.zeros(array.shape) if part is None else part for part in arrays], dtype=np.float64)
            if _is_same(stacked.sum(axis=0), array) and _is_same(2 * array, twice):
                return self._count(whole, array, stacked.reshape(len(parts), -1))
            if all(np.array_equal(part, array) for part in (*there, np.asarray(twice))):
                return lambda row, weights: whole
        if array.ndim == 1 and sum(part.size for part in there) == array.size:
            owners = np.repeat(np.arange(len(arrays)), [0 if part is None else part.size for part in arrays])
            if np.array_equal(np.concatenate(there), array):
                return lambda row, weights: np.repeat(array, weights[owners])
        raise NoTreeError

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


def _is_same(one: Any, other: Any) -> bool:
    """Whether numbers are the same but for rounding; measurements that were strung together are more of them."""
    return np.shape(one) == np.shape(other) and bool(np.allclose(one, other, rtol=1e-9, atol=0))
