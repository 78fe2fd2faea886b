"""Sharing out units (recordings, individuals, blocks of time) so that every label is shared out alike.

Among many seeded assignments of units to parts the one is kept whose label distributions differ least, measured after
DAS's idea [1]_ by the logarithm of shares, so that a part which lacks a label altogether is worse than any that has
a little too much of one:

    imbalance = mean over labels of  Σ_parts |log2((share held + ε) / (share wished + ε))|        ε = 0.01

The candidates begin in two ways, because neither is always better: greedily (a unit goes to the part that lacks most
of what it holds) and by lot in proportion to the wished shares; the best is then improved by moving and exchanging
single units as long as that helps. Everything is a function of the seed. DAS computes its score of the assignment
before it is permuted, so that its first permutation always wins; here the score is that of the candidate.

References
----------
.. [1] Steinfath et al. (2021), eLife 10:e68837; "block stratify" of its dialog that makes datasets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

_FLOOR = 0.01
_N_VISITS = 20_000
"""Units visited in all draws together, and again while the best is improved: it bounds the time for many units."""


def choose_parts(
    weights: ArrayLike, shares: Mapping[str, float], *, seed: int, n_draws: int = 200
) -> tuple[list[str], float]:
    """Give each unit to a part, such that every label is shared out as wished, as near as whole units allow.

    Parameters
    ----------
    weights
        What each unit holds of each label, axes (unit, label).
    shares
        Wished share of each part; they are divided by their sum. Where units are fewer than parts, the first parts
        get one each.
    seed
        The same seed gives the same parts.
    n_draws
        Assignments to choose among.

    Returns
    -------
    parts
        Of each unit.
    imbalance
        Of that assignment.

    Examples
    --------
    >>> weights = [[3, 0], [3, 0], [0, 1], [0, 1]]
    >>> parts, score = choose_parts(weights, {"train": 0.5, "validation": 0.5}, seed=0)
    >>> sorted(parts[:2]), sorted(parts[2:]), score
    (['train', 'validation'], ['train', 'validation'], 0.0)
    """
    counts = np.asarray(weights, float)
    names = [name for name, share in shares.items() if share > 0]
    wished = np.array([shares[name] for name in names])
    wished = wished / wished.sum()
    if not counts.any():  # nothing to share out alike but the units themselves
        counts = np.ones((len(counts), 1))
    counts = counts[:, counts.any(axis=0)]
    relative = counts / counts.sum(axis=0)
    random = np.random.default_rng(seed)
    n_draws = max(2, min(n_draws, _N_VISITS // max(1, len(counts))))
    draws = [_draw(relative, wished, random, greedy=index % 2 == 0) for index in range(n_draws)]
    best = min(draws, key=lambda drawn: imbalance(_held(relative, drawn, len(names)), wished))
    best = _improved(relative, wished, best)
    return [names[part] for part in best], imbalance(_held(relative, best, len(names)), wished)


def imbalance(held: ArrayLike, wished: ArrayLike) -> float:
    """How far shares (part, label) of each label are from the wished ones (part,); 0 where they are equal.

    Examples
    --------
    >>> round(imbalance([[0.8, 0.5], [0.2, 0.5]], [0.8, 0.2]), 2), round(imbalance([[1.0], [0.0]], [0.8, 0.2]), 2)
    (0.97, 4.71)
    """
    ratios = (np.asarray(held, float) + _FLOOR) / (np.asarray(wished, float)[:, None] + _FLOOR)
    return float(np.abs(np.log2(ratios)).sum(axis=0).mean())


def _held(relative: NDArray[np.float64], parts: NDArray[np.intp], n_parts: int) -> NDArray[np.float64]:
    """Share of each label that each part holds, axes (part, label)."""
    held = np.zeros((n_parts, relative.shape[1]))
    np.add.at(held, parts, relative)
    return held


def _draw(
    relative: NDArray[np.float64], wished: NDArray[np.float64], random: np.random.Generator, *, greedy: bool
) -> NDArray[np.intp]:
    """One candidate: the part of each unit. Every part gets a unit, the first parts first."""
    n = len(relative)
    order = random.permutation(n)
    if not greedy:
        parts = random.choice(len(wished), size=n, p=wished)
        parts[order[: len(wished)]] = np.arange(min(n, len(wished)))
        return parts
    parts = np.zeros(n, np.intp)
    missing = np.repeat(wished[:, None], relative.shape[1], axis=1)
    for step, index in enumerate(order):
        part = step if step < len(wished) else int(np.argmax(missing @ relative[index]))
        missing[part] -= relative[index]
        parts[index] = part
    return parts


def _improved(relative: NDArray[np.float64], wished: NDArray[np.float64], parts: NDArray[np.intp]) -> NDArray[np.intp]:
    """The same after moves of single units and exchanges of two, each of which lowers the imbalance."""
    parts, n_parts = parts.copy(), len(wished)
    held = _held(relative, parts, n_parts)
    score, visits, improved = imbalance(held, wished), 0, True
    sizes = np.bincount(parts, minlength=n_parts)
    while improved and visits < _N_VISITS:
        improved = False
        for index, other in _moves(len(parts)):
            visits += 1
            if visits >= _N_VISITS:
                break
            trials = range(n_parts) if other is None else [int(parts[other])]
            for part in trials:
                own = int(parts[index])
                if part == own or (other is None and sizes[own] == 1):
                    continue  # the same again, or a part would be left empty
                shift = relative[index] - (relative[other] if other is not None else 0)
                trial = held.copy()
                trial[own] -= shift
                trial[part] += shift
                if (lower := imbalance(trial, wished)) < score - 1e-9:
                    held, score, improved = trial, lower, True
                    parts[index] = part
                    if other is not None:
                        parts[other] = own
                    sizes = np.bincount(parts, minlength=n_parts)
    return parts


def _moves(n: int) -> Sequence[tuple[int, int | None]]:
    """Every unit by itself, and where they are few enough, every two."""
    single: list[tuple[int, int | None]] = [(index, None) for index in range(n)]
    pairs = [(i, j) for i in range(n) for j in range(i)] if n * n < _N_VISITS else []
    return [*single, *pairs]
