"""Draws batches of windows, around annotations or anywhere, without opening a file or looping over windows.

What windows are drawn around are examples: annotated sounds, each as likely as any other of its group; or stretches
that somebody has looked at all through, weighted by their length, so that every instant is as likely as any other.

Once, at the start, the sound near the examples is decoded into one array (in memory, or memory-mapped where
it is large), together with the truth of every frame of it. A batch is then one indexing call, on a view of all windows
that there are; only those that are drawn are copied, each in one piece:

    stretches of sound      |-----a-----|--b--|--------c--------|      (channel, sample), end to end
    an example              onset……offset of one annotation in its stretch
    a window                `n_frames` frames around a random instant of a random example

Augmentations that move sound in time need some beyond the window: the sampler decodes a `margin` of frames on either
side of every window, and hands it out on request.

Batch number `step` is a pure function of the seed and `step`, so a training that was interrupted goes on exactly
as if it had not been, and any number of processes could draw any batch.
"""

from __future__ import annotations

import copy
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from oscine.core.artifacts import unwritable
from oscine.core.monitor import SILENT, Monitor
from oscine.recordings.padding import read_padded
from oscine.recordings.recording import Recording

_IN_MEMORY = 2**31
"""Bytes of sound kept in memory; more goes to a temporary file that the system pages in as needed."""


@dataclass(frozen=True)
class FrameGrid:
    """How frames lie over samples: frame `i` is centred on sample `i * hop` and sees `context` samples around it."""

    hop: int
    context: tuple[int, int]
    sample_rate: float

    @property
    def frame_rate(self) -> float:
        """Frames per second."""
        return self.sample_rate / self.hop

    def n_samples(self, n_frames: int) -> int:
        """Samples that `n_frames` consecutive frames see."""
        return (n_frames - 1) * self.hop + 1 + sum(self.context)


@dataclass(frozen=True)
class Example:
    """Something to draw windows around: an annotated sound, or a stretch of background."""

    recording: str
    onset: float
    offset: float
    group: str
    """Groups are balanced against each other: the label and its kind."""
    weight: float = 1.0
    """How likely it is drawn, relative to the others of its group."""


Truth = Callable[[str, int, int], NDArray[np.int64] | NDArray[np.float32]]
"""`truth(recording, first_frame, n_frames)`: what is true in these frames, ([output,] frame), as targets encode it."""


