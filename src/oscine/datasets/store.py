"""DAS's datasets as stores: folders of arrays, zarr, HDF5; the plug-in kind whose members read and write them.

A store [1]_ holds sound and truth of every sample, and attributes that describe them:

    train/ val/ test/       test may be missing
        x                   (sample, channel)
        y                   (sample, class), rows sum to one, class 0 is noise: what is not annotated
        y_<suffix>          (sample, 2): noise and one song type;  x_<suffix>: other sound or features of it
    attributes              samplerate_x_Hz, samplerate_y_Hz, class_names, class_types (segment or event), …

Here `x` becomes one recording for each part, read slice by slice from where it lies, and `y` becomes annotations that
cover everything (see `probabilities`); so a store is a dataset like any other: `oscine train song.npy`. The format
follows from the suffix of the name:

=========  ==========  ================================================================================
`.npy`     `npy-dir`   a folder; a sub-folder for each part, an `.npy` file for each array, `attrs.npy`
`.zarr`    `zarr`      a zarr directory (version 2, as DAS has it)
`.h5`      `hdf5`      an HDF5 file (which DAS documents, but cannot open)
=========  ==========  ================================================================================

References
----------
.. [1] Steinfath et al. (2021), eLife 10:e68837, and https://janclemenslab.org/das/technical/data_formats.html.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.labels import BACKGROUND, LabelSet
from oscine.core.errors import InputError, unknown
from oscine.core.monitor import SILENT, Monitor
from oscine.core.plugins import Plugin, PluginKind
from oscine.datasets.probabilities import find_sounds, in_blocks
from oscine.recordings.recording import Recording
from oscine.recordings.recordings import Recordings
from oscine.recordings.source import Source

if TYPE_CHECKING:
    from oscine.datasets.dataset import Dataset

SPLITS = {"train": "train", "validation": "val", "test": "test"}
"""What DAS calls our parts."""

Appender = Callable[[str, NDArray[Any]], None]
"""`append("train/x", rows)`: write the next rows of an array."""

_BLOCK = 2**17
"""Rows of truth read at once."""


@dataclass(frozen=True)
class Contents:
    """An opened store.

    Attributes
    ----------
    attributes
        Plain values.
    arrays
        Everything that looks like an array on disk (`shape`, `dtype`, slices of rows), by its place: "train/x".
    """

    attributes: Mapping[str, Any]
    arrays: Mapping[str, Any]


class Store(Plugin):
    """Base of every kind of store."""

    suffix: ClassVar[str] = ""
    """How names of such stores end, with the dot."""

    def reading(self, path: Path) -> AbstractContextManager[Contents]:
        """Open a store; `InputError` where it is damaged, or holds what must not be opened."""
        raise NotImplementedError

    def sound(self, path: Path, array: str, sample_rate: float) -> Source:
        """An array (sample, channel) of a store as sound that is read slice by slice."""
        raise NotImplementedError

    def writing(
        self, path: Path, arrays: Mapping[str, tuple[tuple[int, int], DTypeLike]], attributes: Mapping[str, Any]
    ) -> AbstractContextManager[Appender]:
        """Make a store with arrays of these shapes and types, whole or not at all."""
        raise NotImplementedError


STORES = PluginKind("stores", Store, "oscine.datasets.stores")
"""Every kind of store, by name."""


def store_suffixes() -> dict[str, type[Store]]:
    """The kinds of stores by the suffix of their names."""
    return {member.suffix: member for member in STORES.members().values()}


def store_for(path: str | Path) -> Store | None:
    """The kind of store that a name means, or `None` where its suffix is of none.

    Examples
    --------
    >>> store_for("song.npy"), store_for("song/")
    (NpyDir(), None)
    """
    member = store_suffixes().get(Path(path).suffix.lower())
    return member() if member else None


class StoredRecording(Recording):
    """The sound of one part of a store.

    Parameters
    ----------
    store
        The store.
    array
        Which array of it: "train/x".
    sample_rate
        In Hz; the arrays themselves do not say it.
    name
        What annotations call it.
    """

    def __init__(self, store: str | Path, array: str, sample_rate: float, name: str) -> None:
        store = Path(store)
        kind = store_for(store)
        assert kind is not None, "whoever comes here has looked at the suffix"
        self._set(kind.sound(store, array, sample_rate))
        self.path, self.name, self.array = store, name, array  # the path is that of the store: what users know

    def identity(self) -> dict[str, Any]:
        """What provenance records: the place, and a digest of shape and samples at the array's ends and between."""
        state = hashlib.blake2b(f"{self.array} {self.sample_rate} {self.n_samples}".encode(), digest_size=8)
        for start in np.unique(np.linspace(0, max(0, self.n_samples - 4096), 16).astype(int)).tolist():
            state.update(np.ascontiguousarray(self.read(start, min(start + 4096, self.n_samples))).tobytes())
        found = {"name": self.name, "path": str(self.path), "array": self.array, "digest": state.hexdigest()}
        return found if self._channels is None else {**found, "channels": list(self._channels)}


