"""How long sounds last and what follows what, counted in annotations: what semi-Markov decoding knows of a song.

Counted is only where somebody has looked: one sound follows another where all that lies between the two is covered, and
a gap is as long as it is where both its ends are known. Points in time have no duration, and are left out.

Logarithms of durations are taken to be normal [1]_: the median tells where, the spread (the standard deviation of the
natural logarithm) how sure. A label of one example has a median; its spread is that of all labels.

References
----------
.. [1] Rosen (2005), Analysis of speech segment duration with the lognormal distribution: a basis for unification and
       comparison, Journal of Phonetics 33: 411-426.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from oscine.annotations.annotations import Annotations
from oscine.annotations.labels import BACKGROUND

_NARROWEST = 0.05
"""Spread that is granted at the least: bounds are not placed any better."""

_SHORTEST = 1e-4
"""Seconds: what is shorter was not measured."""


@dataclass(frozen=True)
class SongStatistics:
    """What was counted.

    Attributes
    ----------
    durations
        Seconds of all sounds of each label, and of all gaps under "background", ascending (sound,).
    transitions
        How often each label followed each other one.
    gaps
        Share of each label's sounds that a gap followed, of those of which this is known.
    """

    durations: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    transitions: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    gaps: Mapping[str, float] = field(default_factory=dict)

    def log_normal(self) -> dict[str, tuple[float, float]]:
        """Median (s) and spread of each label's durations, as plain values.

        Examples
        --------
        >>> told = SongStatistics({"a": np.array([0.1, 0.1 * np.e**2])}).log_normal()
        >>> [round(value, 3) for value in told["a"]]
        [0.272, 1.414]
        """
        logs = {label: np.log(np.maximum(values, _SHORTEST)) for label, values in self.durations.items()}
        spreads = [float(values.std(ddof=1)) for values in logs.values() if len(values) > 1]
        usual = float(np.median(spreads)) if spreads else 0.5
        found = {}
        for label, values in logs.items():
            spread = float(values.std(ddof=1)) if len(values) > 1 else usual
            found[label] = (_rounded(np.exp(values.mean())), _rounded(max(_NARROWEST, spread)))
        return found

    def quantile(self, share: float) -> dict[str, float]:
        """The duration, s, below which so many of each label's sounds are."""
        return {
            label: float(np.quantile(values, share)) for label, values in self.durations.items() if label != BACKGROUND
        }


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def count_song(
    truth: Annotations, labels: Sequence[str], durations: Mapping[str, float], *, resolution: float = 0.0
) -> SongStatistics:
    """Count durations and successions of sounds.

    Parameters
    ----------
    truth
        Annotations with their coverage.
    labels
        Whose sounds count.
    durations
        Of the recordings, s; those that are not named are left out.
    resolution
        A gap that is shorter than this is none, s: a frame, where no shorter one can be seen.

    Examples
    --------
    >>> rows = [("a", 0.0, 0.1), ("b", 0.2, 0.4), ("b", 0.4, 0.7)]
    >>> song = [{"recording": "x.wav", "label": label, "onset": a, "offset": b} for label, a, b in rows]
    >>> counted = count_song(Annotations(song), ["a", "b"], {"x.wav": 1.0})
    >>> {label: values.round(3).tolist() for label, values in counted.durations.items()}
    {'a': [0.1], 'b': [0.2, 0.3], 'background': [0.1]}
    >>> counted.transitions, counted.gaps
    ({'a': {'b': 1}, 'b': {'b': 1}}, {'a': 1.0, 'b': 0.0})
    """
    table = truth.to_pandas()
    table = table[(table["offset"] > table["onset"]) & table["label"].isin([x for x in labels if x != BACKGROUND])]
    lengths: dict[str, list[float]] = defaultdict(list)
    follows: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    n_gaps: dict[str, list[bool]] = defaultdict(list)
    silences: list[float] = []
    for label, onset, offset in zip(table["label"], table["onset"], table["offset"], strict=True):
        lengths[label].append(offset - onset)
    for name, rows in table.groupby("recording"):
        if str(name) not in durations:
            continue
        rows = rows.sort_values(["onset", "offset"], kind="stable")
        covered = truth.coverage.intervals(str(name), durations[str(name)])
        sounds = list(zip(rows["label"], rows["onset"], rows["offset"], strict=True))
        for (first, onset, offset), (second, begin, _) in itertools.pairwise(sounds):
            if not _is_inside(onset, max(offset, begin), covered):
                continue
            follows[first][second] += 1
            has_gap = begin - offset >= max(resolution, _SHORTEST)
            n_gaps[first].append(has_gap)
            if has_gap:
                silences.append(begin - offset)
    found = {label: np.sort(np.array(lengths[label])) for label in labels if label in lengths}
    if silences:
        found[BACKGROUND] = np.sort(np.array(silences))
    return SongStatistics(
        found,
        {label: dict(sorted(follows[label].items())) for label in labels if label in follows},
        {label: _rounded(float(np.mean(n_gaps[label]))) for label in labels if label in n_gaps},
    )


def _is_inside(onset: float, offset: float, covered: NDArray[np.float64]) -> bool:
    """Whether somebody has looked at a whole stretch."""
    place = int(np.searchsorted(covered[:, 0], onset + 1e-9, side="right")) - 1
    return place >= 0 and offset <= covered[place, 1] + 1e-9
