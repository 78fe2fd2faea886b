"""Downloading a file over HTTP: resumable, checked, and one line of error where it cannot be done.

`pooch` checks the checksum and puts the file in place; what it lacks is going on where a download broke off. `Resuming`
is a downloader for it that keeps what has come in a `.partial` file, asks for the rest (HTTP ranges), and begins anew
only where the server cannot give it. Whether what was put together is right, the checksum tells: what does not fit is
thrown away, and nothing stands under the final name.
"""

from __future__ import annotations

import json
import logging
import os
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from oscine.core.artifacts import unwritable
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor, Task
from oscine.datasets.published import RemoteFile

_CHUNK = 2**18
_TIMEOUT = (15.0, 60.0)
"""Seconds to wait for a connection, and for the next bytes."""

_BUSY = {408, 425, 429, 500, 502, 503, 504}
"""Answers of a server that may be another one a moment later."""


class Broken(Exception):
    """A download that broke off; what has come is kept."""


def download(
    file: RemoteFile,
    folder: Path,
    *,
    url: str,
    task: Task,
    attempts: int = 4,
    wait: float = 1.0,
) -> Path:
    """Fetch a file into a folder, unless it is there already; what is there in part is completed.

    Parameters
    ----------
    file
        What it is called, and its checksum.
    folder
        Where it goes.
    url
        Where it is.
    task
        Is told of the megabytes that came, and asked whether to stop.
    attempts
        How often in a row nothing may come before it is given up.
    wait
        Seconds before the second attempt; twice as many before each one after that.

    Raises
    ------
    InputError
        Where the host cannot be reached or has no such file, the download breaks off again and again, the checksum
        differs, or the disk is full.
    """
    import pooch

    logging.getLogger("pooch").setLevel(logging.WARNING)
    pooch.get_logger().setLevel("WARNING")
    target = folder / file.name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        fetcher = Resuming(file, partial_path(file, folder), task, attempts, wait)
        pooch.retrieve(url, file.checksum, fname=target.name, path=target.parent, downloader=fetcher)
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"what came of {file.name} is not what was published: its checksum differs; nothing was kept",
            path=url,
            allowed=file.checksum,
            cure="Try again; if it stays so, the published file has changed",
        ) from None
    except OSError as error:
        raise unwritable(target, error) from error
    return target


def partial_path(file: RemoteFile, folder: Path) -> Path:
    """Where a file grows; with another checksum it is another file.

    Examples
    --------
    >>> partial_path(RemoteFile("a.zip", "", "md5:0123456789abcdef"), Path("x")).as_posix()
    'x/.a.zip-01234567.partial'
    """
    target = folder / file.name
    return target.with_name(f".{target.name}-{file.checksum.rpartition(':')[2][:8]}.partial")


