"""Follow the regularised leader, proximal (FTRL): SongExplorer offers it and PyTorch lacks it.

Reference: McMahan et al. (2013), *Ad click prediction: a view from the trenches*, KDD, algorithm 1, with per-
coordinate learning rates lr / √n, no L1 term, and an initial accumulator of 0.1 as is customary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch


class Ftrl(torch.optim.Optimizer):
    """FTRL-proximal.

    Parameters
    ----------
    params
        Weights to optimise.
    lr
        Learning rate.
    weight_decay
        Strength of the L2 term.
    initial_accumulator
        Where the sums of squared gradients begin.
    """

    def __init__(
        self,
        params: Iterable[torch.nn.Parameter],
        lr: float = 1e-3,
        weight_decay: float = 0.0,
        initial_accumulator: float = 0.1,
    ) -> None:
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "initial_accumulator": initial_accumulator})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One update of every weight."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if not state:
                    state["squares"] = torch.full_like(weight, group["initial_accumulator"])
                    # chosen so that the closed form below gives back the initial weight
                    state["linear"] = -weight * state["squares"].sqrt() / group["lr"]
                squares = state["squares"] + weight.grad**2
                sigma = (squares.sqrt() - state["squares"].sqrt()) / group["lr"]
                state["linear"] += weight.grad - sigma * weight
                state["squares"] = squares
                weight.copy_(-state["linear"] / (squares.sqrt() / group["lr"] + 2 * group["weight_decay"]))
        return loss
