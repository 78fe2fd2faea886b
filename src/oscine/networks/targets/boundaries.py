"""One label per frame, and beside it where segments begin and end.

Two outputs more, *onset* and *offset*, are trained on a bump (a Gaussian of height one) at every bound of every
segment, whatever its label. They share all layers of the network with the labels. A network that has to say where a
sound begins looks at edges; and the peaks of these two scores are bounds between frames of labels that are unsure, to
which ``segment`` can move its own (``--snap``). DAS [1]_ makes two more labels of them, *syllable_onset* and
*syllable_offset*, that compete with the syllables in one softmax; here a frame may be both.

Worked example, frames at 0, 0.1, … 0.9 s, covered from 0.2 s on, bumps of a width (standard deviation) of 0.1 s, a
segment of *a* from 0.4 to 0.7 s; ``?`` is not known (not a number)::

    frame           0     1     2     3     4     5     6     7     8     9
    background      ?     ?     1     1     0     0     0     1     1     1
    a               ?     ?     0     0     1     1     1     0     0     0
    onset           ?     ?   .14   .61     1   .61   .14   .01     0     0
    offset          ?     ?     0     0   .01   .14   .61     1   .61   .14

References
----------
.. [1] Steinfath, Palacios-Muñoz, Rottschäfer, Yuezak, Clemens (2021), Fast and accurate annotation of acoustic
   signals with deep neural networks, eLife 10:e68837.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from oscine.annotations.labels import BACKGROUND
from oscine.core.errors import InputError
from oscine.core.params import Field, Seconds
from oscine.networks.frames import frame_times
from oscine.networks.target import BUMP_REACH, N_BOUNDS, UNKNOWN, Target, bumps
from oscine.networks.targets.exclusive import Exclusive
from oscine.networks.targets.overlapped import Overlapped

if TYPE_CHECKING:
    from torch import Tensor

BOUNDS = ("onset", "offset")
"""Names of the outputs behind those of the labels."""


class Boundaries(Target):
    """Exactly one label in each frame, and beside it where segments begin and end."""

    loss: ClassVar[str] = "class-and-boundary"
    encodes: ClassVar[str] = "shares-and-boundaries"

    width: Seconds = Field(0.004, gt=0)
    """Standard deviation of the bump at each onset and offset."""

    event_width: Seconds | None = Field(None, gt=0)
    """How long an event, or any shorter segment, holds around its middle; one frame where nothing is given."""

    gap: Seconds = Field(0.0, ge=0)
    """Room to make between neighbouring segments, so that they can be told apart; 0 leaves them as annotated."""

    @property
    def _labels(self) -> Exclusive:
        return Exclusive(event_width=self.event_width, gap=self.gap)

    def outputs(self, labels: Sequence[str], n_channels: int = 1) -> tuple[str, ...]:
        """The labels, and behind them "onset" and "offset".

        Raises
        ------
        InputError
            Where a label is called so already.

        Examples
        --------
        >>> Boundaries().outputs(["background", "a"])
        ('background', 'a', 'onset', 'offset')
        """
        for name in BOUNDS:
            if name in labels:
                raise InputError(
                    "a label is called as a boundary",
                    found=name,
                    cure="Rename it with --relabel; a dataset prepared with --boundaries wants another target",
                )
        return (*labels, *BOUNDS)

    def rivals(self, labels: Sequence[str]) -> tuple[str, ...]:
        """The labels, of which each frame has one."""
        return tuple(labels)

    def reach(self, frame_rate: float) -> float:
        """How far from its time an event holds, in seconds: half of `event_width`, or half a frame."""
        return self._labels.reach(frame_rate)

    def horizon(self, frame_rate: float) -> float:
        """How far from a frame annotations may matter to it, in seconds."""
        return max(self._labels.horizon(frame_rate), BUMP_REACH * self.width)

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
        """The label of each frame as one among zeros, and how near a segment begins or ends.

        Boundaries are known where the label is: a segment that was annotated by itself tells of its inner side alone.
        Events have none, nor has the background.

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
            (output, frame), float32; not a number where the label is not known.

        Examples
        --------
        >>> one, target = np.array([1]), Boundaries(width=0.1)
        >>> target.encode(one * 0.2, one * 0.5, one, [(0.0, 1.0)], 7, 10.0, labels=["background", "a"]).round(2)
        array([[1.  , 1.  , 0.  , 0.  , 0.  , 1.  , 1.  ],
               [0.  , 0.  , 1.  , 1.  , 1.  , 0.  , 0.  ],
               [0.14, 0.61, 1.  , 0.61, 0.14, 0.01, 0.  ],
               [0.  , 0.  , 0.01, 0.14, 0.61, 1.  , 0.61]], dtype=float32)
        """
        label = self._labels.encode(
            onsets, offsets, indices, coverage, n_frames, frame_rate, labels=labels, start=start
        )
        times = frame_times(n_frames, frame_rate, start)
        names = np.array([labels[index] for index in indices], object)
        lasting = (offsets > onsets) & (names != BACKGROUND)
        one_hot = np.arange(len(labels))[:, None] == label
        edges = [bumps(times, bounds[lasting], self.width) for bounds in (onsets, offsets)]
        return np.where(label == UNKNOWN, np.nan, np.concatenate([one_hot, edges])).astype(np.float32)

    def decode(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities (…, output, frame): the softmax of the labels' logits, the logistic function of the others."""
        labels, bounds = logits[..., :-N_BOUNDS, :], logits[..., -N_BOUNDS:, :]
        return np.concatenate([Exclusive().decode(labels), Overlapped().decode(bounds)], axis=-2)

    def is_present(self, scores: NDArray[np.float32]) -> NDArray[np.bool_]:
        """The most probable label of each frame, and the boundaries whose score is ½ or more.

        Examples
        --------
        >>> Boundaries().is_present(np.array([[0.9, 0.4], [0.1, 0.6], [0.5, 0.2], [0.1, 0.1]], np.float32)).tolist()
        [[True, False], [False, True], [True, False], [False, False]]
        """
        scores = np.asarray(scores)
        labels = super().is_present(scores[..., :-N_BOUNDS, :])
        return np.concatenate([labels, scores[..., -N_BOUNDS:, :] >= 0.5], axis=-2)

    def log_probabilities(self, logits: Tensor) -> Tensor:
        """Logarithms (batch, label, frame) of the probability of each label; boundaries are not to be smoothed."""
        return logits[:, :-N_BOUNDS].log_softmax(dim=1)
