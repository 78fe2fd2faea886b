"""Augmentations: the plug-in kind whose members change windows before they are learnt from.

A network that has seen every sound a little louder, fainter, noisier and at another place learns what does not matter.
An augmentation is a pure function of a batch and of random numbers that are made of the seed and the step: a training
that was interrupted goes on exactly as if it had not been. It never writes into what it is given.

What moves sound moves truth along. Frame `i` of a window is centred on its sample ``grid.context[0] + i * grid.hop``;
where sound comes from outside of what there is, it is mirrored, and frames that come from there are unknown. So that
nothing becomes unknown, windows are handed with a `margin` of frames on either side, as many as all augmentations
together can move, which are cut off in the end:

    sampled     |<- margin ->|<-------- n_frames -------->|<- margin ->|   and the context on either side of all this
    learnt                   |<-------- n_frames -------->|

How a training uses them::

    margin = find_margin(augmentations, grid, n_frames)                     # once; the sampler's `margin`
    batch = Batch(*sampler.batch(step, size, margin=margin), grid, margin=margin, n_outputs=…)
    batch = augment(batch, augmentations, seed, step)                       # sound and truth of n_frames
    logits = network(batch.sound, edit=mask_features(augmentations, seed, step))

In a parameter file augmentations are a list of names, or of tables with a name and options; as text they are names
separated by commas, JSON, or the path of a file (YAML, TOML, JSON; DAS's files of augmentations too).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from oscine.core.errors import InputError
from oscine.core.params import Field, read_toml
from oscine.core.plugins import Plugin, PluginKind
from oscine.datasets.sampler import FrameGrid
from oscine.recordings.padding import mirrored

if TYPE_CHECKING:
    from torch import Tensor

UNKNOWN = -1
"""Label of a frame that nobody has judged, as in `oscine.networks.target`."""


@dataclass(frozen=True)
class Batch:
    """Windows with their truth.

    Attributes
    ----------
    sound
        Float32 (batch, channel, sample).
    truth
        Labels (batch, frame), int64, -1 where unknown; or values (batch, output, frame), float32, not a number where
        unknown.
    grid
        How frames lie over samples.
    margin
        Frames on either side that are there for augmentations and cut off in the end.
    n_outputs
        Number of labels; 0 where it is not known.
    reversal
        Order of the outputs once time is reversed, where that matters: an onset becomes an offset.
    """

    sound: NDArray[np.float32]
    truth: NDArray[Any]
    grid: FrameGrid
    margin: int = 0
    n_outputs: int = 0
    reversal: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.sound)

    @property
    def n_frames(self) -> int:
        """Frames of a window, margins included."""
        return int(self.truth.shape[-1])

    @property
    def unknown(self) -> float:
        """What stands in `truth` for what is not known."""
        return UNKNOWN if np.issubdtype(self.truth.dtype, np.integer) else np.nan

    def take(self, which: NDArray[np.bool_]) -> Batch:
        """Some of its windows."""
        return replace(self, sound=self.sound[which], truth=self.truth[which])

    def with_sound(self, sound: NDArray[np.float32], truth: NDArray[Any] | None = None) -> Batch:
        """The same with other sound, and with other truth where there is any."""
        return replace(self, sound=sound, truth=self.truth if truth is None else truth)

    def frames(self, places: NDArray[np.int64]) -> NDArray[Any]:
        """Truth at other frames: of each window those at `places` (batch, frame), unknown where there are none.

        Examples
        --------
        >>> grid = FrameGrid(1, (0, 0), 100.0)
        >>> batch = Batch(np.zeros((1, 1, 3), np.float32), np.array([[5, 6, 7]]), grid)
        >>> batch.frames(np.array([[1, 2, 3]])).tolist()
        [[6, 7, -1]]
        """
        inside = places.clip(0, self.n_frames - 1)
        known = places == inside
        if self.truth.ndim > 2:
            inside, known = inside[:, None], known[:, None]
        moved: NDArray[Any] = np.where(known, np.take_along_axis(self.truth, inside, axis=-1), self.unknown)
        return moved.astype(self.truth.dtype, copy=False)

    def trimmed(self) -> Batch:
        """Without its margins."""
        if not self.margin:
            return self
        first = self.margin * self.grid.hop
        n_frames = self.n_frames - 2 * self.margin
        sound = self.sound[..., first : first + self.grid.n_samples(n_frames)]
        truth = self.truth[..., self.margin : self.margin + n_frames]
        return replace(self, sound=np.ascontiguousarray(sound), truth=np.ascontiguousarray(truth), margin=0)


class Augmentation(Plugin):
    """Base of every augmentation; its fields are its options."""

    softens: ClassVar[bool] = False
    """Whether labels become shares of labels, so that a loss has to judge those."""

    share: float = Field(1.0, ge=0, le=1)
    """Share of the windows that it changes."""

    def margin(self, grid: FrameGrid, n_frames: int) -> int:
        """Frames on either side of windows of `n_frames` that it needs so that none of them becomes unknown."""
        return 0

    def __call__(self, batch: Batch, random: np.random.Generator) -> Batch:
        """Windows of the same shape, `share` of them changed; what was given stays as it is.

        Parameters
        ----------
        batch
            Windows with their truth.
        random
            Where numbers are drawn from; nothing else decides the result.
        """
        if type(self).change is Augmentation.change or not len(batch):
            return batch
        chosen = random.random(len(batch)) < self.share
        if chosen.all():
            return self.change(batch, random)
        if not chosen.any():
            return batch
        part = batch.take(chosen)
        changed = self.change(part, random)
        sound, truth = batch.sound, batch.truth
        if changed.sound is not part.sound:
            sound = sound.copy()
            sound[chosen] = changed.sound
        if changed.truth is not part.truth:
            truth = truth.copy()
            truth[chosen] = changed.truth
        return replace(batch, sound=sound, truth=truth)

    def change(self, batch: Batch, random: np.random.Generator) -> Batch:
        """All of these windows changed: what a member defines, unless it changes features alone."""
        return batch

    def mask(self, features: Tensor, random: np.random.Generator) -> Tensor:
        """Standardised features (batch, map, frequency, time) changed, before the network's body sees them."""
        return features


