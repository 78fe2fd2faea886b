"""A folder of NumPy files: DAS's default.

    song.npy/                 (a folder, for all its name)
        attrs.npy             one pickled dictionary, read without running anything (see `plain_pickle`)
        train/x.npy, y.npy    memory-mapped: nothing is read but what is asked for
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
        """Map every array; nothing stays open that has to be closed."""
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
        yield Contents(attributes, {f"{file.parent.name}/{file.stem}": _mapped(file) for file in files})

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


def _mapped(file: Path) -> NDArray[Any]:
    try:
        return np.load(file, mmap_mode="r", allow_pickle=False)  # type: ignore[no-any-return]
    except (ValueError, OSError, EOFError) as error:
        reason = f"{error}".splitlines()[0]
        raise InputError(f"is no array that can be read ({reason})", path=file, cure="Make the dataset again") from None
