"""An opened sound file, and how many may be open at once.

A `Source` knows the shape of the sound from the file's header and decodes any slice of it. Its handle is opened
at the first slice and kept, because opening costs more than reading; but a project may have a hundred thousand
files and a process only about a thousand handles, so the least recently used one is closed and opened again when
it is next needed. Sources may be read from several threads (one slice at a time each), survive a fork (the child
opens a handle of its own, as a shared one would share its position) and can be pickled.
"""

from __future__ import annotations

import os
import threading
import weakref
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_OPEN = 64
"""Handles that are kept open, in all."""


class Source(ABC):
    """One sound file: its shape, and any slice of it.

    Parameters
    ----------
    path
        The file.
    sample_rate
        In Hz; need not be whole.
    n_channels, n_samples
        Shape of the sound.
    parts
        Logical recordings that the file holds: their names and channels; empty where it is just one.
    warnings
        What is wrong with the file although it can be read, a sentence each.
    """

    def __init__(
        self,
        path: Path,
        sample_rate: float,
        n_channels: int,
        n_samples: int,
        *,
        parts: Mapping[str, tuple[int, ...]] | None = None,
        warnings: tuple[str, ...] = (),
    ) -> None:
        self.path = path
        self.sample_rate = float(sample_rate)
        self.n_channels, self.n_samples = int(n_channels), int(n_samples)
        self.parts = dict(parts or {})
        self.warnings = warnings
        self._lock, self._handle, self._pid = _fresh()

    @abstractmethod
    def _open(self) -> Any:
        """Open the file for reading: anything with a `close()`."""

    @abstractmethod
    def _read(self, handle: Any, start: int, stop: int) -> NDArray[np.float32]:
        """Decode the samples `[start, stop)`, shape (channel, sample), float32."""

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """The samples `[start, stop)` of all channels, shape (channel, sample), float32."""
        with self._lock:
            if self._handle is None or self._pid != os.getpid():
                self._handle, self._pid = self._open(), os.getpid()
            sound = self._read(self._handle, start, stop)
        _used(self)
        return sound

    def close(self) -> None:
        """Close the handle; the next slice opens it again."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._handle is not None:
            handle, self._handle = self._handle, None
            with suppress(OSError):
                handle.close()

    def _close_if_idle(self) -> bool:
        """Close unless another thread is reading just now (waiting for it could be a deadlock)."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            self._close()
        finally:
            self._lock.release()
        return True

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key not in {"_handle", "_pid", "_lock"}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock, self._handle, self._pid = _fresh()

    def __del__(self) -> None:
        if getattr(self, "_handle", None) is not None:
            self._close()


def _fresh() -> tuple[threading.Lock, Any, int]:
    """A lock, no handle, and the process that opened it."""
    return threading.Lock(), None, 0


_recent: OrderedDict[int, weakref.ref[Source]] = OrderedDict()
_recent_lock = threading.Lock()


def _used(source: Source) -> None:
    """Note that a source was just read, and close the one that waits longest where too many are open."""
    with _recent_lock:
        _recent[id(source)] = weakref.ref(source)
        _recent.move_to_end(id(source))
        surplus = [_recent.popitem(last=False) for _ in range(len(_recent) - MAX_OPEN)]
    for key, reference in surplus:
        idle = reference()
        if idle is not None and not idle._close_if_idle():
            with _recent_lock:
                _recent.setdefault(key, reference)
