"""Plain samples at a place in a file: what WAV, CBIN and NumPy files are, behind their headers.

Slices are read by seeking, not through a memory map: the pages of a map count as this process's memory, so a day
of sound read from end to end would seem (to a scheduler, too) to fill it.

Whole numbers are scaled to [-1, 1) by the range of their type, as libsndfile does: 16 bit by 2⁻¹⁵, 24 bit by 2⁻²³,
unsigned 8 bit by (x - 128) / 128. Floats are taken as they are. 64-bit integers have no range that a sound could
fill; they are counts that somebody's script widened, and are taken as 16 bit, with a warning.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oscine.core.errors import InputError
from oscine.recordings.source import Source

INT24 = "<i3"
"""Name of packed little-endian 24-bit integers, which NumPy lacks."""


def as_sound(values: NDArray[np.generic]) -> NDArray[np.float32]:
    """Samples of any numeric type as float32 in [-1, 1), same shape.

    >>> as_sound(np.array([-32768, 0, 16384], "int16"))
    array([-1. ,  0. ,  0.5], dtype=float32)
    >>> as_sound(np.array([0, 128, 192], "uint8"))
    array([-1. ,  0. ,  0.5], dtype=float32)
    """
    kind, n_bits = values.dtype.kind, 8 * values.dtype.itemsize
    if kind == "f":
        return values.astype(np.float32)
    if n_bits == 64:
        n_bits = 16
        kind = "i"
    half = 2.0 ** (n_bits - 1)
    if kind == "u" and n_bits == 32:  # float32 cannot hold the offset exactly
        return ((values.astype(np.float64) - half) / half).astype(np.float32)
    sound = values.astype(np.float32)
    if kind == "u":
        sound -= np.float32(half)
    sound *= np.float32(1 / half)
    return sound


def check_numeric(path: Path, dtype: np.dtype[np.generic]) -> tuple[str, ...]:
    """Warnings about a sample type; an `InputError` where it cannot be sound."""
    if dtype.kind not in "iuf":
        raise InputError("its values are not numbers that could be sound", path=path, found=str(dtype))
    if dtype.kind in "iu" and dtype.itemsize == 8:
        return ("samples are 64-bit integers; they are taken as counts of a 16-bit recorder (divided by 32768)",)
    return ()


def item_size(encoding: str) -> int:
    """Bytes of one sample of one channel."""
    return 3 if encoding == INT24 else np.dtype(encoding).itemsize


class RawSource(Source):
    """Samples of one numeric type at an offset in a file.

    Parameters
    ----------
    path, sample_rate, n_channels, n_samples, parts, warnings
        See `Source`.
    offset
        Where the first sample is, in bytes.
    encoding
        NumPy's name of the sample type (">i2"), or `INT24`.
    planar
        Whether all samples of channel 0 come first, then all of channel 1 (otherwise they alternate).
    """

    def __init__(
        self,
        path: Path,
        sample_rate: float,
        n_channels: int,
        n_samples: int,
        *,
        offset: int,
        encoding: str,
        planar: bool = False,
        parts: Mapping[str, tuple[int, ...]] | None = None,
        warnings: tuple[str, ...] = (),
    ) -> None:
        super().__init__(path, sample_rate, n_channels, n_samples, parts=parts, warnings=warnings)
        self.offset, self.encoding, self.planar = offset, encoding, planar

    def _open(self) -> io.FileIO:
        try:
            return open(self.path, "rb", buffering=0)
        except OSError as error:
            raise InputError(f"cannot be read ({os.strerror(error.errno or 0).lower()})", path=self.path) from error

    def _read(self, handle: io.FileIO, start: int, stop: int) -> NDArray[np.float32]:
        if self.planar:
            rows = [
                self._values(handle, channel * self.n_samples + start, stop - start)
                for channel in range(self.n_channels)
            ]
            return as_sound(np.stack(rows))
        values = self._values(handle, start * self.n_channels, (stop - start) * self.n_channels)
        return np.ascontiguousarray(as_sound(values).reshape(stop - start, self.n_channels).T)

    def _values(self, handle: io.FileIO, first: int, count: int) -> NDArray[np.generic]:
        size = item_size(self.encoding)
        buffer = bytearray(count * size)
        view, done = memoryview(buffer), 0
        handle.seek(self.offset + first * size)
        while done < len(buffer):  # a raw read gives at most 2 GiB at a time
            n_bytes = handle.readinto(view[done:])
            if not n_bytes:
                raise InputError("became shorter while it was being read", path=self.path, cure="Open it again")
            done += n_bytes
        if self.encoding != INT24:
            return np.frombuffer(buffer, dtype=self.encoding)
        wide = np.zeros((count, 4), np.uint8)  # the three bytes on top: scaled as 32 bit, it comes out the same
        wide[:, 1:] = np.frombuffer(buffer, np.uint8).reshape(count, 3)
        return wide.view("<i4")[:, 0]
