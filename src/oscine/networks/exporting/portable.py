"""Networks as other runtimes can hold them: the same numbers, of plainer operations.

A network is copied, and those of its layers that a graph with free batch size and length cannot hold are replaced:

- what computes long inputs in pieces, or chooses a way by length, for speed, becomes one convolution;
- recurrence takes batches first, because tracing fixes the length otherwise;
- for ONNX, Fourier transforms become convolutions with sines and cosines, strided by the step. ONNX has a transform of
  its own, but few runtimes have it, and not every length; a convolution is everywhere, if slower by up to four times.

The target's decoding follows: a softmax over the outputs that rival each other, the logistic function of the others.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from oscine.networks.layers.das import DasNetwork
from oscine.networks.layers.ed_tcn import EncoderDecoderNetwork
from oscine.networks.layers.mel import LogMelLayer, MelEnergyLayer
from oscine.networks.layers.pooled_convolutions import PooledConvolutions
from oscine.networks.layers.spectral import SpectrogramLayer
from oscine.networks.layers.window_dense import WindowDense
from oscine.networks.model import Model
from oscine.networks.network import Network


class Portable(nn.Module):
    """Waveform (batch, channel, sample) in, probabilities or logits (batch, output, frame) out.

    Parameters
    ----------
    model
        Whose network is copied, to the processor.
    logits
        Give these in place of probabilities.
    transforms
        Keep Fourier transforms.
    """

    def __init__(self, model: Model, *, logits: bool = False, transforms: bool = True) -> None:
        super().__init__()
        plain = dict(_PLAIN) if transforms else {**_PLAIN, **_CONVOLVED}
        self.network: Network = copy.deepcopy(model.network).cpu().eval()
        replace(self.network, plain)
        # without the case of too little sound, lengths stay whole numbers of blocks, plainly
        whole = _WholeFrames(self.network.hop, sum(self.network.context))
        self.network.n_valid_frames = whole.n_frames  # type: ignore[method-assign]
        self.n_outputs = model.specification.n_outputs
        decodes = not logits and model.target.encodes != "values"
        rivals = model.target.rivals(model.labels)
        self.groups = groups([output in rivals for output in model.outputs]) if decodes else ()
        self.temperature = model.temperature

    def forward(self, waveform: Tensor) -> Tensor:
        """(batch, channel, sample) -> (batch, output, frame)."""
        logits: Tensor = self.network(waveform)
        if not self.groups:
            return logits
        if self.temperature != 1:
            logits = logits / self.temperature
        return torch.cat(
            [
                logits[:, start:stop].softmax(dim=1) if rivals else logits[:, start:stop].sigmoid()
                for start, stop, rivals in self.groups
            ],
            dim=1,
        )


class _WholeFrames:
    """Frames of an input that is long enough for some."""

    def __init__(self, hop: int, context: int) -> None:
        self.hop, self.context = hop, context

    def n_frames(self, n_samples: int) -> int:
        return (n_samples - self.context - 1) // self.hop + 1


def groups(rivals: Sequence[bool]) -> tuple[tuple[int, int, bool], ...]:
    """Outputs side by side that are decoded together: first, one past the last, and whether they rival each other.

    Examples
    --------
    >>> groups([True, True, True, False, False])
    ((0, 3, True), (3, 5, False))
    """
    edges = [0, *(n for n in range(1, len(rivals)) if rivals[n] != rivals[n - 1]), len(rivals)]
    return tuple((start, stop, rivals[start]) for start, stop in pairwise(edges))


def frames_of_block(network: Network) -> int:
    """Frames of which an exported network computes whole numbers.

    They are the network's `step`, or more where it repeats scores or pools time, so that all lengths inside are linear
    in the number of blocks.
    """
    n_frames = network.step
    if isinstance(network, DasNetwork):
        n_frames = math.lcm(n_frames, network.plan.repeat)
    if isinstance(network, EncoderDecoderNetwork):
        n_frames = math.lcm(n_frames, 2 ** len(network.encoder))
    return n_frames


# -- layers in place of others ---------------------------------------------------------------------------------------


def replace(module: nn.Module, replacements: Mapping[type, Callable[..., nn.Module]]) -> None:
    """Replace the children of some types, at any depth.

    Parameters
    ----------
    module
        It is changed.
    replacements
        What makes the replacement of a child of each type.
    """
    for name, child in module.named_children():
        make = replacements.get(type(child))
        if make is None:
            replace(child, replacements)
        else:
            setattr(module, name, make(child))


class PlainDense(nn.Module):
    """`WindowDense` as the convolution that it is."""

    def __init__(self, dense: WindowDense) -> None:
        super().__init__()
        self.weight, self.bias = dense.weight, dense.bias

    def forward(self, x: Tensor) -> Tensor:
        """(batch, map, frequency, time) -> (batch, output, 1, time)."""
        return functional.conv2d(x, self.weight, self.bias)


class PlainPooledConvolutions(nn.Module):
    """`PooledConvolutions` in one piece."""

    def __init__(self, pooled: PooledConvolutions) -> None:
        super().__init__()
        self.convolutions, self.pools = pooled.convolutions, pooled.pools
        time, frequency = (((size - 1) // 2, size // 2) for size in pooled.kernel)
        self.pads = (*(time if pooled.zeros else (0, 0)), *frequency)

    def forward(self, features: Tensor, hidden: list[Tensor] | None = None) -> Tensor:
        """(batch, map, frequency, time) -> (batch, map × frequency, time)."""
        x = features
        for convolution, pool in zip(self.convolutions, self.pools, strict=True):
            x = functional.max_pool2d(convolution(functional.pad(x, self.pads)), (pool, 1)).relu()
        return x.flatten(1, 2)


class BatchFirst(nn.Module):
    """A recurrent layer that is given its batches first."""

    def __init__(self, layer: nn.LSTM) -> None:
        super().__init__()
        self.layer, self.was_first = layer, layer.batch_first
        layer.batch_first = True

    def forward(self, x: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """As the layer's own."""
        states, last = self.layer(x if self.was_first else x.transpose(0, 1))
        return (states if self.was_first else states.transpose(0, 1)), last


