"""One label for every sound: runs of frames that are not background, each given the label that most of them have.

A network that is unsure which of two syllables it hears changes its mind within one, and every change is a syllable
too many. TweetyNet and vak [1]_ clean this up before they count errors: any stretch of frames that are not background,
whatever their labels, is taken for one sound, and its frames vote.

    best label      . . a a b a . . b . c c d d . .
    runs                |-----|     |   |-----|
    too short                       x                  with a `min_duration` of two frames
    majority            a a a a         c c c c        on a tie the first label wins

Two syllables without a background frame between them are one run, always. That is what the method is, and why it suits
song with silent gaps; where syllables touch, choose `maximum`.

A frame is background where the label "background" is its most probable one. Where the scores have no such label, it is
background where its most probable label does not exceed its threshold.

References
----------
.. [1] Cohen, Nicholson, Sanchioni, Mallaber, Skidanova, Gardner (2022), Automated annotation of birdsong with a
       neural network that segments spectrograms, eLife 11:e63853, "Post-processing".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from oscine.annotations.labels import BACKGROUND
from oscine.core.params import Field, Seconds
from oscine.prediction.decoder import Decoder
from oscine.prediction.runs import Runs
from oscine.prediction.scores import Scores

_ROUNDING = 1e-9
"""Seconds by which binary numbers may miss a wished one."""


class Majority(Decoder):
    """One label for each run of frames that are not background: the one that most of them have."""

    heeds_thresholds: ClassVar[bool] = False

    min_duration: Seconds = Field(0.0, ge=0)
    """Runs shorter than this are background; 0.02 in the papers on TweetyNet."""

    def runs(self, scores: Scores, thresholds: Mapping[str, float]) -> dict[str, Runs]:
        """Runs that are not background, each under its most frequent label; on a tie the first label wins.

        Unlike what is written at the ends of a recording, a run lasts as many frames as it has.
        """
        if BACKGROUND in scores.labels:
            floors = np.where(np.array(scores.labels) == BACKGROUND, np.inf, -np.inf)
        else:
            floors = np.array([thresholds[label] for label in scores.labels])
        shortest = (self.min_duration - _ROUNDING) * scores.frame_rate
        parts = [part.chosen(part.stop - part.start >= shortest).winners() for part in _votes(scores, floors)]
        label, start, stop, peak = (np.concatenate(column) for column in zip(*parts, strict=True))
        runs = Runs(start, stop, peak)
        return {name: runs.where(label == index) for index, name in enumerate(scores.labels)}


@dataclass(frozen=True)
class _Votes:
    """Runs, whatever their labels: first frame, last frame + 1 (run,); frames and highest score (run, label)."""

    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    frames: NDArray[np.int64]
    peaks: NDArray[np.float32]

    @classmethod
    def count(
        cls, first: int, best: NDArray[np.intp], sounds: NDArray[np.bool_], scores: NDArray[np.float32]
    ) -> _Votes:
        """Of one block that begins at frame `first`: best label (frame,), whether it is a sound, all scores."""
        edges = np.flatnonzero(np.diff(np.concatenate([[False], sounds, [False]]).view(np.int8)))
        start, stop, n_labels = edges[::2], edges[1::2], len(scores)
        if len(start) == 0:
            return cls.none(n_labels)
        run = np.repeat(np.arange(len(start)), stop - start)
        frames = np.bincount(run * n_labels + best[sounds], minlength=len(start) * n_labels)
        inside = edges[:-1] if edges[-1] == scores.shape[1] else edges  # reduceat goes to the end by itself
        peaks = np.maximum.reduceat(scores, inside, axis=1)[:, ::2].T
        return cls(start + first, stop + first, frames.reshape(-1, n_labels), peaks)

    @classmethod
    def none(cls, n_labels: int) -> _Votes:
        """No runs."""
        nothing = np.empty(0, np.int64)
        return cls(nothing, nothing, np.empty((0, n_labels), np.int64), np.empty((0, n_labels), np.float32))

    def chosen(self, which: NDArray[np.bool_] | slice) -> _Votes:
        """Some of the runs."""
        return _Votes(self.start[which], self.stop[which], self.frames[which], self.peaks[which])

    def after(self, earlier: _Votes) -> _Votes:
        """These after at most one earlier run, which goes on in the first of these where they touch."""
        if len(earlier.start) and len(self.start) and earlier.stop[0] == self.start[0]:
            start, frames, peaks = self.start.copy(), self.frames.copy(), self.peaks.copy()
            start[0], frames[0], peaks[0] = (
                earlier.start[0],
                frames[0] + earlier.frames[0],
                np.maximum(peaks[0], earlier.peaks[0]),
            )
            return _Votes(start, self.stop, frames, peaks)
        return _Votes(
            np.concatenate([earlier.start, self.start]),
            np.concatenate([earlier.stop, self.stop]),
            np.concatenate([earlier.frames, self.frames]),
            np.concatenate([earlier.peaks, self.peaks]),
        )

    def winners(self) -> tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
        """Of each run its most frequent label, bounds, and that label's highest score."""
        label = self.frames.argmax(axis=1)  # the first of equals
        return label, self.start, self.stop, np.take_along_axis(self.peaks, label[:, None], axis=1)[:, 0]


def _votes(scores: Scores, floors: NDArray[np.float64]) -> Iterator[_Votes]:
    """Runs in order of time, block by block; the last of a block waits for the next one, into which it may go on."""
    waiting = _Votes.none(len(scores.labels))
    for first, block in scores.blocks():
        best = block.argmax(axis=0)
        highest = np.take_along_axis(block, best[None], axis=0)[0]
        votes = _Votes.count(
            first, best, np.isfinite(highest) & (highest > floors[best].astype(np.float32)), block
        ).after(waiting)
        yield votes.chosen(slice(None, -1))
        waiting = votes.chosen(slice(-1, None))
    yield waiting