# -- reading ---------------------------------------------------------------------------------------------------------


def load_store(path: str | Path, *, x_suffix: str = "", y_suffix: str = "", monitor: Monitor = SILENT) -> Dataset:
    """A store as a dataset; its sound stays where it is.

    Parameters
    ----------
    path
        Its name ends in `.npy`, `.zarr` or `.h5`.
    x_suffix, y_suffix
        Take the arrays `x_<suffix>` and `y_<suffix>` instead of `x` and `y`, with the names and the rate that belong
        to them.
    monitor
        Is told how far the reading of the truth has come.

    Raises
    ------
    InputError
        Before anything long is begun: for another suffix, a part for training or validation that is missing, classes
        that are not as many as the columns of `y`, rates or channels that differ, or attributes that would run code.
    """
    from oscine.datasets.dataset import Dataset

    path = Path(path)
    kind = store_for(path)
    if kind is None:
        raise InputError(
            "not a dataset", path=path, found=path.suffix or "no suffix",
            allowed=f"a folder made by oscine prepare, or DAS's {', '.join(sorted(store_suffixes()))}",
        )  # fmt: skip
    if not path.exists():
        raise InputError("there is no such dataset", path=path, cure="Make one: oscine prepare FOLDER")
    with kind.reading(path) as contents:
        found = _described(path, contents, x_suffix, y_suffix)
        recordings, parts = [], {}
        labels = LabelSet(
            [BACKGROUND, *found.names[1:]],
            {name: "event" if event else "segment" for name, event in zip(found.names, found.is_event, strict=True)
             if name != found.names[0]},
        )  # fmt: skip
        for part, split in SPLITS.items():
            if f"{split}/{found.x}" not in contents.arrays:
                continue
            recording = StoredRecording(path, f"{split}/{found.x}", found.sample_rate, f"{path.stem}_{split}")
            truth = contents.arrays[f"{split}/{found.y}"]
            with monitor.task(f"Reading truth of {part}", total=truth.shape[0] / found.sample_rate, unit="s") as task:
                blocks = _told(in_blocks(truth, _BLOCK), lambda n: task.advance(n / found.sample_rate))
                rows = find_sounds(blocks, found.is_event, found.sample_rate)
            table = [{"onset": onset, "offset": offset, "label": labels[place]} for onset, offset, place in rows]
            covered = Coverage({recording.name: [(0.0, recording.duration)]}, whole=False)
            annotations = Annotations.of_recording(recording.name, table)
            parts[part] = annotations.with_rows(annotations.to_pandas(), coverage=covered, labels=labels)
            recordings.append(recording)
    return Dataset(Recordings(recordings), labels, parts, path=path)


def _told(blocks: Iterator[NDArray[Any]], tell: Callable[[int], None]) -> Iterator[NDArray[Any]]:
    for block in blocks:
        yield block
        tell(len(block))


@dataclass(frozen=True)
class _Description:
    """What is to be read: names of the arrays, classes, rate."""

    x: str
    y: str
    names: tuple[str, ...]
    is_event: tuple[bool, ...]
    sample_rate: float


