"""One label per frame, events blurred: how much of each frame every label has.

A network that is to say where an event is learns more easily from a bump than from one frame: the bump says of every
frame how near the event is, and its peak is the event. As in DAS [1]_ an event is a Gaussian of height one, a segment a
box; where they add up to more than one they are divided by their sum, and the background is what is left to one.

Worked example, frames at 0, 0.1, … 0.9 s, all covered, an event of label *pulse* at 0.25 s with a width (standard
deviation) of 0.05 s, a segment of *sine* from 0.55 to 0.85 s::

    frame           0     1     2     3     4     5     6     7     8     9
    background      1   .99   .39   .39   .99     1     0     0     0     1
    pulse           0   .01   .61   .61   .01     0     0     0     0     0
    sine            0     0     0     0     0     0     1     1     1     0

What differs from DAS: the width is in seconds and the Gaussian is computed at the frames' centres, so that it is the
same at any frame rate and shifted by no half sample; neighbouring events of a label do not add up, so that each keeps
its peak; and what nobody has looked at is unknown. An event that was annotated by itself is known as far as its
Gaussian goes, four widths.

References
----------
.. [1] Steinfath, Palacios-Muñoz, Rottschäfer, Yuezak, Clemens (2021), Fast and accurate annotation of acoustic
   signals with deep neural networks, eLife 10:e68837.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from oscine.annotations.labels import BACKGROUND
from oscine.core.params import Field, Seconds
from oscine.networks.frames import frame_times
from oscine.networks.gaps import HORIZON, separate
from oscine.networks.target import BUMP_REACH, MARGIN, Target, bumps, in_any
from oscine.networks.targets.exclusive import Exclusive


class Events(Target):
    """Exactly one label in each frame, events as bumps: DAS's way with pulses."""

    encodes: ClassVar[str] = "shares"

    width: Seconds = Field(0.0016, gt=0)
    """Standard deviation of the bump that an event is."""

    gap: Seconds = Field(0.0, ge=0)
    """Room to make between neighbouring segments, so that they can be told apart; 0 leaves them as annotated."""

    def outputs(self, labels: Sequence[str], n_channels: int = 1) -> tuple[str, ...]:
        """The labels, with the background in front where it is none of them.

        Examples
        --------
        >>> Events().outputs(["pulse", "sine"])
        ('background', 'pulse', 'sine')
        """
        return tuple(labels) if BACKGROUND in labels else (BACKGROUND, *labels)

    def reach(self, frame_rate: float) -> float:
        """How far from its time an event holds, in seconds: as far as its bump, or half a frame."""
        return max(super().reach(frame_rate), BUMP_REACH * self.width)

    def horizon(self, frame_rate: float) -> float:
        """How far from a frame annotations may matter to it, in seconds."""
        return max(self.reach(frame_rate), HORIZON * self.gap)

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
    ) -> NDArray[np.float32]:
        """How much of each frame each label has; not a number in frames of which nothing is known.

        A segment shorter than a frame holds in the frame of its middle, so that it is not lost.

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
            (output, frame), float32; the shares of a frame add up to one.

        Examples
        --------
        >>> onsets, offsets, indices = np.array([0.25, 0.55]), np.array([0.25, 0.85]), np.array([0, 1])
        >>> target, labels = Events(width=0.05), ["pulse", "sine"]
        >>> target.encode(onsets, offsets, indices, [(0.0, 1.0)], 9, 10.0, labels=labels).round(2)
        array([[1.  , 0.99, 0.39, 0.39, 0.99, 1.  , 0.  , 0.  , 0.  ],
               [0.  , 0.01, 0.61, 0.61, 0.01, 0.  , 0.  , 0.  , 0.  ],
               [0.  , 0.  , 0.  , 0.  , 0.  , 0.  , 1.  , 1.  , 1.  ]], dtype=float32)
        """
        times = frame_times(n_frames, frame_rate, start)
        names = np.array([labels[index] for index in indices], object)
        lasting, one_frame = offsets > onsets, 1 / frame_rate + MARGIN
        stretches = np.asarray(coverage, dtype=np.float64).reshape(-1, 2)
        known = in_any(times, stretches[:, 0], stretches[:, 1])
        known |= in_any(times, onsets[lasting], offsets[lasting], min_width=one_frame)
        points = onsets[~lasting]
        known |= in_any(times, points, points, min_width=2 * self.reach(frame_rate) + MARGIN)
        boxes = lasting & (names != BACKGROUND)
        lows, highs, owners = onsets[boxes], offsets[boxes], names[boxes]
        if self.gap:
            lows, highs, rows = separate(lows, highs, self.gap)
            owners = owners[rows]
        outputs = self.outputs(labels)
        shares = np.zeros((len(outputs), n_frames))
        for output, name in enumerate(outputs):
            if name != BACKGROUND:
                boxed = in_any(times, lows[owners == name], highs[owners == name], min_width=one_frame)
                shares[output] = np.maximum(boxed, bumps(times, onsets[~lasting & (names == name)], self.width))
        shares /= np.maximum(1.0, shares.sum(axis=0))
        shares[outputs.index(BACKGROUND)] = np.maximum(0.0, 1.0 - shares.sum(axis=0))
        return np.where(known, shares, np.nan).astype(np.float32)

    def decode(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities (…, output, frame): the softmax of logits (…, output, frame)."""
        return Exclusive().decode(logits)
