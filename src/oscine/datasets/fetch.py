"""Fetching published datasets: the only command that uses the network.

    oscine fetch                     what there is
    oscine fetch bfsongrepo-gy6or6   its files, checked and unpacked, into the folder bfsongrepo-gy6or6

bfsongrepo-gy6or6/
  …              what the archives hold, or the files themselves
  SOURCE.md      what it is, its licence, whom to cite
  fetched.json   what is there already, so that the same command goes on where an earlier one was stopped
  .downloads/    what is on its way

Every file is checked against its published checksum before anything is made of it. A download that breaks off is
completed (see `oscine.datasets.download`); archives are unpacked with suspicion (see `oscine.datasets.unpack`).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from oscine.core.artifacts import Provenance, write_json, write_text
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor, Task
from oscine.core.operations import operation
from oscine.core.params import Field, OperationParams
from oscine.datasets.download import ask_json, download, partial_path
from oscine.datasets.published import Published, RemoteFile, catalogue, find, mirrored
from oscine.datasets.unpack import is_archive, unpack

CARD = "fetched.json"
_DOWNLOADS = ".downloads"
_MARGIN = 2.5
"""How much room an archive needs, of its own size: itself, and what it holds."""


class FetchParams(OperationParams):
    """What is fetched, from where."""

    files: tuple[str, ...] = Field(())
    """Patterns of the files to fetch, such as *gy6or6*; none given: all."""
    base_url: str = ""
    """A mirror that is asked instead of the published hosts, for https://host/path as MIRROR/host/path."""
    registry: Path | None = None
    """Another list of published datasets, in JSON."""
    unpack: bool = True
    """Unpack archives."""
    keep_archives: bool = False
    """Keep archives when they have been unpacked."""
    attempts: int = Field(4, ge=1)
    """How often in a row nothing may come before it is given up."""


@dataclass(frozen=True)
class Catalogue:
    """What there is to fetch."""

    datasets: Mapping[str, Published]

    def summary(self) -> dict[str, Any]:
        """Plain values."""
        return {
            name: {key: getattr(item, key) for key in ("title", "about", "licence", "citation", "page")}
            for name, item in self.datasets.items()
        }

    def __str__(self) -> str:
        width = max(map(len, self.datasets), default=0)
        lines = [
            f"{name:{width}}  {item.title}\n{'':{width}}  {', '.join(filter(None, (item.about, item.licence)))}"
            for name, item in self.datasets.items()
        ]
        return "\n".join([*lines, "Fetch one: oscine fetch NAME"])


@dataclass(frozen=True)
class Fetched:
    """A dataset that was fetched.

    Attributes
    ----------
    published
        What it is.
    path
        Its folder.
    n_files, n_bytes
        Files that were published, and their size.
    n_new
        How many of them came this time.
    """

    published: Published
    path: Path
    n_files: int
    n_bytes: int
    n_new: int
    provenance: Provenance | None = field(default=None, compare=False)

    def with_provenance(self, provenance: Provenance) -> Self:
        """The same, saying how it came to be; the card is written again."""
        card = _read_card(self.path)
        write_json(self.path / CARD, {**card, "provenance": provenance.model_dump(mode="json")})
        return replace(self, provenance=provenance)

    def summary(self) -> dict[str, Any]:
        """Plain values."""
        about = {key: getattr(self.published, key) for key in ("name", "title", "licence", "citation", "page")}
        return {
            **about,
            "path": str(self.path),
            "n_files": self.n_files,
            "n_bytes": self.n_bytes,
            "n_new": self.n_new,
        }

    def __str__(self) -> str:
        item = self.published
        size = f"{self.n_bytes / 1e6:.1f} MB" if self.n_bytes < 1e9 else f"{self.n_bytes / 1e9:.2f} GB"
        new = "all there already" if not self.n_new else f"{self.n_new} new"
        return (
            f"{item.name}: {self.n_files} file{'s' * (self.n_files != 1)}, {size}, {new}\n{item.title}\n"
            f"licence: {item.licence}\nplease cite: {item.citation}"
        )


def _save(result: Fetched | Catalogue, _: Path | None, __: FetchParams) -> list[Path]:
    """Everything is written by then."""
    return [result.path] if isinstance(result, Fetched) else []


