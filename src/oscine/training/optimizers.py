"""Optimisers by name: those of SongExplorer's menu, and AdamW.

All are PyTorch's with its defaults, but `ftrl`, which PyTorch lacks (`oscine.training.ftrl`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import torch

OptimizerName = Literal["adadelta", "adagrad", "adam", "adamax", "adamw", "ftrl", "nadam", "rmsprop", "sgd"]


def make_optimizer(
    name: OptimizerName, parameters: Iterable[torch.nn.Parameter], learning_rate: float, weight_decay: float
) -> torch.optim.Optimizer:
    """The optimiser of this name for these parameters."""
    from torch import optim

    from oscine.training.ftrl import Ftrl

    classes: dict[str, type[optim.Optimizer]] = {
        "adadelta": optim.Adadelta,
        "adagrad": optim.Adagrad,
        "adam": optim.Adam,
        "adamax": optim.Adamax,
        "adamw": optim.AdamW,
        "ftrl": Ftrl,
        "nadam": optim.NAdam,
        "rmsprop": optim.RMSprop,
        "sgd": optim.SGD,
    }
    return classes[name](parameters, lr=learning_rate, weight_decay=weight_decay)  # type: ignore[call-arg]
