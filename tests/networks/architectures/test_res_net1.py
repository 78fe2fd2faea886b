"""SongExplorer's network before version 0.8: the same sizes and scores, another dropout."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from oscine.networks.architectures.res_net1 import ResNet1
from oscine.networks.architectures.songexplorer import SongExplorer
from oscine.networks.specification import Specification

TASK = Specification(labels=("mel-pulse", "mel-sine", "ambient"), sample_rate=2500.0)


def _sound(n_samples: int = 700) -> torch.Tensor:
    return torch.randn((2, 1, n_samples), generator=torch.Generator().manual_seed(0))


def test_default_has_the_parameters_of_songexplorer():
    convolution_2d, convolution_1d = 5 * 5 * 1 * 64 + 64, 3 * 3 * 64 * 64 + 64
    dense = 119 * 64 * 3 + 3  # 125 spectra, less 4 and 2 that the kernels take
    assert ResNet1().build(TASK).n_parameters == convolution_2d + convolution_1d + dense == 61443


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"features": (32, 32)},
        {"connection": "residual", "n_conv_layers": 5},
        {"representation": "waveform", "stride_time": "2", "kernel_1d": 32},
        {"pool_kind": "max", "pool_size": (5, 2), "dense": (16,), "normalization": "before"},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["none", "unit", "map"])
def test_only_dropout_differs_from_songexplorer(options, kind):
    mine, theirs = ResNet1(dropout_kind=kind, **options).build(TASK), SongExplorer(**options).build(TASK)
    assert mine.n_parameters == theirs.n_parameters
    assert (mine.hop, mine.context) == (theirs.hop, theirs.context)
    with torch.inference_mode():
        assert torch.equal(mine.eval()(_sound()), theirs.eval()(_sound()))


def _dropped(**options: Any) -> list[torch.Tensor]:
    """Share of zeros, per map and step, in what each convolution but the first is given while training."""
    network = ResNet1(n_conv_layers=3, features=(64, 64), dropout=0.3, **options).build(TASK).train()
    given: list[torch.Tensor] = []
    for convolution in list(network.convolutions)[1:]:
        convolution.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0].detach()))
    for convolution in network.convolutions:
        torch.nn.init.ones_(convolution.bias)  # so that hardly anything is zero by the nonlinearity alone
        torch.nn.init.normal_(convolution.weight, std=1e-4)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network(_sound())
    return [(values == 0).float() for values in given]


def test_units_are_dropped_behind_each_convolution():
    for zeros in _dropped():
        assert zeros.mean().item() == pytest.approx(0.3, abs=0.03)
        assert ((zeros.mean((2, 3)) > 0) & (zeros.mean((2, 3)) < 1)).all(), "no map is dropped as a whole"


def test_maps_are_dropped_as_a_whole():
    for zeros in _dropped(dropout_kind="map"):
        shares = zeros.mean((2, 3))
        assert ((shares == 0) | (shares == 1)).all()
        assert shares.mean().item() == pytest.approx(0.3, abs=0.15)


def test_nothing_is_dropped():
    assert all(zeros.sum() == 0 for zeros in _dropped(dropout_kind="none"))
    network = ResNet1(dropout_kind="none", dense=(8,)).build(TASK).train()
    assert torch.equal(network(_sound()), network(_sound()))


def test_dense_layers_drop_too():
    network = ResNet1(n_conv_layers=0, dense=(64,)).build(TASK).train()
    assert not torch.equal(network(_sound()), network(_sound()))


def test_writes_itself_down():
    values = ResNet1(dropout_kind="map").to_dict()
    assert (values.pop("name"), values["dropout_kind"]) == ("res-net1", "map")
    assert ResNet1(**values) == ResNet1(dropout_kind="map")
