"""Convolutions pooled along frequency, and that computing them in pieces changes nothing."""

from __future__ import annotations

import pytest
import torch
from numpy.testing import assert_allclose
from torch.nn import functional

from oscine.networks.layers import pooled_convolutions
from oscine.networks.layers.pooled_convolutions import PooledConvolutions


def _features(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(2))


def test_as_the_peer_does_it():
    """Convolution, rectification, pooling; twice; maps and frequencies in one axis, maps first."""
    layer = PooledConvolutions(1, 257, filters=(32, 64), kernel=(5, 5), pool=8, zeros=True)
    x = features = _features(2, 1, 257, 30)
    for convolution in layer.convolutions:
        x = functional.max_pool2d(functional.conv2d(x, convolution.weight, convolution.bias, padding=2).relu(), (8, 1))
    found = layer(features)
    assert found.shape == (2, 256, 30)
    assert_allclose(found.detach(), x.reshape(2, 256, 30).detach(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("zeros", [True, False])
def test_pieces_are_the_whole(zeros, monkeypatch):
    layer = PooledConvolutions(2, 20, filters=(3, 4), kernel=(4, 3), pool=2, zeros=zeros)
    features = _features(5, 2, 20, 60)
    results = []
    for most in (2**21, 1, 3 * 20 * 7, 3 * 20 * 60 * 2):
        monkeypatch.setattr(pooled_convolutions, "_MOST_VALUES", most)
        layer.zero_grad()
        values = layer(features)
        values.square().sum().backward()
        results.append((values.detach(), [weights.grad.clone() for weights in layer.parameters()]))
    (values, gradients), *others = results
    for found, slopes in others:
        assert_allclose(found, values, atol=1e-6)
        for slope, gradient in zip(slopes, gradients, strict=True):
            assert_allclose(slope, gradient, rtol=1e-4, atol=1e-4)


def test_field_and_reach():
    layer = PooledConvolutions(1, 20, filters=(3, 4), kernel=(4, 3), pool=2, zeros=False)
    assert layer.field == layer.reach == (2, 4)
    assert layer(_features(1, 1, 20, 7)).shape[-1] == 1
    assert PooledConvolutions(1, 20, filters=(3, 4), kernel=(4, 3), pool=2, zeros=True).reach == (0, 0)
