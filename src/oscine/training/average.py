"""A moving average of weights: less noisy than any of those it is made of, and often better.

After step `n` (from 1) the average is ``a ← d·a + (1 − d)·w`` with ``d = min(decay, (1 + n) / (10 + n))``, so that the
random weights of the beginning are soon forgotten [1]_. What a network remembers of its batches (the running mean and
variance of batch normalisation) is averaged likewise.

References
----------
.. [1] B. T. Polyak & A. B. Juditsky (1992), Acceleration of stochastic approximation by averaging, SIAM J. Control
   Optim. 30, 838-855; the warm-up is that of TensorFlow's ExponentialMovingAverage.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor


class Average:
    """The moving average of a network's weights.

    Parameters
    ----------
    network
        On the device where it is trained.
    decay
        Share that stays of the average at each step, in the long run.

    Attributes
    ----------
    values
        The average of each weight, by its name in the network's state.

    Examples
    --------
    >>> network = torch.nn.Linear(1, 1, bias=False)
    >>> average = Average(network, 0.5)
    >>> before = network.weight.item()
    >>> with torch.no_grad():
    ...     _ = network.weight.add_(1.0)
    >>> average.update(100)
    >>> round(average.values["weight"].item() - before, 3)
    0.5
    """

    def __init__(self, network: torch.nn.Module, decay: float) -> None:
        self.decay = decay
        state = network.state_dict()  # its tensors share memory with the network, for good
        self._live = {name: tensor for name, tensor in state.items() if tensor.is_floating_point()}
        self.values = {name: tensor.detach().clone() for name, tensor in self._live.items()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after a step, counted from 1."""
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(self.values.values()), list(self._live.values()), 1 - decay)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Within it the network has the averaged weights."""
        weights = {name: tensor.clone() for name, tensor in self._live.items()}
        self._fill(self.values)
        try:
            yield
        finally:
            self._fill(weights)

    @torch.no_grad()
    def load(self, values: dict[str, Tensor]) -> None:
        """Go on from saved values, which must be those of this network.

        Raises
        ------
        KeyError
            For one that is missing.
        """
        for name, value in self.values.items():
            value.copy_(values[name])

    @torch.no_grad()
    def _fill(self, values: dict[str, Tensor]) -> None:
        for name, tensor in self._live.items():
            tensor.copy_(values[name])
