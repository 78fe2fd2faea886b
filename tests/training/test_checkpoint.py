from __future__ import annotations

import pytest
import torch
from torch import nn

from oscine.core.errors import InputError
from oscine.training.checkpoint import Checkpoint


def trained(name="Adam", **options):
    """A network after two steps, and its optimiser."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    optimizer = getattr(torch.optim, name)(network.parameters(), lr=0.1, **options)
    advance(network, optimizer, 2)
    return network, optimizer


def advance(network, optimizer, n_steps):
    for step in range(n_steps):
        optimizer.zero_grad()
        network(torch.full((5, 3), 0.1 * step) + torch.arange(15.0).reshape(5, 3)).square().sum().backward()
        optimizer.step()


@pytest.mark.parametrize(
    ("name", "options"),
    [("Adam", {}), ("NAdam", {}), ("SGD", {}), ("SGD", {"momentum": 0.9}), ("RMSprop", {"centered": True})],
)
def test_save_and_load_are_a_closed_loop(tmp_path, name, options):
    network, optimizer = trained(name, **options)
    state = Checkpoint(7, 4, 1 / 3, {"f1": 1 / 3}, 2, 0.1, [0.1, 1 / 7], {"scale": 2.0, "_growth_tracker": 3})
    state.save(tmp_path / "x.safetensors", network, optimizer)
    advance(network, optimizer, 3)

    other, again = trained(name, **options)
    advance(other, again, 5)
    assert Checkpoint.load(tmp_path / "x.safetensors", other, again) == state
    advance(other, again, 3)
    for mine, theirs in zip(network.state_dict().values(), other.state_dict().values(), strict=True):
        assert torch.equal(mine, theirs)


def test_weights_that_share_memory(tmp_path):
    network, _ = trained()
    network[2].bias = nn.Parameter(network[0].bias.data[:2])
    Checkpoint().save(tmp_path / "x.safetensors", network, torch.optim.SGD(network.parameters()))


@pytest.mark.parametrize("share", [0, 3, 8, 50, 90, 99])
def test_cut_off(tmp_path, share):
    network, optimizer = trained()
    path = tmp_path / "x.safetensors"
    Checkpoint(3).save(path, network, optimizer)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * share // 100])
    with pytest.raises(InputError, match=r"not a checkpoint.*Delete it to train from the start") as error:
        Checkpoint.load(path, network, optimizer)
    assert "\n" not in str(error.value)


def test_of_another_network(tmp_path):
    network, optimizer = trained()
    path = tmp_path / "x.safetensors"
    Checkpoint(3).save(path, network, optimizer)
    other = nn.Linear(3, 4)
    with pytest.raises(InputError, match="not a checkpoint of this training"):
        Checkpoint.load(path, other, torch.optim.Adam(other.parameters()))
    path.write_text("no tensors")
    with pytest.raises(InputError, match="not a checkpoint of this training"):
        Checkpoint.load(path, network, optimizer)
