"""The mean over the recent past."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from oscine.networks.layers.pcen import decaying_mean


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 8, 21, 46])
@pytest.mark.parametrize("decay", [0.0, 0.5, 0.95, 1.0])
def test_is_the_weighted_mean_of_the_last_values(n, decay):
    values = np.random.default_rng(0).exponential(size=(2, 3, 60))
    weights = decay ** np.arange(n)
    expected = np.apply_along_axis(np.convolve, -1, values, weights / weights.sum(), mode="valid")
    assert_allclose(decaying_mean(torch.from_numpy(values), n, decay).numpy(), expected, rtol=1e-12)