class ConvolvedSpectrogram(nn.Module):
    """`SpectrogramLayer` as a convolution."""

    kernels: Tensor

    def __init__(self, layer: SpectrogramLayer) -> None:
        super().__init__()
        self.stride, self.phase, self.floor, self.scaling = layer.stride, layer.phase, layer.floor, layer.scaling
        self.total = float(layer.taper.sum())
        taper = layer.taper.double().numpy()
        self.register_buffer("kernels", torch.from_numpy(fourier_kernels(taper, len(taper), layer.bins)))

    def forward(self, waveform: Tensor) -> Tensor:
        """(batch, channel, sample) -> (batch, map, frequency, time)."""
        real, imaginary = convolved(waveform, self.kernels, self.stride)
        if self.phase:
            return torch.cat([real, imaginary], dim=1)
        power = real.square() + imaginary.square()
        if self.scaling is not None:
            return power * self.scaling[:, None]
        return power.sqrt() if self.floor is None else torch.log(power.sqrt() / self.total + self.floor)


class ConvolvedMelEnergies(nn.Module):
    """`MelEnergyLayer` as a convolution and a matrix product."""

    kernels: Tensor
    weights: Tensor

    def __init__(self, layer: MelEnergyLayer) -> None:
        super().__init__()
        self.stride = layer.stride
        n_bins = layer.n_fft // 2 + 1
        taper = layer.taper.double().numpy()
        self.register_buffer("kernels", torch.from_numpy(fourier_kernels(taper, layer.n_fft, slice(None))))
        bands = []
        for number, (start, stop) in enumerate(layer.ranges):
            group = layer.get_buffer(f"weights_{number}")[::2]  # (bin, band), of the real parts
            bands.append(functional.pad(group, (0, 0, start // 2, n_bins - stop // 2)))
        self.register_buffer("weights", torch.cat(bands, dim=1).T.contiguous())

    def forward(self, waveform: Tensor) -> Tensor:
        """(batch, channel, sample) -> (batch, channel, band, time)."""
        real, imaginary = convolved(waveform, self.kernels, self.stride)
        return self.weights @ (real.square() + imaginary.square())


class ConvolvedLogMel(nn.Module):
    """`LogMelLayer`, its energies in units of floor²: those who simplify ONNX take what is below 1e-8 for nothing."""

    def __init__(self, layer: LogMelLayer) -> None:
        super().__init__()
        self.energies = ConvolvedMelEnergies(layer.energies)
        self.unit = layer.floor**2

    def forward(self, waveform: Tensor) -> Tensor:
        """(batch, channel, sample) -> (batch, channel, band, time)."""
        return torch.log(self.energies(waveform) * (1 / self.unit) + 1) + math.log(self.unit)


def fourier_kernels(taper: NDArray[np.float64], n_fft: int, bins: slice) -> NDArray[np.float32]:
    """Cosines and negative sines of the bins of a transform over `n_fft` samples, weighted by a taper.

    Returns
    -------
    NDArray
        (cosines then sines, 1, sample), float32.

    Examples
    --------
    >>> fourier_kernels(np.ones(4), 4, slice(1, 2)).round(3)[:, 0].tolist()
    [[1.0, 0.0, -1.0, -0.0], [-0.0, -1.0, -0.0, 1.0]]
    """
    frequency, sample = np.arange(n_fft // 2 + 1)[bins, None], np.arange(len(taper))[None]
    phase = 2 * np.pi * (frequency * sample % n_fft) / n_fft
    return np.concatenate([taper * np.cos(phase), -taper * np.sin(phase)])[:, None].astype(np.float32)


def convolved(waveform: Tensor, kernels: Tensor, stride: int) -> tuple[Tensor, Tensor]:
    """Real and imaginary parts (batch, channel, frequency, time) of sound (batch, channel, sample)."""
    parts = functional.conv1d(waveform.flatten(0, 1).unsqueeze(1), kernels, stride=stride)
    real, imaginary = parts.reshape(-1, waveform.shape[1], *parts.shape[1:]).chunk(2, dim=2)
    return real, imaginary


_PLAIN: dict[type, Callable[..., nn.Module]] = {
    WindowDense: PlainDense,
    PooledConvolutions: PlainPooledConvolutions,
    nn.LSTM: BatchFirst,
}
_CONVOLVED: dict[type, Callable[..., nn.Module]] = {
    SpectrogramLayer: ConvolvedSpectrogram,
    MelEnergyLayer: ConvolvedMelEnergies,
    LogMelLayer: ConvolvedLogMel,
}
