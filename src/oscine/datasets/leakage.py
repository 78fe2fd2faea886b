"""Whether a validation is one: sounds that a network has seen while it learnt tell nothing about new ones."""

from __future__ import annotations

import numpy as np

from oscine.datasets.dataset import Dataset


def count_leaks(dataset: Dataset, reach: float) -> tuple[int, int]:
    """Validation annotations that lie within `reach` of a training one in the same recording, and all of them.

    Parameters
    ----------
    reach
        How much sound a frame sees, in seconds.
    """
    train, validation = dataset.train.to_pandas(), dataset.part("validation").to_pandas()
    leaks = 0
    for name, rows in validation.groupby("recording"):
        mine = train[train["recording"] == name]
        if mine.empty:
            continue
        onsets = np.sort(mine["onset"].to_numpy())
        # the latest offset of all training sounds that begin before each
        latest = np.maximum.accumulate(mine.sort_values("onset")["offset"].to_numpy())
        before = np.searchsorted(onsets, rows["offset"].to_numpy() + reach, side="right")
        leaks += int(((before > 0) & (latest[before - 1] >= rows["onset"].to_numpy() - reach)).sum())
    return leaks, len(validation)