def read_augmentations(path: Path) -> list[Any]:
    """What a file says of augmentations, as values that a list of them can be made of.

    Parameters
    ----------
    path
        TOML with a list `augmentations`; JSON or YAML with such a list, by itself or under that name; or DAS's YAML, a
        mapping of its names of augmentations (`oscine.datasets.das_augmentations`).

    Raises
    ------
    InputError
        Where the file is not there, is malformed, or holds objects.
    """
    from oscine.datasets.das_augmentations import from_das, read_yaml

    if path.suffix.lower() == ".toml":
        values: Any = read_toml(path)
    elif path.suffix.lower() == ".json":
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise InputError(f"cannot be read ({(error.strerror or str(error)).lower()})", path=path) from None
        except ValueError as error:
            raise InputError(f"not a JSON file: {error}", path=path) from None
    else:
        values = read_yaml(path)
    if isinstance(values, dict) and list(values) == ["augmentations"]:
        values = values["augmentations"]
    elif isinstance(values, dict) and path.suffix.lower() in {".yaml", ".yml"}:
        values = from_das(values, path)
    if not isinstance(values, list):
        raise InputError(
            "holds no list of augmentations",
            path=path,
            cure='Write a list, such as augmentations = ["gain", {name = "noise", share = 0.5}]',
        )
    return values


AUGMENTATIONS = PluginKind("augmentations", Augmentation, "oscine.datasets.augmentations", read=read_augmentations)
"""Every augmentation, by name."""

Augmentations = tuple[Annotated[Augmentation, AUGMENTATIONS], ...]
"""The type of an option that holds several of them, applied in order."""


def find_margin(augmentations: Sequence[Augmentation], grid: FrameGrid, n_frames: int) -> int:
    """Frames on either side of a window that all augmentations together need."""
    margin = 0
    for augmentation in reversed(augmentations):  # the first one has to leave enough to those behind it
        margin += augmentation.margin(grid, n_frames + 2 * margin)
    return margin


def augment(batch: Batch, augmentations: Sequence[Augmentation], seed: int, step: int) -> Batch:
    """Windows as they are learnt from: changed by all augmentations in order, and their margins cut off.

    Each augmentation has random numbers of its own, a function of `seed`, `step` and its place in the list.

    Examples
    --------
    >>> grid = FrameGrid(1, (0, 0), 100.0)
    >>> batch = Batch(np.ones((1, 1, 4), np.float32), np.array([[0, 0, 1, 0]]), grid, margin=1)
    >>> louder = AUGMENTATIONS.make({"name": "gain", "factor": 2})
    >>> changed = augment(batch, [louder], seed=0, step=0)
    >>> changed.sound.tolist(), changed.truth.tolist()
    ([[[2.0, 2.0]]], [[0, 1]])
    """
    for place, augmentation in enumerate(augmentations):
        batch = augmentation(batch, np.random.default_rng((seed, step, 1, place)))
    return batch.trimmed()


def mask_features(augmentations: Sequence[Augmentation], seed: int, step: int) -> Callable[[Tensor], Tensor] | None:
    """What changes the features of a step, for `Network.forward(waveform, edit=…)`; none where nothing does."""
    masks = [
        (place, member) for place, member in enumerate(augmentations) if type(member).mask is not Augmentation.mask
    ]
    if not masks:
        return None

    def edit(features: Tensor) -> Tensor:
        for place, member in masks:
            features = member.mask(features, np.random.default_rng((seed, step, 2, place)))
        return features

    return edit


# -- what several members need ---------------------------------------------------------------------------------------


def per_window(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """One number per window (batch,), or per window and channel (batch, channel), along the samples of a batch."""
    columns = values[:, None, None] if values.ndim == 1 else values[:, :, None]
    return columns.astype(np.float32)


def moved(sound: NDArray[np.float32], by: int, out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """A window (channel, sample) so many samples later, into `out` if given; what comes in from outside is mirrored.

    Examples
    --------
    >>> moved(np.arange(5.0)[None], 2).tolist(), moved(np.arange(5.0)[None], -1).tolist()
    ([[2.0, 1.0, 0.0, 1.0, 2.0]], [[1.0, 2.0, 3.0, 4.0, 3.0]])
    """
    n_samples = sound.shape[-1]
    result = np.empty_like(sound) if out is None else out
    if abs(by) >= n_samples:
        result[:] = sound[:, mirrored(np.arange(n_samples) - by, n_samples)]
    elif by >= 0:
        result[:, by:] = sound[:, : n_samples - by]
        result[:, :by] = sound[:, mirrored(np.arange(-by, 0), n_samples)]
    else:
        result[:, :by] = sound[:, -by:]
        result[:, by:] = sound[:, mirrored(np.arange(n_samples, n_samples - by), n_samples)]
    return result


def stretches(durations: NDArray[np.float64], n_samples: int, random: np.random.Generator) -> list[tuple[int, int]]:
    """A random stretch [start, stop) of each duration (samples) within so many samples; all where it is longer."""
    lengths = np.rint(durations).astype(np.int64).clip(0, n_samples)
    starts = np.floor(random.random(len(lengths)) * (n_samples - lengths + 1)).astype(np.int64)
    return [(int(start), int(start + length)) for start, length in zip(starts, lengths, strict=True)]
