r"""Which recordings belong together: of one individual, of one day, of one cage.

A network that has heard a bird sing in training knows its voice, so whoever wants to know how well it does on birds
it has never met must keep all recordings of a bird in one part. How recordings are grouped is one word of text:

==================  =================================================================================
`day`               the date in the name: 20161207, 2016-12-07 or 2016_12_07
`folder`            the folder that holds the recording; `folder:2` the one above it, and so on
`birds.csv`         a table with the columns `recording` and `group`
anything else       a regular expression; what its groups match in the name (or all that it matches),
                    such as `^(bird\d+)_`
==================  =================================================================================
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from oscine.core.errors import InputError

if TYPE_CHECKING:
    from oscine.recordings.recordings import Recordings

_DAY = r"(?<!\d)((?:19|20)\d\d)[-_]?(0[1-9]|1[0-2])[-_]?(0[1-9]|[12]\d|3[01])"
_FOLDER = re.compile(r"folder(?::([1-9]\d*))?")
_WAYS = "day, folder, folder:2, a table such as birds.csv, or a regular expression such as ^(bird\\d+)_"


def group_recordings(rule: str, names: Iterable[str], recordings: Recordings | None = None) -> dict[str, str]:
    r"""The group of each recording.

    Parameters
    ----------
    rule
        How they are grouped, as the module says; "" for each by itself.
    names
        Of the recordings, as annotations call them.
    recordings
        Where to find their folders.

    Raises
    ------
    InputError
        For a recording without a group, a table that cannot be read, or an expression that is none.

    Examples
    --------
    >>> group_recordings(r"^(bird\d)_", ["bird1_a.wav", "bird1_b.wav", "bird2_a.wav"])
    {'bird1_a.wav': 'bird1', 'bird1_b.wav': 'bird1', 'bird2_a.wav': 'bird2'}
    >>> group_recordings("day", ["PS_20130625111709_ch3.wav"])
    {'PS_20130625111709_ch3.wav': '2013-06-25'}
    """
    names = list(names)
    if not rule:
        return {name: name for name in names}
    if match := _FOLDER.fullmatch(rule):
        return {name: _folder_of(name, int(match[1] or 1), recordings) for name in names}
    if rule.lower().endswith(".csv"):
        return _from_table(Path(rule), names)
    pattern = _compiled(_DAY if rule == "day" else rule)
    groups = {}
    for name in names:
        match = pattern.search(name)
        if match is None:
            problem = "a recording has no group: there is no date in its name" if rule == "day" else (
                "a recording has no group: its name does not fit the regular expression"
            )  # fmt: skip
            raise InputError(problem, found=name, allowed=_WAYS)
        groups[name] = "-".join(part or "" for part in match.groups()) or match[0]
    return groups


def _compiled(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise InputError(f"groups: not a regular expression ({error})", found=text, allowed=_WAYS) from None


def _folder_of(name: str, level: int, recordings: Recordings | None) -> str:
    path = recordings.by_name(name).path.resolve() if recordings is not None else Path(name)
    if level > len(path.parents):
        raise InputError("a recording has no group: there is no such folder above it", found=name, allowed=_WAYS)
    return str(path.parents[level - 1])  # in full: folders of one name in two places are two


def _from_table(path: Path, names: list[str]) -> dict[str, str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"the table of groups cannot be read ({reason.lower()})", path=path, allowed=_WAYS) from None
    found = list(rows[0]) if rows else []
    if not {"recording", "group"} <= set(found):
        raise InputError("the table of groups lacks a column", path=path, found=found, allowed="recording, group")
    groups = {row["recording"]: row["group"] for row in rows if row["recording"] and row["group"]}
    for name in names:
        if name not in groups:
            raise InputError("a recording is missing from the table of groups", path=path, found=name)
    return {name: groups[name] for name in names}
