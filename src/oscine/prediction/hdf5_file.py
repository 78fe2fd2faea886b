"""HDF5 files on disks that fill up.

The HDF5 library cannot be told that a write has failed: what it could not flush it tries to flush again when the
file is closed, fails again, and takes the whole process down with it. Here it writes through a file of ours, which
keeps the first error to itself, pretends that all is well, and raises it once the library is done.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py


class _Sink(io.FileIO):
    """A file in which nothing fails, as seen by whoever writes."""

    failure: OSError | None = None

    def write(self, data: Any) -> int:
        rest = memoryview(data).cast("B")
        size = len(rest)
        while self.failure is None and len(rest):
            try:
                rest = rest[super().write(rest) :]
            except OSError as error:
                self.failure = error
        return size

    def truncate(self, size: int | None = None) -> int:
        if self.failure is None:
            try:
                return super().truncate(size)
            except OSError as error:
                self.failure = error
        return size or 0

    def check(self) -> None:
        """Raise what has failed so far."""
        if self.failure is not None:
            raise self.failure


@contextmanager
def create_file(path: str | Path) -> Iterator[tuple[h5py.File, Callable[[], None]]]:
    """A new HDF5 file, and a function that raises what has gone wrong with it so far.

    Raises
    ------
    OSError
        At the end, where it could not be written; call the function now and then to know earlier.
    """
    with _Sink(path, "w+b") as sink:
        with h5py.File(sink, "w") as file:
            yield file, sink.check
        sink.check()
