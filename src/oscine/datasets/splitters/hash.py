"""SongExplorer's split: each annotation by a hash of its recording and bounds.

Membership depends on nothing but the recording's name and the two sample numbers, so every run and every
replicate shares it, and adding annotations never moves old ones. Neighbouring sounds may fall on both sides:
scores are then optimistic, which `train` says; and of an annotation that lies inside another each may fall on another
side. The rule goes back to Warden, *Speech Commands* (2018,
arXiv:1804.03209).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from oscine.core.params import Field
from oscine.datasets.splitter import Percent, Splitter, only_rows

if TYPE_CHECKING:
    from oscine.annotations.annotations import Annotations
    from oscine.recordings.recordings import Recordings

_N_BUCKETS = 2**27 - 1


class Hash(Splitter):
    """By a hash of each annotation: the same annotation always falls on the same side."""

    validation: Percent = 20.0
    """Share of the annotations to validate on."""
    offset: Percent = 0.0
    """Where the validated share begins; folds of a cross-validation differ in it."""
    inverted: bool = False
    """Train on the validated share, and validate on all else."""
    test: Percent = 0.0
    """Share of the annotations kept apart for a test."""
    validation_recordings: tuple[str, ...] = Field(())
    """Recordings of which all annotations are validated on."""
    test_recordings: tuple[str, ...] = Field(())
    """Recordings of which all annotations are kept apart."""

    def split(self, annotations: Annotations, recordings: Recordings, *, seed: int) -> dict[str, Annotations]:
        """Tell the parts apart; the seed plays no role."""
        for name in (*self.validation_recordings, *self.test_recordings):
            recordings.by_name(name)  # a typing error is refused
        rates = {name: recordings.by_name(name).sample_rate for name in annotations.recordings}
        rows = annotations.to_pandas()
        parts = [
            self.part_of(name, round(onset * rates[name]), round(offset * rates[name]))
            for name, onset, offset in zip(rows["recording"], rows["onset"], rows["offset"], strict=True)
        ]
        return {
            part: only_rows(annotations, np.array([other == part for other in parts], bool))
            for part in dict.fromkeys(["train", *parts])
        }

    def part_of(self, recording: str, start: int, stop: int) -> str:
        """The part of one annotation, from its recording's name and its first and last sample."""
        if recording in self.validation_recordings:
            return "validation"
        if recording in self.test_recordings:
            return "test"
        share = percentile(recording, start, stop)
        if share < self.test:
            return "test"
        chosen = self.test + self.offset < share < self.test + self.offset + self.validation
        return "validation" if chosen != self.inverted else "train"


def percentile(recording: str, start: int, stop: int) -> float:
    """Where an annotation falls between 0 and 100.

    Examples
    --------
    >>> round(percentile("PS_20130625111709_ch3.wav", 5013, 10972), 2)
    89.17
    """
    key = f"{recording}{start}{stop}".split("_nohash_", 1)[0]
    number = int(hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest(), 16)
    return number % (_N_BUCKETS + 1) * 100 / _N_BUCKETS
