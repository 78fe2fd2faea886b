"""Smoothing terms: the plug-in kind whose members make a network's scores change seldom.

Added to the loss, such a term is the larger the more the scores of neighbouring frames differ. It counters the
scattered wrong frames that cut a syllable in pieces. Pairs of frames of which one is unknown take no part.

What is compared are logarithms of probabilities, as the target computes them (`Target.log_probabilities`): those of the
softmax where labels exclude each other, those of the logistic function where they overlap, and of boundaries none,
which are to be sharp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from oscine.core.params import Field
from oscine.core.plugins import Plugin, PluginKind

if TYPE_CHECKING:
    from torch import Tensor


class Smoothing(Plugin):
    """Base of every smoothing term; its fields are its options."""

    needs_columns: ClassVar[bool] = False
    """Whether it looks at the network's features as well."""

    weight: float = Field(0.15, ge=0)
    """How much it counts beside the loss; 0 leaves it out."""

    def __call__(self, scores: Tensor, known: Tensor, columns: Tensor | None = None) -> Tensor:
        """The term, times its weight: one number, with its gradient.

        Parameters
        ----------
        scores
            Logarithms of probabilities (batch, output, frame).
        known
            Whether something is known of a frame (batch, frame).
        columns
            Features at the centre of each frame (batch, feature, frame), where it `needs_columns`.
        """
        raise NotImplementedError


def mean_of_pairs(values: Tensor, known: Tensor) -> Tensor:
    """The mean over outputs and pairs of neighbouring frames of which both are known; zero without any.

    Parameters
    ----------
    values
        Of each pair (batch, output, frame - 1).
    known
        Whether something is known of a frame (batch, frame).
    """
    pairs = (known[:, 1:] & known[:, :-1])[:, None].expand_as(values)
    return (values * pairs).sum() / pairs.sum().clamp(min=1)


SMOOTHINGS = PluginKind("smoothings", Smoothing, "oscine.networks.smoothings")
"""Every smoothing term, by name."""
