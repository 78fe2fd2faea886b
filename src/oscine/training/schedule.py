"""Schedules: the plug-in kind whose members say how the learning rate changes in the course of a training.

A schedule is a pure function. Of the step, the number of steps and the losses of the validations so far it makes a
factor between 0 and 1 that the learning rate is multiplied with. It remembers nothing, so that a training which was
interrupted goes on with the very rate that it would have had.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from oscine.core.params import Field
from oscine.core.plugins import Plugin, PluginKind


class Schedule(Plugin):
    """Base of every schedule; its fields are its options."""

    needs_validation: ClassVar[bool] = False
    """Whether it goes by the losses of the validations."""
    sees_end: ClassVar[bool] = False
    """Whether it depends on the number of steps, so that a finished training cannot go on with more of them."""

    warm_up: int = Field(0, ge=0)
    """Steps during which the rate rises evenly from nearly nothing to its height."""

    def factor(self, step: int, n_steps: int, validation_losses: Sequence[float] = ()) -> float:
        """What the learning rate of a step is multiplied with.

        Parameters
        ----------
        step
            Number of the step, counted from 0.
        n_steps
            Steps of the whole training.
        validation_losses
            Of all validations before this step, in order.

        Returns
        -------
        float
            Above 0, at most 1.
        """
        raise NotImplementedError


def rise(step: int, warm_up: int) -> float:
    """Share of the height that a rate has reached at a step of its warm-up; 1 from there on.

    Examples
    --------
    >>> [rise(step, 4) for step in range(5)]
    [0.25, 0.5, 0.75, 1.0, 1.0]
    """
    return min(1.0, (step + 1) / warm_up) if warm_up else 1.0


SCHEDULES = PluginKind("schedules", Schedule, "oscine.training.schedules")
"""Every schedule, by name."""
