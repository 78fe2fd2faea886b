"""Parts of a network by name: which of them stay as they are, and which weights are taken from another model.

The parts are

- `front-end`     the first layer, where it can learn (a trainable spectrogram);
- `body`          everything behind it;
- `all-but-head`  everything but the last layer, the one with a weight for each output;
- any layer by its name in the network, with all that is in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from oscine.core.errors import InputError, unknown

if TYPE_CHECKING:
    from torch import nn

    from oscine.networks.network import Network

FRONT_END, BODY, ALL_BUT_HEAD = "front-end", "body", "all-but-head"


def freeze(network: Network, names: Sequence[str]) -> list[nn.Module]:
    """Make parts of a network keep their weights.

    Parameters
    ----------
    names
        Of the parts.

    Returns
    -------
    list
        The modules in them: they shall not drop units, nor measure their batches.

    Raises
    ------
    InputError
        For an unknown part, listing those there are; where nothing is left that could learn.
    """
    if not names:
        return []
    layers = [name.rpartition(".")[0].split(".") for name, _ in network.named_parameters()]
    known = {FRONT_END, BODY, ALL_BUT_HEAD}
    known |= {".".join(layer[:depth]) for layer in layers for depth in range(1, len(layer) + 1)} - {""}
    for name in names:
        if name not in known:
            raise unknown("part of the network", name, known)
    head = head_of(network)
    frozen = []
    for name, module in network.named_modules():
        if not name or not any(_is_in(name, part, head) for part in names):
            continue
        if not any(True for _ in module.children()):
            frozen.append(module)
        for _, weight in module.named_parameters(recurse=False):
            weight.requires_grad_(False)
    if not any(weight.requires_grad for weight in network.parameters()):
        raise InputError(
            "every part of the network is frozen, so that it cannot learn",
            found=", ".join(names),
            cure="Leave one out of --freeze",
        )
    return frozen


def _is_in(name: str, part: str, head: str) -> bool:
    """Whether a module is in a part."""
    in_front = name == "front_end" or name.startswith("front_end.")
    if part == FRONT_END:
        return in_front
    if part == BODY:
        return not in_front
    if part == ALL_BUT_HEAD:
        return not (name == head or name.startswith(f"{head}.") or head.startswith(f"{name}."))
    return name == part or name.startswith(f"{part}.")


def head_of(network: Network) -> str:
    """Name of the last layer that has a weight for each output; empty where there is none."""
    n_outputs = network.specification.n_outputs
    found = ""
    for name, module in network.named_modules():
        weight = getattr(module, "weight", None)
        if weight is not None and weight.shape[:1] == (n_outputs,):
            found = name
    return found


def take_weights(
    network: Network, outputs: Sequence[str], source: Network, source_outputs: Sequence[str]
) -> tuple[int, int]:
    """Copy the weights of another network of the same architecture, the head's by the names of their outputs.

    Parameters
    ----------
    network, outputs
        What gets the weights, and what its outputs are called.
    source, source_outputs
        Where they come from.

    Returns
    -------
    n_taken, n_weights
        Single numbers that were copied, and that there are.

    Raises
    ------
    InputError
        Where nothing fits.
    """
    mine, theirs = network.state_dict(), source.state_dict()
    trained = {name for name, _ in network.named_parameters()}
    heads = f"{head_of(network)}.", f"{head_of(source)}."
    shared = [(outputs.index(name), source_outputs.index(name)) for name in outputs if name in source_outputs]
    n_taken = 0
    for name, value in mine.items():
        other = theirs.get(name)
        if other is None:
            continue
        if name.startswith(heads[0]) and name.startswith(heads[1]) and other.shape[1:] == value.shape[1:]:
            for here, there in shared:
                value[here].copy_(other[there])
            n_new = len(shared) * value[0].numel()
        elif other.shape == value.shape:
            value.copy_(other)
            n_new = value.numel()
        else:
            continue
        n_taken += n_new if name in trained else 0
    if not n_taken:
        raise InputError("none of the weights of the model to start from fits")
    return n_taken, sum(value.numel() for name, value in mine.items() if name in trained)


def changed_options(given: Mapping[str, object], source: Mapping[str, object], base: str = "") -> list[str]:
    """Names and values of the options of an architecture that differ from those of a model, where they are given.

    Examples
    --------
    >>> changed_options({"name": "das", "n": 3, "open": None}, {"name": "das", "n": 4, "open": 5})
    ['n 3 (not 4)']
    """
    found = []
    for key, value in given.items():
        other = source.get(key)
        if isinstance(value, Mapping) and isinstance(other, Mapping) and value.get("name") == other.get("name"):
            found += changed_options(value, other, f"{base}{key}.")
        elif value is not None and value != other:
            shown = [item.get("name") if isinstance(item, Mapping) else item for item in (value, other)]
            found.append(f"{base}{key} {shown[0]} (not {shown[1]})".replace("_", "-"))
    return found