class Resuming:
    """A downloader for pooch that goes on where an earlier one broke off."""

    def __init__(self, file: RemoteFile, partial: Path, task: Task, attempts: int = 4, wait: float = 1.0) -> None:
        self.file, self.partial, self.task, self.attempts, self.wait = file, partial, task, attempts, wait

    def __call__(self, url: str, output_file: Any, pooch: Any, check_only: bool = False) -> None:
        """Fetch what is missing, then give all of it to pooch."""
        failures = 0
        self.task.advance(self._size() / 1e6)
        while True:
            before = self._size()
            try:
                self._go_on(url)
                break
            except Broken as error:
                failures = 0 if self._size() > before else failures + 1
                if failures >= self.attempts:
                    raise self._given_up(url, str(error)) from None
                self._pause(self.wait * 2 ** max(0, failures - 1))
        with open(self.partial, "rb+") as stream:
            os.fsync(stream.fileno())
        self.partial.replace(output_file)

    def _size(self) -> int:
        return self.partial.stat().st_size if self.partial.exists() else 0

    def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.task.monitor.check()
            time.sleep(min(0.1, seconds))

    def _begin_anew(self) -> None:
        self.task.advance(-self._size() / 1e6)
        self.partial.unlink(missing_ok=True)

    def _go_on(self, url: str) -> None:
        """One request for what is missing."""
        import requests
        import urllib3

        if self.file.size is not None and self._size() > self.file.size:
            self._begin_anew()
        done = self._size()
        if done and done == self.file.size:
            return
        headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={done}-"} if done else {})}
        try:
            with requests.get(url, stream=True, timeout=_TIMEOUT, headers={**agent(), **headers}) as response:
                if response.status_code == 416:  # there is no more: it is whole, or none of this file
                    if response.headers.get("Content-Range", "").rpartition("/")[2] != str(done):
                        self._begin_anew()
                        raise Broken("the server has another file")
                    return
                check_status(response.status_code, url)
                goes_on = response.headers.get("Content-Range", "").startswith(f"bytes {done}-")
                if done and not (response.status_code == 206 and goes_on):
                    self._begin_anew()
                    done = 0
                    if response.status_code == 206:
                        raise Broken("the server gave another part")
                self._take(response, done)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise Broken(reason_of(error)) from None

    def _take(self, response: Any, done: int) -> None:
        """Append what comes, until all has come."""
        expected = self.file.size
        if expected is None and (length := response.headers.get("Content-Length", "")).isdigit():
            expected = done + int(length)
        with open(self.partial, "ab" if done else "wb") as stream:
            for chunk in response.raw.stream(_CHUNK, decode_content=False):
                stream.write(chunk)
                self.task.advance(len(chunk) / 1e6)
        if expected is not None and self._size() < expected:
            raise Broken("the connection was closed")

    def _given_up(self, url: str, reason: str) -> InputError:
        if self._size():
            return InputError(
                f"the download broke off after {self._size() / 1e6:.1f} MB ({reason})",
                path=url,
                cure="Give the same command again: it goes on from there",
            )
        return unreachable(url, reason)


def unreachable(url: str, reason: str) -> InputError:
    """The error for a host that does not answer."""
    return InputError(
        f"cannot reach {urlsplit(url).netloc} ({reason})",
        path=url,
        cure="Check the network or the proxy, or give a mirror with --base-url",
    )


def check_status(status: int, url: str) -> None:
    """Nothing for an answer that can be used; `Broken` for one that may change, an `InputError` for others."""
    if status in _BUSY:
        raise Broken(f"the server answers {status}")
    if status not in (200, 206):
        reason = {404: "has no such file", 403: "refuses it", 401: "asks for a password"}.get(status, "refuses it")
        raise InputError(
            f"the server {reason} (HTTP {status})", path=url, cure="Look whether the published dataset has moved"
        )


def ask_json(url: str, *, attempts: int = 4, wait: float = 1.0, monitor: Monitor = SILENT) -> Any:
    """What a repository says of a record.

    Raises
    ------
    InputError
        Where it cannot be reached, or says something else.
    """
    import requests

    reason = ""
    for attempt in range(attempts):
        monitor.check()
        if attempt:
            time.sleep(wait * 2 ** (attempt - 1))
        try:
            response = requests.get(url, timeout=_TIMEOUT, headers={**agent(), "Accept": "application/json"})
            check_status(response.status_code, url)
            return response.json()
        except json.JSONDecodeError:
            raise InputError("the repository does not answer with a record", path=url, cure="Try again later") from None
        except requests.RequestException as error:
            reason = reason_of(error)
        except Broken as error:
            reason = str(error)
    raise unreachable(url, reason)


def agent() -> dict[str, str]:
    """Who asks."""
    from oscine import __version__

    return {"User-Agent": f"oscine/{__version__}"}


def reason_of(error: Exception) -> str:
    """Why a request failed, in a few words.

    Examples
    --------
    >>> reason_of(ConnectionError("HTTPConnectionPool(…): Name or service not known"))
    'the host is not known'
    """
    text = str(error)
    for sign, words in (
        ("not known", "the host is not known"),
        ("resolve", "the host is not known"),
        ("name resolution", "the host is not known"),
        ("refused", "connection refused"),
        ("unreachable", "no network"),
        ("timed out", "no answer in time"),
        ("certificate", "its certificate is not trusted"),
        ("roxy", "the proxy does not answer"),
        ("IncompleteRead", "the connection was closed"),
        ("Connection broken", "the connection was closed"),
        ("onnection aborted", "the connection was closed"),
    ):
        if sign in text:
            return words
    return type(error).__name__
