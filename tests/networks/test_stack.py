"""The plan of a stack is what torch's layers then give."""

from __future__ import annotations

from itertools import product

import pytest

from oscine.networks.stack import plan_stack

SIZES = {"kernel_2d": (3, 3), "kernel_1d": 4, "features": (2, 2)}


def test_default_of_songexplorer():
    stack = plan_stack((125, 7), 1, n_layers=2, kernel_2d=(5, 5), kernel_1d=3, features=(64, 64))
    assert [layer.kernel for layer in stack.convolutions] == [(5, 5), (3, 3)]
    assert [layer.extent for layer in stack.convolutions] == [(121, 3), (119, 1)]
    assert stack.receptive_field == (7, 5)  # 28 samples at a stride of 4, 5 frequencies


def test_strides_and_dilations():
    stack = plan_stack((100, 20), 1, n_layers=4, **SIZES, strided=({2}, {1}), dilated=({3, 4}, {2}))
    assert [layer.stride for layer in stack.convolutions] == [(1, 2), (2, 1), (1, 1), (1, 1)]
    assert [layer.dilation for layer in stack.convolutions] == [(1, 1), (1, 2), (2, 2), (4, 1)]
    assert [layer.extent for layer in stack.convolutions] == [(98, 9), (48, 5), (44, 1), (32, 1)]
    assert stack.downsampling == 2
    assert stack.receptive_field == (1 + 2 + 2 + 2 * 4 + 2 * 12, 1 + 2 + 2 * 4 + 2 * 4)


def test_layers_that_do_not_fit_are_not_built_and_not_counted():
    stack = plan_stack((10, 3), 1, n_layers=9, **SIZES, strided=({2, 5, 6, 7, 8, 9}, ()))
    assert [layer.extent for layer in stack.convolutions] == [(8, 1), (3, 1)]
    assert stack.downsampling == 2


def test_residual_connections():
    stack = plan_stack((60, 7), 2, n_layers=5, **SIZES, residual=True)
    skips = [layer.skip for layer in stack.convolutions]
    assert [skip and skip.source for skip in skips] == [None, None, 2, None, 4]
    assert skips[2].start == (2, 2)
    assert stack.convolutions[2].extent == (54, 1)
    assert skips[4].start == (3, 0)


def test_no_residual_connection_where_features_or_frequencies_differ():
    assert not any(
        layer.skip
        for layer in plan_stack(
            (60, 7), 2, n_layers=3, kernel_2d=(3, 7), kernel_1d=3, features=(2, 4), residual=True
        ).convolutions
    )
    # layer 2 takes all three frequencies that layer 1 left, layer 3 has one
    stack = plan_stack((60, 5), 2, n_layers=3, kernel_2d=(3, 4), kernel_1d=3, features=(2, 2), residual=True)
    assert [layer.pan_frequency for layer in stack.convolutions] == [False, True, True]
    assert stack.convolutions[2].skip is None


def test_pooling_is_cut_to_what_is_left():
    stack = plan_stack((11, 1), 1, n_layers=1, **SIZES, pool=(3, 2))
    assert (stack.pool, stack.extent, stack.downsampling) == ((3, 1), (2, 1), 3)


@pytest.mark.parametrize(("strided", "dilated"), list(product([set(), {2}, {1, 3}], [set(), {4}])))
def test_one_output_more_for_a_longer_input(strided, dilated):
    short, long = (
        plan_stack((n, 1), 1, n_layers=4, **SIZES, strided=(strided, ()), dilated=(dilated, ()))
        for n in (100, 100 + 2 ** len(strided))
    )
    assert long.extent[0] == short.extent[0] + 1
