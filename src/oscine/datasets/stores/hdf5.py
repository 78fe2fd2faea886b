"""One HDF5 file: groups for the parts, datasets for the arrays, attributes of the file.

DAS documents such stores, but the line that opens them calls a function that h5py does not have, so that it can open
none; here they are read and written like the others. Attributes that HDF5 has no type for (dictionaries, lists of
lists) are kept as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from oscine.core.artifacts import atomic
from oscine.core.errors import InputError
from oscine.datasets.store import Appender, Contents, Store
from oscine.recordings.readers.hdf5 import Hdf5 as Reader
from oscine.recordings.source import Source

_CHUNK = 2**16


class Hdf5(Store):
    """An HDF5 file, whose name ends in .h5."""

    suffix = ".h5"

    @contextmanager
    def reading(self, path: Path) -> Iterator[Contents]:
        """Open the file, as long as its arrays are used."""
        import h5py

        if path.is_dir():
            raise InputError("is a folder, not an HDF5 file", path=path)
        try:
            file = h5py.File(path, "r", locking="best-effort")
        except (OSError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise InputError(f"not an HDF5 file that can be read ({reason})", path=path) from None
        with file:
            groups = {name: group for name, group in file.items() if isinstance(group, h5py.Group)}
            arrays = {
                f"{part}/{name}": item
                for part, group in groups.items()
                for name, item in group.items()
                if isinstance(item, h5py.Dataset)
            }
            yield Contents({str(key): _plain(value) for key, value in file.attrs.items()}, arrays)

    def sound(self, path: Path, array: str, sample_rate: float) -> Source:
        """A dataset of the file, read slice by slice."""
        return Reader(sample_rate=sample_rate, dataset=array).open(path)

    @contextmanager
    def writing(
        self, path: Path, arrays: Mapping[str, tuple[tuple[int, int], DTypeLike]], attributes: Mapping[str, Any]
    ) -> Iterator[Appender]:
        """Write into a file that appears when all is there."""
        import h5py

        with atomic(path) as temporary, h5py.File(temporary, "w") as file:
            written = dict.fromkeys(arrays, 0)
            for name, (shape, dtype) in arrays.items():
                chunks = (min(_CHUNK, max(1, shape[0])), shape[1])
                file.create_dataset(name, shape=shape, dtype=dtype, chunks=chunks)
            for key, value in attributes.items():
                file.attrs[key] = _stored(value)

            def append(name: str, rows: NDArray[Any]) -> None:
                start = written[name]
                file[name][start : start + len(rows)] = rows
                written[name] = start + len(rows)

            yield append


def _stored(value: Any) -> Any:
    """A value as HDF5 has it: numbers, texts and lists of either, everything else as JSON.

    >>> _stored({"a": 1}), _stored([]), _stored(["a", "b"])
    ('{"a": 1}', '[]', ['a', 'b'])
    """
    flat = isinstance(value, list) and bool(value) and all(type(item) is type(value[0]) for item in value)
    if isinstance(value, (str, bool, int, float)) or (flat and isinstance(value[0], (str, bool, int, float))):
        return value
    return json.dumps(value)


def _plain(value: Any) -> Any:
    """The value that was stored."""
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    if isinstance(value, str) and (value[:1] in {"{", "["} or value in {"null", "true", "false"}):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
