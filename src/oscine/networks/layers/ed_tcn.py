"""The encoder-decoder temporal convolutional network [1]_, behind convolutions of the spectrogram.

Time is halved behind each convolution of the encoder and doubled before each one of the decoder. Every rectified map
is divided by its largest value over all of the time that is given (`NormRelu`), so what a frame is said to be depends
on the whole window.

References
----------
.. [1] C. Lea, M.D. Flynn, R. Vidal, A. Reiter & G.D. Hager (2017), Temporal convolutional networks for action
   segmentation and detection, CVPR, 156-165.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional

from oscine.networks.frontend import Geometry
from oscine.networks.layers.framewise import FramewiseNetwork
from oscine.networks.layers.pooled_convolutions import PooledConvolutions
from oscine.networks.specification import Specification


class NormRelu(nn.Module):
    """Rectification, and division by the largest value over time, of each map.

    Examples
    --------
    >>> import torch
    >>> NormRelu()(torch.tensor([[[-1.0, 2.0, 4.0]]])).round(decimals=3)
    tensor([[[0.0000, 0.5000, 1.0000]]])
    """

    def forward(self, x: Tensor) -> Tensor:
        """(batch, map, time) -> the same, from 0 to 1."""
        x = x.relu()
        return x / (x.amax(dim=-1, keepdim=True) + 1e-5)


class EncoderDecoderNetwork(FramewiseNetwork):
    """Convolutions over time that see ever more of it, and back again to the frames.

    Parameters
    ----------
    specification, front_end, geometry
        As for `FramewiseNetwork`.
    convolutions
        Of the spectrogram; they pad with zeros.
    filters
        Maps of each convolution of the encoder; the decoder has them the other way round.
    kernel_size
        Steps of their kernels.
    dropout
        Share of the maps that are zeroed at random while training.
    """

    is_exact = False
    is_windowed = True
    sees_all = True

    def __init__(
        self,
        specification: Specification,
        front_end: nn.Module,
        geometry: Geometry,
        *,
        convolutions: PooledConvolutions,
        filters: Sequence[int],
        kernel_size: int,
        dropout: float = 0.3,
    ) -> None:
        early = convolutions.field
        side = _side(kernel_size, len(filters))
        field = (early[0] + side, early[1] + side)
        super().__init__(specification, front_end, geometry, reach=(0, 0), field=field)
        self.convolutions = convolutions
        down, up = [convolutions.n_features, *filters], [filters[-1], *reversed(filters)]
        self.encoder = nn.ModuleList(_Stage(n_in, n_out, kernel_size, dropout) for n_in, n_out in pairwise(down))
        self.decoder = nn.ModuleList(_Stage(n_in, n_out, kernel_size, dropout) for n_in, n_out in pairwise(up))
        self.scores = nn.Conv1d(filters[0], specification.n_outputs, 1)
        self.kernel_size, self.filters = kernel_size, tuple(filters)

    def body(self, features: Tensor, hidden: list[Tensor] | None = None) -> Tensor:
        """Logits (batch, label, frame) of standardised features (batch, map, frequency, time)."""
        n_frames, factor = features.shape[-1], 2 ** len(self.encoder)
        x = self.convolutions(functional.pad(features, (0, -n_frames % factor)), hidden)
        levels = range(len(self.encoder))
        for level, stage in zip(levels, self.encoder, strict=True):
            x = functional.max_pool1d(stage(x, 2**level, hidden), 2)
        for level, stage in zip(reversed(levels), self.decoder, strict=True):
            x = stage(x.repeat_interleave(2, dim=-1), 2**level, hidden)
        if hidden is not None:
            hidden[:] = [layer[..., :n_frames] for layer in hidden]
        logits: Tensor = self.scores(x[..., :n_frames])
        return logits

    def layer_facts(self) -> list[str]:
        """A line on each of its parts."""
        return [
            *self.convolutions.layer_facts(),
            f"encoder          {len(self.filters)} convolutions of {self.kernel_size} steps, "
            f"{', '.join(str(n) for n in self.filters)} maps, each behind it halving time",
            "decoder          the same backwards, each doubling time before it",
        ]


class _Stage(nn.Module):
    """A convolution that keeps the length, with dropout of whole maps and `NormRelu`."""

    def __init__(self, n_in: int, n_out: int, kernel_size: int, dropout: float) -> None:
        super().__init__()
        self.sides = ((kernel_size - 1) // 2, kernel_size // 2)
        self.convolution = nn.Conv1d(n_in, n_out, kernel_size)
        self.dropout = nn.Dropout1d(dropout)
        self.activation = NormRelu()

    def forward(self, x: Tensor, n_frames: int, hidden: list[Tensor] | None) -> Tensor:
        """(batch, map, time) -> the same, where a step is `n_frames` frames; appends the convolution, per frame."""
        x = self.convolution(functional.pad(x, self.sides))
        if hidden is not None:
            hidden.append(x.repeat_interleave(n_frames, dim=-1).unsqueeze(2))
        activated: Tensor = self.activation(self.dropout(x))
        return activated


def _side(kernel_size: int, n_levels: int) -> int:
    """Frames on either side that convolutions and pooling see, whichever place in the pooling a frame has."""
    convolutions = 2 * sum((kernel_size // 2) << level for level in range(n_levels))
    return convolutions + (1 << n_levels) - 1