@operation(out="{folder}/{stem}", save=_save)
def fetch(
    name: str | None = None,
    params: FetchParams = FetchParams(),  # noqa: B008 - frozen
    *,
    out: Path | None = None,
    monitor: Monitor = SILENT,
) -> Fetched | Catalogue:
    """Download a published dataset, or list what there is.

    Parameters
    ----------
    name
        Of the dataset; without one, all are listed.
    params
        Which of its files, and a mirror.
    out
        Its folder, by default called like it, here.

    Returns
    -------
    fetched
        Where it is, its licence, and whom to cite; or the list.

    Raises
    ------
    InputError
        For an unknown name, a host that cannot be reached, a file that is not what was published, a full disk.

    Examples
    --------
    >>> "poster" in fetch().datasets
    True
    """
    if name is None:
        return Catalogue(catalogue(params.registry))
    wanted = find(name, params.registry)
    if params.base_url and not params.base_url.startswith(("http://", "https://")):
        raise InputError("not the address of a mirror", found=params.base_url, allowed="http://… or https://…")
    folder = Path(name) if out is None else out
    if folder.exists() and not folder.is_dir():
        raise InputError("is a file, and a folder is needed", path=folder, cure="Choose another --out")

    def ask(url: str) -> Any:
        return ask_json(mirrored(url, params.base_url), attempts=params.attempts, monitor=monitor)

    wanted = wanted.resolved(ask).only(params.files)
    done = _done(folder, wanted)
    missing = [file for file in wanted.files if file.name not in done]
    _check_room(folder, missing, params)
    if missing:
        monitor.message(f"{wanted.title}; licence: {wanted.licence}; from {wanted.page}")
        sizes = [file.size for file in missing]
        total = None if None in sizes else sum(size or 0 for size in sizes) / 1e6
        with monitor.task(f"Fetching {name}", total, "MB") as task:
            for file in missing:
                done[file.name] = _fetch_one(file, folder, params, task, monitor)
                _write_card(folder, wanted, done)
    _tidy(folder)
    n_bytes = sum(int(done[file.name]["size"]) for file in wanted.files)
    return Fetched(wanted, folder, len(wanted.files), n_bytes, len(missing))


def _fetch_one(file: RemoteFile, folder: Path, params: FetchParams, task: Task, monitor: Monitor) -> dict[str, Any]:
    """Bring one file, and what is to be remembered of it."""
    downloads = folder / _DOWNLOADS
    by_hand = folder / file.name
    if by_hand.is_file() and not (downloads / file.name).exists():  # somebody may have put it there
        (downloads / file.name).parent.mkdir(parents=True, exist_ok=True)
        by_hand.replace(downloads / file.name)
    url = mirrored(file.url, params.base_url)
    try:
        path = download(file, downloads, url=url, task=task, attempts=params.attempts)
    except InputError:
        _tidy(folder)
        raise
    size = path.stat().st_size
    story: dict[str, Any] = {"size": size, "checksum": file.checksum, "url": file.url}
    if params.unpack and is_archive(file.name):
        story["unpacked"] = len(unpack(path, folder, monitor=monitor))
        if not params.keep_archives:
            path.unlink()
            return story
    by_hand.parent.mkdir(parents=True, exist_ok=True)
    path.replace(by_hand)
    return story


def _done(folder: Path, wanted: Published) -> dict[str, dict[str, Any]]:
    """What the card says is there, of the very files that are wanted."""
    told = _read_card(folder).get("files", {})
    done: dict[str, dict[str, Any]] = {}
    for file in wanted.files:
        story = told.get(file.name, {})
        place = folder / file.name
        there = "unpacked" in story or (place.is_file() and place.stat().st_size == story.get("size"))
        if story.get("checksum") == file.checksum and there:
            done[file.name] = story
    return done


def _read_card(folder: Path) -> dict[str, Any]:
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        return dict(card) if isinstance(card.get("files"), dict) else {}
    except (OSError, ValueError, AttributeError):
        return {}


def _write_card(folder: Path, wanted: Published, done: Mapping[str, Any]) -> None:
    """What it is, for people and for the next time."""
    before = _read_card(folder)
    about = {key: getattr(wanted, key) for key in ("name", "title", "licence", "citation", "page")}
    write_json(
        folder / CARD, {"oscine": "fetched", "version": 1, **about, "files": {**before.get("files", {}), **done}}
    )
    text = f"# {wanted.title}\n\nLicence: {wanted.licence}\n\nPlease cite: {wanted.citation}\n\nFrom: {wanted.page}\n"
    write_text(folder / "SOURCE.md", text)


def _check_room(folder: Path, missing: list[RemoteFile], params: FetchParams) -> None:
    """An `InputError` where the disk has not the room for what is still to come."""
    needed = 0.0
    for file in missing:
        partial = partial_path(file, folder / _DOWNLOADS)
        here = partial.stat().st_size if partial.exists() else 0
        times = _MARGIN if params.unpack and is_archive(file.name) else 1.0
        needed += (file.size or 0) * times - here
    place = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
    free = shutil.disk_usage(place).free
    if needed > free:
        raise InputError(
            f"there is not enough room: about {needed / 1e9:.1f} GB are needed, {free / 1e9:.1f} GB are free",
            path=folder,
            cure="Free some space, choose another --out, or some of the --files",
        )


def _tidy(folder: Path) -> None:
    """Take away folders of downloads that hold nothing."""
    downloads = folder / _DOWNLOADS
    for place in sorted([*downloads.rglob("*"), downloads], reverse=True) if downloads.is_dir() else ():
        if place.is_dir() and not any(place.iterdir()):
            place.rmdir()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
