"""A part of a dataset as examples to draw windows around, with the truth of every frame of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage, exhaustive
from oscine.annotations.intervals import Intervals, intersect, subtract
from oscine.annotations.labels import BACKGROUND, LabelSet
from oscine.datasets.sampler import Example, FrameGrid
from oscine.networks.target import UNKNOWN, Target
from oscine.recordings.recording import Recording


def find_examples(part: Annotations, recordings: dict[str, Recording], labels: LabelSet) -> list[Example]:
    """Every annotation as far as it is covered, and every stretch of background where that is a label."""
    rows = part.to_pandas()
    spans = rows[["onset", "offset"]].to_numpy(float)
    groups = [f"{label}\n{kind}" for label, kind in zip(rows["label"], rows["kind"], strict=True)]
    pieces: dict[int, Intervals] = {}
    background: list[Example] = []
    places = rows.groupby("recording", sort=False).indices
    for name in part.recordings:
        if name not in recordings:
            continue
        covered = part.coverage.intervals(name, recordings[name].duration)
        mine = places.get(name, np.empty(0, np.intp))
        pieces |= {int(place): _covered(spans[place], covered) for place in mine}
        if BACKGROUND in labels:
            empty = subtract(covered, spans[mine])
            background += [
                Example(name, float(onset), float(offset), BACKGROUND) for onset, offset in empty if onset < offset
            ]
    names = rows["recording"].tolist()
    annotated = [
        Example(names[place], float(onset), float(offset), groups[place])
        for place in sorted(pieces)
        for onset, offset in pieces[place]
    ]
    return annotated + background


def _covered(span: NDArray[np.float64], covered: Intervals) -> Intervals:
    """What is covered of one annotation (onset, offset)."""
    place = int(np.searchsorted(covered[:, 0], span[0], side="right")) - 1
    if place >= 0 and span[1] <= covered[place, 1] and span[0] < covered[place, 1]:
        return span[None]
    return intersect(span[None], covered)


def find_truth(
    part: Annotations, recordings: dict[str, Recording], labels: LabelSet, target: Target, grid: FrameGrid
) -> Callable[[str, int, int], NDArray[np.int64] | NDArray[np.float32]]:
    """`truth(recording, first_frame, n_frames)` of a part, unknown where it does not cover (see `Sampler`).

    A row that covers nothing but itself tells of its own label alone, so a target is given as coverage only the
    stretches in which somebody has looked for every label (`oscine.annotations.coverage.exhaustive`).

    Of all annotations and stretches only those near the frames are looked at, so that the time for many short looks
    into a long recording stays in proportion.
    """
    rows = part.to_pandas()
    spans = rows[["onset", "offset"]].to_numpy(float)
    indices = np.array([labels.index(label) for label in rows["label"]], np.int64)
    reach = target.reach(grid.frame_rate)  # a point is known as far as it holds
    margin = target.horizon(grid.frame_rate) + 1 / grid.frame_rate
    places = rows.groupby("recording", sort=False).indices
    tables = {}
    for name, recording in recordings.items():
        mine = places.get(name, np.empty(0, np.intp))
        covered = part.coverage.intervals(name, recording.duration)
        tables[name] = (spans[mine], indices[mine], covered, exhaustive(covered, spans[mine], recording.duration))

    def truth(name: str, first: int, n_frames: int) -> NDArray[np.int64] | NDArray[np.float32]:
        times = (first + np.arange(n_frames)) / grid.frame_rate
        annotated, label, covered, looked = tables[name]
        near, around, through = (
            (pairs[:, 0] <= times[-1] + margin) & (pairs[:, 1] >= times[0] - margin)
            for pairs in (annotated, covered, looked)
        )
        onsets, offsets = annotated[near].T
        values = target.encode(
            onsets, offsets, label[near], looked[through], n_frames, grid.frame_rate, labels=labels, start=times[0]
        )
        known = Coverage({name: covered[around]}).known(name, times, reach)
        unknown = UNKNOWN if np.issubdtype(values.dtype, np.integer) else np.float32(np.nan)
        masked: NDArray[np.int64] | NDArray[np.float32] = np.where(known, values, unknown)
        return masked

    return truth
