"""An architecture whose scores are the sound itself: channel `i` of a recording is the probability of label `i`.

With it a test decides every score, and still runs the whole way from a recording to its annotations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from oscine.networks.architecture import Architecture
from oscine.networks.specification import Specification

if TYPE_CHECKING:
    from oscine.networks.network import Network


class Oracle(Architecture):
    """Scores are what the channels say, made to add up to one."""

    hop: int = 1
    """Samples from one frame to the next."""

    def build(self, specification: Specification) -> Network:
        """The network."""
        import torch
        from torch import Tensor, nn

        from oscine.networks.network import Network

        hop = self.hop

        class Thinned(nn.Module):
            def forward(self, waveform: Tensor) -> Tensor:
                return waveform[:, :, ::hop].unsqueeze(2)

        class OracleNetwork(Network):
            def __init__(self) -> None:
                super().__init__(specification, Thinned(), specification.n_channels, 1, hop, (0, 0))
                self.gain = nn.Parameter(torch.ones(()))

            def body(self, features: Tensor, hidden: list[Tensor] | None = None) -> Tensor:
                return self.gain * features.squeeze(2).clamp_min(1e-30).log()

        return OracleNetwork()
