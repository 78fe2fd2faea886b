"""Targets: the plug-in kind whose members say what a frame can be.

A target encodes annotations, where somebody has looked, into what a loss compares a network's logits with, and decodes
logits into the probabilities that prediction emits. Both directions stand in one file, and a test closes the loop.

Annotations come as three arrays, one entry per row: onsets and offsets (s) and the index of the label in the label
set. Coverage comes as an array (n, 2) of half-open stretches (s) that somebody has annotated exhaustively. Frame `i`
is centred on ``start + i / frame_rate``.

Where single sounds were annotated, a row that lies outside the coverage tells of its own label, and nothing of others.

An encoded truth is one of two: the index of the one label of each frame (frame,), int64, `UNKNOWN` where nobody knows;
or the wished value of each output (output, frame), float32, not a number where nobody knows. `Target.encodes` says what
these mean, so that a loss knows whether it can judge them:

- ``labels``: the one label of a frame, as its index
- ``shares``: how much of a frame each output has; they add up to one
- ``presences``: whether each output is there, by itself, from 0 to 1
- ``shares-and-boundaries``: shares of labels, and two presences behind them
- ``values``: anything else, such as sound

`Timeline` is the part that all targets of single labels share: which annotation holds at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscine.core.plugins import Plugin, PluginKind

if TYPE_CHECKING:
    from torch import Tensor

UNKNOWN = -1
"""Target of a frame that nobody has judged: it is left out of every loss and every metric."""

MARGIN = 4e-9
"""Seconds: more than times are rounded by, less than anything is long; an event that is this much wider than a frame
is in both frames where it lies just between them."""

N_BOUNDS = 2
"""Outputs behind those of the labels that tell of boundaries: onset and offset."""

BUMP_REACH = 4.0
"""Standard deviations after which a Gaussian ends; it is 3e-4 there."""

_NANOSECOND = 1e-9  # times are compared to this, so that 1250 / 2500 Hz and 0.5 s are the same instant


class Target(Plugin):
    """Base of every target; its fields are its options."""

    loss: ClassVar[str] = "cross-entropy"
    """Name of the loss that fits it."""

    encodes: ClassVar[str] = "labels"
    """What an encoded truth means, as listed above."""

    def outputs(self, labels: Sequence[str], n_channels: int = 1) -> tuple[str, ...]:
        """Names of the scores that a network must give per frame: the labels, unless the target says otherwise."""
        return tuple(labels)

    def reach(self, frame_rate: float) -> float:
        """How far from its time an event holds, in seconds: half a frame of so many hertz."""
        return 0.5 / frame_rate

    def horizon(self, frame_rate: float) -> float:
        """How far from a frame annotations may matter to it, in seconds: by default no farther than events `reach`."""
        return self.reach(frame_rate)

    def rivals(self, labels: Sequence[str]) -> tuple[str, ...]:
        """The outputs of which each frame has exactly one, so that their scores add up to one: by default all."""
        return self.outputs(labels)

    def log_probabilities(self, logits: Tensor) -> Tensor:
        """Logarithms (batch, output, frame) of the probabilities that smoothing terms compare from frame to frame.

        By default those of the softmax over the outputs.
        """
        return logits.log_softmax(dim=1)

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
    ) -> NDArray[np.int64] | NDArray[np.float32]:
        """What a network should say in each frame, for a loss: (frame,) labels or (output, frame) values."""
        raise NotImplementedError

    def decode(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities (…, output, frame) of a network's logits (…, output, frame)."""
        raise NotImplementedError

    def is_present(self, scores: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which outputs each frame is said to have, of scores (…, output, frame): the most probable one.

        Examples
        --------
        >>> Target().is_present(np.array([[0.2, 0.6], [0.8, 0.4]], np.float32)).tolist()
        [[False, True], [True, False]]
        """
        most = scores.argmax(axis=-2)[..., None, :]
        return np.asarray(np.arange(scores.shape[-2])[:, None] == most)

    def judge(
        self, truth: NDArray[np.int64] | NDArray[np.float32], n_outputs: int
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which outputs each frame has, and of which this is known, of an encoded truth.

        Parameters
        ----------
        truth
            (…, frame) labels, or (…, output, frame) values.
        n_outputs
            Number of outputs.

        Returns
        -------
        present, known
            (…, output, frame) each.

        Examples
        --------
        >>> present, known = Target().judge(np.array([1, -1]), n_outputs=2)
        >>> present.tolist(), known.tolist()
        ([[False, False], [True, False]], [[True, False], [True, False]])
        """
        if np.issubdtype(truth.dtype, np.integer):
            labels = truth[..., None, :]
            present = np.arange(n_outputs)[:, None] == labels
            return present, np.broadcast_to(labels != UNKNOWN, present.shape)
        known = ~np.isnan(truth)
        return self.is_present(np.where(known, truth, 0).astype(np.float32)) & known, known

    def of_sound(self, sound: Tensor, hop: int, context: tuple[int, int]) -> Tensor | None:
        """Truth (batch, output, frame) that is in the input (batch, channel, sample) itself; none by default."""
        return None


TARGETS = PluginKind("targets", Target, "oscine.networks.targets")
"""Every target, by name."""


@dataclass(frozen=True)
class Timeline:
    """Which label holds when: a function of time that is constant between `edges`.

    Attributes
    ----------
    edges
        Ascending times, s, at which the label changes.
    values
        Label that holds from each edge to the next, one more than edges: the first holds before the first edge.
    """

    edges: NDArray[np.float64]
    values: NDArray[np.int64]

    @classmethod
    def paint(
        cls,
        onsets: ArrayLike,
        offsets: ArrayLike,
        indices: ArrayLike,
        *,
        under: Timeline | None = None,
        min_width: ArrayLike = 0.0,
    ) -> Timeline:
        """Annotations laid over each other, those that start later on top.

        Of two with the same onset the shorter one is on top. What is shorter than `min_width`, an event above all, is
        widened about its middle to that.

        Parameters
        ----------
        onsets, offsets
            Bounds of the annotations, s.
        indices
            Their labels.
        under
            What holds where there is no annotation; `UNKNOWN` by default.
        min_width
            Shortest stretch that an annotation holds, s: one for all, or one for each.

        Examples
        --------
        A segment of label 0 from 1 to 5 s, with one of label 1 inside it, and an event of label 2:

        >>> timeline = Timeline.paint([1.0, 2.0, 6.0], [5.0, 3.0, 6.0], [0, 1, 2], min_width=0.5)
        >>> timeline.at([0.9, 1.0, 2.5, 3.0, 5.0, 6.0, 6.25]).tolist()
        [-1, 0, 1, 0, -1, 2, -1]
        """
        onsets, offsets = np.asarray(onsets, dtype=np.float64), np.asarray(offsets, dtype=np.float64)
        indices = np.asarray(indices, dtype=np.int64)
        middles = (onsets + offsets) / 2
        half = np.asarray(min_width, dtype=np.float64) / 2
        lows, highs = np.minimum(onsets, middles - half), np.maximum(offsets, middles + half)
        under = under or cls(np.empty(0), np.array([UNKNOWN]))
        edges = np.unique(np.concatenate([lows, highs, under.edges]))
        values = np.concatenate([under.values[:1], under.values[np.searchsorted(under.edges, edges, side="right")]])
        firsts, lasts = np.searchsorted(edges, lows) + 1, np.searchsorted(edges, highs) + 1
        for row in np.lexsort((-offsets, onsets)):
            values[firsts[row] : lasts[row]] = indices[row]
        return cls(edges, values)

    def at(self, times: ArrayLike) -> NDArray[np.int64]:
        """The label that holds at each of `times` (s, any shape)."""
        times = np.asarray(times, dtype=np.float64)
        return self.values[np.searchsorted(self.edges, times + _NANOSECOND, side="right")]


def in_any(times: ArrayLike, onsets: ArrayLike, offsets: ArrayLike, *, min_width: float = 0.0) -> NDArray[np.bool_]:
    """Whether each of `times` lies in any of some stretches, those shorter than `min_width` widened about their middle.

    Examples
    --------
    >>> in_any([0.0, 1.0, 2.0, 3.0], [1.0, 2.9], [2.0, 2.9], min_width=0.3).tolist()
    [False, True, False, True]
    """
    stretches = Timeline.paint(onsets, offsets, np.zeros(np.shape(onsets), np.int64), min_width=min_width)
    return np.asarray(stretches.at(times) == 0)


def bumps(times: ArrayLike, centres: ArrayLike, width: float) -> NDArray[np.float64]:
    """A Gaussian of height one about each centre, the highest of them at each time.

    It is computed at the very times, so that nothing is shifted by a part of a frame, and ends at `BUMP_REACH` widths.

    Parameters
    ----------
    times
        Ascending, s, axes (time,).
    centres
        s.
    width
        Standard deviation, s.

    Examples
    --------
    >>> bumps([0.8, 1.0, 1.1, 1.5], [1.0], 0.1).round(3).tolist()
    [0.135, 1.0, 0.607, 0.0]
    """
    times, heights = np.asarray(times, np.float64), np.zeros(np.shape(times))
    for centre in np.asarray(centres, np.float64):
        reach = BUMP_REACH * width + _NANOSECOND
        first, stop = np.searchsorted(times, [centre - reach, centre + reach])
        bump = np.exp(-0.5 * ((times[first:stop] - centre) / width) ** 2)
        heights[first:stop] = np.maximum(heights[first:stop], bump)
    return heights
