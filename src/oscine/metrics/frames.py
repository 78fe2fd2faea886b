"""Which labels are taken for which: the confusion matrix of frames, and the frame error.

Every frame that somebody has annotated is counted in the cell of its true label (row) and its predicted label
(column). Frames of unknown truth (−1) are not counted at all, whatever was predicted there.

A worked example: 100 frames of `pulse`, of which 90 are found, and 1000 of `ambient`, of which 50 are mistaken.

    M                pulse  ambient        rows, R             columns, C            balanced columns, Q
    pulse               90       10        0.90   0.10         0.64   0.01           0.95   0.10
    ambient             50      950        0.05   0.95         0.36   0.99           0.05   0.90

- `rows`, R_ij = M_ij / Σ_j M_ij: of the true frames of a label, where they went. Its diagonal is the recall.
- `columns`, C_ij = M_ij / Σ_i M_ij: of the frames predicted to be a label, what they are. Its diagonal is the
  precision, *in these data*: `pulse` is right 64 % of the time because `ambient` is ten times as frequent.
- `balanced_columns`, Q_ij = R_ij / Σ_i R_ij: the same as if all labels were equally frequent. Its diagonal is the
  `balanced_precision` (95 %), which does not depend on how many examples of each label somebody chose to annotate.
  This is what SongExplorer reports; C is what its lower triangles are often thought to show.

Rates of a label without frames are `nan`, and means over labels leave them out.

Two annotations of a recording, whatever made them, are compared on frames of their own, 1 ms long by default
(`frame_labels`). Their *frame error* is the share of frames whose labels differ. Most of a recording is often silence,
for which there is easy credit, so `FrameErrors` also counts the frames that are sound in either annotation.

References
----------
.. [1] Arthur et al. (2021), SongExplorer: a deep learning workflow for discovery and segmentation of animal
       acoustic communication signals, bioRxiv 2021.03.26.437280.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscine.metrics.counts import plain, ratio
from oscine.metrics.matching import intervals

Array = NDArray[np.float64]

UNKNOWN = -1
"""Frame label of a frame that nobody has annotated."""

_SLACK = 1e-6
"""Frames by which a binary time may miss the centre of one: 0.0015 s is the centre of a millisecond."""


@dataclass(frozen=True, eq=False)
class ConfusionMatrix:
    """Number of frames of each true label that were predicted to be each label.

    Attributes
    ----------
    counts
        M (true label, predicted label), int64.
    labels
        Names, in the order of both axes.
    """

    counts: NDArray[np.int64]
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.counts.shape != (len(self.labels), len(self.labels)):
            raise ValueError(f"{len(self.labels)} labels need a square matrix, found shape {self.counts.shape}")

    def __add__(self, other: ConfusionMatrix) -> ConfusionMatrix:
        if self.labels != other.labels:
            raise ValueError(f"cannot pool matrices of different labels, {self.labels} and {other.labels}")
        return ConfusionMatrix(self.counts + other.counts, self.labels)

    @property
    def rows(self) -> Array:
        """R: each row divided by its sum; `nan` for a label without true frames."""
        return _divided(self.counts, self.counts.sum(axis=1, keepdims=True))

    @property
    def columns(self) -> Array:
        """C: each column divided by its sum; `nan` for a label that was never predicted."""
        return _divided(self.counts, self.counts.sum(axis=0, keepdims=True))

    @property
    def balanced_columns(self) -> Array:
        """Q: each column of R divided by its sum, as if all labels were equally frequent."""
        shares = self.rows
        quotients = _divided(np.nan_to_num(shares), np.nansum(shares, axis=0, keepdims=True))
        return np.where(np.isnan(shares), np.nan, quotients)

    @property
    def recall(self) -> Array:
        """Share of each label's true frames that were found, (label,)."""
        return np.diagonal(self.rows).copy()

    @property
    def precision(self) -> Array:
        """Share of the frames predicted to be each label that are, (label,), at the frequencies in these data."""
        return np.diagonal(self.columns).copy()

    @property
    def balanced_precision(self) -> Array:
        """Precision as if all labels were equally frequent, (label,)."""
        return np.diagonal(self.balanced_columns).copy()

    @property
    def f1(self) -> Array:
        """Harmonic mean of precision and recall, (label,)."""
        found = np.diagonal(self.counts)
        return _divided(2 * found, self.counts.sum(axis=0) + self.counts.sum(axis=1))

    @property
    def balanced_f1(self) -> Array:
        """Harmonic mean of balanced precision and recall, (label,)."""
        shares = self.rows
        total = np.nansum(shares, axis=0) + 1.0  # every row of R with frames sums to one
        return np.where(np.isnan(self.recall), np.nan, 2 * self.recall / total)

    def macro_f1(self, without: Collection[str] = ()) -> float:
        """Mean F1 over labels, each weighing the same however rare it is; `nan` where no label has any.

        Parameters
        ----------
        without
            Labels that are left out, such as the background, which is easy. Their frames still count as the others'
            mistakes. A label that nobody gave to any frame is left out as well.

        Examples
        --------
        >>> matrix = confusion_matrix([0, 0, 1, 2, 2, 2], [0, 1, 1, 2, 2, 2], ["a", "b", "background"])
        >>> round(matrix.macro_f1(), 3), round(matrix.macro_f1(without=["background"]), 3)
        (0.778, 0.667)
        """
        return mean([f1 for label, f1 in zip(self.labels, self.f1, strict=True) if label not in without])

    @property
    def accuracy(self) -> float:
        """Share of all frames that are right."""
        return ratio(float(np.trace(self.counts)), float(self.counts.sum()))

    @property
    def frame_error(self) -> float:
        """Share of all frames that are wrong."""
        return 1.0 - self.accuracy

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall over labels that have true frames."""
        return mean(self.recall)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        names = ("precision", "balanced_precision", "recall", "f1", "balanced_f1")
        rates = {name: getattr(self, name) for name in names}
        return {
            "labels": list(self.labels),
            "counts": self.counts.tolist(),
            "accuracy": plain(self.accuracy),
            "frame_error": plain(self.frame_error),
            "balanced_accuracy": plain(self.balanced_accuracy),
            "by_label": {
                label: {name: plain(values[i]) for name, values in rates.items()} for i, label in enumerate(self.labels)
            },
            "mean": {name: plain(mean(values)) for name, values in rates.items()},
        }


def confusion_matrix(truth: ArrayLike, predicted: ArrayLike, labels: Iterable[str]) -> ConfusionMatrix:
    """Count the frames of each true label that were predicted to be each label.

    Parameters
    ----------
    truth
        Index of each frame's true label, (frame,), integers; −1 where it is unknown.
    predicted
        Index of each frame's predicted label, (frame,), integers; any value where the truth is unknown.
    labels
        Names of the labels 0, 1, …

    Raises
    ------
    ValueError
        Where shapes differ, values are not whole numbers, or an index is no label.

    Examples
    --------
    >>> matrix = confusion_matrix([0, 0, 1, -1], [0, 1, 1, 0], ["pulse", "ambient"])
    >>> matrix.counts
    array([[1, 1], [0, 1]])
    >>> matrix.recall, matrix.precision
    (array([0.5, 1. ]), array([1. , 0.5]))
    """
    names = tuple(labels)
    true, guess = np.asarray(truth), np.asarray(predicted)
    if true.ndim != 1 or true.shape != guess.shape:
        raise ValueError(f"truth and predictions must both be (frame,), found {true.shape} and {guess.shape}")
    if true.size and not (np.issubdtype(true.dtype, np.integer) and np.issubdtype(guess.dtype, np.integer)):
        raise ValueError(f"frame labels must be integers, found {true.dtype} and {guess.dtype}")
    known = true != UNKNOWN
    true, guess = true[known].astype(np.int64), guess[known].astype(np.int64)
    for what, values in (("true", true), ("predicted", guess)):
        if values.size and (values.min() < 0 or values.max() >= len(names)):
            raise ValueError(f"{what} frame labels must be within 0 and {len(names) - 1} (true ones also -1: unknown)")
    counts = np.bincount(true * len(names) + guess, minlength=len(names) ** 2)
    return ConfusionMatrix(counts.astype(np.int64).reshape(len(names), len(names)), names)


@dataclass(frozen=True)
class FrameErrors:
    """How many frames are labelled wrongly, of all and of those where there is a sound.

    Attributes
    ----------
    n_wrong, n_frames
        Frames whose labels differ, of all that are known.
    n_sound
        Known frames with a sound in the truth, in the prediction, or in both. Wrong frames are all among them.

    Examples
    --------
    >>> errors = FrameErrors(1, 10, 4) + FrameErrors(0, 10, 0)
    >>> errors.frame_error, errors.sound_error
    (0.05, 0.25)
    """

    n_wrong: int = 0
    n_frames: int = 0
    n_sound: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.n_wrong <= self.n_sound <= self.n_frames:
            raise ValueError(f"wrong frames are some of those with sound, which are some of all, found {self}")

    def __add__(self, other: FrameErrors) -> FrameErrors:
        return FrameErrors(self.n_wrong + other.n_wrong, self.n_frames + other.n_frames, self.n_sound + other.n_sound)

    @property
    def frame_error(self) -> float:
        """Share of all frames that are wrong; `nan` without any."""
        return ratio(self.n_wrong, self.n_frames)

    @property
    def sound_error(self) -> float:
        """Share of the frames with sound, in truth or prediction, that are wrong: background earns no credit."""
        return ratio(self.n_wrong, self.n_sound)

    def to_dict(self) -> dict[str, Any]:
        """Counts and rates as plain values, `None` for `nan`, ready for JSON."""
        return {
            "n_wrong": self.n_wrong,
            "n_frames": self.n_frames,
            "n_sound": self.n_sound,
            "frame_error": plain(self.frame_error),
            "sound_error": plain(self.sound_error),
        }


def frame_labels(
    segments: ArrayLike, indices: ArrayLike, n_frames: int, frame: float = 0.001, *, background: int
) -> NDArray[np.int32]:
    """The label of each frame: that of the segment which holds at its centre, else `background`.

    Frame `i` lasts from `i · frame` to `(i + 1) · frame`, and a segment is half-open. Where segments overlap, the one
    that starts later holds; of two that start together the longer one, then the one of the higher index. Events last
    no time and hold nowhere.

    Parameters
    ----------
    segments
        Onset and offset in seconds, (segment, 2), in any order.
    indices
        Index of the label of each, (segment,).
    n_frames
        Number of frames.
    frame
        Length of a frame in seconds.
    background
        Index that stands for no label.

    Returns
    -------
    NDArray
        (frame,), int32.

    Raises
    ------
    ValueError
        Where a segment ends before it begins, numbers of segments and labels differ, or a frame has no length.

    Examples
    --------
    >>> frame_labels([[0.0, 0.003], [0.0015, 0.0024]], [0, 1], 5, background=9)
    array([0, 1, 0, 9, 9], dtype=int32)
    """
    spans, labels = intervals(segments), np.asarray(indices, dtype=np.int32)
    if labels.shape != (len(spans),):
        raise ValueError(f"one label per segment is needed, {len(spans)}, found shape {labels.shape}")
    edges = first_frames(spans, frame, n_frames)
    order = painting_order(spans, labels)
    frames = np.full(n_frames, background, dtype=np.int32)
    for (start, stop), label in zip(edges[order].tolist(), labels[order].tolist(), strict=True):
        frames[start:stop] = label
    return frames


def first_frames(times: Array, frame: float, n_frames: int) -> NDArray[np.int64]:
    """The first frame whose centre is not before a time in seconds, for times of any shape; `n_frames` where none is.

    Examples
    --------
    >>> first_frames(np.array([0.0, 0.0015, 0.0016]), 0.001, n_frames=9)
    array([0, 1, 2])
    """
    if not frame > 0:
        raise ValueError(f"a frame must be longer than 0 s, found {frame!r}")
    return np.ceil(times / frame - 0.5 - _SLACK).clip(0, n_frames).astype(np.int64)


def painting_order(spans: Array, labels: NDArray[Any]) -> NDArray[np.intp]:
    """The order in which segments (segment, 2) are painted over each other: those that start later lie on top."""
    return np.lexsort((labels, spans[:, 1], spans[:, 0]))


def frame_errors(truth: ArrayLike, predicted: ArrayLike, *, background: int) -> FrameErrors:
    """Count the frames whose labels differ.

    Parameters
    ----------
    truth, predicted
        Index of each frame's label, (frame,); frames whose true one is −1 are unknown and left out.
    background
        Index that stands for no sound.

    Raises
    ------
    ValueError
        Where shapes differ.

    Examples
    --------
    >>> frame_errors([0, 0, 1, 9, 9, -1], [0, 1, 1, 1, 9, 0], background=9)
    FrameErrors(n_wrong=2, n_frames=5, n_sound=4)
    """
    true, guess = np.asarray(truth), np.asarray(predicted)
    if true.ndim != 1 or true.shape != guess.shape:
        raise ValueError(f"truth and predictions must both be (frame,), found {true.shape} and {guess.shape}")
    known = true != UNKNOWN
    wrong, sound = known & (true != guess), known & ((true != background) | (guess != background))
    return FrameErrors(*(int(np.count_nonzero(mask)) for mask in (wrong, known, sound)))


def mean(rates: ArrayLike) -> float:
    """Mean over labels, those without a rate left out; `nan` where none has one.

    Examples
    --------
    >>> mean([0.5, float("nan"), 1.0])
    0.75
    """
    values = np.asarray(rates, dtype=np.float64)
    values = values[~np.isnan(values)]
    return float(values.mean()) if values.size else float("nan")


def _divided(numerator: ArrayLike, denominator: ArrayLike) -> Array:
    """Elementwise quotient, `nan` where the denominator is zero."""
    top, bottom = np.broadcast_arrays(np.asarray(numerator, np.float64), np.asarray(denominator, np.float64))
    quotient: Array = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom != 0)
    return quotient
