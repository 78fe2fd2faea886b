"""The frames of two annotations compared, without making the frames.

A day at 1 ms a frame is 86 million frames, nearly all of which are like the one before. What matters are the frames
at which something changes: an onset or an offset on either side, or an end of what was looked at. Between two changes
all frames are alike, a *run*, and a run counts as often as it is long. So the confusion matrix of a day of song takes
as long as its syllables are many, and is the very same as that of `frames.frame_labels`, frame by frame.

    frames        0 1 2 3 4 5 6 7 8 9
    truth         . . a a a a . . b b        runs          2 2 1 1 2 2  frames long
    predicted     . . . . a a a . b b                      . a a . . b
                                                           . . a a . b  ->  M[a, .] = 2, M[a, a] = 2, …

Conventions of `frames`: frame `i` lasts from `i · frame` to `(i + 1) · frame`, and the segment that holds at its centre
gives its label; of segments that overlap the one that starts later.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from oscine.metrics.frames import ConfusionMatrix, FrameErrors, first_frames, painting_order
from oscine.metrics.matching import intervals


def compare_frames(
    truth: ArrayLike,
    truth_labels: ArrayLike,
    predicted: ArrayLike,
    predicted_labels: ArrayLike,
    labels: Sequence[str],
    n_frames: int,
    frame: float = 0.001,
    *,
    coverage: ArrayLike | None = None,
) -> ConfusionMatrix:
    """The confusion matrix of the frames of two annotations of a recording.

    Parameters
    ----------
    truth, predicted
        Onset and offset in seconds, (segment, 2), in any order. Events hold in no frame.
    truth_labels, predicted_labels
        Index of the label of each segment, (segment,).
    labels
        Names of the labels; the last one is that of frames in which there is no segment.
    n_frames
        Number of frames of the recording.
    frame
        Length of a frame in seconds.
    coverage
        Where somebody has looked: sorted, disjoint intervals in seconds, (interval, 2); `None` is everywhere. A frame
        is known where its centre is.

    Raises
    ------
    ValueError
        Where numbers of segments and labels differ, a segment ends before it begins, or a frame has no length.

    Examples
    --------
    >>> matrix = compare_frames([[0.002, 0.006]], [0], [[0.004, 0.007]], [0], ["a", "background"], n_frames=10)
    >>> matrix.counts
    array([[2, 2], [1, 5]])
    """
    names = tuple(labels)
    sides = [(intervals(truth), np.asarray(truth_labels)), (intervals(predicted), np.asarray(predicted_labels))]
    for spans, indices in sides:
        if indices.shape != (len(spans),):
            raise ValueError(f"one label per segment is needed, {len(spans)}, found shape {indices.shape}")
    edges = [first_frames(spans, frame, n_frames) for spans, _ in sides]
    known = np.array([[0, n_frames]]) if coverage is None else first_frames(intervals(coverage), frame, n_frames)
    changes = np.unique(np.concatenate([[0, n_frames], known.ravel(), *(each.ravel() for each in edges)]))
    lengths = np.diff(changes)
    begin, end = (np.bincount(np.searchsorted(changes, side), minlength=len(changes)) for side in known.T)
    counted = np.cumsum(begin - end)[:-1] > 0
    cells = np.zeros(len(lengths), dtype=np.int64)
    for (spans, indices), span_edges in zip(sides, edges, strict=True):
        runs = np.full(len(lengths), len(names) - 1, dtype=np.int64)
        order = painting_order(spans, indices)
        places = np.searchsorted(changes, span_edges[order]).tolist()
        for (start, stop), label in zip(places, indices[order].tolist(), strict=True):
            runs[start:stop] = label
        cells = cells * len(names) + runs
    counts = np.bincount(cells[counted], weights=lengths[counted], minlength=len(names) ** 2)
    return ConfusionMatrix(np.rint(counts).astype(np.int64).reshape(len(names), len(names)), names)


def errors_of(matrix: ConfusionMatrix) -> FrameErrors:
    """The frame error of a matrix whose last label is that of frames without a sound.

    Examples
    --------
    >>> errors_of(ConfusionMatrix(np.array([[2, 2], [1, 5]]), ("a", "background")))
    FrameErrors(n_wrong=3, n_frames=10, n_sound=5)
    """
    total, silent = int(matrix.counts.sum()), int(matrix.counts[-1, -1])
    return FrameErrors(total - int(np.trace(matrix.counts)), total, total - silent)


def frames_in(duration: float, frame: float) -> int:
    """How many whole frames there are in a duration, both in seconds.

    Examples
    --------
    >>> frames_in(0.3, 0.1), frames_in(0.29, 0.1)  # 0.3 / 0.1 is 2.9999…
    (3, 2)
    """
    return int(np.floor(duration / frame + 1e-6))
