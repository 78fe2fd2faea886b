"""How much of a training part each training of a learning curve learns from, and which choice of it.

A choice is made by `oscine.training.subset`, by a seed; here seeds are looked for whose choice holds every label. The
seed of a replicate is the same for every size where it can be, so that a smaller choice is mostly part of a larger one,
and sizes differ by what was added.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oscine.annotations.labels import BACKGROUND
from oscine.core.errors import InputError
from oscine.core.monitor import Monitor
from oscine.datasets.dataset import Dataset
from oscine.recordings.recording import Recording
from oscine.training.subset import choose_subset
from oscine.training.traits import covered_seconds, is_dense

_N_TRIES = 50
"""Choices that are drawn, at most, for one that holds every label."""
_STRIDE = 100_003
"""From one of these seeds to the next: farther than anyone has replicates."""
_HALVINGS = 4
"""Halves of halves by default: a sixteenth, an eighth, … all of it."""


@dataclass(frozen=True)
class Size:
    """How much is learnt from.

    Attributes
    ----------
    name
        Of its folder.
    is_dense
        Whether it is told off by seconds, or else by a share of the annotated sounds.
    seconds
        Of sound; of sparse annotations what they cover, the mean over replicates.
    share
        Of the annotated sounds; 1 where it is told off by seconds.
    seeds
        Of the choice of each replicate.
    n_rows
        Annotations in that choice.
    """

    name: str
    is_dense: bool
    seconds: float
    share: float
    seeds: tuple[int, ...]
    n_rows: tuple[int, ...]


def plan_sizes(
    dataset: Dataset,
    durations: Sequence[float],
    fractions: Sequence[float],
    n_replicates: int,
    seed: int,
    monitor: Monitor,
) -> list[Size]:
    """Every size, from the smallest, with choices that hold every label.

    Parameters
    ----------
    dataset
        Whose training part is chosen from.
    durations, fractions
        Seconds, or shares of the annotations; halves of all there is where neither is given.
    n_replicates, seed
        Choices of each size, and the seed of the first.
    monitor
        Is told of sizes that were left out where none were given.

    Raises
    ------
    InputError
        Where sizes are said twice or in a way that does not suit the annotations, are out of range, or cannot hold
        every label.
    """
    recordings = {name: dataset.recordings.by_name(name) for name in dataset.train.recordings}
    dense = is_dense(dataset.train, recordings)
    there = covered_seconds(dataset.train, recordings)
    _check(durations, fractions, dense, there, dataset)
    wished = sorted(set(durations or fractions))
    whole = there if dense else 1.0
    sizes = []
    for amount in wished or [whole / 2**power for power in range(_HALVINGS, -1, -1)]:
        try:
            sizes.append(_size(dataset, recordings, amount, n_replicates, seed, dense=dense))
        except InputError as error:
            if wished:
                raise
            monitor.message(f"left out: {error.problem} ({error.found})")
    if not sizes:
        raise InputError(
            "there is too little to learn from for a learning curve", path=dataset.path, cure="Annotate more"
        )
    return sizes


def _check(durations: Sequence[float], fractions: Sequence[float], dense: bool, there: float, dataset: Dataset) -> None:
    if durations and fractions:
        raise InputError("how much to learn from is said twice", cure="Give --durations or --fractions, not both")
    if durations and not dense:
        raise InputError(
            "single annotated sounds are not told off by seconds",
            path=dataset.path,
            found=f"durations {_listed(durations)}",
            cure="Give shares of them: --fractions 0.125,0.25,0.5,1",
        )
    if fractions and dense:
        seconds = _listed([float(f"{there * share:.3g}") for share in fractions if 0 < share < 1])
        raise InputError(
            "sound that is annotated from end to end is told off by seconds",
            path=dataset.path,
            found=f"fractions {_listed(fractions)}",
            cure=f"Give --durations{' ' if seconds else ''}{seconds}",
        )
    for amount in (*durations, *fractions):
        most, unit = (there, " s") if durations else (1.0, "")
        if not (math.isfinite(amount) and 0 < amount <= most * (1 + 1e-9)):
            raise InputError(
                "there is not as much to learn from",
                path=dataset.path,
                found=f"{amount:g}{unit}",
                allowed=f"above 0, up to {math.floor(most * 1000) / 1000:g}{unit}",
                cure="Give smaller ones, or prepare a dataset with a larger training part",
            )


def _size(
    dataset: Dataset, recordings: Mapping[str, Recording], amount: float, n_replicates: int, seed: int, *, dense: bool
) -> Size:
    """A size with a choice for each replicate that holds every label."""
    counts = dataset.counts()["train"]
    labels = {str(label) for label, n in counts.items() if n > 0 and label != BACKGROUND}
    what = f"{amount:g} s" if dense else f"{amount:.3g} of the annotations"
    seeds, n_rows, seconds = [], [], 0.0
    for replicate in range(n_replicates):
        absent: set[str] = set()
        for attempt in range(_N_TRIES):
            candidate = seed + replicate + _STRIDE * attempt
            chosen = choose_subset(
                dataset.train,
                recordings,
                seconds=min(amount, covered_seconds(dataset.train, recordings)) if dense else None,
                fraction=None if dense else amount,
                seed=candidate,
            )
            lacking = labels - set(chosen.to_pandas()["label"])
            if not lacking:
                break
            absent = min(absent or lacking, lacking, key=len)
        else:
            raise InputError(
                f"{what} cannot hold every label",
                path=dataset.path,
                found=f"no {_listed(sorted(absent))} in the best of {_N_TRIES} choices",
                cure="Begin with more, or leave rare labels out: oscine prepare --labels",
            )
        seeds.append(candidate)
        n_rows.append(len(chosen))
        seconds += covered_seconds(chosen, recordings) / n_replicates
    if dense:
        return Size(f"train_dur_{amount:g}s", True, amount, 1.0, tuple(seeds), tuple(n_rows))
    return Size(f"fraction_{amount:.4g}", False, seconds, amount, tuple(seeds), tuple(n_rows))


def _listed(values: Sequence[object]) -> str:
    return ",".join(f"{value:g}" if isinstance(value, float) else str(value) for value in values)
