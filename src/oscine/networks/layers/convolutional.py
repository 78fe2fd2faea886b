"""The stack of convolutions that SongExplorer's networks share, from its plan (`oscine.networks.stack`).

Kernels are (time, frequency) in the plan and (frequency, time) here, as the axes of the features.
"""

from __future__ import annotations

from torch import Tensor, nn

from oscine.networks.frontend import Geometry
from oscine.networks.network import Network
from oscine.networks.specification import Specification
from oscine.networks.stack import Convolution, Pair, Skip, Stack

POOLS = {"none": nn.Identity, "max": nn.MaxPool2d, "average": nn.AvgPool2d}
"""Kinds of pooling, each made of its size."""


class ConvolutionalNetwork(Network):
    """Base of the networks that begin with a stack of convolutions without padding, and pooling.

    Parameters
    ----------
    specification, front_end, hop, context
        As for `Network`.
    geometry
        What the front end gives.
    stack
        Plan of the convolutions.
    normalization
        Batch normalisation "before" or "after" the nonlinearity, or "none".
    pool_kind
        "none", "max" or "average".
    """

    def __init__(
        self,
        specification: Specification,
        front_end: nn.Module,
        geometry: Geometry,
        hop: int,
        context: tuple[int, int],
        *,
        stack: Stack,
        normalization: str,
        pool_kind: str,
    ) -> None:
        step = (geometry.window, geometry.stride)
        super().__init__(specification, front_end, geometry.n_maps, geometry.n_bins, hop, context, step)
        self.geometry, self.stack = geometry, stack
        self.convolutions = nn.ModuleList(_convolution(layer) for layer in stack.convolutions)
        before, after = (normalization == place for place in ("before", "after"))
        self.before = nn.ModuleList(_normalization(layer.n_out, before) for layer in stack.convolutions)
        self.after = nn.ModuleList(_normalization(layer.n_out, after) for layer in stack.convolutions)
        self.pool = POOLS[pool_kind](stack.pool[::-1])

    def convolve(self, features: Tensor, hidden: list[Tensor] | None, each: nn.Module | None = None) -> Tensor:
        """The features (batch, map, frequency, time) behind all convolutions and their nonlinearities, not yet pooled.

        Parameters
        ----------
        features
            Standardised features (batch, map, frequency, time).
        hidden
            Is given each convolution's output, before its nonlinearity.
        each
            What else acts behind each convolution, such as dropout.
        """
        x, kept = features, {}
        wanted = {layer.skip.source for layer in self.stack.convolutions if layer.skip}
        layers = zip(self.stack.convolutions, self.convolutions, self.before, self.after, strict=True)
        for number, (plan, convolution, before, after) in enumerate(layers, start=1):
            if number in wanted:
                kept[number] = x
            x = convolution(x)
            if plan.skip:
                x = x + _cropped(kept.pop(plan.skip.source), plan.skip, x)
            if hidden is not None:
                hidden.append(x)
            x = after(before(x).relu())
            if each is not None:
                x = each(x)
        return x

    def describe(self) -> str:
        """Features, convolutions and pooling, beside what there is to say of any network."""
        field_steps, field_bins = self.stack.receptive_field
        field = field_steps * self.geometry.stride
        lines = [
            *self._facts(),
            f"features         {self.geometry.n_maps} map(s) of {self.geometry.n_bins} frequencies, a window of "
            f"{self.geometry.window} samples every {self.geometry.stride}",
            f"receptive field  {field} samples ({field / self.specification.sample_rate:.6g} s) × "
            f"{field_bins} frequencies, of the convolutions",
        ]
        for number, layer in enumerate(self.stack.convolutions, start=1):
            extras = [f"stride {shown(layer.stride)}"] if layer.stride != (1, 1) else []
            extras += [f"dilation {shown(layer.dilation)}"] if layer.dilation != (1, 1) else []
            extras += [f"adds the input of layer {layer.skip.source}"] if layer.skip else []
            lines.append(
                f"convolution {number:<4} {shown(layer.kernel)}, {layer.n_in} -> {layer.n_out} maps, leaves "
                f"{shown(layer.extent)}" + "".join(f"; {extra}" for extra in extras)
            )
        if not isinstance(self.pool, nn.Identity):
            lines.append(f"pool             {shown(self.stack.pool)}, leaves {shown(self.stack.extent)}")
        return "\n".join(lines)


def shown(pair: Pair) -> str:
    """A size in time and frequency, as people write it.

    Examples
    --------
    >>> shown((5, 3))
    '5×3'
    """
    return f"{pair[0]}×{pair[1]}"


def _convolution(layer: Convolution) -> nn.Conv2d:
    return nn.Conv2d(layer.n_in, layer.n_out, layer.kernel[::-1], layer.stride[::-1], dilation=layer.dilation[::-1])


def _normalization(n_maps: int, wanted: bool) -> nn.Module:
    return nn.BatchNorm2d(n_maps, eps=1e-3) if wanted else nn.Identity()


def _cropped(source: Tensor, skip: Skip, like: Tensor) -> Tensor:
    """The positions of `source` (batch, map, frequency, time) that those of `like` are centred on."""
    (time, frequency), (time_stride, frequency_stride) = skip.start, skip.stride
    return source[..., frequency::frequency_stride, time::time_stride][..., : like.shape[-2], : like.shape[-1]]
