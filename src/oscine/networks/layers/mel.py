"""Energies of mel bands, and their logarithm: waveform (batch, channel, sample) in, (batch, channel, band, time) out.

A band's energy is the weighted mean of ``|X|² / Σw²`` over its bins, for a transform X of samples weighted by w: white
noise of standard deviation σ has energy σ² in each band, whatever the window and the bands.

The first layer sees most numbers of all, and is made for speed: one real transform per step (a matrix of sines takes
four times as long), and the bands in groups, each computed from the bins that it needs.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from oscine.networks.spectral import fast_length, hann_window, mel_bands

_GROUP = 10  # bands computed together: a tenth to a third quicker than all at once (80 bands of 512 to 1024 samples)


class MelEnergyLayer(nn.Module):
    """Energies of mel bands, without padding.

    Parameters
    ----------
    window, stride
        Samples.
    sample_rate
        Hz.
    n_bands
        Number of bands.
    low, high
        Outer edges of the first and the last band, Hz.
    """

    taper: Tensor

    def __init__(self, window: int, stride: int, sample_rate: float, n_bands: int, low: float, high: float) -> None:
        super().__init__()
        self.window, self.stride, self.n_fft = window, stride, fast_length(window)
        taper = hann_window(window)
        taper = taper / np.sqrt(np.sum(taper**2))
        self.register_buffer("taper", torch.from_numpy(taper).float(), persistent=False)
        weights = mel_bands(n_bands, self.n_fft, sample_rate, low, high)
        self.ranges: list[tuple[int, int]] = []
        for number, first in enumerate(range(0, n_bands, _GROUP)):
            group = weights[first : first + _GROUP]
            used = np.flatnonzero(group.any(axis=0))
            start, stop = int(used[0]), int(used[-1]) + 1
            self.ranges.append((2 * start, 2 * stop))
            both = np.repeat(group[:, start:stop].T, 2, axis=0)  # of the real part, and of the imaginary part
            self.register_buffer(f"weights_{number}", torch.from_numpy(both).float().contiguous(), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """(batch, channel, sample) -> (batch, channel, band, time)."""
        with torch.autocast(waveform.device.type, enabled=False):  # half precision is too coarse for squares
            spectra = torch.fft.rfft(waveform.float().unfold(-1, self.window, self.stride) * self.taper, n=self.n_fft)
            squares = torch.view_as_real(spectra).flatten(-2).square()
            energies = torch.cat(
                [
                    squares[..., start:stop] @ self.get_buffer(f"weights_{number}")
                    for number, (start, stop) in enumerate(self.ranges)
                ],
                dim=-1,
            )
        return energies.transpose(-1, -2)


class LogMelLayer(nn.Module):
    """``ln(energy + floor²)`` of mel bands.

    Parameters
    ----------
    energies
        The layer that gives them.
    floor
        Amplitude.
    """

    def __init__(self, energies: MelEnergyLayer, floor: float) -> None:
        super().__init__()
        self.energies, self.floor = energies, floor

    def forward(self, waveform: Tensor) -> Tensor:
        """(batch, channel, sample) -> (batch, channel, band, time)."""
        return torch.log(self.energies(waveform) + self.floor**2)
