"""The state of a training in one file: weights, optimiser, step, best value so far. No pickle.

Tensors lie side by side in a safetensors file, as `network/<name>` and `optimizer/<parameter>/<name>`; what is
no tensor is JSON in its header. The random state needs no place: it is a function of the seed and the step.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from oscine.core.artifacts import atomic
from oscine.core.errors import InputError


@dataclass
class Checkpoint:
    """Where a training is.

    Attributes
    ----------
    step
        Steps that are done.
    best_step, best_value
        The validated step with the best value so far, and that value; -1 and 0 before any.
    elapsed
        Seconds of training so far.
    """

    step: int = 0
    best_step: int = -1
    best_value: float = 0.0
    elapsed: float = 0.0

    def save(self, path: Path, network: torch.nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Write the state, atomically."""
        tensors = {f"network/{name}": tensor.detach().contiguous() for name, tensor in network.state_dict().items()}
        state = optimizer.state_dict()
        plain: dict[str, dict[str, Any]] = {}
        for index, values in state["state"].items():
            for name, value in values.items():
                if isinstance(value, torch.Tensor):
                    tensors[f"optimizer/{index}/{name}"] = value.detach().clone().contiguous()
                else:
                    plain.setdefault(str(index), {})[name] = value
        header = {"checkpoint": vars(self), "groups": state["param_groups"], "plain": plain}
        with atomic(path) as temporary:
            save_file(tensors, temporary, {"oscine": json.dumps(header)})

    @classmethod
    def load(cls, path: Path, network: torch.nn.Module, optimizer: torch.optim.Optimizer) -> Checkpoint:
        """Put a saved state into a network and an optimiser, and say where it was."""
        try:
            with safe_open(path, "pt") as file:
                header = json.loads(file.metadata()["oscine"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"not a checkpoint ({error})", path=path, cure="Delete it to train from the start"
            ) from None
        network.load_state_dict(
            {name.removeprefix("network/"): value for name, value in tensors.items() if name.startswith("network/")}
        )
        state: dict[int, dict[str, Any]] = {int(index): dict(values) for index, values in header["plain"].items()}
        for key, tensor in tensors.items():
            if key.startswith("optimizer/"):
                _, index, name = key.split("/", 2)
                state.setdefault(int(index), {})[name] = tensor
        optimizer.load_state_dict({"state": state, "param_groups": header["groups"]})
        return cls(**header["checkpoint"])
