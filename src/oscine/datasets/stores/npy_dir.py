"""A folder of NumPy files: DAS's default.

    song.npy/                 (a folder, for all its name)
        attrs.npy             one pickled dictionary, read without running anything (see `plain_pickle`)
        train/x.npy, y.npy    of which nothing is read but what is asked for
        val/…, test/…

Other files are passed over; DAS itself leaves tables of annotations there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from oscine.core.artifacts import atomic_folder
from oscine.core.errors import InputError
from oscine.datasets.plain_pickle import read_object, write_object
from oscine.datasets.store import Appender, Contents, Store
from oscine.recordings.readers.numpy_array import NumpyArray
from oscine.recordings.source import Source


class NpyDir(Store):
    """A folder of NumPy files, whose name ends in .npy."""

    suffix = ".npy"

    @contextmanager
    def reading(self, path: Path) -> Iterator[Contents]:
        """Read the header of every array; nothing stays open."""
        if not path.is_dir():
            raise InputError(
                "is an array, not a dataset", path=path, allowed="a folder with train, val and attrs.npy",
                cure="Give the folder whose name ends in .npy",
            )  # fmt: skip
        if not (path / "attrs.npy").is_file():
            raise InputError("not a dataset of DAS: it has no attrs.npy", path=path)
        attributes = read_object(path / "attrs.npy")
        if not isinstance(attributes, dict):
            raise InputError(
                "the attributes are no dictionary", path=path / "attrs.npy", found=type(attributes).__name__
            )
        files = sorted(file for file in path.glob("*/*.npy") if file.is_file())
        yield Contents(attributes, {f"{file.parent.name}/{file.stem}": _rows_of(file) for file in files})

    def sound(self, path: Path, array: str, sample_rate: float) -> Source:
        """One file, read by seeking."""
        return NumpyArray(sample_rate=sample_rate).open(path / f"{array}.npy")

    @contextmanager
    def writing(
        self, path: Path, arrays: Mapping[str, tuple[tuple[int, int], DTypeLike]], attributes: Mapping[str, Any]
    ) -> Iterator[Appender]:
        """Write headers, then rows behind them; the folder appears when all is there."""
        with atomic_folder(path) as folder, ExitStack() as stack:
            streams, types = {}, {}
            for name, (shape, dtype) in arrays.items():
                file = folder / f"{name}.npy"
                file.parent.mkdir(exist_ok=True)
                streams[name], types[name] = stack.enter_context(file.open("wb")), np.dtype(dtype)
                header = {"descr": types[name].str, "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(streams[name], header)
            write_object(folder / "attrs.npy", dict(attributes))

            def append(name: str, rows: NDArray[Any]) -> None:
                streams[name].write(np.ascontiguousarray(rows, types[name]).data)

            yield append


class _Rows:
    """An array in a file, of which slices of rows are read.

    A memory map would do, but its pages count as this process's memory, so that a day of truth read from end to end
    would seem (to a scheduler, too) to fill it.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        with file.open("rb") as stream:
            version = np.lib.format.read_magic(stream)
            read = np.lib.format.read_array_header_1_0 if version[0] == 1 else np.lib.format.read_array_header_2_0
            self.shape, self.is_fortran, self.dtype = read(stream)
            self.offset = stream.tell()
        if self.dtype.hasobject or not self.shape:
            raise ValueError(f"it holds {self.dtype} with axes {self.shape}")
        if self.offset + self.dtype.itemsize * int(np.prod(self.shape)) > file.stat().st_size:
            raise ValueError("it is cut off")

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        start, stop, _ = rows.indices(self.shape[0])
        if self.is_fortran and len(self.shape) > 1:
            return np.array(np.load(self.file, mmap_mode="r", allow_pickle=False)[start:stop])
        width = int(np.prod(self.shape[1:]))
        place = self.offset + start * width * self.dtype.itemsize
        found = np.fromfile(self.file, self.dtype, max(0, stop - start) * width, offset=place)
        return found.reshape(-1, *self.shape[1:])


def _rows_of(file: Path) -> _Rows:
    try:
        return _Rows(file)
    except (ValueError, OSError, EOFError) as error:
        reason = f"{error}".splitlines()[0]
        raise InputError(f"is no array that can be read ({reason})", path=file, cure="Make the dataset again") from None
