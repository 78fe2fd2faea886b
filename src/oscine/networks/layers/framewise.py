"""Networks with a frame for each step of their front end, however they treat the ends of what they are given.

Such a network sees `before` and `after` steps around each frame. It can be given them as real sound, which it consumes
(its *reach*: ``n + before + after`` steps of features give `n` frames), or it can make them up by padding with zeros,
as the peers do; then its reach is nothing, and its context the front end's window.
"""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor, nn

from oscine.networks.frontend import Geometry
from oscine.networks.network import Network
from oscine.networks.specification import Specification

Reach = tuple[int, int]
"""Steps before and after a frame."""


class FramewiseNetwork(Network):
    """Base of networks with a frame for each step of their front end.

    Parameters
    ----------
    specification, front_end
        As for `Network`.
    geometry
        Of the front end.
    reach
        Steps of features before and after a frame that it is given as real sound.
    field
        Steps before and after a frame that its convolutions see.
    """

    sees_all: bool = False
    """Whether a frame depends, beyond its field, on all that the network is given."""

    def __init__(
        self, specification: Specification, front_end: nn.Module, geometry: Geometry, *, reach: Reach, field: Reach
    ) -> None:
        super().__init__(
            specification,
            front_end,
            geometry.n_maps,
            geometry.n_bins,
            geometry.stride,
            context_of(geometry, reach),
            step_of_features=(geometry.window, geometry.stride),
        )
        self.geometry, self.reach, self.field = geometry, reach, field

    @property
    def receptive_field(self) -> int:
        """Samples that a frame's scores are computed from; those of the convolutions alone where it `sees_all`."""
        return self.geometry.window + sum(self.field) * self.hop

    def initialise(self, seed: int) -> Self:
        """Draw all weights anew, as the published networks did: uniform within ±1/√n, where n is what enters.

        That is torch's own choice [1]_ and the one that the results of the papers are with. A recurrent layer takes
        its size for n. Layers with weight normalisation begin with the norms of the weights drawn.

        References
        ----------
        .. [1] Y. LeCun et al. (1998), Efficient BackProp, in Neural Networks: Tricks of the Trade, Springer, 9-50.
        """
        super().initialise(seed)
        generator = torch.Generator().manual_seed(seed)
        own = {id(module) for module in self.front_end.modules()}
        for module in self.body_modules():
            if id(module) not in own:
                _draw(module, generator)
        return self

    def describe(self) -> str:
        """Context, receptive field, frames, number of parameters, and layers."""
        before, after = self.field
        seconds = self.receptive_field / self.specification.sample_rate
        beyond = "; beyond that it sees all it is given" if self.sees_all else ""
        facts = [
            *self._facts(),
            f"features         {self.geometry.n_maps} map(s) of {self.geometry.n_bins} frequencies, a window of "
            f"{self.geometry.window} samples every {self.geometry.stride}",
            f"receptive field  {before + 1 + after} frames ({seconds:.6g} s): {before} before and {after} after a "
            f"frame{beyond}",
            f"ends             {'padded with zeros' if self.is_windowed else 'real sound'}",
            *self.layer_facts(),
        ]
        return "\n".join(facts)

    def layer_facts(self) -> list[str]:
        """A line on each of its parts."""
        return []


def context_of(geometry: Geometry, reach: Reach) -> tuple[int, int]:
    """Samples before and after a frame's centre, which is the middle of the front end's window.

    Examples
    --------
    >>> context_of(Geometry(window=512, stride=64, n_maps=1, n_bins=257), (4, 4))
    (512, 511)
    """
    before, after = reach
    middle = geometry.window // 2
    return middle + before * geometry.stride, geometry.window - middle - 1 + after * geometry.stride


def cropped(x: Tensor, reach: Reach) -> Tensor:
    """What is left of `x` (…, time) without `reach` steps at its beginning and end.

    Examples
    --------
    >>> cropped(torch.arange(6), (1, 2))
    tensor([1, 2, 3])
    """
    before, after = reach
    return x[..., before : x.shape[-1] - after]


@torch.no_grad()
def _draw(module: nn.Module, generator: torch.Generator) -> None:
    if isinstance(module, nn.RNNBase):
        for weights in module.parameters():
            weights.copy_(_uniform(weights, module.hidden_size, generator))
    elif isinstance(module, (nn.modules.conv._ConvNd, nn.Linear)):
        n_in = module.weight[0].numel()
        if nn.utils.parametrize.is_parametrized(module, "weight"):
            module.weight = _uniform(module.weight, n_in, generator)  # also sets the norms
        else:
            module.weight.copy_(_uniform(module.weight, n_in, generator))
        if module.bias is not None:
            module.bias.copy_(_uniform(module.bias, n_in, generator))


def _uniform(like: Tensor, n_in: int, generator: torch.Generator) -> Tensor:
    bound = n_in**-0.5
    return torch.empty(like.shape).uniform_(-bound, bound, generator=generator).to(like.device)
