"""A part of a dataset as examples to draw windows around, with the truth of every frame of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from oscine.annotations.annotations import Annotations
from oscine.annotations.intervals import subtract
from oscine.annotations.labels import LabelSet
from oscine.core.monitor import SILENT, Monitor
from oscine.datasets.prepare import BACKGROUND
from oscine.datasets.sampler import Example, FrameGrid, Sampler
from oscine.networks.target import UNKNOWN, Target
from oscine.recordings.recording import Recording


def make_sampler(
    part: Annotations,
    recordings: dict[str, Recording],
    labels: LabelSet,
    target: Target,
    grid: FrameGrid,
    *,
    n_frames: int,
    seed: int,
    balance: bool = True,
    monitor: Monitor = SILENT,
) -> Sampler:
    """A sampler of the windows around the annotations of a part, and around its background.

    Parameters
    ----------
    part
        Annotations with coverage.
    recordings
        By name, at the grid's sample rate.
    labels, target
        How truth becomes numbers.
    grid, n_frames
        The network's frames, and how many of them a window has.
    """
    return Sampler(
        find_examples(part, recordings, labels),
        recordings,
        find_truth(part, recordings, labels, target, grid),
        grid,
        n_frames=n_frames,
        seed=seed,
        balance=balance,
        monitor=monitor,
    )


def find_examples(part: Annotations, recordings: dict[str, Recording], labels: LabelSet) -> list[Example]:
    """Every annotation, and every stretch of background where that is a label."""
    rows = part.to_pandas()
    examples = [
        Example(name, onset, offset, f"{label}\n{kind}")
        for name, onset, offset, label, kind in zip(
            rows["recording"], rows["onset"], rows["offset"], rows["label"], rows["kind"], strict=True
        )
    ]
    if BACKGROUND in labels:
        for name in part.coverage:
            if name not in recordings:
                continue
            mine = rows[rows["recording"] == name]
            covered = part.coverage.intervals(name, recordings[name].duration)
            empty = subtract(covered, mine[["onset", "offset"]].to_numpy(float))
            examples += [
                Example(name, float(onset), float(offset), BACKGROUND) for onset, offset in empty if onset < offset
            ]
    return examples


def find_truth(
    part: Annotations, recordings: dict[str, Recording], labels: LabelSet, target: Target, grid: FrameGrid
) -> Callable[[str, int, int], NDArray[np.int64]]:
    """`truth(recording, first_frame, n_frames)` of a part, unknown where it does not cover (see `Sampler`)."""
    rows = part.to_pandas()
    reach = (getattr(target, "event_width", None) or 1 / grid.frame_rate) / 2  # a point is known as far as it holds
    tables = {}
    for name, recording in recordings.items():
        mine = rows[rows["recording"] == name]
        tables[name] = (
            mine["onset"].to_numpy(float),
            mine["offset"].to_numpy(float),
            np.array([labels.index(label) for label in mine["label"]], np.int64),
            part.coverage.intervals(name, recording.duration),
        )

    def truth(name: str, first: int, n_frames: int) -> NDArray[np.int64]:
        values = target.encode(*tables[name], n_frames, grid.frame_rate, labels=labels, start=first / grid.frame_rate)
        times = (first + np.arange(n_frames)) / grid.frame_rate
        return np.where(part.coverage.known(name, times, reach), values, UNKNOWN)

    return truth
