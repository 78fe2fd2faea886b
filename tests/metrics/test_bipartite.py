"""Maximum matching of any graph: as large as the best one, whatever the order, without recursion, and quick."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from oscine.metrics import bipartite
from oscine.metrics.bipartite import edges_between, match_edges, maximum_matching

GRAPHS = st.lists(st.lists(st.integers(0, 9), unique=True, max_size=5), max_size=10)


def edges(candidates):
    rows = np.repeat(np.arange(len(candidates)), [len(columns) for columns in candidates]).astype(np.intp)
    return rows, np.array(list(itertools.chain.from_iterable(candidates)), dtype=np.intp)


@given(GRAPHS)
def test_it_is_as_large_as_scipys(candidates):
    matching = maximum_matching(candidates)
    rows, columns = edges(candidates)
    graph = csr_array((np.ones(len(rows)), (rows, columns)), shape=(max(len(candidates), 1), 10))
    assert len(matching) == (maximum_bipartite_matching(graph, perm_type="column") >= 0).sum()
    assert len(set(matching.values())) == len(matching)
    assert all(column in candidates[row] for row, column in matching.items())


@given(GRAPHS)
def test_a_search_without_patience_finds_as_many(candidates):
    patient = maximum_matching(candidates)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bipartite, "_PATIENCE", 0)
        hasty = maximum_matching(candidates)
    assert len(hasty) == len(patient)
    assert len(set(hasty.values())) == len(hasty)
    assert all(column in candidates[row] for row, column in hasty.items())


@given(GRAPHS)
def test_edges_and_lists_say_the_same(candidates):
    assert match_edges(*edges(candidates)).tolist() == [list(pair) for pair in maximum_matching(candidates).items()]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12), st.integers(1, 6))
def test_pieces_of_edges_are_all_of_them(ranges, most):
    low, high = np.array(ranges, dtype=np.intp).reshape(-1, 2).T
    found = [
        pair for piece in edges_between(low, high, most) for pair in zip(*map(np.ndarray.tolist, piece), strict=True)
    ]
    assert found == [(row, column) for row, (a, b) in enumerate(ranges) for column in range(a, b)]


def test_a_long_chain_of_moves_needs_no_recursion():
    n = 5000  # row i likes column i best, and column i + 1 as well; the last row insists on column 0
    matching = maximum_matching([*([i, i + 1] for i in range(n)), [0]])
    assert len(matching) == n + 1
    assert matching[n] == 0


@pytest.mark.parametrize("surplus", [0, 500, 2000])
def test_crowds_take_no_time(surplus):
    """Everyone likes everyone near: searches in vain must not go through the crowd again and again."""
    n = 4000
    candidates = [list(range(max(i - 20, 0), min(i + 20, n - surplus))) for i in range(n)]
    assert len(maximum_matching(candidates)) == n - surplus
