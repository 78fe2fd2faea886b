from __future__ import annotations

import numpy as np
import pytest
import torch

from oscine.training.ftrl import Ftrl


def reference(weights, gradients, lr, decay, start=0.1):
    """Algorithm 1 of McMahan et al. (2013) with β = 0, λ1 = 0 and λ2 = 2 · decay, from given first weights."""
    w = weights.astype(np.float64)
    n = np.full_like(w, start)
    z = -w * np.sqrt(n) / lr
    for g in gradients:
        sigma = (np.sqrt(n + g**2) - np.sqrt(n)) / lr
        z += g - sigma * w
        n += g**2
        w = -z / (np.sqrt(n) / lr + 2 * decay)
    return w


@pytest.mark.parametrize("decay", [0.0, 0.01, 1.0])
def test_equals_the_published_algorithm(decay):
    random = np.random.default_rng(0)
    first, gradients = random.normal(size=5), random.normal(size=(30, 5))
    weight = torch.nn.Parameter(torch.tensor(first))
    optimizer = Ftrl([weight], lr=0.1, weight_decay=decay)
    for gradient in gradients:
        weight.grad = torch.tensor(gradient)
        optimizer.step()
    assert np.allclose(weight.detach().numpy(), reference(first, gradients, 0.1, decay), rtol=1e-10)


def test_without_gradient_weights_stay():
    weight, other = torch.nn.Parameter(torch.tensor([2.0])), torch.nn.Parameter(torch.tensor([3.0]))
    optimizer = Ftrl([weight, other], lr=0.1)
    weight.grad = torch.zeros(1)
    optimizer.step()
    assert weight.item() == pytest.approx(2.0)
    assert other.item() == 3.0


def test_a_closure_is_evaluated():
    weight = torch.nn.Parameter(torch.tensor([2.0]))
    optimizer = Ftrl([weight], lr=0.5)

    def closure():
        optimizer.zero_grad()
        loss = (weight**2).sum()
        loss.backward()
        return loss

    losses = [optimizer.step(closure).item() for _ in range(20)]
    assert losses[-1] < losses[0] / 2
