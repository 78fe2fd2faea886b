"""By whole recordings: what is validated on was recorded at another time than what is learnt from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from oscine.core.errors import InputError
from oscine.core.params import Field
from oscine.datasets.splitter import PARTS, Percent, Splitter, draw_parts, label_counts

if TYPE_CHECKING:
    from oscine.annotations.annotations import Annotations
    from oscine.recordings.recordings import Recordings


class Files(Splitter):
    """By recording: whole recordings are validated on, chosen at random or by name."""

    validation: Percent = 20.0
    """Share of the annotations to validate on, as near as whole recordings allow."""
    test: Percent = 0.0
    """Share of the annotations kept apart for a test."""
    validation_recordings: tuple[str, ...] = Field(())
    """Recordings to validate on, instead of a random share."""
    test_recordings: tuple[str, ...] = Field(())
    """Recordings to keep apart, instead of a random share."""

    def split(self, annotations: Annotations, recordings: Recordings, *, seed: int) -> dict[str, Annotations]:
        """Tell the parts apart, weighing each recording by its annotations of each label."""
        rows = annotations.to_pandas()
        named = dict.fromkeys(self.validation_recordings, "validation")
        named |= dict.fromkeys(self.test_recordings, "test")
        for name in named:
            recordings.by_name(name)
        counts = label_counts(annotations, rows["recording"])
        none = np.zeros(len(set(rows["label"])))
        free = {name: counts.get(name, none) for name in annotations.recordings if name not in named}
        if not free:
            raise InputError("no recording is left to train on", cure="Name fewer recordings to validate and test on")
        drawn = draw_parts(
            free,
            validation=0 if self.validation_recordings else self.validation,
            test=0 if self.test_recordings else self.test,
            seed=seed,
        )
        drawn |= named
        return {
            part: annotations.select(recordings=names)
            for part in PARTS
            if (names := [name for name in annotations.recordings if drawn.get(name) == part]) or part == "train"
        }
