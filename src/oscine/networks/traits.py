"""Traits: what the sounds to be learnt are like, for options that follow from the data."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Traits:
    """What is known of the annotated sounds before a training.

    Attributes
    ----------
    sample_rate
        Of the recordings, Hz.
    n_channels
        Of the recordings.
    durations
        Of the annotated segments, s, in any order; none where all are events.
    gaps
        Between one annotated sound and the next in the same recording, s; none where nobody has annotated densely.
    low, high
        Frequencies between which the sounds lie, Hz; not a number where nothing is known.
    has_events
        Whether some labels are events, instants without length.
    """

    sample_rate: float
    n_channels: int = 1
    durations: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    gaps: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    low: float = math.nan
    high: float = math.nan
    has_events: bool = False

    def shortest(self, share: float = 0.05) -> float:
        """A duration that all but a `share` of the segments exceed, s; not a number without any.

        Examples
        --------
        >>> Traits(2500.0, durations=np.array([0.1, 0.2, 0.3])).shortest(0.5)
        0.2
        """
        return float(np.quantile(self.durations, share)) if len(self.durations) else math.nan

    def shortest_gap(self, share: float = 0.05) -> float:
        """A duration that all but a `share` of the gaps exceed, s; not a number without any."""
        return float(np.quantile(self.gaps, share)) if len(self.gaps) else math.nan
