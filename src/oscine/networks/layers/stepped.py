"""Networks that lower the time resolution and raise it again: they compute whole steps, and give the frames asked for.

What is halved in pairs comes back in pairs, so such a network computes frames by the `step`. That any input gives the
frames that its length says, one or seventeen, takes two things: a context long enough for the last step that is
begun, and leaving out the frames beyond the last one asked for.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from oscine.networks.frames import TILE
from oscine.networks.network import Network


class SteppedNetwork(Network):
    """Base of networks whose body gives whole steps: at least as many frames as there are, the first ones right."""

    def set_step(self, step: int) -> None:
        """Set the step, in frames, and a tile that is a whole number of them."""
        self.step, self.tile = step, max(1, TILE // step) * step

    def forward(self, waveform: Tensor, edit: Callable[[Tensor], Tensor] | None = None) -> Tensor:
        """Logits (batch, output, frame) of sound (batch, channel, sample), see `Network.forward`."""
        return super().forward(waveform, edit)[..., : self.n_valid_frames(waveform.shape[-1])]

    def columns(self, features: Tensor, n_frames: int) -> Tensor:
        """The features at the centre of each frame, also where several frames share a step of the front end.

        Parameters are those of `Network.columns`.
        """
        window, stride = self.step_of_features
        centres = self.context[0] + self.hop * torch.arange(n_frames, device=features.device)
        steps = ((centres - window // 2) // stride).clamp(0, features.shape[-1] - 1)
        return features.flatten(1, 2)[..., steps]
