"""As many pairs as possible between two sets, each member used at most once: maximum matching of a bipartite graph.

Rows are served in order, each trying the columns that it may be paired with, the preferred one first. A row without a
free column asks the owner of an occupied one to move, who may ask another, and so on: an *augmenting path* [1]_. A row
once served stays served, so the number of pairs is the greatest there is (Berge [2]_), and among all such matchings
the one in which earlier rows and preferred columns tend to come together.

Three things make it quick where many sounds are close to many others. What has no other choice (a row with one column,
which no other row wants) is paired at once. Columns that a search has gone through in vain are out of the game for
good: every row that could be moved from there has been asked, and later changes happen elsewhere [1]_. And a search
that has asked hundreds in order of their preferences begins anew with those who need the fewest moves.

References
----------
.. [1] Kuhn (1955), The Hungarian method for the assignment problem, Naval Research Logistics Quarterly 2, 83–97.
.. [2] Berge (1957), Two theorems in graph theory, PNAS 43, 842–844.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.intp]

_PATIENCE = 300
"""Columns that a search by preferences may go through: hardly ever reached, unless all are close to all."""


def maximum_matching(candidates: Sequence[Sequence[int]]) -> dict[int, int]:
    """As many pairs as possible, each row and each column used at most once.

    Parameters
    ----------
    candidates
        For each row, the columns that it may be paired with, the preferred one first.

    Returns
    -------
    dict
        Column of each matched row.

    Examples
    --------
    >>> maximum_matching([[0], [0, 1]])
    {0: 0, 1: 1}
    >>> maximum_matching([[0, 1], [0]])
    {0: 1, 1: 0}
    """
    owner: dict[int, int] = {}
    hopeless: set[int] = set()
    for root in range(len(candidates)):
        found = _deep(root, candidates, owner, hopeless)
        moves = _wide(root, candidates, owner, hopeless) if found is None else found
        owner.update((column, row) for row, column in moves)
    return dict(sorted((row, column) for column, row in owner.items()))


def _deep(
    root: int, candidates: Sequence[Sequence[int]], owner: dict[int, int], hopeless: set[int]
) -> list[tuple[int, int]] | None:
    """Pairs by which a row is served, every preference tried to its end; none if in vain; `None` if it takes long."""
    seen: set[int] = set()
    rows: list[tuple[int, Iterator[int]]] = [(root, iter(candidates[root]))]
    taken: list[int] = []  # the column that each row but the last would take from the next one
    while rows:
        column = next((c for c in rows[-1][1] if c not in seen and c not in hopeless), None)
        if column is None:
            rows.pop()
            del taken[-1:]
            continue
        seen.add(column)
        taken.append(column)
        if column not in owner:
            return [(row, c) for (row, _), c in zip(rows, taken, strict=True)]
        if len(seen) > _PATIENCE:
            return None
        rows.append((owner[column], iter(candidates[owner[column]])))
    hopeless |= seen
    return []


def _wide(
    root: int, candidates: Sequence[Sequence[int]], owner: dict[int, int], hopeless: set[int]
) -> list[tuple[int, int]]:
    """The same by as few moves as possible."""
    wanted_by: dict[int, int] = {}
    left: dict[int, int | None] = {root: None}  # the column that a row would leave for another
    reached = deque([root])
    while reached:
        row = reached.popleft()
        for column in candidates[row]:
            if column in wanted_by or column in hopeless:
                continue
            wanted_by[column] = row
            if column in owner:
                left[owner[column]] = column
                reached.append(owner[column])
                continue
            moves: list[tuple[int, int]] = []
            place: int | None = column
            while place is not None:
                moves.append((wanted_by[place], place))
                place = left[wanted_by[place]]
            return moves
    hopeless |= wanted_by.keys()
    return []


def match_edges(rows: Indices, columns: Indices) -> Indices:
    """The same for a graph that is given as a list of its edges.

    Parameters
    ----------
    rows, columns
        Both ends of each edge, (edge,), sorted by row, the preferred column of each row first.

    Returns
    -------
    array
        (match, 2), matched rows and columns, in order of the rows.

    Examples
    --------
    >>> match_edges(np.array([0, 0, 1, 7]), np.array([0, 1, 0, 5]))
    array([[0, 1], [1, 0], [7, 5]])
    """
    if not len(rows):
        return np.zeros((0, 2), dtype=np.intp)
    alone = (np.bincount(rows)[rows] == 1) & (np.bincount(columns)[columns] == 1)
    easy = np.column_stack([rows[alone], columns[alone]])
    wishing, starts = np.unique(rows[~alone], return_index=True)
    wished = columns[~alone].tolist()
    ends = [*starts[1:].tolist(), len(wished)]
    candidates = [wished[start:end] for start, end in zip(starts.tolist(), ends, strict=True)] if wished else []
    found = np.array(list(maximum_matching(candidates).items()), dtype=np.intp).reshape(-1, 2)
    pairs = np.concatenate([easy, np.column_stack([wishing[found[:, 0]], found[:, 1]])]).astype(np.intp)
    ordered: Indices = pairs[np.argsort(pairs[:, 0], kind="stable")]
    return ordered


def edges_between(low: Indices, high: Indices, most: int = 1_000_000) -> Iterator[tuple[Indices, Indices]]:
    """All edges of rows to ranges of columns, in pieces that fit into memory.

    Parameters
    ----------
    low, high
        First column of each row, and the one behind the last, (row,).
    most
        About how many edges a piece has at most; a row is never divided.

    Yields
    ------
    rows, columns
        Both ends of each edge, (edge,), sorted by row and column.

    Examples
    --------
    >>> [(rows.tolist(), columns.tolist()) for rows, columns in edges_between(np.array([0, 5]), np.array([2, 6]))]
    [([0, 0, 1], [0, 1, 5])]
    """
    counts = np.maximum(high - low, 0)
    total = np.cumsum(counts)
    start = 0
    while start < len(counts):
        before = total[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(total, before + most, side="right")))
        some = counts[start:stop]
        rows = np.repeat(np.arange(start, stop), some)
        first = np.repeat(low[start:stop] - (np.cumsum(some) - some), some)
        yield rows, first + np.arange(len(rows))
        start = stop
