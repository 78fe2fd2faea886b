"""Whether a validation is one: sounds that a network has seen while it learnt tell nothing about new ones."""

from __future__ import annotations

import numpy as np

from oscine.annotations.intervals import intersect
from oscine.datasets.dataset import Dataset
from oscine.datasets.splitter import reaching


def count_leaks(dataset: Dataset, reach: float) -> tuple[int, int]:
    """Validation annotations within `reach` of sound that is learnt from, and all of them.

    Parameters
    ----------
    reach
        How much sound a frame sees, in seconds.
    """
    train, validation = dataset.train, dataset.part("validation")
    leaks = 0
    for name, rows in validation.to_pandas().groupby("recording"):
        duration = dataset.recordings.by_name(str(name)).duration
        learnt, judged = (part.coverage.intervals(str(name), duration) for part in (train, validation))
        near = intersect(judged, learnt + np.array([-reach, reach]))
        leaks += int(reaching(rows[["onset", "offset"]].to_numpy(), near).sum())
    return leaks, len(validation)
