"""A zarr directory of version 2, as DAS writes it: groups for the parts, chunked arrays, attributes of the root.

The zarr package does the work; it comes with Oscine's extra `das`. A chunk is decoded as a whole, so the last one is
kept: sound that is read a little at a time is decoded once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from oscine.core.artifacts import atomic_folder
from oscine.core.errors import InputError
from oscine.datasets.store import Appender, Contents, Store
from oscine.recordings.raw import as_sound, check_numeric
from oscine.recordings.reader import shape_of
from oscine.recordings.source import Source

_CHUNK = 1_000_000
"""Samples of a chunk, as DAS has them."""


class Zarr(Store):
    """A zarr directory, whose name ends in .zarr."""

    suffix = ".zarr"

    @contextmanager
    def reading(self, path: Path) -> Iterator[Contents]:
        """Open the groups."""
        root = _opened(path)
        try:
            arrays = {
                f"{part}/{name}": array for part, group in sorted(root.groups()) for name, array in group.arrays()
            }
            attributes = root.attrs.asdict()
        except (KeyError, ValueError, TypeError, OSError) as error:
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            raise InputError(f"is damaged ({reason})", path=path, cure="Make the dataset again") from None
        yield Contents(attributes, arrays)

    def sound(self, path: Path, array: str, sample_rate: float) -> Source:
        """An array of the directory, a chunk at a time."""
        return _ZarrSource(path, array, sample_rate)

    @contextmanager
    def writing(
        self, path: Path, arrays: Mapping[str, tuple[tuple[int, int], DTypeLike]], attributes: Mapping[str, Any]
    ) -> Iterator[Appender]:
        """Write chunk after chunk; the directory appears when all is there."""
        zarr = _package(path)
        with atomic_folder(path) as folder:
            root = zarr.open_group(str(folder), mode="w", zarr_format=2)
            for name, (shape, dtype) in arrays.items():
                part, _, array = name.partition("/")
                group = root.require_group(part)
                group.create_array(array, shape=shape, chunks=(min(_CHUNK, max(1, shape[0])), shape[1]), dtype=dtype)
            root.attrs.update(dict(attributes))
            pending: dict[str, list[NDArray[Any]]] = {name: [] for name in arrays}
            written = dict.fromkeys(arrays, 0)

            def flush(name: str, *, everything: bool) -> None:
                rows = np.concatenate(pending[name]) if pending[name] else np.zeros((0, arrays[name][0][1]))
                size = arrays[name][0][0] if everything else _CHUNK
                while len(rows) and (everything or len(rows) >= size):
                    start = written[name]
                    root[name][start : start + len(rows[:size])] = rows[:size]
                    written[name], rows = start + len(rows[:size]), rows[size:]
                pending[name] = [rows]

            def append(name: str, rows: NDArray[Any]) -> None:
                pending[name].append(np.asarray(rows, arrays[name][1]))
                if sum(map(len, pending[name])) >= _CHUNK:
                    flush(name, everything=False)

            yield append
            for name in arrays:
                flush(name, everything=True)


class _ZarrSource(Source):
    def __init__(self, path: Path, array: str, sample_rate: float) -> None:
        stored = _opened(path)[array]
        n_samples, n_channels, more = shape_of(path, stored.shape, channels_first=False)
        warnings = (*check_numeric(path, stored.dtype), *more)
        super().__init__(path, sample_rate, n_channels, n_samples, warnings=warnings)
        self.array = array

    def _open(self) -> _Handle:
        return _Handle(_opened(self.path)[self.array])

    def _read(self, handle: _Handle, start: int, stop: int) -> NDArray[np.float32]:
        values = handle.rows(start, stop)
        return np.ascontiguousarray(as_sound(values.reshape(stop - start, -1).T))


class _Handle:
    """An array, and the last chunks of it that were decoded."""

    def __init__(self, array: Any) -> None:
        self.array, self.first = array, 0
        self.kept: NDArray[Any] = np.zeros((0, *array.shape[1:]), array.dtype)

    def rows(self, start: int, stop: int) -> NDArray[Any]:
        chunk = self.array.chunks[0]
        if stop - start > chunk:
            return np.asarray(self.array[start:stop])
        if not self.first <= start <= stop <= self.first + len(self.kept):
            self.first = start // chunk * chunk
            self.kept = np.asarray(self.array[self.first : -(-stop // chunk) * chunk])
        return self.kept[start - self.first : stop - self.first]

    def close(self) -> None:
        """Nothing stays open."""


def _package(path: Path) -> Any:
    try:
        import zarr
    except ImportError:
        raise InputError(
            "zarr stores need the package zarr", path=path, cure="Install it: pip install 'oscine[das]'"
        ) from None
    return zarr


def _opened(path: Path) -> Any:
    zarr = _package(path)
    if not (path / ".zgroup").is_file():
        raise InputError("not a zarr directory of version 2: it has no .zgroup", path=path)
    try:
        return zarr.open_group(str(path), mode="r", zarr_format=2)
    except (KeyError, ValueError, TypeError, OSError) as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise InputError(f"is damaged ({reason})", path=path, cure="Make the dataset again") from None
