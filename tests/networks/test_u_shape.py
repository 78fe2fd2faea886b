"""The plan of a U-net, against a walk through its levels that keeps count of every position."""

from __future__ import annotations

import itertools

import pytest

from oscine.networks.u_shape import UShape

SHAPES = [
    UShape(n_down, n_up, n_conv, kernel)
    for n_down, n_up, n_conv, kernel in itertools.product((1, 2, 4), (0, 1, 2, 4), (1, 2), (1, 2, 3, 5))
    if n_up <= n_down
]


def _walk(shape: UShape, n_steps: int) -> tuple[list[int], dict[int, int]]:
    """Positions of the outputs, and the crop at each level, by moving lists of positions about."""
    before, after = (shape.kernel - 1) // 2, shape.kernel // 2

    def convolved(positions: list[int]) -> list[int]:
        for _ in range(shape.n_conv):
            positions = positions[before : len(positions) - after]
        return positions

    positions, kept, crops = list(range(n_steps)), [], {}
    for _ in range(shape.n_down):
        positions = convolved(positions)
        kept.append(positions)
        positions = positions[::2][: len(positions) // 2]
    positions = convolved(positions)
    for level in range(shape.n_down - 1, shape.n_down - shape.n_up - 1, -1):
        positions = [position + half * 2**level for position in positions for half in (0, 1)]
        if positions:
            crops[level] = kept[level].index(positions[0])
            assert kept[level][crops[level] :][: len(positions)] == positions, "all that comes up has been kept"
        positions = convolved(positions)
    return positions, crops


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_lengths_positions_and_crops(shape):
    least = shape.n_steps(1)
    assert shape.n_outputs(least - 1) == 0
    for n_steps in range(least, least + 2 ** (shape.n_down + 1)):
        positions, crops = _walk(shape, n_steps)
        assert len(positions) == shape.n_outputs(n_steps)
        assert positions[0] == shape.offset
        assert all(b - a == shape.spacing for a, b in itertools.pairwise(positions))
        assert crops == {level: shape.crop(level) for level in crops}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_shortest_input(shape):
    for n_outputs in range(1, 40):
        n_steps = shape.n_steps(n_outputs)
        assert shape.n_outputs(n_steps) >= n_outputs > shape.n_outputs(n_steps - 1)


def test_padding_keeps_lengths():
    shape = UShape(3, 3, 2, 3, pads=True)
    assert [shape.n_outputs(n) for n in (1, 8, 9, 16)] == [8, 8, 16, 16]
    assert [shape.n_steps(n) for n in (1, 8, 9)] == [1, 1, 9]
    assert (shape.offset, shape.crop(0), shape.crop(2)) == (0, 0, 0)


def test_songexplorers_default_leaves_324_outputs_of_512_samples():
    assert UShape(4, 4, 2, 3).n_outputs(512) == 324
