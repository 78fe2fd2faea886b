"""Architectures: the plug-in kind whose members build networks.

A member is one file of `architectures/`: a class whose fields are its options and whose `build` gives a `Network` for
any `Specification`. It imports torch inside `build`, so that help texts and forms appear at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from oscine.core.plugins import Plugin, PluginKind
from oscine.networks.specification import Specification
from oscine.networks.traits import Traits

if TYPE_CHECKING:
    from oscine.networks.network import Network


class Architecture(Plugin):
    """Base of every architecture; its fields are its options."""

    def suited(self, traits: Traits) -> Self:
        """The same with those options that were left open taken from the data; by default none is left open."""
        return self

    def build(self, specification: Specification) -> Network:
        """The network for a task, its weights initialised with seed 0.

        Parameters
        ----------
        specification
            Labels, sample rate and channels of the task.

        Raises
        ------
        InputError
            Where the options do not fit the sample rate, naming the nearest values that do.
        """
        raise NotImplementedError


ARCHITECTURES = PluginKind("architectures", Architecture, "oscine.networks.architectures")
"""Every architecture, by name."""
