"""Unpacking archives of strangers: no path leads out of the folder, no link, no device, and all of it or nothing.

Everything is unpacked into a hidden folder first and then moved into place, so that a process that is killed leaves no
half of a file under its name. What macOS packs along (`__MACOSX`, `._x`) is left out.
"""

from __future__ import annotations

import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from lzma import LZMAError
from pathlib import Path
from typing import IO

from oscine.core.artifacts import unwritable
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.datasets.published import safe_name

_TARS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_BUFFER = 2**20


def is_archive(name: str) -> bool:
    """Whether a file is unpacked, by its name."""
    return name.lower().endswith((".zip", *_TARS))


def unpack(archive: Path, folder: Path, *, monitor: Monitor = SILENT) -> list[str]:
    """Unpack an archive into a folder.

    Returns
    -------
    names
        Of the files, below the folder.

    Raises
    ------
    InputError
        Where it is damaged, asks for a password, or a name in it leads out of the folder; where the disk is full.
        Nothing of it is unpacked then.
    """
    work = archive.parent / f".{archive.name}.unpacking"
    shutil.rmtree(work, ignore_errors=True)
    size = archive.stat().st_size
    names: list[str] = []
    try:
        with open(archive, "rb") as raw, monitor.task(f"Unpacking {archive.name}", size / 1e6, "MB") as task:
            read = 0
            for name, content in _members(archive, raw):
                target = work / name
                target.parent.mkdir(parents=True, exist_ok=True)
                with content, open(target, "wb") as stream:
                    shutil.copyfileobj(content, stream, _BUFFER)
                names.append(name)
                here = raw.tell()
                task.advance(max(0, here - read) / 1e6)
                read = max(read, here)
        for name in names:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            (work / name).replace(target)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, LZMAError, NotImplementedError) as error:
        raise InputError(f"this archive cannot be unpacked ({error})", path=archive, cure="Fetch it again") from None
    except RuntimeError as error:  # zipfile's word for a password
        raise InputError(f"this archive cannot be unpacked ({error})", path=archive) from None
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"this archive is refused: {error}", path=archive) from None
    except OSError as error:
        raise unwritable(folder, error) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return names


def _members(archive: Path, raw: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    """Names and contents of the files in an archive; folders, links and devices are left out."""
    if archive.name.lower().endswith(".zip"):
        with zipfile.ZipFile(raw) as packed:
            for info in packed.infolist():
                is_link = stat.S_ISLNK(info.external_attr >> 16)
                if not info.is_dir() and not is_link and not _is_spare(name := safe_name(info.filename)):
                    yield name, packed.open(info)
        return
    with tarfile.open(fileobj=raw, mode="r:*") as packed_tar:
        for member in packed_tar:
            if not member.isfile():
                continue
            name = safe_name(member.name)
            content = packed_tar.extractfile(member)
            if content is not None and not _is_spare(name):
                yield name, content


def _is_spare(name: str) -> bool:
    """Whether a file is of no use here."""
    parts = name.split("/")
    return "__MACOSX" in parts or parts[-1].startswith("._") or parts[-1] == ".DS_Store"
