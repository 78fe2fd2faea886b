"""By whole recordings: what is validated on was recorded at another time than what is learnt from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from oscine.core.errors import InputError
from oscine.core.params import Field
from oscine.datasets.groups import group_recordings
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
    groups: str = ""
    """Recordings that stay together: day, folder, folder:2, a CSV table (recording,group), or a regular expression
    on the name."""

    def split(self, annotations: Annotations, recordings: Recordings, *, seed: int) -> dict[str, Annotations]:
        """Tell the parts apart, weighing each recording by its annotations of each label."""
        rows = annotations.to_pandas()
        named = dict.fromkeys(self.validation_recordings, "validation")
        named |= dict.fromkeys(self.test_recordings, "test")
        for name in named:
            recordings.by_name(name)
        counts = label_counts(annotations, rows["recording"])
        none = np.zeros(len(set(rows["label"])))
        group_of = group_recordings(self.groups, annotations.recordings, recordings)
        self._check_named(named, group_of)
        free: dict[str, NDArray[np.float64]] = {}
        for name, group in group_of.items():
            if name not in named:
                free[group] = free.get(group, none) + counts.get(name, none)
        if not free:
            raise InputError("no recording is left to train on", cure="Name fewer recordings to validate and test on")
        drawn = draw_parts(
            free,
            validation=0 if self.validation_recordings else self.validation,
            test=0 if self.test_recordings else self.test,
            seed=seed,
        )
        part_of = {name: named.get(name) or drawn[group] for name, group in group_of.items()}
        return {
            part: annotations.select(recordings=names)
            for part in PARTS
            if (names := [name for name in annotations.recordings if part_of[name] == part]) or part == "train"
        }

    def _check_named(self, named: dict[str, str], group_of: dict[str, str]) -> None:
        """Refuse to put one recording of a group apart from the others."""
        for name, part in named.items():
            others = [other for other, group in group_of.items() if group == group_of.get(name)]
            apart = [other for other in others if named.get(other) != part]
            if apart:
                raise InputError(
                    f"{name} and {apart[0]} are of one group, and cannot be in different parts",
                    found=f"group {group_of[name]!r}",
                    cure="Name all recordings of the group, or leave out --splitter.groups",
                )
