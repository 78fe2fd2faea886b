"""DAS's temporal convolutional network, from its plan (`oscine.networks.architectures.das.Plan`).

Features (batch, map, frequency, time) become maps (batch, map, time) frequency by frequency, all channels of one
frequency side by side, as in DAS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Self, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import dropout1d, pad

from oscine.networks.architectures.das import Plan, Unit
from oscine.networks.network import Network
from oscine.networks.specification import Specification

DEPTH = 4
"""Maps that a separable convolution makes of each one."""

_TINY = 1e-5  # added to what maps are divided by
_FAINTEST = 1e-30  # of what a logarithm is taken


class ResidualUnit(nn.Module):
    """A dilated convolution over time, rectified and divided by the largest map, and a combination of its maps.

    Parameters
    ----------
    plan
        Dilation, reach, and whether it is separable.
    n_filters
        Maps.
    kernel_size
        Taps.
    dropout
        Share of the maps that are zeroed in training.
    """

    def __init__(self, plan: Unit, n_filters: int, kernel_size: int, dropout: float) -> None:
        super().__init__()
        self.plan, self.dropout = plan, dropout
        n_deep = DEPTH * n_filters if plan.separable else n_filters
        self.convolution = nn.Conv1d(
            n_filters,
            n_deep,
            kernel_size,
            dilation=plan.dilation,
            groups=n_filters if plan.separable else 1,
            bias=not plan.separable,
        )
        self.pointwise = nn.Conv1d(n_deep, n_filters, 1) if plan.separable else nn.Identity()
        self.combination = nn.Conv1d(n_filters, n_filters, 1)

    def convolved(self, maps: Tensor) -> Tensor:
        """The convolution of maps (batch, map, time), shorter by its reach."""
        convolved: Tensor = self.pointwise(self.convolution(maps))
        return convolved

    def combined(self, convolved: Tensor) -> Tensor:
        """What the unit adds, of what `convolved` gave."""
        active = convolved.relu()
        active = active / (active.amax(dim=1, keepdim=True) + _TINY)
        added: Tensor = self.combination(dropout1d(active, self.dropout, self.training))
        return added


class Morphology(nn.Module):
    """Grey-scale closing, then opening, of the probability of each label over time, with kernels that are trained.

    A closing fills gaps and an opening removes what is short [1]_. At the ends, what lies beyond counts for nothing.

    Parameters
    ----------
    n_labels
        Labels.
    duration
        Steps of a kernel.

    References
    ----------
    .. [1] P. Soille (2004), Morphological Image Analysis, Springer, chapters 3 and 4.
    """

    def __init__(self, n_labels: int, duration: int) -> None:
        super().__init__()
        self.closing = nn.Parameter(torch.zeros(n_labels, duration))
        self.opening = nn.Parameter(torch.zeros(n_labels, duration))

    def reset_parameters(self) -> None:
        """Flat kernels."""
        with torch.no_grad():
            self.closing.zero_()
            self.opening.zero_()

    def forward(self, probabilities: Tensor) -> Tensor:
        """(batch, label, time) -> the same."""
        closed = _eroded(_dilated(probabilities, self.closing), self.closing)
        return _dilated(_eroded(closed, self.opening), self.opening)


def _dilated(values: Tensor, kernel: Tensor) -> Tensor:
    """``max over j of values[t + j - left] + kernel[j]``, of values (batch, label, time) and a kernel (label, step)."""
    n = kernel.shape[1]
    padded = pad(values, ((n - 1) // 2, n // 2), value=-torch.inf)
    return (padded.unfold(-1, n, 1) + kernel[:, None]).amax(dim=-1)


def _eroded(values: Tensor, kernel: Tensor) -> Tensor:
    """``min over j of values[t + j - left] - kernel[-1 - j]``."""
    n = kernel.shape[1]
    padded = pad(values, ((n - 1) // 2, n // 2), value=torch.inf)
    return (padded.unfold(-1, n, 1) - kernel.flip(1)[:, None]).amin(dim=-1)


class DasNetwork(Network):
    """A projection, residual units, the rectified sum of what they add, a recurrent layer if wanted, a linear layer.

    Parameters
    ----------
    specification, front_end
        As for `Network`.
    plan
        Sizes of everything.
    n_filters, kernel_size
        Maps, and taps of each convolution.
    n_lstm_units
        Size of the recurrent layer, 0 for none.
    morphology
        Steps of a closing and an opening of the probabilities, 0 for none.
    dropout
        Share of the maps that are zeroed in training.
    pads
        Pad with zeros inside the window, in place of seeing what is around it.
    standardises
        Whether `standardise` does anything.
    """

    def __init__(
        self,
        specification: Specification,
        front_end: nn.Module,
        plan: Plan,
        *,
        n_filters: int,
        kernel_size: int,
        n_lstm_units: int = 0,
        morphology: int = 0,
        dropout: float = 0.0,
        pads: bool = False,
        standardises: bool = True,
    ) -> None:
        geometry = plan.geometry
        super().__init__(specification, front_end, geometry.n_maps, geometry.n_bins, plan.hop, plan.context)
        self.plan, self.pads, self.standardises = plan, pads, standardises
        self.step, self.is_windowed = plan.step, pads
        self.is_exact = self.is_exact and not pads and not n_lstm_units
        self.projection = nn.Conv1d(geometry.n_maps * geometry.n_bins, n_filters, 1)
        self.units = nn.ModuleList(ResidualUnit(unit, n_filters, kernel_size, dropout) for unit in plan.units)
        self.recurrent = (
            nn.LSTM(n_filters, n_lstm_units, batch_first=True, bidirectional=True) if n_lstm_units else None
        )
        self.head = nn.Conv1d(2 * n_lstm_units or n_filters, specification.n_outputs, 1)
        self.morphology = Morphology(specification.n_outputs, morphology) if morphology else None

    @property
    def _units(self) -> list[ResidualUnit]:
        return cast("list[ResidualUnit]", list(self.units))

    def forward(self, waveform: Tensor, edit: Callable[[Tensor], Tensor] | None = None) -> Tensor:
        """Logits (batch, label, frame) of each label in each frame; see `Network.forward`."""
        n_frames = self.n_valid_frames(waveform.shape[-1])
        logits = super().forward(waveform, edit)
        return logits[..., self.plan.boundary :][..., :n_frames]

    def features(self, waveform: Tensor) -> Tensor:
        """Standardised features (batch, map, frequency, time) of the waveform (batch, channel, sample).

        With zeros, the ends are padded so that there is a step for each stride of the waveform.
        """
        waveform = waveform[..., : self.n_input_samples(self.n_valid_frames(waveform.shape[-1]))]
        if self.pads:
            window, stride, n_samples = self.plan.geometry.window, self.plan.geometry.stride, waveform.shape[-1]
            missing = max(0, (-(-n_samples // stride) - 1) * stride + window - n_samples)
            waveform = pad(waveform, (missing // 2, missing - missing // 2))
        else:
            waveform = waveform[..., self.plan.repeat - 1 :]  # what only the later repeats of a step are allowed to see
        features: Tensor = self.standardisation(self.front_end(waveform))
        return features

    def columns(self, features: Tensor, n_frames: int) -> Tensor:
        """The features at the centre of each frame (batch, map × frequency, frame); see `Network.columns`."""
        centres = features.flatten(1, 2)[..., 0 if self.pads else self.plan.reach[0] :]
        return centres.repeat_interleave(self.plan.repeat, dim=-1)[..., self.plan.boundary :][..., :n_frames]

    def standardise(self, waveforms: Iterable[Tensor | NDArray[np.float32]]) -> Self:
        """Measure mean and standard deviation of the features on training data, where that is wanted."""
        return super().standardise(waveforms) if self.standardises else self

    def body(self, features: Tensor, hidden: list[Tensor] | None = None) -> Tensor:
        """Logits (batch, label, frame) of standardised features (batch, map, frequency, time)."""
        maps = self.projection(features.transpose(1, 2).flatten(1, 2))
        before, after = (0, 0) if self.pads else self.plan.reach
        total = torch.zeros(1, device=maps.device)
        for unit in self._units:
            reach = unit.plan.before, unit.plan.after
            convolved = unit.convolved(pad(maps, reach) if self.pads else maps)
            if hidden is not None:
                hidden.append(convolved.unsqueeze(2))
            added = unit.combined(convolved)
            if self.pads:
                maps = maps + added
            else:
                maps = maps[..., reach[0] : maps.shape[-1] - reach[1]] + added
                before, after = before - reach[0], after - reach[1]
            total = total + added[..., before : added.shape[-1] - after]
        total = total.relu()
        if self.recurrent is not None:
            total = self.recurrent(total.transpose(1, 2))[0].transpose(1, 2)
        logits: Tensor = self.head(total)
        if self.morphology is not None:
            logits = self.morphology(logits.softmax(dim=1)).clamp_min(_FAINTEST).log()
        return logits.repeat_interleave(self.plan.repeat, dim=-1) if self.plan.repeat > 1 else logits

    def describe(self) -> str:
        """Layers, context, frames and number of parameters."""
        geometry, (before, after) = self.plan.geometry, self.plan.reach
        field = (before + after) * geometry.stride + geometry.window
        lines = [
            *self._facts(),
            f"features         {geometry.n_maps} map(s) of {geometry.n_bins} frequencies, a window of "
            f"{geometry.window} samples every {geometry.stride}",
            f"receptive field  {field} samples ({field / self.specification.sample_rate:.6g} s): {before} steps before "
            f"and {after} after a step" + (", zeros beyond the window" if self.pads else ""),
        ]
        for number, unit in enumerate(self._units, start=1):
            kind = "separable " if unit.plan.separable else ""
            lines.append(
                f"unit {number:<11} {kind}convolution of {unit.convolution.kernel_size[0]} taps, dilation "
                f"{unit.plan.dilation}, {unit.combination.in_channels} maps"
            )
        if self.recurrent is not None:
            lines.append(f"recurrent        LSTM of {self.recurrent.hidden_size} units in either direction")
        if self.morphology is not None:
            lines.append(f"morphology       closing and opening over {self.morphology.closing.shape[1]} steps")
        if self.plan.repeat > 1:
            lines.append(f"upsampling       each step is repeated {self.plan.repeat} times")
        return "\n".join(lines)
