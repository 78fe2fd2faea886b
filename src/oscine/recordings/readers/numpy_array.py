"""NumPy arrays: `.npz` as DAS writes them, and bare `.npy`.

- `.npz`: the sound is the array `data`, shape (sample, channel) or (sample,); its rate is `samplerate` or
  `samplerate_Hz`.
- `.npy`: the array alone; its rate is an option, which a project says once in its `oscine.toml` (see `settings`).

Arrays of Python objects (pickles) are refused. A compressed `.npz` cannot be read from its middle; it is unpacked to
a temporary file when its first slice is read, so that memory stays small.
"""

from __future__ import annotations

import shutil
import struct
import tempfile
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np

from oscine.core.errors import InputError
from oscine.core.params import Field, Hertz
from oscine.recordings.raw import RawSource, check_numeric
from oscine.recordings.reader import OtherFormat, Reader, shape_of
from oscine.recordings.source import Source

_RATES = ("samplerate", "samplerate_Hz")


class NumpyArray(Reader):
    """Sound in `.npz` (arrays `data` and `samplerate`) or `.npy` files."""

    suffixes = (".npz", ".npy")
    container = True

    sample_rate: Hertz | None = Field(None, gt=0)
    """Sample rate, where the file does not say it."""

    dataset: str = "data"
    """Name of the array in a `.npz`."""

    channels_first: bool = False
    """Whether the axes are (channel, sample) instead of (sample, channel)."""

    def open(self, path: Path) -> Source:
        """Read the header of the array."""
        with path.open("rb") as stream:
            start = stream.read(6)
            if start == b"\x93NUMPY":
                stream.seek(0)
                return self._source(path, _array_header(stream, path), stream.tell(), self.sample_rate, None)
        if start[:4] != b"PK\x03\x04" or path.suffix.lower() not in self.suffixes:
            raise OtherFormat
        try:
            with zipfile.ZipFile(path) as archive:
                return self._from_archive(path, archive)
        except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
            raise InputError(f"is damaged ({error})", path=path, cure="Copy or export it again") from None

    def _from_archive(self, path: Path, archive: zipfile.ZipFile) -> Source:
        names = [name.removesuffix(".npy") for name in archive.namelist()]
        if self.dataset not in names:
            cure = "Name the array with the reader's option dataset"
            raise InputError(f"has no array {self.dataset!r}", path=path, found=", ".join(names), cure=cure)
        sample_rate = self.sample_rate
        for name in _RATES:
            if sample_rate is None and name in names:
                sample_rate = _number(path, archive, name)
        info = archive.getinfo(f"{self.dataset}.npy")
        with archive.open(info) as stream:
            header = _array_header(stream, path)
            inside = stream.tell()
        if info.compress_type != zipfile.ZIP_STORED:
            return self._source(path, header, inside, sample_rate, info.filename)
        with path.open("rb") as raw:
            raw.seek(info.header_offset)
            n_name, n_extra = struct.unpack("<26xHH", raw.read(30))
        return self._source(path, header, info.header_offset + 30 + n_name + n_extra + inside, sample_rate, None)

    def _source(
        self,
        path: Path,
        header: tuple[tuple[int, ...], bool, np.dtype[Any]],
        offset: int,
        sample_rate: float | None,
        member: str | None,
    ) -> Source:
        shape, fortran, dtype = header
        warnings = check_numeric(path, dtype)
        n_samples, n_channels, more = shape_of(path, shape, self.channels_first)
        if sample_rate is None:
            raise InputError(
                "does not say its sample rate",
                path=path,
                cure=f'Write in oscine.toml: [recordings."*{path.suffix}"] and below it: sample_rate = 10000',
            )
        options: dict[str, Any] = {
            "offset": offset,
            "encoding": dtype.str,
            "planar": fortran != self.channels_first,
            "warnings": warnings + more,
        }
        if member is not None:
            return _Packed(path, sample_rate, n_channels, n_samples, member, options)
        missing = offset + n_samples * n_channels * dtype.itemsize - path.stat().st_size
        if missing > 0:
            raise InputError("is cut off", path=path, found=f"{missing} bytes are missing", cure="Copy it again")
        return RawSource(path, sample_rate, n_channels, n_samples, **options)


class _Packed(RawSource):
    """An array in a compressed archive, unpacked to a temporary file while it is open."""

    def __init__(
        self, path: Path, sample_rate: float, n_channels: int, n_samples: int, member: str, options: dict[str, Any]
    ) -> None:
        super().__init__(path, sample_rate, n_channels, n_samples, **options)
        self.member = member

    def _open(self) -> Any:
        unpacked = tempfile.TemporaryFile()  # noqa: SIM115  # closed, and so deleted, by the source
        try:
            with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as packed:
                shutil.copyfileobj(packed, unpacked, 2**20)
        except (zipfile.BadZipFile, EOFError, OSError) as error:
            unpacked.close()
            raise InputError(f"cannot be unpacked ({error})", path=self.path, cure="Copy or export it again") from None
        unpacked.flush()
        return unpacked


def _array_header(stream: IO[bytes], path: Path) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether Fortran order, and type of the array that begins here."""
    try:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version[0] == 1 else np.lib.format.read_array_header_2_0
        return read(stream)
    except ValueError as error:
        raise InputError(f"its header is damaged ({error})", path=path, cure="Copy or export it again") from None


def _number(path: Path, archive: zipfile.ZipFile, name: str) -> float:
    with archive.open(f"{name}.npy") as stream:
        try:
            return float(np.lib.format.read_array(stream, allow_pickle=False).reshape(-1)[0])
        except (ValueError, TypeError, IndexError):
            raise InputError(f"{name} is not a number", path=path, cure="Save it as one, in Hz") from None