class Sampler:
    """Windows around examples.

    Parameters
    ----------
    examples
        What to draw windows around.
    recordings
        Their recordings by name, at the grid's sample rate.
    truth
        What is true in each frame.
    grid
        The network's frames.
    n_frames
        Frames of a window.
    seed
        Of every draw.
    balance
        Draw every group equally often; otherwise every example.
    margin
        Frames on either side of a window that can be asked for beside it.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        recordings: dict[str, Recording],
        truth: Truth,
        grid: FrameGrid,
        *,
        n_frames: int,
        seed: int,
        balance: bool = True,
        margin: int = 0,
        monitor: Monitor = SILENT,
    ) -> None:
        self.grid, self.n_frames, self.seed, self.margin = grid, n_frames, seed, margin
        examples = sorted(examples, key=lambda example: example.group)
        self._onsets = np.array([example.onset for example in examples])
        self._spans = np.array([example.offset - example.onset for example in examples])
        self._likely = _likelihood(examples, balance)
        self._decode(examples, recordings, truth, monitor)

    def __len__(self) -> int:
        return len(self._onsets)

    def batch(self, step: int, size: int, *, margin: int = 0) -> tuple[NDArray[np.float32], NDArray[Any]]:
        """Windows and their truth.

        Parameters
        ----------
        step, size
            Number of the batch, and how many windows it has.
        margin
            Frames more on either side of each window, at most those of the sampler. The windows are the same.

        Returns
        -------
        sound
            Float32 (batch, channel, sample).
        truth
            (batch, [output,] frame), as the target encodes it.
        """
        random = np.random.default_rng((self.seed, step))
        example = np.searchsorted(self._likely, random.random(size), side="right")
        instant = self._onsets[example] + random.random(size) * self._spans[example]
        return self._gather(example, instant, margin)

    def with_seed(self, seed: int) -> Self:
        """The same windows drawn in another order; the sound is shared."""
        other = copy.copy(self)
        other.seed = seed
        return other

    def centred(self, size: int) -> Iterator[tuple[NDArray[np.float32], NDArray[Any]]]:
        """One window around the middle of every example, in order, in batches."""
        for begin in range(0, len(self), size):
            example = np.arange(begin, min(begin + size, len(self)))
            yield self._gather(example, self._onsets[example] + self._spans[example] / 2)

    def _gather(
        self, example: NDArray[np.int64], instant: NDArray[np.float64], margin: int = 0
    ) -> tuple[NDArray[np.float32], NDArray[Any]]:
        if not 0 <= margin <= self.margin:
            raise ValueError(f"a margin of {margin} frames was not decoded, but {self.margin}")
        frame = np.rint(instant * self.grid.frame_rate).astype(np.int64) - self.n_frames // 2
        frame = frame.clip(self._first[example], self._last[example]) - margin
        n_frames = self.n_frames + 2 * margin
        sounds = sliding_window_view(self._sound, self.grid.n_samples(n_frames), axis=1)  # (channel, place, sample)
        truths = sliding_window_view(self._truth, n_frames, axis=-1)  # ([output,] place, frame)
        sound = sounds.transpose(1, 0, 2)[frame * self.grid.hop + self._sound_shift[example]]
        truth = np.moveaxis(truths, -2, 0)[frame + self._truth_shift[example]]
        return np.ascontiguousarray(sound), np.ascontiguousarray(truth)

    def _decode(
        self, examples: list[Example], recordings: dict[str, Recording], truth: Truth, monitor: Monitor
    ) -> None:
        """Read the stretches of sound around the examples, end to end."""
        rate = self.grid.frame_rate
        before = self.n_frames // 2 + self.margin
        after = self.n_frames - self.n_frames // 2 + self.margin
        begins = np.rint(self._onsets * rate).astype(np.int64) - before
        ends = np.rint((self._onsets + self._spans) * rate).astype(np.int64) + after
        places: dict[str, list[int]] = {}
        for index, example in enumerate(examples):
            places.setdefault(example.recording, []).append(index)
        stretches: list[tuple[str, int, int]] = []
        owner = np.empty(len(examples), np.int64)
        for name, indices in places.items():
            mine = np.array(indices)
            for index in mine[np.argsort(begins[mine], kind="stable")]:
                if stretches and stretches[-1][0] == name and begins[index] <= stretches[-1][2]:
                    stretches[-1] = (name, stretches[-1][1], max(stretches[-1][2], int(ends[index])))
                else:
                    stretches.append((name, int(begins[index]), int(ends[index])))
                owner[index] = len(stretches) - 1
        n_frames = np.array([end - begin for _, begin, end in stretches])
        n_samples = np.array([self.grid.n_samples(int(n)) for n in n_frames])
        sound_at = np.concatenate([[0], np.cumsum(n_samples)])
        truth_at = np.concatenate([[0], np.cumsum(n_frames)])
        n_channels = recordings[stretches[0][0]].n_channels
        self._sound = _array((n_channels, int(sound_at[-1])))
        probe = truth(stretches[0][0], stretches[0][1], 1)
        self._truth = np.empty((*probe.shape[:-1], int(truth_at[-1])), probe.dtype)
        with monitor.task("Reading sounds", total=float(n_samples.sum() / self.grid.sample_rate), unit="s") as task:
            for (name, begin, end), at_sound, at_truth in zip(stretches, sound_at, truth_at, strict=False):
                start = begin * self.grid.hop - self.grid.context[0]
                length = self.grid.n_samples(end - begin)
                self._sound[:, at_sound : at_sound + length] = read_padded(recordings[name], start, start + length)
                self._truth[..., at_truth : at_truth + end - begin] = truth(name, begin, end - begin)
                task.advance(length / self.grid.sample_rate)
        stretch_begin = np.array([begin for _, begin, _ in stretches])
        self._first = stretch_begin[owner] + self.margin
        self._last = (stretch_begin + n_frames)[owner] - self.n_frames - self.margin
        self._truth_shift = (truth_at[:-1] - stretch_begin)[owner]
        self._sound_shift = (sound_at[:-1] - stretch_begin * self.grid.hop)[owner]


def _likelihood(examples: Sequence[Example], balance: bool) -> NDArray[np.float64]:
    """Cumulative probability of each example, axes (example,); every group as likely as any other if they balance."""
    weights = np.array([example.weight for example in examples], np.float64)
    if balance:
        _, group = np.unique([example.group for example in examples], return_inverse=True)
        weights = weights / np.bincount(group, weights)[group]
    cumulative = np.cumsum(weights)
    cumulative /= cumulative[-1]
    cumulative[-1] = 1.0  # sums of binary fractions fall short of it
    return cumulative


def _array(shape: tuple[int, int]) -> NDArray[np.float32]:
    """Room for sound: in memory, or in a temporary file that is gone with the process."""
    n_bytes = 4 * shape[0] * shape[1]
    if n_bytes <= _IN_MEMORY:
        return np.empty(shape, np.float32)
    try:
        with tempfile.TemporaryFile(prefix="oscine-") as file:
            if hasattr(os, "posix_fallocate"):  # a full disk is told now, not by a crash when a page is written
                os.posix_fallocate(file.fileno(), 0, n_bytes)
            return np.memmap(file, np.float32, "w+", shape=shape)
    except OSError as error:
        raise unwritable(tempfile.gettempdir(), error) from error
