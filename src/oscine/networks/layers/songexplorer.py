"""SongExplorer's network, from its plan (`oscine.networks.stack`): convolutions, dropout, pooling, dense layers.

Kernels are (time, frequency) in the plan and (frequency, time) here, as the axes of the features.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from oscine.networks.frontend import Geometry
from oscine.networks.layers.window_dense import WindowDense
from oscine.networks.network import Network
from oscine.networks.specification import Specification
from oscine.networks.stack import Convolution, Skip, Stack


class SongExplorerNetwork(Network):
    """Convolutions of one context window without padding, and dense layers that see all that is left of it.

    Parameters
    ----------
    specification, front_end, geometry, context
        As for `Network`.
    stack
        Plan of the convolutions.
    normalization
        Batch normalisation "before" or "after" the nonlinearity, or "none".
    dropout
        Share of the values that dropout zeroes, behind the convolutions and between dense layers.
    pool_kind
        "none", "max" or "average".
    dense
        Sizes of the dense layers before the last one.
    """

    def __init__(
        self,
        specification: Specification,
        front_end: nn.Module,
        geometry: Geometry,
        context: tuple[int, int],
        *,
        stack: Stack,
        normalization: str = "none",
        dropout: float = 0.5,
        pool_kind: str = "none",
        dense: Sequence[int] = (),
    ) -> None:
        hop = geometry.stride * stack.downsampling
        step = (geometry.window, geometry.stride)
        super().__init__(specification, front_end, geometry.n_maps, geometry.n_bins, hop, context, step)
        self.geometry, self.stack = geometry, stack
        self.convolutions = nn.ModuleList(_convolution(layer) for layer in stack.convolutions)
        before, after = (normalization == place for place in ("before", "after"))
        self.before = nn.ModuleList(_normalization(layer.n_out, before) for layer in stack.convolutions)
        self.after = nn.ModuleList(_normalization(layer.n_out, after) for layer in stack.convolutions)
        self.dropout = nn.Dropout(dropout)
        pools = {"none": nn.Identity, "max": nn.MaxPool2d, "average": nn.AvgPool2d}
        self.pool = pools[pool_kind](stack.pool[::-1])
        sizes = [stack.n_maps, *dense, specification.n_outputs]
        first: list[nn.Module] = [WindowDense(sizes[0], sizes[1], stack.extent[::-1])]
        later = [nn.Conv2d(n_in, n_out, 1) for n_in, n_out in pairwise(sizes[1:])]
        self.dense = nn.ModuleList([*first, *later])

    def body(self, features: Tensor, hidden: list[Tensor] | None = None) -> Tensor:
        """Logits (batch, label, frame) of standardised features (batch, map, frequency, time)."""
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
        x = self.pool(self.dropout(x))
        for number, dense in enumerate(self.dense):
            x = dense(self.dropout(x.relu()) if number else x)
            if hidden is not None and number < len(self.dense) - 1:
                hidden.append(x)
        logits: Tensor = x.squeeze(2)  # the first dense layer has taken all frequencies
        return logits

    def describe(self) -> str:
        """Layers, context, frames and number of parameters."""
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
            extras = [f"stride {_shown(layer.stride)}"] if layer.stride != (1, 1) else []
            extras += [f"dilation {_shown(layer.dilation)}"] if layer.dilation != (1, 1) else []
            extras += [f"adds the input of layer {layer.skip.source}"] if layer.skip else []
            lines.append(
                f"convolution {number:<4} {_shown(layer.kernel)}, {layer.n_in} -> {layer.n_out} maps, leaves "
                f"{_shown(layer.extent)}" + "".join(f"; {extra}" for extra in extras)
            )
        if not isinstance(self.pool, nn.Identity):
            lines.append(f"pool             {_shown(self.stack.pool)}, leaves {_shown(self.stack.extent)}")
        for dense in self.dense:
            n_out, n_in, bins, steps = dense.get_parameter("weight").shape
            lines.append(f"dense            {steps}×{bins}, {n_in} -> {n_out}")
        return "\n".join(lines)


def _convolution(layer: Convolution) -> nn.Conv2d:
    return nn.Conv2d(layer.n_in, layer.n_out, layer.kernel[::-1], layer.stride[::-1], dilation=layer.dilation[::-1])


def _normalization(n_maps: int, wanted: bool) -> nn.Module:
    return nn.BatchNorm2d(n_maps, eps=1e-3) if wanted else nn.Identity()


def _cropped(source: Tensor, skip: Skip, like: Tensor) -> Tensor:
    """The positions of `source` (batch, map, frequency, time) that those of `like` are centred on."""
    (time, frequency), (time_stride, frequency_stride) = skip.start, skip.stride
    return source[..., frequency::frequency_stride, time::time_stride][..., : like.shape[-2], : like.shape[-1]]


def _shown(pair: tuple[int, int]) -> str:
    return f"{pair[0]}×{pair[1]}"
