"""Front-end layers: waveform (batch, channel, sample) in, features (batch, map, frequency, time) out.

No layer pads: step `t` sees the samples ``[t * stride, t * stride + window)`` and nothing else. Each spectrum is
computed by its own transform of its own samples, so it does not depend on what else is in the batch.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from oscine.networks.spectral import LOG_FLOOR, cosine_transform, density_scaling, hann_window, mel_filters


class WaveformLayer(nn.Module):
    """The waveform with an axis of one frequency."""

    def forward(self, waveform: Tensor) -> Tensor:
        """(batch, channel, sample) -> (batch, channel, 1, sample)."""
        return waveform.unsqueeze(2)


class SpectrogramLayer(nn.Module):
    """Short-time Fourier transform with a periodic Hann window, without padding.

    Parameters
    ----------
    window, stride
        Samples.
    bins
        Which bins to keep.
    phase
        Real parts of all channels, then imaginary parts, as maps; else magnitudes.
    floor
        Give ln(|X| / Σ taper + floor) in place of magnitudes |X|.
    density_at
        Give the one-sided power spectral density for this sample rate, Hz.
    """

    taper: Tensor
    scaling: Tensor | None

    def __init__(
        self,
        window: int,
        stride: int,
        bins: slice = slice(None),
        *,
        phase: bool = False,
        floor: float | None = None,
        density_at: float | None = None,
    ) -> None:
        super().__init__()
        self.floor = floor
        self.window, self.stride, self.bins, self.phase = window, stride, bins, phase
        taper = torch.from_numpy(hann_window(window)).float()
        self.register_buffer("taper", taper, persistent=False)  # a constant: not part of the weights
        scaling = None
        if density_at is not None:
            scaling = torch.from_numpy(density_scaling(hann_window(window), density_at)[bins]).float()
        self.register_buffer("scaling", scaling, persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """(batch, channel, sample) -> (batch, map, frequency, time)."""
        spectra = torch.fft.rfft(waveform.unfold(-1, self.window, self.stride) * self.taper)[..., self.bins]
        if self.scaling is not None:
            return (torch.view_as_real(spectra).square().sum(-1) * self.scaling).transpose(-1, -2)
        features = torch.cat([spectra.real, spectra.imag], dim=1) if self.phase else spectra.abs()
        if self.floor is not None:
            features = torch.log(features / self.taper.sum() + self.floor)
        return features.transpose(-1, -2)


class MelCepstrumLayer(nn.Module):
    """Cosine transform of the logarithm of the mel-scaled magnitude spectrogram.

    Parameters
    ----------
    window, stride
        Samples.
    sample_rate
        Hz.
    n_mel, n_coefficients
        Number of filters, and of coefficients kept.
    """

    filters: Tensor
    cosines: Tensor

    def __init__(self, window: int, stride: int, sample_rate: float, n_mel: int, n_coefficients: int) -> None:
        super().__init__()
        self.spectrogram = SpectrogramLayer(window, stride)
        filters = torch.from_numpy(mel_filters(n_mel, window // 2 + 1, sample_rate)).float()
        cosines = torch.from_numpy(cosine_transform(n_coefficients, n_mel)).float()
        self.register_buffer("filters", filters, persistent=False)
        self.register_buffer("cosines", cosines, persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """(batch, channel, sample) -> (batch, channel, coefficient, time)."""
        return self.cosines @ torch.log(self.filters @ self.spectrogram(waveform) + LOG_FLOOR)
