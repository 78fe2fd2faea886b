"""HDF5 files of DAS and of its recorders.

| file | sound | sample rate |
|---|---|---|
| DAS export (`x.h5`) | dataset `data` | attribute `samplerate` of the file, or dataset `samplerate` |
| recorder (`x_daq.h5`) | dataset `samples` | attribute `rate` of the file or dataset, else 10 kHz |

Of `samples`, the channels in the dataset `song_channels` are used, else the first 16.

Axes are (sample, channel) or (sample,). Other layouts are described by the options.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscine.core.errors import InputError
from oscine.core.params import Field, Hertz
from oscine.recordings.raw import as_sound, check_numeric
from oscine.recordings.reader import OtherFormat, Reader, shape_of
from oscine.recordings.source import Source

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_RATES = ("samplerate", "samplerate_Hz", "rate")
_DAQ_RATE, _DAQ_CHANNELS = 10_000.0, 16


class Hdf5(Reader):
    """Sound in HDF5 files, as DAS (`data`, `samplerate`) and its recorders (`samples`, `rate`) write them."""

    suffixes = (".h5", ".hdf5", ".hdfs")
    container = True

    sample_rate: Hertz | None = Field(None, gt=0)
    """Sample rate, where the file does not say it."""

    dataset: str | None = None
    """Name of the dataset; `data` or `samples` by default."""

    channels_first: bool = False
    """Whether the axes are (channel, sample) instead of (sample, channel)."""

    def open(self, path: Path) -> Source:
        """Read shape and rate."""
        with path.open("rb") as stream:
            if not any(stream.seek(place) == place and stream.read(8) == _SIGNATURE for place in (0, 512, 1024)):
                raise OtherFormat
        import h5py

        try:
            with h5py.File(path, "r", locking="best-effort") as file:
                return self._source(path, file)
        except (OSError, RuntimeError) as error:
            raise InputError(f"is damaged ({error})", path=path, cure="Copy or export it again") from None

    def _source(self, path: Path, file: Any) -> Source:
        import h5py

        names = [self.dataset] if self.dataset is not None else ["data", "samples"]
        name = next((name for name in names if isinstance(file.get(name), h5py.Dataset)), None)
        if name is None:
            cure = "Name the dataset with the reader's option dataset"
            raise InputError(f"has no dataset {' or '.join(names)}", path=path, found=", ".join(file), cure=cure)
        dataset = file[name]
        warnings = check_numeric(path, dataset.dtype)
        n_samples, n_channels, more = shape_of(path, dataset.shape, self.channels_first)
        warnings += more
        rate = self.sample_rate or _sample_rate(file, dataset)
        rows: list[int] | None = None
        if name == "samples" and self.dataset is None:
            rows = list(range(min(n_channels, _DAQ_CHANNELS)))
            if "song_channels" in file:
                rows = [int(channel) for channel in np.ravel(file["song_channels"][()])]
            if not rows or not all(0 <= row < n_channels for row in rows):
                allowed = f"0 to {n_channels - 1}"
                raise InputError(
                    "song_channels names channels that are not there", path=path, found=rows, allowed=allowed
                )
            if rate is None:
                rate, warnings = _DAQ_RATE, (*warnings, "does not say its sample rate; taken as 10 kHz")
        if rate is None:
            cure = f'Write in oscine.toml: [recordings."*{path.suffix}"] and below it: sample_rate = 10000'
            raise InputError("does not say its sample rate", path=path, cure=cure)
        return _Hdf5Source(path, rate, n_samples, n_channels, name, rows, self.channels_first, warnings)


class _Hdf5Source(Source):
    def __init__(
        self,
        path: Path,
        sample_rate: float,
        n_samples: int,
        n_stored: int,
        dataset: str,
        rows: list[int] | None,
        channels_first: bool,
        warnings: tuple[str, ...],
    ) -> None:
        super().__init__(path, sample_rate, n_stored if rows is None else len(rows), n_samples, warnings=warnings)
        self.dataset, self.rows, self.channels_first = dataset, rows, channels_first

    def _open(self) -> Any:
        import h5py

        return h5py.File(self.path, "r", locking="best-effort")

    def _read(self, handle: Any, start: int, stop: int) -> NDArray[np.float32]:
        dataset = handle[self.dataset]
        try:
            if dataset.ndim == 1:
                values = dataset[start:stop][np.newaxis]
            else:
                values = dataset[:, start:stop] if self.channels_first else dataset[start:stop].T
        except OSError as error:
            raise InputError(f"is damaged ({error})", path=self.path, cure="Copy or export it again") from None
        return np.ascontiguousarray(as_sound(values if self.rows is None else values[self.rows]))


def _sample_rate(file: Any, dataset: Any) -> float | None:
    import h5py

    places = [(holder, name) for name in _RATES for holder in (file.attrs, dataset.attrs, file)]
    for holder, name in places:
        if name in holder:
            value = holder[name]
            number = np.ravel(value[()] if isinstance(value, h5py.Dataset) else value)
            if number.size and number.dtype.kind in "iuf":
                return float(number[0])
    return None
