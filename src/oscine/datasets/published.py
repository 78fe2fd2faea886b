"""Published datasets: what there is, by whom, under which licence, and which files with which checksums.

The list is `published.json` beside this file; `--registry` reads another one of the same form:

    {"oscine": "published", "version": 1, "datasets": {NAME: {title, about, licence, citation, page, files | record}}}

`files` are pinned: each has a name, a URL, a checksum such as ``md5:…`` or ``sha256:…``, and a size where it is known.
A `record` names a repository instead ("zenodo", "figshare" or "dataverse"), which lists its files with their checksums
when they are fetched, and patterns of those that are wanted.

With a mirror, `https://host/path` is asked for as `MIRROR/host/path`, the layout that `wget --mirror` makes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from oscine.core.errors import InputError, unknown

Ask = Callable[[str], Any]
"""The JSON that a URL gives."""


@dataclass(frozen=True)
class RemoteFile:
    """A file to be fetched.

    Attributes
    ----------
    name
        What it is called here; it may lie in a folder.
    url
        Where it is.
    checksum
        ``algorithm:hexadecimal digits``.
    size
        In bytes; `None` where that is not known.
    """

    name: str
    url: str
    checksum: str
    size: int | None = None


@dataclass(frozen=True)
class Published:
    """A published dataset.

    Attributes
    ----------
    name, title, licence, citation
        What it is, and what its authors ask for.
    about
        How large it is, roughly.
    page
        Where people read about it.
    files
        Those that are pinned.
    record
        The repository that lists the files: `host`, `id`, and patterns `files`.
    """

    name: str
    title: str
    licence: str
    citation: str
    page: str
    about: str = ""
    files: tuple[RemoteFile, ...] = ()
    record: Mapping[str, Any] = field(default_factory=dict)

    def resolved(self, ask: Ask) -> Published:
        """The same with the files that its record lists, and the licence that it states."""
        if not self.record:
            return self
        try:
            listed, licence = _HOSTS[self.record["host"]](str(self.record["id"]), ask)
        except InputError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            raise InputError(
                f"the record of {self.name} cannot be read ({reason})",
                path=self.page,
                cure="Download the files from that page by hand",
            ) from None
        patterns = self.record.get("files") or ["*"]
        wanted = tuple(file for file in listed if any(fnmatch(file.name, pattern) for pattern in patterns))
        if not wanted:
            raise InputError(
                f"the record of {self.name} has none of its files any longer",
                path=self.page,
                found=", ".join(file.name for file in listed[:5]),
                allowed=patterns,
            )
        return replace(self, files=wanted, licence=licence or self.licence)

    def only(self, patterns: tuple[str, ...]) -> Published:
        """Only files whose names fit."""
        if not patterns:
            return self
        wanted = tuple(file for file in self.files if any(fnmatch(file.name, pattern) for pattern in patterns))
        if not wanted:
            raise InputError(
                f"no file of {self.name} fits",
                found=",".join(patterns),
                allowed=[file.name for file in self.files[:20]],
            )
        return replace(self, files=wanted)


def catalogue(path: Path | None = None) -> dict[str, Published]:
    """All published datasets of a registry, ours by default, in its order.

    Raises
    ------
    InputError
        For a registry that is absent or damaged.

    Examples
    --------
    >>> datasets = catalogue()
    >>> datasets["bfsongrepo"].licence, datasets["poster"].record["id"]
    ('CC BY 4.0', '10098250')
    """
    place = path or files("oscine.datasets").joinpath("published.json")
    try:
        card = json.loads(place.read_text(encoding="utf-8"))
        found = {str(name): _read(str(name), entry) for name, entry in card["datasets"].items()}
    except FileNotFoundError:
        raise InputError("there is no such registry", path=path) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise InputError(
            f"not a registry of published datasets ({reason})", path=path, allowed="JSON as docs/files.md describes it"
        ) from None
    return found


def find(name: str, path: Path | None = None) -> Published:
    """One dataset; an `InputError` has the nearest spelling."""
    found = catalogue(path)
    if name not in found:
        raise unknown("dataset", name, found, path=path)
    return found[name]


def mirrored(url: str, base: str) -> str:
    """A URL as a mirror has it; the URL itself without one.

    Examples
    --------
    >>> mirrored("https://zenodo.org/api/records/1?page=2", "http://localhost:8000/m/")
    'http://localhost:8000/m/zenodo.org/api/records/1?page=2'
    """
    if not base:
        return url
    parts = urlsplit(url)
    return f"{base.rstrip('/')}/{parts.netloc}{parts.path}{'?' * bool(parts.query)}{parts.query}"


def _read(name: str, entry: Mapping[str, Any]) -> Published:
    pinned = tuple(
        RemoteFile(safe_name(file["name"]), str(file["url"]), str(file["checksum"]), file.get("size"))
        for file in entry.get("files", ())
    )
    record = dict(entry.get("record", {}))
    if bool(pinned) == bool(record) or (record and record["host"] not in _HOSTS):
        raise ValueError(f"{name} needs files, or a record of {', '.join(_HOSTS)}")
    title, licence, citation, page = (str(entry[key]) for key in ("title", "licence", "citation", "page"))
    about = str(entry.get("about", ""))
    return Published(name, title, licence, citation, page, about=about, files=pinned, record=record)


def safe_name(name: str) -> str:
    """A file's name as its path below a folder; names that lead out of it are refused.

    Examples
    --------
    >>> safe_name("./song/a.wav")
    'song/a.wav'
    """
    path = PurePosixPath(str(name).replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not path.parts or ":" in path.parts[0]:
        raise ValueError(f"a file's name leads out of its folder: {name}")
    return path.as_posix()


# -- what repositories say of their records --------------------------------------------------------------------------

Listing = tuple[list[RemoteFile], str]
"""Files, and the licence where one is stated."""


def _zenodo(record: str, ask: Ask) -> Listing:
    card = ask(f"https://zenodo.org/api/records/{record}")
    found = []
    for file in card["files"]:
        checksum = str(file["checksum"])
        checksum = checksum if ":" in checksum else f"md5:{checksum}"
        found.append(RemoteFile(safe_name(file["key"]), str(file["links"]["self"]), checksum, int(file["size"])))
    return found, str((card.get("metadata", {}).get("license") or {}).get("id", "")).upper().replace("CC-BY", "CC BY")


def _figshare(article: str, ask: Ask, per_page: int = 100) -> Listing:
    card = ask(f"https://api.figshare.com/v2/articles/{article}")
    found: list[RemoteFile] = []
    for page in range(1, 100):
        listed = ask(f"https://api.figshare.com/v2/articles/{article}/files?page={page}&page_size={per_page}")
        for file in listed:
            if not file.get("is_link_only"):
                checksum = f"md5:{file.get('computed_md5') or file['supplied_md5']}"
                name = safe_name(file["name"])
                found.append(RemoteFile(name, str(file["download_url"]), checksum, int(file["size"])))
        if len(listed) < per_page:
            break
    return found, str((card.get("license") or {}).get("name", ""))


def _dataverse(doi: str, ask: Ask, host: str = "data.goettingen-research-online.de") -> Listing:
    card = ask(f"https://{host}/api/datasets/:persistentId/?persistentId={doi}")["data"]["latestVersion"]
    found = []
    for entry in card["files"]:
        file = entry["dataFile"]
        folder = f"{entry['directoryLabel']}/" if entry.get("directoryLabel") else ""
        stated = file.get("checksum") or {"type": "MD5", "value": file["md5"]}
        checksum = f"{str(stated['type']).lower().replace('-', '')}:{stated['value']}"
        url = f"https://{host}/api/access/datafile/{file['id']}"
        found.append(RemoteFile(safe_name(folder + file["filename"]), url, checksum, int(file["filesize"])))
    return found, str((card.get("license") or {}).get("name", "")) if isinstance(card.get("license"), dict) else ""


_HOSTS: dict[str, Callable[[str, Ask], Listing]] = {"zenodo": _zenodo, "figshare": _figshare, "dataverse": _dataverse}
