"""Per-channel energy normalisation: each band's energy relative to what it was of late."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from oscine.networks.layers.mel import MelEnergyLayer


class PcenLayer(nn.Module):
    """``(E / (1 + M)^gain + bias)^power - bias^power``, with E the energies in units of floor² and M their recent mean.

    M is a mean over the last `n_steps` steps with weights that fall by ``1 - smoothing`` from step to step and sum to
    1. The step that is given lies in the middle of the samples that it is computed from (as in every front end, so
    that a network's frames are where it thinks they are): as many samples as M reaches back are left out at the end.

    Parameters
    ----------
    energies
        The layer that gives them.
    n_steps
        Length of the mean, at least 1.
    smoothing
        Weight of the newest value in the recursion that it stands for.
    gain, bias, power
        Of the formula.
    floor
        Amplitude.
    """

    def __init__(
        self,
        energies: MelEnergyLayer,
        *,
        n_steps: int,
        smoothing: float,
        gain: float,
        bias: float,
        power: float,
        floor: float,
    ) -> None:
        super().__init__()
        self.energies, self.n_steps, self.decay = energies, n_steps, 1.0 - smoothing
        self.gain, self.bias, self.power, self.floor = gain, bias, power, floor

    def forward(self, waveform: Tensor) -> Tensor:
        """(batch, channel, sample) -> (batch, channel, band, time)."""
        after = (self.n_steps - 1) * self.energies.stride
        energies = self.energies(waveform[..., : waveform.shape[-1] - after]) / self.floor**2
        recent = decaying_mean(energies, self.n_steps, self.decay)
        relative = energies[..., self.n_steps - 1 :] * torch.exp(-self.gain * torch.log1p(recent))
        compressed = torch.exp(self.power * torch.log(relative + self.bias))
        return compressed - float(self.bias**self.power)


def decaying_mean(values: Tensor, n: int, decay: float) -> Tensor:
    """Mean of the last `n` values along the last axis, their weights ``decay**0, decay**1, …`` from the newest on.

    A sum over 2k values is one over the newest k and, times ``decay**k``, one over the k before: the length doubles
    with each addition, and no value is ever subtracted, so that nothing is lost of faint sounds after loud ones.

    Parameters
    ----------
    values
        (..., time).
    n
        At least 1.
    decay
        From 0 to 1.

    Returns
    -------
    Tensor
        (..., time - n + 1).
    """
    total, length = values, 1
    for digit in bin(n)[3:]:
        total = total[..., length:] + decay**length * total[..., :-length]
        length *= 2
        if digit == "1":
            total = values[..., length:] + decay * total[..., :-1]
            length += 1
    return total / sum(decay**k for k in range(n))
