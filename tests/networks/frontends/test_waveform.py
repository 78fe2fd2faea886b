"""The waveform as a front end."""

from __future__ import annotations

import torch

from oscine.networks.frontends.waveform import Waveform
from oscine.networks.specification import Specification


def test_channels_are_maps():
    task = Specification(("song",), 2500.0, n_channels=3)
    geometry = Waveform().geometry(task)
    assert (geometry.window, geometry.stride, geometry.n_maps, geometry.n_bins) == (1, 1, 3, 1)
    assert Waveform().build(task)(torch.zeros(2, 3, 10)).shape == (2, 3, 1, 10)
