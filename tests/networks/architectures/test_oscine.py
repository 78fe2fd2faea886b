from __future__ import annotations

import numpy as np
import pytest
import torch

from oscine.networks.architectures.oscine import Oscine
from oscine.networks.frontends.log_mel import LogMel
from oscine.networks.frontends.waveform import Waveform
from oscine.networks.layers.separable import Depthwise
from oscine.networks.specification import Specification
from oscine.networks.traits import Traits

TASK = Specification(labels=tuple("abcdefghijk"), sample_rate=32000.0)


def test_parameters_add_up():
    """Two convolutions, an entry, nine blocks, a norm and a head."""
    convolutions = (7 * 3 * 16 + 16) + (16 * 32 * 5 * 3 + 32)
    entry = 32 * (80 // 4 // 4) * 96 + 96
    block = (7 * 96 + 96) + 2 * 96 + (96 * 192 + 192) + (192 * 96 + 96)
    head = 2 * 96 + 96 * 11 + 11
    assert Oscine().build(TASK).n_parameters == convolutions + entry + 9 * block + head


def test_sees_most_of_a_second():
    network = Oscine().build(TASK)
    reach = 3 * (1 + 2 + 4 + 8 + 16 + 32 + 1 + 2 + 4) + 2
    assert network.context == (256 + reach * 64, 255 + reach * 64)
    past = Oscine(causal=True).build(TASK)
    assert sum(past.context) == sum(network.context)
    assert past.context[1] == 255 + 2 * 64


@pytest.mark.parametrize(("durations", "hop"), [((0.048, 0.1), 64), ((0.004, 0.01), 16), ((3.0, 9.0), 500), ((), 64)])
def test_hop_follows_the_shortest_sounds(durations, hop):
    suited = Oscine().suited(Traits(32000.0, durations=np.array(durations)))
    assert suited.build(TASK).hop == hop
    assert (
        Oscine(representation=LogMel(stride=0.001)).suited(Traits(32000.0, durations=np.array([3.0]))).build(TASK).hop
        == 32
    )


def test_single_sounds_teach_a_narrow_view():
    dense = Oscine().suited(Traits(32000.0, durations=np.array([0.05]), gaps=np.array([0.02])))
    assert (len(dense.dilations), len(Oscine().suited(Traits(32000.0)).dilations)) == (9, 4)
    given = Oscine(representation=Waveform(), dilations=(1,))
    assert given.suited(Traits(32000.0)) == given


@pytest.mark.parametrize("dilation", [1, 3])
def test_depthwise_is_the_convolution_that_torch_has(dilation):
    layer = Depthwise(6, 5, dilation)
    values = torch.randn(2, 50, 6, requires_grad=True)
    ours = layer(values)
    kernel = layer.weight.T[:, None]
    theirs = torch.nn.functional.conv1d(values.transpose(1, 2), kernel, layer.bias, groups=6, dilation=dilation)
    torch.testing.assert_close(ours, theirs.transpose(1, 2))
    seed = torch.randn_like(ours)
    mine = torch.autograd.grad(ours, (values, layer.weight, layer.bias), seed, retain_graph=True)
    other = torch.autograd.grad(theirs, (values, layer.weight, layer.bias), seed.transpose(1, 2))
    for one, two in zip(mine, other, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-5)
    with torch.inference_mode():
        torch.testing.assert_close(layer(values), ours.detach())
