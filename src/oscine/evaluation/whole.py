"""A folder of recordings that nobody has prepared, as something to judge models by: all of it.

`oscine evaluate runs/first --dataset new/` means the recordings in `new/`, with the annotations beside them. They need
not be told into what is learnt from and what is validated on, since nobody learns from them here: there is one part,
and it holds everything that somebody has annotated.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from oscine.core.monitor import SILENT, Monitor
from oscine.datasets.dataset import Dataset
from oscine.datasets.prepare import PrepareParams, prepare
from oscine.datasets.splitters.blocks import Blocks
from oscine.datasets.store import store_for
from oscine.recordings.recordings import Recordings

WHOLE = "whole"
"""The part that such a folder has."""


class Whole:
    """A prepared dataset, or a folder of recordings, of which all is judged."""

    @classmethod
    def load(cls, path: str | Path, *, monitor: Monitor = SILENT) -> Dataset:
        """Open a dataset; a folder of recordings as one of a single part.

        Raises
        ------
        InputError
            Where it is neither, or nothing in it is annotated.
        """
        path = Path(path)
        if (path / "dataset.json").is_file() or not path.is_dir() or store_for(path) is not None:
            return Dataset.load(path, monitor=monitor)
        everything = PrepareParams(splitter=Blocks(validation=0, test=0), few=1)
        dataset: Dataset = prepare(Recordings(path), params=everything, monitor=monitor)
        return replace(dataset, parts={WHOLE: dataset.train}, path=path)


def count_learnt(dataset: Dataset, own: Dataset) -> int:
    """Recordings of a dataset that a model has learnt from, given the dataset that it learnt from: the same files."""
    learnt = {own.recordings.by_name(name).path.resolve() for name in own.train.recordings}
    return sum(dataset.recordings.by_name(name).path.resolve() in learnt for name in dataset.names())


def is_whole(dataset: Dataset | None) -> bool:
    """Whether it was never told into parts."""
    return dataset is not None and list(dataset.parts) == [WHOLE]
