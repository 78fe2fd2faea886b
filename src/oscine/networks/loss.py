"""Losses: the plug-in kind whose members say how far a network's logits are from a target.

What is unknown of a target takes no part, in the value and in the gradient; a loss is a mean over what is known.

A loss says what truths it `judges` and a target what truth it `encodes` (see `oscine.networks.target`); `fitting_loss`
puts the two together, and refuses those that do not fit before anything is trained. It also gives every output the
weight that `Loss.weights` has for its name, since a loss itself sees arrays and no names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from oscine.core.errors import InputError, unknown
from oscine.core.params import Field
from oscine.core.plugins import Plugin, PluginKind
from oscine.networks.target import Target

if TYPE_CHECKING:
    from torch import Tensor


class Loss(Plugin):
    """Base of every loss; its fields are its options."""

    judges: ClassVar[tuple[str, ...]] = ("labels",)
    """What truths it can be given, as `Target.encodes` calls them."""

    weights: dict[str, float] = Field(default_factory=dict)
    """How much labels count beside the others, such as pulse=5; those that are not named count 1."""

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
            Weight of each output (output,); all one where none are given.
        """
        raise NotImplementedError


LOSSES = PluginKind("losses", Loss, "oscine.networks.losses")
"""Every loss, by name."""


@dataclass(frozen=True)
class FittedLoss:
    """A loss that knows the outputs that it judges: ``fitted(logits, truth)``.

    Attributes
    ----------
    loss
        The loss.
    class_weights
        Weight of each output; none where all are one.
    """

    loss: Loss
    class_weights: tuple[float, ...] | None = None

    def __call__(self, logits: Tensor, target: Tensor) -> Tensor:
        """The loss of logits (batch, output, frame), given what the target encoded."""
        if self.class_weights is None:
            return self.loss(logits, target)
        return self.loss(logits, target, logits.new_tensor(self.class_weights))


def fitting_loss(loss: Loss | None, target: Target, labels: Sequence[str], n_channels: int = 1) -> FittedLoss:
    """A loss for a target: the given one, or the one that the target itself names.

    Parameters
    ----------
    loss
        The wished loss, or none.
    target, labels, n_channels
        What is learnt.

    Raises
    ------
    InputError
        Where the loss cannot judge such a target, or a weight is negative or of an unknown label.

    Examples
    --------
    >>> from oscine.networks.targets.exclusive import Exclusive
    >>> fitting_loss(None, Exclusive(), ["pulse", "sine"]).loss.plugin_name
    'cross-entropy'
    """
    loss = loss or LOSSES.make(target.loss)
    if target.encodes not in loss.judges:
        fitting = [name for name, member in LOSSES.members().items() if target.encodes in member.judges]
        raise InputError(
            f"the loss {loss.plugin_name!r} cannot judge the target {target.plugin_name!r}",
            found=loss.plugin_name,
            allowed=fitting,
            cure=f"Choose one of these, or leave it out for {target.loss!r}",
        )
    outputs = target.outputs(labels, n_channels)
    for name, weight in loss.weights.items():
        if name not in outputs:
            raise unknown("label of a weight", name, outputs)
        if weight < 0:
            raise InputError(f"the weight of label {name!r} is out of range", found=weight, allowed="≥ 0")
    if not loss.weights:
        return FittedLoss(loss)
    if not any(loss.weights.get(name, 1.0) for name in outputs):
        raise InputError("every label has a weight of zero", found=loss.weights, cure="Let one count: --loss.weights")
    return FittedLoss(loss, tuple(float(loss.weights.get(name, 1.0)) for name in outputs))
