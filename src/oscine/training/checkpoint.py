"""The state of a training in one file: weights, optimiser, step, best value so far. No pickle.

Tensors lie side by side in a safetensors file, as `network/<name>`, `average/<name>` (of the weights, where one is
kept) and `optimizer/<parameter>/<name>`; what is no tensor is JSON in its header. The random state needs no place: it
is a function of the seed and the step.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from oscine.core.artifacts import atomic
from oscine.core.errors import InputError
from oscine.training.average import Average


@dataclass
class Checkpoint:
    """Where a training is.

    Attributes
    ----------
    step
        Steps that are done.
    best_step, best_value, best
        The validated step with the best value so far, the last of equally good ones; that value, the larger the better;
        and all that was measured there. -1, 0 and nothing before any.
    gain_step
        The validated step at which that value was first reached.
    elapsed
        Seconds of training so far.
    losses
        Of all validations so far.
    scale
        How losses of reduced precision are scaled; empty at full precision.
    """

    step: int = 0
    best_step: int = -1
    best_value: float = 0.0
    best: dict[str, float] = field(default_factory=dict)
    gain_step: int = 0
    elapsed: float = 0.0
    losses: list[float] = field(default_factory=list)
    scale: dict[str, Any] = field(default_factory=dict)

    def save(
        self,
        path: Path,
        network: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        average: Average | None = None,
    ) -> None:
        """Write the state, atomically."""
        tensors = {f"network/{name}": tensor for name, tensor in network.state_dict().items()}
        tensors |= {f"average/{name}": tensor for name, tensor in (average.values if average else {}).items()}
        state = optimizer.state_dict()
        plain: dict[str, dict[str, Any]] = {}
        for index, values in state["state"].items():
            for name, value in values.items():
                if isinstance(value, torch.Tensor):
                    tensors[f"optimizer/{index}/{name}"] = value
                else:
                    plain.setdefault(str(index), {})[name] = value
        header = {"checkpoint": asdict(self), "groups": state["param_groups"], "plain": plain}
        # copies, since safetensors refuses tensors that share memory
        copies = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in tensors.items()}
        with atomic(path) as temporary:
            temporary.write_bytes(save(copies, {"oscine": json.dumps(header)}))

    @classmethod
    def load(
        cls,
        path: Path,
        network: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        average: Average | None = None,
    ) -> Checkpoint:
        """Put a saved state into a network, an optimiser and an average of weights, and say where it was.

        Raises
        ------
        InputError
            Where the file is none, is cut off, or does not fit the network.
        """
        try:
            with safe_open(path, "pt") as file:
                header = json.loads(file.metadata()["oscine"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
            checkpoint = cls(**header["checkpoint"])
            state: dict[int, dict[str, Any]] = {int(index): dict(values) for index, values in header["plain"].items()}
            weights, averaged = {}, {}
            for key, tensor in tensors.items():
                kind, _, name = key.partition("/")
                if kind == "network":
                    weights[name] = tensor
                elif kind == "average":
                    averaged[name] = tensor
                else:
                    index, _, name = name.partition("/")
                    state.setdefault(int(index), {})[name] = tensor
            network.load_state_dict(weights)
            if average:
                average.load(averaged)
            optimizer.load_state_dict({"state": state, "param_groups": header["groups"]})
        except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise InputError(
                f"not a checkpoint of this training ({reason})", path=path, cure="Delete it to train from the start"
            ) from error
        return checkpoint
