"""A dense layer slid along time is torch's convolution, in value and in gradient, and rounds less."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional
from torch.testing import assert_close

from oscine.networks.layers import window_dense
from oscine.networks.layers.window_dense import WindowDense


@pytest.mark.parametrize("n_outputs", [1, 3, 17])
@pytest.mark.parametrize("n_bins", [1, 2])
@pytest.mark.parametrize("n_frames", [1, 10, 11, 40, 300])
def test_is_the_convolution(monkeypatch, n_outputs, n_bins, n_frames):
    monkeypatch.setattr(window_dense, "_MOST_VALUES", 20000)  # several chunks for the longest
    generator = torch.Generator().manual_seed(0)
    layer = WindowDense(5, n_outputs, (n_bins, 21))
    x = torch.randn((2, 5, n_bins, n_frames + 20), generator=generator, requires_grad=True)
    weight = torch.randn((2, n_outputs, 1, n_frames), generator=generator)
    found = layer(x)
    expected = functional.conv2d(x, layer.weight, layer.bias)
    assert_close(found, expected)
    gradients = torch.autograd.grad((found * weight).sum(), [x, layer.weight, layer.bias])
    for gradient, other in zip(
        gradients, torch.autograd.grad((expected * weight).sum(), [x, layer.weight, layer.bias]), strict=True
    ):
        assert_close(gradient, other, rtol=1e-4, atol=1e-4)


def test_rounds_less():
    generator = torch.Generator().manual_seed(0)
    layer = WindowDense(64, 3, (1, 119))
    x = torch.randn((1, 64, 1, 400), generator=generator)
    with torch.inference_mode():
        exact = functional.conv2d(x.double(), layer.weight.double(), layer.bias.double())
        error, error_of_torch = (
            (y - exact).abs().max() for y in (layer(x), functional.conv2d(x, layer.weight, layer.bias))
        )
    assert error < 1e-6
    assert error <= error_of_torch


def test_without_bias():
    layer = WindowDense(2, 1, (1, 3), bias=False)
    x = torch.randn(1, 2, 1, 30)
    assert_close(layer(x), functional.conv2d(x, layer.weight))
