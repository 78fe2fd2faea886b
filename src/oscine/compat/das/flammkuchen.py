"""HDF5 files in the layout of flammkuchen, with which DAS stores results, written and read with h5py alone.

A mapping is a group; a list a group titled ``list:N`` with members ``i0``, ``i1``, …; nothing a group titled
``nonetype:``; numbers and text are attributes of the group that they are in; arrays are datasets, those of text as
bytes with the attributes ``strtype`` and ``itemsize``; an array without a value is the list of its axes' lengths. Other
objects are pickled there, and never here: they are neither written nor read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import DTypeLike, NDArray

from oscine.core.artifacts import atomic
from oscine.core.errors import InputError
from oscine.prediction.hdf5_file import create_file


@dataclass(frozen=True)
class Rows:
    """An array that is written block after block.

    Attributes
    ----------
    shape, dtype
        Of all of it.
    blocks
        Its rows.
    """

    shape: tuple[int, int]
    dtype: DTypeLike
    blocks: Iterator[NDArray[Any]]


def write(path: str | Path, values: Mapping[str, Any]) -> Path:
    """Write plain values, arrays and `Rows`, all of it or nothing.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "x_results.h5")
    >>> values = {"names": ["noise", "sine"], "y": np.zeros((2, 2)), "none": None, "text": np.array(["a", "bc"])}
    >>> read(write(path, values))["names"], read(path)["text"].tolist(), read(path)["none"]
    (['noise', 'sine'], ['a', 'bc'], None)
    """
    with atomic(path) as temporary, create_file(temporary) as (file, check):
        _title(file, "")
        for name, value in values.items():
            _write(file, name, value)
            check()
    return Path(path)


def _title(group: h5py.Group, title: str) -> None:
    """What PyTables, with which flammkuchen reads, looks for."""
    group.attrs["CLASS"] = np.bytes_("GROUP")
    group.attrs["TITLE"] = np.bytes_(title) if title else h5py.Empty("S1")
    group.attrs["VERSION"] = np.bytes_("1.0")


def _write(group: h5py.Group, name: str, value: Any) -> None:
    if isinstance(value, Mapping):
        inner = group.create_group(name)
        _title(inner, f"dict:{len(value)}")
        for key, item in value.items():
            _write(inner, _plain_name(key), item)
    elif isinstance(value, (list, tuple)):
        inner = group.create_group(name)
        _title(inner, f"list:{len(value)}")
        for place, item in enumerate(value):
            _write(inner, f"i{place}", item)
    elif value is None:
        _title(group.create_group(name), "nonetype:")
    elif isinstance(value, Rows):
        dataset = group.create_dataset(
            name, value.shape, value.dtype, chunks=(min(100_000, max(1, value.shape[0])), value.shape[1]),
            compression="gzip", compression_opts=1, shuffle=True,
        )  # fmt: skip
        first = 0
        for block in value.blocks:
            dataset[first : first + len(block)] = block
            first += len(block)
    elif isinstance(value, np.ndarray):
        _write_array(group, name, value)
    elif isinstance(value, (bool, np.bool_)):
        group.attrs[name] = np.uint8(value)
    elif isinstance(value, (int, np.integer)):
        group.attrs[name] = np.int64(value)
    elif isinstance(value, (float, np.floating)):
        group.attrs[name] = np.float64(value)
    elif isinstance(value, str):
        data = value.encode("utf-8")
        if data:
            group.attrs.create(name, data, dtype=h5py.string_dtype("utf-8", len(data)))
        else:
            group.attrs[name] = h5py.Empty("S1")
    else:
        raise TypeError(f"{name} is of {type(value).__name__}, which cannot be written")


def _write_array(group: h5py.Group, name: str, value: NDArray[Any]) -> None:
    if value.size == 0:
        dataset = group.create_dataset(name, data=np.array(value.shape, np.int64))
        dataset.attrs["zeroarray_dtype"] = np.bytes_(value.dtype.str)
    elif value.dtype.kind == "U":
        dataset = group.create_dataset(name, data=np.ascontiguousarray(value).view(np.uint8))
        dataset.attrs["strtype"] = np.bytes_("unicode")
        dataset.attrs["itemsize"] = np.int64(value.itemsize // 4)
    else:
        group.create_dataset(name, data=value)


def _plain_name(name: object) -> str:
    """A name without what HDF5 takes for a path."""
    return str(name).replace("/", "|") or "_"


def read(path: str | Path) -> dict[str, Any]:
    """The values of a file; what was pickled is left out.

    Raises
    ------
    InputError
        Where it is missing, or no HDF5 file.
    """
    path = Path(path)
    try:
        with h5py.File(path, "r") as file:
            found = _read_group(file)
    except OSError as error:
        reason = "there is no such file" if not path.exists() else "not an HDF5 file, or cut off"
        raise InputError(reason, path=path) from error
    assert isinstance(found, dict)
    return found


_OWN = {"CLASS", "TITLE", "VERSION", "PYTABLES_FORMAT_VERSION", "DEEPDISH_IO_VERSION", "DEEPDISH_IO_ROOT_IS_SNS"}


def _read_group(group: h5py.Group) -> Any:
    title = _text(group.attrs.get("TITLE", ""))
    if title.startswith("nonetype:"):
        return None
    found: dict[str, Any] = {}
    for name, link in ((name, group.get(name, getlink=True)) for name in group):
        if isinstance(link, h5py.ExternalLink):
            continue
        item = group.get(name)
        if isinstance(item, h5py.Group):
            found[name] = _read_group(item)
        elif isinstance(item, h5py.Dataset) and not _is_pickled(item):
            found[name] = _read_array(item)
    for name in group.attrs:
        if name not in _OWN and not name.startswith("DEEPDISH_IO"):
            found[name] = _scalar(group.attrs, name)
    if title.startswith(("list:", "tuple:")):
        return [found[f"i{place}"] for place in range(int(title.partition(":")[2])) if f"i{place}" in found]
    return found


def _is_pickled(dataset: h5py.Dataset) -> bool:
    return dataset.dtype.kind == "O" or dataset.is_virtual or bool(dataset.external)


def _read_array(dataset: h5py.Dataset) -> NDArray[Any]:
    values = np.asarray(dataset[()])
    if "zeroarray_dtype" in dataset.attrs:
        return np.empty(tuple(values.tolist()), _text(dataset.attrs["zeroarray_dtype"]))
    kind = _text(dataset.attrs.get("strtype", b""))
    if kind:
        size = int(dataset.attrs["itemsize"])
        return np.ascontiguousarray(values).view(f"<U{size}" if kind == "unicode" else f"S{size}")
    return values


def _scalar(attributes: h5py.AttributeManager, name: str) -> Any:
    value = attributes[name]
    if isinstance(value, h5py.Empty):
        return ""
    if isinstance(value, (bytes, np.bytes_, str)):
        text = _text(value)
        return None if text.startswith(("\x80", "(l", "(d", "c")) and "\n." in text else text  # a pickle
    return value.item() if isinstance(value, np.generic) else value


def _text(value: Any) -> str:
    if isinstance(value, h5py.Empty):
        return ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
