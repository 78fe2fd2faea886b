"""Losses: the plug-in kind whose members say how far a network's logits are from a target.

Frames whose target is unknown take no part, in the value and in the gradient.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from oscine.core.plugins import Plugin, PluginKind

if TYPE_CHECKING:
    from torch import Tensor


class Loss(Plugin):
    """Base of every loss; its fields are its options."""

    def __call__(self, logits: Tensor, target: Tensor, class_weights: Tensor | None = None) -> Tensor:
        """The loss of a batch, one number, with its gradient; zero, with a gradient of zeros, where nothing is known.

        Parameters
        ----------
        logits
            (batch, output, frame).
        target
            What the target encoded: labels (batch, frame), -1 where unknown, or values (batch, output, frame), not a
            number where unknown.
        class_weights
            Weight of each label (label,); all one where none are given.
        """
        raise NotImplementedError


LOSSES = PluginKind("losses", Loss, "oscine.networks.losses")
"""Every loss, by name."""
