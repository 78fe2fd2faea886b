"""Files: written whole or not at all, known by their digest, with the story of how they came to be.

- `atomic`      a temporary name in the same folder, flushed, renamed: a killed process leaves the old file or the new
- `atomic_folder`  the same for a folder of files: all of them are written before any is put in place
- `digest`      a short fingerprint of a file's content
- `Provenance`  which operation, parameters, inputs, version and seed made a result
"""

from __future__ import annotations

import errno
import glob
import hashlib
import json
import os
import platform
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from oscine.core.errors import InputError, OscineError

_WHOLE = 16 * 2**20
_BLOCK, _N_BLOCKS = 64 * 2**10, 64
_PAGE = 4096


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Give a temporary path to write to; put it in place of `path` when the block ends well.

    The temporary file has the suffix of `path`, so that libraries which choose a format by suffix work. Its name
    begins with a dot and ends in `.partial` and that suffix: what a killed process leaves behind is nobody's input.
    A link is kept, and what it leads to replaced; a file that is replaced keeps its permissions.

    Raises
    ------
    InputError
        Where the folder cannot be written to or the disk is full; nothing is left behind.
    """
    path = Path(path)
    place = Path(os.path.realpath(path))
    temporary = place.with_name(f".{place.stem[:80]}-{secrets.token_hex(4)}.partial{place.suffix}")
    absent = _absent_folders(place)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch(exist_ok=False)
        yield temporary
        with open(temporary, "rb+") as stream:
            os.fsync(stream.fileno())
        if place.is_file():
            shutil.copymode(place, temporary)
        temporary.replace(place)
    except OSError as error:
        if _concerns(error, temporary, place):
            raise unwritable(path, error) from error
        raise
    except OscineError:
        raise
    except Exception as error:  # libraries in C say in their own words that there is no room
        if _is_full(place.parent):
            raise unwritable(path, OSError(errno.ENOSPC, "no space")) from error
        raise
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        _remove_empty(absent)


@contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """Give a temporary folder to write files to; put them into the folder `path` when the block ends well.

    Files in `path` that have other names stay. A disk that fills up leaves everything as it was; a process that is
    killed does, too, but while the files, written already, are being renamed.

    Raises
    ------
    InputError
        Where the folder cannot be written to or the disk is full; it names `path`, not the temporary folder.
    """
    path = Path(path)
    place = Path(os.path.realpath(path))
    beginning = f".{place.name[:80]}-{_machine()}-"
    temporary = place.with_name(f"{beginning}{os.getpid()}-{secrets.token_hex(4)}.partial")
    absent = _absent_folders(place)
    _sweep(place.parent, beginning)
    try:
        temporary.mkdir(parents=True)
        yield temporary
        for source in sorted(item for item in temporary.rglob("*") if item.is_file()):
            target = place / source.relative_to(temporary)
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)
    except InputError as error:
        if error.path is None or temporary not in Path(error.path).parents:
            raise
        target = path / Path(error.path).relative_to(temporary)
        raise InputError(
            error.problem, path=target, line=error.line, found=error.found, allowed=error.allowed, cure=error.cure
        ) from error
    except OSError as error:
        if _concerns(error, temporary, place):
            raise unwritable(path, error) from error
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        _remove_empty([place, *absent])


def _machine() -> str:
    """The machine, in 4 hexadecimal digits: numbers of processes mean nothing on another."""
    return hashlib.blake2b(platform.node().encode(), digest_size=2).hexdigest()


def _sweep(parent: Path, beginning: str) -> None:
    """Take away temporary folders of this very result that a process of this machine left when it was killed."""
    if os.name != "posix":
        return
    for left in parent.glob(f"{glob.escape(beginning)}*.partial"):
        number = left.name.removeprefix(beginning).partition("-")[0]
        if not number.isdecimal():
            continue
        try:
            os.kill(int(number), 0)  # asks whether it is there
        except ProcessLookupError:
            shutil.rmtree(left, ignore_errors=True)
        except (OSError, OverflowError):
            continue


def _absent_folders(place: Path) -> list[Path]:
    """Folders above a path that are not there yet, the innermost first."""
    return [folder for folder in place.parents if not folder.exists()]


def _remove_empty(folders: Iterable[Path]) -> None:
    """Take away folders that were made for a file that was not; one that holds anything stays."""
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def _concerns(error: OSError, *paths: Path) -> bool:
    """Whether an error is about what is written, not about another file that was read meanwhile."""
    if error.filename is None or not isinstance(error.filename, str):
        return True
    named = Path(error.filename)
    return any(named == path or named in path.parents for path in paths)


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _PAGE
    except OSError:
        return False


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CLOSED = {
    errno.EACCES,
    errno.ENOENT,  # a place that cannot hold files, such as /proc
    errno.EPERM,
    errno.EROFS,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.EISDIR,
    errno.ENAMETOOLONG,
    errno.ELOOP,
}


def unwritable(path: str | Path, error: OSError) -> Exception:
    """The `InputError` for a disk that is full or a folder that is closed; any other error as it is."""
    if error.errno in _FULL or (error.errno is None and _is_full(Path(path).parent)):
        problem = "the file may not grow any larger" if error.errno == errno.EFBIG else "the disk is full"
        return InputError(f"{problem}; nothing was written", path=path, cure="Free some space and run again")
    if error.errno in _CLOSED:
        reason = os.strerror(error.errno).lower()
        return InputError(
            f"cannot be written ({reason})",
            path=path,
            cure="Choose another place with --out",
        )
    return error


def write_text(path: str | Path, text: str) -> Path:
    """Write UTF-8 text with LF line ends, atomically."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
    return Path(path)


