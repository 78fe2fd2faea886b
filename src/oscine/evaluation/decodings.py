"""Ways of decoding that are worth a try on a model's scores, from the simplest to the one that knows most.

A *family* is a decoder with some of its options; its candidates lie on a grid, so that each has neighbours. The steps
of the grids are shares of what was counted in the training annotations: minimum durations of the shortest sounds,
gaps to be filled of the shortest gaps. So they suit pulses of flies and whistles of whales alike, and nobody need
guess them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from oscine.annotations.labels import BACKGROUND
from oscine.prediction.decoder import DECODERS
from oscine.prediction.decoding import SegmentParams
from oscine.prediction.statistics import SongStatistics

FAMILIES = ("maximum", "threshold", "hysteresis", "majority", "semi-markov")
"""Decoders that are tried, the simplest first."""

SHARES = (0.0, 0.15, 0.3, 0.45, 0.6)
"""Minimum durations, of the shortest sounds of training: those of which a fiftieth is shorter."""

_GAPS = (0.0, 0.25, 0.5)
"""Gaps to be filled, of the shortest gaps."""

_SHORTEST = 0.02
"""Share of sounds, and of gaps, that may be shorter than the shortest."""


@dataclass(frozen=True)
class Candidate:
    """One way of decoding.

    Attributes
    ----------
    params
        Its parameters.
    family
        The decoder, as its rank among `FAMILIES`; −1 is what a model decodes with already.
    place
        On the grid of its family, in steps.
    """

    params: SegmentParams
    family: int
    place: tuple[int, ...] = ()

    @property
    def complexity(self) -> tuple[int, int]:
        """Rank of the family, and how many of its options are used at all."""
        return self.family, sum(step > 0 for step in self.place)

    def is_like(self, other: Candidate) -> bool:
        """Whether it is of the same family, and uses the same options of it."""
        return self.family == other.family and [x > 0 for x in self.place] == [x > 0 for x in other.place]


def find_candidates(
    song: SongStatistics, labels: Sequence[str], decoders: Sequence[str], *, exclusive: bool
) -> Iterator[Candidate]:
    """All candidates, family by family.

    Parameters
    ----------
    song
        Counted in training.
    labels
        Of the scores.
    decoders
        Which of `FAMILIES`.
    exclusive
        Whether each frame has one label; else labels do not compete, and only thresholds are of use.
    """
    least = song.quantile(_SHORTEST)
    shortest = float(np.median(list(least.values()))) if least else 0.0
    silences = song.durations.get(BACKGROUND)
    gap = float(np.quantile(silences, _SHORTEST)) if silences is not None else 0.0
    cleaning = [("max_gap", [_rounded(share * gap) for share in _GAPS])] if gap else []
    durations = ("min_duration", [_rounded(share * shortest) for share in SHARES])
    by_label = (
        "min_durations",
        [{label: _rounded(share * time) for label, time in least.items()} if share else {} for share in SHARES[:-1]],
    )
    grids: dict[str, list[tuple[str, list[Any]]]] = {
        "maximum": [*cleaning, durations],
        "threshold": [*cleaning, durations],
        "hysteresis": [("decoder.low", [0.3, 0.2, 0.1]), ("decoder.high", [None, 0.7, 0.9]), durations],
        "majority": [("decoder.min_duration", durations[1]), by_label],
        "semi-markov": [
            ("decoder.duration_weight", [1.0, 2.0, 4.0]),
            ("decoder.transition_weight", [0.0, 0.5, 1.0, 2.0]),
        ],
    }
    statistics = {"durations": song.log_normal(), "transitions": song.transitions, "gaps": song.gaps}
    for family, name in enumerate(FAMILIES):
        if name not in decoders or (not exclusive and name in {"maximum", "majority", "semi-markov"}):
            continue
        if name in {"majority", "semi-markov"} and BACKGROUND not in labels:
            continue
        own = statistics if name == "semi-markov" else {}
        if name == "semi-markov" and not song.transitions:
            continue
        names, values = zip(*grids[name], strict=True)
        for place in itertools.product(*(range(len(steps)) for steps in values)):
            chosen = {key: steps[step] for key, steps, step in zip(names, values, place, strict=True)}
            yield Candidate(_params(name, chosen, own), family, place)


def _params(name: str, chosen: Mapping[str, Any], own: Mapping[str, Any]) -> SegmentParams:
    inner = {key.removeprefix("decoder."): value for key, value in chosen.items() if key.startswith("decoder.")}
    outer = {key: value for key, value in chosen.items() if not key.startswith("decoder.")}
    decoder = DECODERS.make({"name": name, **own, **inner})
    return SegmentParams(decoder=decoder, interpolate=True, **{"max_gap": 0.0, "min_duration": 0.0, **outer})


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
