"""Mean and deviation, measured in one pass."""

from __future__ import annotations

import torch
from torch.testing import assert_close

from oscine.networks.layers.standardisation import Standardisation


def _measured(batches):
    layer = Standardisation(2, 3)
    layer.measure(batches)
    return layer


def test_is_the_identity_at_first():
    features = torch.randn(2, 2, 3, 10)
    assert torch.equal(Standardisation(2, 3)(features), features)


def test_measures_mean_and_deviation_per_map_and_frequency():
    features = torch.randn((6, 2, 3, 200), generator=torch.Generator().manual_seed(0))
    features = features * torch.rand(2, 3, 1) + 1000 * torch.randn(2, 3, 1)
    # batches of any size and length, pooled
    layer = _measured(
        [features[:1], features[1:4, ..., :0], features[1:4], features[4:, ..., :150], features[4:, ..., 150:]]
    )
    values = features.double()
    assert_close(layer.mean[..., 0], values.mean((0, 3)).float())
    assert_close(layer.scale[..., 0], values.std((0, 3), correction=0).float(), rtol=1e-5, atol=0.0)
    assert layer(features).std() < 1.1


def test_what_never_changes_keeps_its_scale():
    features = torch.randn(2, 2, 3, 50)
    features[:, 0, 1] = 0.0
    features[:, 1, 2] = 123.456
    layer = _measured([features])
    assert layer.scale[0, 1] == 1
    assert layer.scale[1, 2] == 1
    assert (layer(features)[:, 0, 1] == 0).all()
    assert torch.isfinite(layer(features)).all()


def test_nothing_to_measure_changes_nothing():
    layer = _measured([])
    assert (layer.mean == 0).all()
    assert (layer.scale == 1).all()


def test_faint_powers_are_standardised_and_silence_is_centred():
    """Power densities of faint sound lie at 1e-12 and below; what is silent keeps the scale one."""
    generator = torch.Generator().manual_seed(0)
    features = 1e-12 * torch.randn((2, 2, 3, 500), generator=generator).square()
    features[:, 1] *= 1e-8
    features[:, 0, 1] = 0.0
    layer = _measured([features[..., :100], features[..., 100:]])
    values = layer(features)
    assert torch.isfinite(values).all()
    assert layer.scale[0, 1] == 1
    assert (values[:, 0, 1] == 0).all()
    for place in [(0, 0), (0, 2), (1, 0), (1, 1), (1, 2)]:
        assert_close(values[:, *place].std(correction=0), torch.tensor(1.0), rtol=1e-4, atol=0.0)
        assert abs(float(values[:, *place].mean())) < 1e-4
