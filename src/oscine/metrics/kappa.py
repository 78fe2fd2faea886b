"""How far annotators agree beyond what chance would do: Cohen's and Fleiss' kappa.

Two people who both call 95 % of the time "background" agree in 90 % of the frames if they label blindfold. *Kappa*
takes that away: with p the share of frames in which they agree, and c the share in which they would by chance,

    κ = (p − c) / (1 − c)          1: they always agree;  0: as often as by chance;  below: they avoid each other

- `cohen_kappa`   two annotators (or a model and a person), from their confusion matrix. Chance is that each labels as
                  often as he does, but blindly: c = Σ_k row_k · column_k / n² [1]_.
- `cohen_kappas`  the same for each label against all others.
- `fleiss_kappa`  any number of annotators of the same frames, from how many of them chose each label. Chance is that
                  all draw from one urn: c = Σ_k q_k², q_k the share of all votes that label k has [2]_. With two
                  annotators that is Scott's π, not Cohen's κ, and a little lower unless both label equally often.

Landis and Koch's words (above 0.6 "substantial", above 0.8 "almost perfect") are a convention and no more. Kappa is
`nan` where everyone says the same of everything: then chance agrees as well as they do, and nothing can be said.

Frames next to each other are alike, so that kappa of frames has far fewer independent samples than frames; use
`bootstrap` over recordings for intervals.

References
----------
.. [1] Cohen (1960), A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20, 37–46.
.. [2] Fleiss (1971), Measuring nominal scale agreement among many raters, Psychological Bulletin 76, 378–382.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscine.metrics.counts import plain, ratio
from oscine.metrics.frames import UNKNOWN, ConfusionMatrix


def cohen_kappa(matrix: ConfusionMatrix) -> float:
    """Agreement of two annotators beyond chance, over all labels.

    Parameters
    ----------
    matrix
        How many frames (or sounds) were given each label by the one (rows) and by the other (columns).

    Returns
    -------
    float
        Kappa, at most 1; `nan` without frames, or where both only ever use one and the same label.

    Examples
    --------
    Cohen's own arithmetic: they agree in 35 of 50, and would in 25 by chance:

    >>> round(cohen_kappa(ConfusionMatrix(np.array([[20, 5], [10, 15]]), ("yes", "no"))), 3)
    0.4
    """
    return _cohen(matrix.counts.astype(np.float64))


def cohen_kappas(matrix: ConfusionMatrix) -> dict[str, float]:
    """Agreement of two annotators beyond chance for each label: whether it is that one, or any other.

    Examples
    --------
    >>> kappas = cohen_kappas(ConfusionMatrix(np.array([[9, 0, 1], [0, 5, 5], [0, 5, 5]]), ("a", "b", "c")))
    >>> {label: round(kappa, 2) for label, kappa in kappas.items()}
    {'a': 0.92, 'b': 0.25, 'c': 0.21}
    """
    counts = matrix.counts.astype(np.float64)
    total, kappas = counts.sum(), {}
    for i, label in enumerate(matrix.labels):
        both, row, column = counts[i, i], counts[i].sum(), counts[:, i].sum()
        kappas[label] = _cohen(np.array([[both, row - both], [column - both, total - row - column + both]]))
    return kappas


@dataclass(frozen=True, eq=False)
class Votes:
    """How often the annotators of frames agree, and how often each label was chosen.

    Attributes
    ----------
    n_frames
        Frames that all of them have judged.
    n_annotators
        How many there are, at least two.
    n_agreeing
        Ordered pairs of annotators who agree, summed over frames.
    n_votes
        How often each label was chosen, (label,), int64.
    labels
        Their names.
    """

    n_frames: int
    n_annotators: int
    n_agreeing: int
    n_votes: NDArray[np.int64]
    labels: tuple[str, ...]

    def __add__(self, other: Votes) -> Votes:
        if (self.n_annotators, self.labels) != (other.n_annotators, other.labels):
            raise ValueError("cannot pool votes of different numbers of annotators, or on different labels")
        return Votes(
            self.n_frames + other.n_frames,
            self.n_annotators,
            self.n_agreeing + other.n_agreeing,
            self.n_votes + other.n_votes,
            self.labels,
        )

    @property
    def agreement(self) -> float:
        """Share of the pairs of annotators that agree; `nan` without frames."""
        return ratio(self.n_agreeing, self.n_frames * self.n_annotators * (self.n_annotators - 1))

    @property
    def chance(self) -> float:
        """Share of the pairs that would agree by chance; `nan` without frames."""
        total = float(self.n_votes.sum())
        return float(((self.n_votes / total) ** 2).sum()) if total else math.nan

    @property
    def kappa(self) -> float:
        """Fleiss' kappa; `nan` without frames, or where one label only was ever chosen."""
        return _beyond(self.agreement, self.chance)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "n_frames": self.n_frames,
            "n_annotators": self.n_annotators,
            "agreement": plain(self.agreement),
            "chance": plain(self.chance),
            "kappa": plain(self.kappa),
            "n_votes": dict(zip(self.labels, self.n_votes.tolist(), strict=True)),
        }


def count_votes(frames: Sequence[ArrayLike], labels: Iterable[str]) -> Votes:
    """Count how annotators of the same frames agree.

    Parameters
    ----------
    frames
        For each annotator the index of each frame's label, (frame,), integers, −1 where it is unknown. A frame that is
        unknown to any of them does not count.
    labels
        Names of the labels 0, 1, …

    Raises
    ------
    ValueError
        Where there are fewer than two annotators, numbers of frames differ, or an index is no label.

    Examples
    --------
    >>> votes = count_votes([[0, 0, 1, 1], [0, 0, 1, 0], [0, 1, 1, -1]], ["song", "silence"])
    >>> votes.n_frames, votes.agreement, round(votes.kappa, 2)
    (3, 0.77..., 0.55)
    """
    names, chosen = tuple(labels), np.asarray(frames)
    if chosen.ndim != 2 or len(chosen) < 2:
        raise ValueError(f"two annotators at least are needed, of the same frames, found shape {chosen.shape}")
    chosen = chosen[:, (chosen != UNKNOWN).all(axis=0)].astype(np.int64)
    if chosen.size and (chosen.min() < 0 or chosen.max() >= len(names)):
        raise ValueError(f"frame labels must be within 0 and {len(names) - 1} (or -1: unknown)")
    agreeing = 2 * sum(int(np.count_nonzero(one == two)) for i, one in enumerate(chosen) for two in chosen[i + 1 :])
    votes = np.bincount(chosen.ravel(), minlength=len(names)).astype(np.int64)
    return Votes(chosen.shape[1], len(chosen), agreeing, votes, names)


def fleiss_kappa(frames: Sequence[ArrayLike], labels: Iterable[str]) -> float:
    """Agreement of any number of annotators beyond chance; see `count_votes` for the arrays.

    Examples
    --------
    >>> fleiss_kappa([[0, 1, 0, 1], [0, 1, 0, 1], [0, 1, 0, 1]], ["song", "silence"])
    1.0
    """
    return count_votes(frames, labels).kappa


def _cohen(counts: NDArray[np.float64]) -> float:
    total = counts.sum()
    if not total:
        return math.nan
    chance = float((counts.sum(axis=1) * counts.sum(axis=0)).sum() / total**2)
    return _beyond(float(np.trace(counts) / total), chance)


def _beyond(agreement: float, chance: float) -> float:
    """What is left of an agreement when chance is taken away."""
    if math.isnan(agreement) or math.isclose(chance, 1.0, rel_tol=1e-12):
        return math.nan
    return (agreement - chance) / (1 - chance)
