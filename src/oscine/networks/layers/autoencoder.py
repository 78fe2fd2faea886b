"""An autoencoder, from its plans (`oscine.networks.stack`, `oscine.networks.mirror`): sound in, the same sound out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from oscine.networks.frontend import Geometry
from oscine.networks.layers.convolutional import ConvolutionalNetwork
from oscine.networks.layers.standardisation import Standardisation
from oscine.networks.layers.stepped import SteppedNetwork
from oscine.networks.mirror import Mirror
from oscine.networks.specification import Specification
from oscine.networks.stack import Convolution, Pair, Stack


class AutoencoderNetwork(SteppedNetwork, ConvolutionalNetwork):
    """A stack of convolutions, pooling and dense layers, and the same mirrored.

    A frame is a sample. What comes out is brought to the level of the sound that the network was standardised on, so
    that faint sound is learnt as quickly as loud sound; unless it is asked for more or fewer outputs than there are
    channels, which then cannot be the sound.

    Parameters
    ----------
    specification, front_end, geometry, stack, normalization, pool_kind
        As for `ConvolutionalNetwork`.
    mirror
        Plan of the whole in time.
    dropout
        Share of the values that are zeroed.
    drops
        Where: at the "input", at the "bottleneck" (behind the convolutions and each dense layer) or nowhere ("none").
    dense
        Sizes of the dense layers.
    """

    def __init__(
        self,
        specification: Specification,
        front_end: nn.Module,
        geometry: Geometry,
        *,
        stack: Stack,
        mirror: Mirror,
        normalization: str,
        pool_kind: str,
        dropout: float,
        drops: str,
        dense: Sequence[int],
    ) -> None:
        super().__init__(
            specification,
            front_end,
            geometry,
            1,
            mirror.context,
            stack=stack,
            normalization=normalization,
            pool_kind=pool_kind,
        )
        self.set_step(mirror.step)
        self.mirror = mirror
        self.input_dropout = nn.Dropout(dropout if drops == "input" else 0.0)
        self.code_dropout = nn.Dropout(dropout if drops == "bottleneck" else 0.0)
        window = stack.extent[::-1]
        sizes = list(pairwise([stack.n_maps, *dense]))
        self.dense = nn.ModuleList(
            nn.Conv2d(n_in, n_out, 1 if number else window, stride=1 if number else window)
            for number, (n_in, n_out) in enumerate(sizes)
        )
        self.mirrored_dense = nn.ModuleList(
            nn.ConvTranspose2d(n_out, n_in, 1 if number else window, stride=1 if number else window)
            for number, (n_in, n_out) in reversed(list(enumerate(sizes)))
        )
        # the waveform is the first layer's mirror itself; other features take one layer more
        self.is_waveform = (geometry.window, geometry.stride, geometry.n_bins) == (1, 1, 1)
        last = specification.n_outputs if self.is_waveform else geometry.n_maps
        bins = [geometry.n_bins, *(layer.extent[1] for layer in stack.convolutions)]
        maps = [last, *(layer.n_out for layer in stack.convolutions[1:]), stack.n_maps]
        self.mirrored = nn.ModuleList(
            _mirrored(layer, maps[number + 1], maps[number], (bins[number], bins[number + 1]))
            for number, layer in reversed(list(enumerate(stack.convolutions)))
        )
        self.n_bins_unpooled = bins[-1]
        self.inverse = (
            None
            if self.is_waveform
            else nn.ConvTranspose1d(
                geometry.n_maps * geometry.n_bins,
                specification.n_outputs,
                geometry.window,
                stride=geometry.stride,
                padding=mirror.stages[0].cut,
            )
        )
        self.level = Standardisation(specification.n_outputs, 1)

    # -- what it says of itself --------------------------------------------------------------------------------

    @property
    def hidden_sizes(self) -> tuple[int, ...]:
        """Numbers that each hidden layer has for one context window."""
        convolutions = [layer.n_out * layer.extent[0] * layer.extent[1] for layer in self.stack.convolutions]
        return (*convolutions, *(layer.get_parameter("weight").shape[0] for layer in self.dense))

    @property
    def bottleneck(self) -> int:
        """Which of the hidden layers, counted from 0, has the fewest numbers; of several the last one."""
        sizes = self.hidden_sizes
        return max(number for number, size in enumerate(sizes) if size == min(sizes))

    def describe(self) -> str:
        """Layers of both halves, bottleneck, context, frames and number of parameters."""
        lines = [super().describe(), f"step             {self.step} frames are computed together"]
        for dense in self.dense:
            n_out, n_in, bins, steps = dense.get_parameter("weight").shape
            lines.append(f"dense            {steps}×{bins}, {n_in} -> {n_out}")
        for layer in (*self.mirrored_dense, *self.mirrored):
            n_in, n_out, bins, steps = layer.get_parameter("weight").shape
            lines.append(f"mirrored         {steps}×{bins}, {n_in} -> {n_out}")
        if self.inverse is not None:
            n_in, n_out, steps = self.inverse.weight.shape
            lines.append(f"to sound         {steps} samples, {n_in} -> {n_out}")
        size, number = min(self.hidden_sizes), self.bottleneck + 1
        lines.append(f"bottleneck       {size} numbers for a context window, behind layer {number}")
        return "\n".join(lines)

    # -- computing ---------------------------------------------------------------------------------------------

    def body(self, features: Tensor, hidden: list[Tensor] | None = None) -> Tensor:
        """The sound (batch, output, frame) of standardised features (batch, map, frequency, time).

        Hidden layers are those of the encoder.
        """
        x = self.pool(self.code_dropout(self.convolve(self.input_dropout(features), hidden)))
        for dense in self.dense:
            x = dense(x)
            if hidden is not None:
                hidden.append(x)
            x = self.code_dropout(x.relu())
        sound = self.decode(x)
        if self.specification.n_outputs != self.specification.n_channels:
            return sound
        return sound * self.level.scale[:, 0] + self.level.mean[:, 0]

    def decode(self, code: Tensor) -> Tensor:
        """Standardised sound (batch, output, frame) of what the encoder leaves (batch, map, frequency, time)."""
        x = code
        for dense in self.mirrored_dense:
            x = dense(x).relu()
        if self.stack.pool != (1, 1):
            time, frequency = self.stack.pool
            x = x.repeat_interleave(time, dim=3).repeat_interleave(frequency, dim=2)
            x = functional.pad(x, (0, 0, 0, self.n_bins_unpooled - x.shape[2]))  # what did not fill a pool is lost
        for number, layer in enumerate(self.mirrored):
            x = layer(x.relu() if number else x)
        sound: Tensor = x.flatten(1, 2) if self.inverse is None else self.inverse(x.flatten(1, 2))
        return sound

    @torch.no_grad()
    def standardise(self, waveforms: Iterable[Tensor | NDArray[np.float32]]) -> Self:
        """Measure the features on training data, see `Network.standardise`, and the level of the sound itself."""
        sounds = [torch.as_tensor(waveform, device=self.level.mean.device) for waveform in waveforms]
        if self.specification.n_outputs == self.specification.n_channels:
            self.level.measure(sound.reshape(-1, *sound.shape[-2:]).unsqueeze(2) for sound in sounds)
        return super().standardise(sounds)


def _mirrored(layer: Convolution, n_in: int, n_out: int, bins: Pair) -> nn.ConvTranspose2d:
    """The mirror of a convolution that makes `bins[1]` frequencies of `bins[0]`; incomplete steps are cut off."""
    (steps, height), (stride, hop), (spread, rise) = layer.kernel, layer.stride, layer.dilation
    laid_out = (bins[1] - 1) * hop + (height - 1) * rise + 1
    return nn.ConvTranspose2d(
        n_in,
        n_out,
        (height, steps),
        (hop, stride),
        padding=(0, max(0, (steps - 1) * spread + 1 - stride)),
        output_padding=(bins[0] - laid_out, 0),
        dilation=(rise, spread),
    )
