from __future__ import annotations

import numpy as np
import pytest
import torch

from oscine.core.errors import InputError
from oscine.networks.architectures.das import Das
from oscine.networks.architectures.songexplorer import SongExplorer
from oscine.networks.architectures.tweetynet import Tweetynet
from oscine.networks.frontends.trainable_stft import TrainableStft
from oscine.networks.specification import Specification
from oscine.training.parts import freeze, head_of, take_weights

SMALL = [SongExplorer(features=(4, 4), context=0.0512), Tweetynet(conv_filters=(4, 4), hidden_size=4), Das(n_filters=4)]


def build(architecture, *labels, seed=0, rate=10000.0):
    return architecture.build(Specification(labels, rate)).initialise(seed)


@pytest.mark.parametrize("architecture", SMALL, ids=lambda item: item.plugin_name)
def test_the_head_is_the_last_layer(architecture):
    network = build(architecture, "a", "b", "c", rate=2500.0)
    head = network.get_submodule(head_of(network))
    freeze(network, ["all-but-head"])
    assert {id(weight) for weight in network.parameters() if weight.requires_grad} == {
        id(weight) for weight in head.parameters()
    }


def test_front_end_body_and_layers():
    architecture = Das(n_filters=4, representation=TrainableStft())
    network = build(architecture, "a", "b")
    freeze(network, ["body"])
    assert all(weight.requires_grad == name.startswith("front_end") for name, weight in network.named_parameters())
    network = build(architecture, "a", "b")
    freeze(network, ["front-end"])
    assert all(weight.requires_grad != name.startswith("front_end") for name, weight in network.named_parameters())
    network = build(architecture, "a", "b")
    freeze(network, ["units"])
    assert all(weight.requires_grad != name.startswith("units.") for name, weight in network.named_parameters())


def test_an_unknown_part_lists_those_there_are():
    with pytest.raises(InputError, match=r"found 'hed'. Did you mean 'head'. Allowed: all-but-head, body, .*head"):
        freeze(build(Das(), "a", "b"), ["hed"])
    with pytest.raises(InputError, match="cannot learn"):
        freeze(build(Das(), "a", "b"), ["front-end", "body"])


@pytest.mark.parametrize("architecture", SMALL, ids=lambda item: item.plugin_name)
def test_weights_go_to_a_network_with_other_labels(architecture):
    source = build(architecture, "a", "b", "c", seed=1, rate=2500.0)
    network = build(architecture, "c", "d", "a", "e", seed=2, rate=2500.0)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    n_taken, n_weights = take_weights(network, ("c", "d", "a", "e"), source, ("a", "b", "c"))
    head, there = network.get_submodule(head_of(network)), source.get_submodule(head_of(source))
    assert torch.equal(head.weight[[0, 2]], there.weight[[2, 0]])
    assert torch.equal(head.weight[[1, 3]], before[f"{head_of(network)}.weight"][[1, 3]])
    others = [name for name in before if not name.startswith(f"{head_of(network)}.")]
    assert all(torch.equal(network.state_dict()[name], source.state_dict()[name]) for name in others)
    per_output = sum(weight[0].numel() for weight in head.parameters())
    assert n_taken == n_weights - 2 * per_output
    assert n_weights == sum(weight.numel() for weight in network.parameters())


def test_a_frozen_layer_neither_drops_nor_measures():
    network = build(Tweetynet(conv_filters=(4, 4), hidden_size=4, dropout=0.5, n_layers=2), "a", "b", rate=2500.0)
    frozen = freeze(network, ["all-but-head"])
    network.train()
    for module in frozen:
        module.eval()
    sound = torch.from_numpy(np.random.default_rng(0).standard_normal((1, 1, 5000)).astype(np.float32))
    with torch.no_grad():
        assert torch.equal(network(sound), network(sound))
