"""What a network is for: the value through which any architecture meets any task.

An architecture knows its own options and nothing of the task; the `Specification` tells it the task and nothing of
architectures. It is stored in the model's file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from oscine.core.errors import InputError


@dataclass(frozen=True)
class Specification:
    """The task of a network.

    Parameters
    ----------
    labels
        Names of the labels, in the order of the scores.
    sample_rate
        Of the sound that goes in, Hz.
    n_channels
        Of the sound that goes in.
    n_outputs
        Scores per frame: by default one for each label.
    normalise
        Whether recordings are brought to one level of background noise before they go in (`Recording.normalise`).

    Raises
    ------
    InputError
        For a sample rate, a number of channels or a number of outputs that is not positive; for a label twice.

    Examples
    --------
    >>> Specification(labels=("pulse", "sine", "ambient"), sample_rate=2500.0).n_outputs
    3
    """

    labels: tuple[str, ...]
    sample_rate: float
    n_channels: int = 1
    n_outputs: int = 0
    normalise: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", tuple(str(label) for label in self.labels))
        object.__setattr__(self, "sample_rate", float(self.sample_rate))
        if not self.n_outputs:
            object.__setattr__(self, "n_outputs", len(self.labels))
        for name in ("sample_rate", "n_channels", "n_outputs"):
            if not getattr(self, name) > 0:
                raise InputError(f"a network's {name} is not positive", found=getattr(self, name), allowed="> 0")
        twice = sorted({label for label in self.labels if self.labels.count(label) > 1})
        if twice:
            raise InputError("a label stands twice in the label set", found=twice[0], cure="Name each label once")

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for the model's file."""
        return {**asdict(self), "labels": list(self.labels)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Specification:
        """From the values of `to_dict`."""
        return cls(
            labels=tuple(values["labels"]),
            sample_rate=float(values["sample_rate"]),
            n_channels=int(values["n_channels"]),
            n_outputs=int(values["n_outputs"]),
            normalise=bool(values["normalise"]),
        )
