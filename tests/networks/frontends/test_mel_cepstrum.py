"""Options of the mel-cepstrum front end."""

from __future__ import annotations

import pytest
import torch

from oscine.core.errors import InputError
from oscine.networks.frontends.mel_cepstrum import MelCepstrum
from oscine.networks.specification import Specification

TASK = Specification(("song",), 2500.0, n_channels=2)


def test_geometry():
    geometry = MelCepstrum(n_mel=5, n_coefficients=3).geometry(TASK)
    assert (geometry.window, geometry.stride, geometry.n_maps, geometry.n_bins) == (16, 4, 2, 3)


def test_gain_changes_the_first_coefficient_alone():
    """A logarithm makes a gain an offset, which the transform gathers in coefficient 0."""
    sound = torch.randn((1, 2, 400), generator=torch.Generator().manual_seed(0))
    layer = MelCepstrum().build(TASK)
    change = layer(10 * sound) - layer(sound)
    assert (change[:, :, 0] > 1).all()
    assert change[:, :, 1:].abs().max() < 1e-2


def test_no_more_coefficients_than_filters():
    with pytest.raises(InputError, match="n_coefficients is 7, more than n_mel, 3"):
        MelCepstrum(n_mel=3)
