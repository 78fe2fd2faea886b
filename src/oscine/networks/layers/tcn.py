"""Temporal convolutional networks of sound, with convolutions of the spectrogram before them or without."""

from __future__ import annotations

from torch import Tensor, nn

from oscine.networks.frontend import Geometry
from oscine.networks.layers.framewise import FramewiseNetwork, cropped
from oscine.networks.layers.pooled_convolutions import PooledConvolutions
from oscine.networks.layers.temporal_convolutions import TemporalConvolutions
from oscine.networks.specification import Specification


class TemporalConvolutionNetwork(FramewiseNetwork):
    """All frequencies of a step become a few maps, and residual blocks of dilated convolutions follow them in time.

    Parameters
    ----------
    specification, front_end, geometry
        As for `FramewiseNetwork`.
    n_filters
        Maps of the temporal convolutions.
    temporal
        The temporal convolutions.
    convolutions
        Of the spectrogram, before all else; none by default.
    zeros
        Whether all of them pad with zeros.
    """

    def __init__(
        self,
        specification: Specification,
        front_end: nn.Module,
        geometry: Geometry,
        *,
        n_filters: int,
        temporal: TemporalConvolutions,
        convolutions: PooledConvolutions | None = None,
        zeros: bool = False,
    ) -> None:
        early = convolutions.field if convolutions else (0, 0)
        field = (early[0] + temporal.field[0], early[1] + temporal.field[1])
        super().__init__(specification, front_end, geometry, reach=(0, 0) if zeros else field, field=field)
        self.is_windowed, self.is_exact = zeros, self.is_exact and not zeros
        self.convolutions, self.temporal = convolutions, temporal
        n_features = convolutions.n_features if convolutions else geometry.n_maps * geometry.n_bins
        self.mixture = nn.Conv1d(n_features, n_filters, 1)
        self.scores = nn.Conv1d(n_filters, specification.n_outputs, 1)

    def body(self, features: Tensor, hidden: list[Tensor] | None = None) -> Tensor:
        """Logits (batch, label, frame) of standardised features (batch, map, frequency, time)."""
        rest = (0, 0) if self.is_windowed else self.temporal.field
        if self.convolutions is None:
            x = features.flatten(1, 2)
        else:
            early: list[Tensor] = []
            x = self.convolutions(features, None if hidden is None else early)
            if hidden is not None:
                hidden.extend(cropped(layer, rest) for layer in early)
        x = self.mixture(x)
        if hidden is not None:
            hidden.append(cropped(x, rest).unsqueeze(2))
        logits: Tensor = self.scores(self.temporal(x, hidden))
        return logits

    def layer_facts(self) -> list[str]:
        """A line on each of its parts."""
        return [
            *(self.convolutions.layer_facts() if self.convolutions else []),
            f"mixture          {self.mixture.in_channels} -> {self.mixture.out_channels} maps",
            f"blocks           2 convolutions each of {self.temporal.kernel_size} steps; dilations "
            + ", ".join(str(dilation) for dilation in self.temporal.dilations),
        ]