def _described(path: Path, contents: Contents, x_suffix: str, y_suffix: str) -> _Description:
    """Check everything that can be checked without reading an array."""
    attributes, arrays = contents.attributes, contents.arrays
    x, y = (f"{array}_{suffix}" if suffix else array for array, suffix in (("x", x_suffix), ("y", y_suffix)))
    for array, suffix in ((x, x_suffix), (y, y_suffix)):
        if suffix and f"train/{array}" not in arrays:
            there = [
                name.removeprefix(f"train/{array[:2]}") for name in arrays if name.startswith(f"train/{array[:2]}")
            ]
            raise unknown(f"suffix: the dataset has no array {array!r}", suffix, there, path=path)
    _check_arrays(path, arrays, x, y)
    own = f"class_names_{y_suffix}" in attributes and f"class_types_{y_suffix}" in attributes and bool(y_suffix)
    end = f"_{y_suffix}" if own else ""
    names = tuple(map(str, _listed(path, attributes, f"class_names{end}")))
    types = tuple(map(str, _listed(path, attributes, f"class_types{end}")))
    n_columns = arrays[f"train/{y}"].shape[1]
    if len(names) != n_columns or len(types) != n_columns:
        raise InputError(
            "the classes are not as many as the columns of the truth",
            path=path,
            found=f"class_names {list(names)}, class_types {list(types)}",
            allowed=f"{n_columns} each, as train/{y} has columns",
        )
    if strange := set(types) - {"segment", "event"}:
        raise InputError("a class is of no known type", path=path, found=sorted(strange)[0], allowed="segment, event")
    if len(set(names)) < len(names) or "" in names or BACKGROUND in names[1:]:
        raise InputError(
            "the names of the classes cannot be used", path=path, found=list(names),
            allowed=f"different ones, and {BACKGROUND!r} for none but the first",
        )  # fmt: skip
    rates = {key: _rate(path, attributes, key) for key in ("samplerate_x_Hz", "samplerate_y_Hz") if key in attributes}
    if x_suffix and f"samplerate_x_{x_suffix}_Hz" in attributes:
        rates["samplerate_x_Hz"] = _rate(path, attributes, f"samplerate_x_{x_suffix}_Hz")
    if not rates:
        raise InputError("the dataset does not say its sample rate", path=path, allowed="an attribute samplerate_x_Hz")
    if len(set(rates.values())) > 1:
        raise InputError(
            "the sound and its truth differ in sample rate",
            path=path,
            found=", ".join(f"{key} {rate:g}" for key, rate in rates.items()),
            allowed="one rate",
        )
    return _Description(x, y, names, tuple(kind == "event" for kind in types), next(iter(rates.values())))


def _check_arrays(path: Path, arrays: Mapping[str, Any], x: str, y: str) -> None:
    """All parts that are needed, each with truth for every sample, all with as many channels and classes."""
    for part in ("train", "validation"):
        split = SPLITS[part]
        if f"{split}/{x}" not in arrays:
            raise InputError(
                f"the dataset has no {part} part",
                path=path,
                found=sorted(arrays)[:6] or "nothing in it",
                allowed=f"arrays {split}/{x} and {split}/{y}",
                cure="Make it again with a share for every part",
            )
    present = [split for split in SPLITS.values() if f"{split}/{x}" in arrays]
    for split in present:
        if f"{split}/{y}" not in arrays:
            raise InputError("a part of the dataset has no truth", path=path, found=split, allowed=f"{split}/{y}")
        sound, truth = arrays[f"{split}/{x}"], arrays[f"{split}/{y}"]
        if len(truth.shape) != 2 or len(sound.shape) not in {1, 2} or truth.shape[0] != sound.shape[0]:
            raise InputError(
                "sound and truth do not go together",
                path=path,
                found=f"{split}/{x} {tuple(sound.shape)}, {split}/{y} {tuple(truth.shape)}",
                allowed="(sample, channel) and (sample, class), of as many samples",
            )
        if sound.shape[0] == 0:
            raise InputError("a part of the dataset is empty", path=path, found=split)
    for array, what in ((x, "channels"), (y, "classes")):
        widths = {split: arrays[f"{split}/{array}"].shape[1:] for split in present}
        if len(set(widths.values())) > 1:
            found = ", ".join(f"{split} {width[0] if width else 1}" for split, width in widths.items())
            raise InputError(f"the parts differ in their number of {what}", path=path, found=found, allowed="one")


def _listed(path: Path, attributes: Mapping[str, Any], key: str) -> list[Any]:
    value = attributes.get(key)
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, (list, tuple)) or not value:
        raise InputError(f"the attributes lack {key}", path=path, found=sorted(map(str, attributes)), allowed="a list")
    return [item.decode() if isinstance(item, bytes) else item for item in value]


def _rate(path: Path, attributes: Mapping[str, Any], key: str) -> float:
    try:
        rate = float(np.ravel(attributes[key])[0])
    except (TypeError, ValueError, IndexError):
        rate = math.nan
    if not 0 < rate < math.inf:
        raise InputError(f"{key} is no sample rate", path=path, found=attributes[key], allowed="> 0 Hz")
    return rate


# -- identity --------------------------------------------------------------------------------------------------------


def version_hash(path: str | Path) -> str:
    """DAS's fingerprint of a dataset (its `data_hash`): MD5 of all names and bytes, wherever the store lies.

    For each entry of a folder, in the order of the lower-cased full paths, its name, and then its bytes or, of a
    folder, its entries likewise; of a file its bytes alone.
    """
    path = Path(path)
    state = hashlib.md5(usedforsecurity=False)
    _feed(state, path)
    return state.hexdigest()


def _feed(state: Any, path: Path) -> None:
    if path.is_dir():
        for entry in sorted(path.iterdir(), key=lambda entry: str(entry).lower()):
            state.update(entry.name.encode())
            _feed(state, entry)
        return
    with path.open("rb") as stream:
        while block := stream.read(2**16):
            state.update(block)
