"""Residual blocks of dilated convolutions over time."""

from __future__ import annotations

import pytest
import torch
from numpy.testing import assert_allclose
from torch.nn import functional

from oscine.networks.layers.temporal_convolutions import ResidualBlock, TemporalConvolutions


def _values(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(2))


def test_block_as_the_peer_does_it():
    """Zeros before, dilated convolution, rectification, twice; the input is added and the sum rectified."""
    block = ResidualBlock(4, 2, 3, zeros=True, dropout=0.2).eval()
    x = branch = _values(2, 4, 20)
    for convolution in block.convolutions:
        padded = functional.pad(branch, (3, 0))
        branch = functional.conv1d(padded, convolution.weight, convolution.bias, dilation=3).relu()
    total, added = block(x)
    assert_allclose(added.detach(), branch.detach(), atol=1e-6)
    assert_allclose(total.detach(), (x + branch).detach(), atol=1e-6)


@pytest.mark.parametrize(
    ("causal", "kernel_size", "dilation", "field"),
    [(True, 2, 4, (8, 0)), (False, 2, 4, (4, 4)), (False, 2, 1, (1, 1)), (False, 3, 2, (4, 4)), (False, 4, 1, (3, 3))],
)
def test_field(causal, kernel_size, dilation, field):
    block = ResidualBlock(4, kernel_size, dilation, causal=causal)
    assert block.field == field
    assert block(_values(1, 4, sum(field) + 1))[0].shape == (1, 4, 1)


def test_dropout_only_while_training():
    layers = TemporalConvolutions(4, 2, (1, 2), dropout=0.5)
    x = _values(1, 4, 20)
    assert torch.equal(layers.eval()(x), layers(x))
    assert not torch.equal(layers.train()(x), layers(x))


def test_sum_of_what_all_blocks_add():
    layers = TemporalConvolutions(4, 2, (1, 2, 4), skip_sum=True, zeros=True).eval()
    x, total = _values(1, 4, 20), torch.zeros(1, 4, 20)
    for block in layers.blocks:
        y, branch = block(x)
        x, total = y.relu(), total + branch
    assert_allclose(layers(_values(1, 4, 20)).detach(), total.relu().detach(), atol=1e-6)
