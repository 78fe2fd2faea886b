"""Short-time Fourier transform as two convolutions whose kernels are weights."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import conv1d

from oscine.networks.spectral import hann_window

_FAINTEST = 1e-10  # magnitude that the logarithm stops at, where levels are relative


def windowed_transform(window: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Kernels of the Fourier transform of a window of sound, with a periodic Hann window.

    Parameters
    ----------
    window
        Samples.

    Returns
    -------
    real, imaginary
        ``w[t] cos(2π f t / N)`` and ``-w[t] sin(2π f t / N)``, each (frequency, sample), frequency 0 to N / 2.

    Examples
    --------
    >>> windowed_transform(4)[0].round(3).tolist()
    [[0.0, 0.5, 1.0, 0.5], [0.0, 0.0, -1.0, 0.0], [0.0, -0.5, 1.0, -0.5]]
    """
    frequency, sample = np.arange(window // 2 + 1)[:, None], np.arange(window)[None, :]
    phase = 2 * np.pi * (frequency * sample % window) / window
    return hann_window(window) * np.cos(phase), -hann_window(window) * np.sin(phase)


class TrainableStftLayer(nn.Module):
    """Level, in dB, of the magnitude of two convolutions with the waveform; one pair of kernels for all channels.

    Decibels are ``10 log10`` of the magnitude, as in DAS, not 20. Without padding: step `t` sees the samples
    ``[t * stride, t * stride + window)``, and with `normalise` the loudest of all steps, frequencies and channels too.

    Parameters
    ----------
    window, stride
        Samples.
    normalise
        Count levels from the loudest, and cut off what is more than `span` dB below it.
    floor
        Without `normalise`, levels are ``10 log10(|X| / Σ w + floor)``, w the Hann window.
    span
        Decibels.
    """

    def __init__(
        self, window: int, stride: int, *, normalise: bool = False, floor: float = 0.003, span: float = 80.0
    ) -> None:
        super().__init__()
        self.window, self.stride, self.normalise, self.floor, self.span = window, stride, normalise, floor, span
        self.is_exact = not normalise
        self.real = nn.Parameter(torch.empty(window // 2 + 1, 1, window))
        self.imaginary = nn.Parameter(torch.empty(window // 2 + 1, 1, window))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Make the kernels those of the Fourier transform."""
        with torch.no_grad():
            for kernel, values in zip((self.real, self.imaginary), windowed_transform(self.window), strict=True):
                kernel.copy_(torch.from_numpy(values)[:, None])

    def forward(self, waveform: Tensor) -> Tensor:
        """(batch, channel, sample) -> (batch, channel, frequency, time)."""
        channels = waveform.flatten(0, 1).unsqueeze(1)
        power = conv1d(channels, self.real, stride=self.stride) ** 2
        power = power + conv1d(channels, self.imaginary, stride=self.stride) ** 2
        # the clamp keeps the root's gradient finite in digital silence
        magnitude = power.clamp_min(_FAINTEST**2).sqrt().reshape(*waveform.shape[:2], len(self.real), -1)
        if not self.normalise:
            return 10 * torch.log10(magnitude / (self.window / 2) + self.floor)  # a periodic Hann window sums to N / 2
        level = 10 * torch.log10(magnitude)
        return (level - level.amax(dim=(1, 2, 3), keepdim=True)).clamp_min(-self.span)
