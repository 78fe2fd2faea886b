"""Exactly one label per frame: the network's scores are a softmax over the labels.

Worked example, frames at 0, 0.1, … 0.9 s, covered from 0.3 s on, a segment of label 0 from 0.45 to 0.65 s, an event
of label 1 at 0.92 s, label 2 called "background"::

    frame       0     1     2     3     4     5     6     7     8     9
    centre      0    0.1   0.2   0.3   0.4   0.5   0.6   0.7   0.8   0.9
    target     -1    -1    -1     2     2     0     0     2     2     1

With a `gap`, neighbouring segments nearer than that give way to background between them (`oscine.networks.gaps`).

SongExplorer lays frames around an event, so that it is halfway between two, and labels both. Ours lie on one grid for
the whole recording: an event labels the frame it is in, and both only where it is just between two.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from oscine.annotations.labels import BACKGROUND
from oscine.core.params import Field, Seconds
from oscine.networks.frames import frame_times
from oscine.networks.gaps import HORIZON, separate
from oscine.networks.target import MARGIN, UNKNOWN, Target, Timeline


class Exclusive(Target):
    """Exactly one label in each frame, so that its probabilities add up to one."""

    event_width: Seconds | None = Field(None, gt=0)
    """How long an event holds; one frame where nothing is given."""

    gap: Seconds = Field(0.0, ge=0)
    """Room to make between neighbouring segments, so that they can be told apart; 0 leaves them as annotated."""

    def reach(self, frame_rate: float) -> float:
        """How far from its time an event holds, in seconds: half of `event_width`, or half a frame.

        Examples
        --------
        >>> Exclusive().reach(10.0), Exclusive(event_width=0.5).reach(10.0)
        (0.05, 0.25)
        """
        return super().reach(frame_rate) if self.event_width is None else self.event_width / 2

    def horizon(self, frame_rate: float) -> float:
        """How far from a frame annotations may matter to it, in seconds."""
        return max(self.reach(frame_rate), HORIZON * self.gap)

    def timeline(
        self,
        onsets: NDArray[np.float64],
        offsets: NDArray[np.float64],
        indices: NDArray[np.int64],
        coverage: NDArray[np.float64],
        frame_rate: float,
        *,
        labels: Sequence[str],
    ) -> Timeline:
        """The target at any time, for looking up many windows at once: ``timeline.at(times)``.

        Parameters are those of `encode`.
        """
        under = None
        if BACKGROUND in labels:
            stretches = np.asarray(coverage, dtype=np.float64).reshape(-1, 2)
            background = np.full(len(stretches), list(labels).index(BACKGROUND))
            under = Timeline.paint(stretches[:, 0], stretches[:, 1], background)
        if self.gap:
            onsets, offsets, indices = self._separated(onsets, offsets, indices, labels)
        width = np.where(onsets == offsets, self.event_width or 1 / frame_rate, 1 / frame_rate)
        # an event just between two frames labels both
        return Timeline.paint(onsets, offsets, indices, under=under, min_width=width + MARGIN)

    def _separated(
        self,
        onsets: NDArray[np.float64],
        offsets: NDArray[np.float64],
        indices: NDArray[np.int64],
        labels: Sequence[str],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
        """The annotations with room between segments; events and background are as they were."""
        lasting = (offsets > onsets) & (np.array([labels[index] for index in indices], object) != BACKGROUND)
        lows, highs, rows = separate(onsets[lasting], offsets[lasting], self.gap)
        return (
            np.concatenate([onsets[~lasting], lows]),
            np.concatenate([offsets[~lasting], highs]),
            np.concatenate([indices[~lasting], indices[lasting][rows]]),
        )

    def encode(
        self,
        onsets: NDArray[np.float64],
        offsets: NDArray[np.float64],
        indices: NDArray[np.int64],
        coverage: NDArray[np.float64],
        n_frames: int,
        frame_rate: float,
        *,
        labels: Sequence[str],
        start: float = 0.0,
    ) -> NDArray[np.int64]:
        """The label of each frame, or -1 where it is not known.

        A frame has the label of the annotation whose ``[onset, offset)`` its centre is in, of several the one that
        starts last, whether it is covered or not. An event labels the frames whose centres are within half of
        `event_width` of it; a segment shorter than a frame labels the one in its middle, so that no annotation is
        lost. A covered frame without annotation is "background" where the labels have that, else it is not known.

        Parameters
        ----------
        onsets, offsets
            Bounds of the annotations, s.
        indices
            Their labels, as indices into `labels`.
        coverage
            Stretches (n, 2) that were annotated exhaustively, s.
        n_frames
            Number of frames.
        frame_rate
            Hz.
        labels
            The label set.
        start
            Centre of the first frame, s.

        Returns
        -------
        NDArray
            (frame,), int64.

        Examples
        --------
        >>> labels = ["pulse", "sine", "background"]
        >>> Exclusive().encode([0.45, 0.92], [0.65, 0.92], [0, 1], [(0.3, 1.0)], 10, 10.0, labels=labels)
        array([-1, -1, -1,  2,  2,  0,  0,  2,  2,  1])
        """
        timeline = self.timeline(onsets, offsets, indices, coverage, frame_rate, labels=labels)
        return timeline.at(frame_times(n_frames, frame_rate, start))

    def decode(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities (…, label, frame): the softmax of logits (…, label, frame).

        Examples
        --------
        >>> Exclusive().decode(np.zeros((2, 1), dtype=np.float32)).tolist()
        [[0.5], [0.5]]
        """
        logits = np.asarray(logits, dtype=np.float32)
        powers = np.exp(logits - logits.max(axis=-2, keepdims=True))
        return np.asarray(powers / powers.sum(axis=-2, keepdims=True), dtype=np.float32)

    def labels_of(self, probabilities: NDArray[np.float32]) -> NDArray[np.int64]:
        """The most probable label (…, frame) of probabilities (…, label, frame); -1 where they are not numbers."""
        most = np.argmax(probabilities, axis=-2)
        return np.where(np.isnan(probabilities).any(axis=-2), UNKNOWN, most).astype(np.int64)