def write_json(path: str | Path, value: object) -> Path:
    """Write a value as indented JSON, atomically."""
    return write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def digest(path: str | Path) -> str:
    """Fingerprint of a file: 16 hexadecimal digits of BLAKE2b over its size and content.

    Files over 16 MiB are sampled (64 blocks of 64 KiB, evenly spaced, first and last included): it tells
    recordings apart without reading hours of sound, but is no protection against forgery.
    """
    path = Path(path)
    size = path.stat().st_size
    state = hashlib.blake2b(str(size).encode(), digest_size=8)
    with path.open("rb") as stream:
        if size <= _WHOLE:
            state.update(stream.read())
        else:
            for block in range(_N_BLOCKS):
                stream.seek((size - _BLOCK) * block // (_N_BLOCKS - 1))
                state.update(stream.read(_BLOCK))
    return state.hexdigest()


def timestamp() -> str:
    """The moment as it stands in file names: 20260131T235959."""
    return datetime.now().strftime("%Y%m%dT%H%M%S")


class Provenance(BaseModel):
    """How a result came to be: enough to make it again, and to tell when it is out of date."""

    model_config = ConfigDict(frozen=True, extra="allow")

    operation: str
    params: dict[str, Any] = Field(default_factory=dict)
    inputs: dict[str, Any] = Field(default_factory=dict)
    seed: int | None = None
    version: str = ""
    created: str = ""
    machine: str = ""

    @classmethod
    def now(cls, operation: str, params: Mapping[str, Any], inputs: Mapping[str, Any]) -> Provenance:
        """The provenance of something made at this moment, by this version, on this machine."""
        from oscine import __version__

        return cls(
            operation=operation,
            params=dict(params),
            inputs=dict(inputs),
            seed=params.get("seed"),
            version=__version__,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            machine=f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        )

    def save(self, path: str | Path) -> Path:
        """Write as JSON."""
        return write_json(path, self.model_dump(mode="json"))

    @classmethod
    def load(cls, path: str | Path) -> Provenance | None:
        """Read from JSON; `None` where there is none."""
        try:
            return cls.model_validate_json(Path(path).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError:
            raise InputError("not a provenance file of Oscine", path=path, cure="Delete it or restore it") from None


def describe(value: object) -> object:
    """What provenance records of an input: its `identity()` where it has one, else path and digest, else its text."""
    identity = getattr(value, "identity", None)
    if callable(identity):
        return identity()
    if isinstance(value, (list, tuple)):
        return [describe(item) for item in value]
    if isinstance(value, Path):
        return {"path": str(value), "digest": digest(value)} if value.is_file() else {"path": str(value)}
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)
