"""One writer at a time, among all programs of Oscine's.

The system's own lock on a file that stays: it is released when its holder ends, however it ends, so that no stale
lock is ever left by a killed program. Where the file system knows no locks (some network drives), there is none.
"""

from __future__ import annotations

import errno
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from oscine.core.artifacts import unwritable
from oscine.core.errors import InputError

PATIENCE = 10.0
"""Seconds to wait for another program to finish."""

_TAKEN = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}


@contextmanager
def exclusive(
    path: Path,
    patience: float = PATIENCE,
    *,
    problem: str = "another program is editing these annotations",
    cure: str = "Close it there and try again",
) -> Iterator[None]:
    """Hold the lock on a file, which is made where it is not there.

    Parameters
    ----------
    path
        The file.
    patience
        Seconds to wait for another program to release it.
    problem, cure
        What is said where that takes longer.

    Raises
    ------
    InputError
        Where the folder cannot be written to, or another program holds the lock for longer than `patience` seconds.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = path.open("a+b")
    except OSError as error:
        raise unwritable(path, error) from error
    with stream:
        _wait(stream, patience, InputError(problem, path=path, cure=cure))
        try:
            yield
        finally:
            with suppress(OSError):  # closing releases it anyway
                _unlock(stream)


def _wait(stream: IO[bytes], patience: float, refusal: InputError) -> None:
    begin = time.monotonic()
    while True:
        try:
            return _lock(stream)
        except OSError as error:
            if error.errno not in _TAKEN:
                return None  # a file system without locks
            if time.monotonic() - begin > patience:
                raise refusal from None
        time.sleep(0.01)


if sys.platform == "win32":
    import msvcrt

    def _lock(stream: IO[bytes]) -> None:
        stream.seek(0)
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)

    def _unlock(stream: IO[bytes]) -> None:
        stream.seek(0)
        msvcrt.locking(stream.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(stream: IO[bytes]) -> None:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(stream: IO[bytes]) -> None:
        fcntl.flock(stream, fcntl.LOCK_UN)
