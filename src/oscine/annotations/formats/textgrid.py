r"""Praat's TextGrid: tiers of intervals that tile the recording, and tiers of points.

Praat reads such a file as a stream of free-standing numbers, texts in double quotes (a quote inside is doubled) and
flags in angle brackets; whatever else is there, such as ``xmin =`` or ``item [1]:``, is for people. So the long and the
short form are the same to a reader:

    "ooTextFile" "TextGrid" 0 2.5 <exists> 1
    "IntervalTier" "song" 0 2.5 3   0 1 ""   1 1.5 "a"   1.5 2.5 ""

Intervals without a text are the gaps. Read here, not by crowsetta, which takes 5e-05 for 5 seconds and leaves out
points. Written in the long form: events as points; segments as intervals, in as many tiers as it takes that none
overlap. The tiers of a file that is not ours are kept as the column `tier`, and go back to tiers of these names.

Reference: P. Boersma and D. Weenink, Praat manual, "TextGrid file formats".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from oscine.annotations.annotations import Annotations
from oscine.annotations.delimited import as_text, check_spans, read_text
from oscine.annotations.formats import NO_LABEL, Format, Sniff
from oscine.annotations.sources import Sources
from oscine.core.artifacts import write_text
from oscine.core.errors import InputError

_TOKEN = re.compile(r'"((?:[^"]|"")*)"|![^\n]*|<(\w+)>|([^\s"<!]+)')
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?%?")
_SEGMENTS, _EVENTS = "segments", "events"
_OURS = re.compile(rf"({_SEGMENTS}|{_EVENTS})( \d+)?")


class Textgrid(Format):
    """Praat's TextGrid: tiers of intervals and of points."""

    suffixes = (".TextGrid",)

    tiers: tuple[str, ...] = ()
    """Names of the tiers to read. Blank: all."""

    def matches(self, file: Sniff) -> float:
        """By the name or the first words."""
        starts = "ooTextFile" in file.first and any("TextGrid" in line for line in file.lines[:3])
        return 1.0 if starts else 0.6 if file.name.lower().endswith(".textgrid") else 0.0

    def read(self, path: Path, sources: Sources) -> Annotations:
        """Read all tiers, or those named in `tiers`."""
        rows, lines, names = [], [], []
        for name, row, line in _Stream(path).tiers():
            names.append(name)
            if row is not None and (not self.tiers or name in self.tiers):
                rows.append({**row, "tier": name})
                lines.append(line)
        for wanted in self.tiers:
            if wanted not in names:
                raise InputError("has no such tier", path=path, found=wanted, allowed=list(dict.fromkeys(names)))
        frame = pd.DataFrame(rows, columns=["onset", "offset", "label", "tier"])
        times = frame["onset"].to_numpy(np.float64), frame["offset"].to_numpy(np.float64)
        check_spans(*times, path, lines)
        if all(_OURS.fullmatch(name) for name in names):
            del frame["tier"]
        own = sources.name_for(path)
        return Annotations.of_recording(own, frame)

    def write(self, annotations: Annotations, path: Path, sources: Sources) -> list[Path]:
        """Write events as points and segments as intervals."""
        table = annotations.to_pandas()
        name = annotations.recordings[0] if annotations.recordings else sources.name_for(path)
        duration = max([sources.duration(name) or 0.0, *table["offset"]])
        is_event = table["onset"] == table["offset"]
        ours = [_EVENTS if event else _SEGMENTS for event in is_event]
        given = table["tier"].fillna("").astype(str) if "tier" in table else [""] * len(table)
        tier = pd.Series([name or default for name, default in zip(given, ours, strict=True)], table.index, dtype=str)
        parts: list[str] = []
        for (named, event), rows in table.groupby([tier, is_event], sort=False):
            for place, level in enumerate(_levels(rows)):
                title = str(named) if place == 0 else f"{named} {place + 1}"
                parts.append((_points if event else _intervals)(title, level, duration))
        head = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0"]
        head += [f"xmax = {as_text(duration)}", "tiers? <exists>", f"size = {len(parts)}", "item []:"]
        body = [f"    item [{place}]:\n{part}" for place, part in enumerate(parts, 1)]
        return [write_text(path, "\n".join([*head, *body]) + "\n")]

    def losses(self, annotations: Annotations, sources: Sources) -> list[str]:
        """The tiers hold times and labels only."""
        return [phrase for phrase in super().losses(annotations, sources) if phrase != "column tier"]


class _Stream:
    """The numbers, texts and flags of a file, one after the other."""

    def __init__(self, path: Path) -> None:
        self.path, self._text, self.line = path, read_text(path), 1
        self._tokens, self._counted = self._read(), 0

    def _read(self) -> Iterator[tuple[Literal["text", "flag", "number"], str]]:
        for match in _TOKEN.finditer(self._text):
            self.line += self._text.count("\n", self._counted, match.start())
            self._counted = match.start()
            if match[1] is not None:
                yield "text", match[1].replace('""', '"')
            elif match[2] is not None:
                yield "flag", match[2]
            elif match[3] is not None and _NUMBER.fullmatch(match[3]):
                yield "number", match[3].rstrip("%")

    def next(self, expected: Literal["text", "flag", "number"]) -> str:
        """The next one, which must be of this sort."""
        for sort, value in self._tokens:
            if sort == expected:
                return value
            raise InputError("is no TextGrid", path=self.path, line=self.line, found=value, allowed=f"a {expected}")
        raise InputError(
            f"is cut off before a {expected}", path=self.path, line=self.line, cure="Write it anew in Praat"
        )

    def tiers(self) -> Iterator[tuple[str, dict[str, Any] | None, int]]:
        """Name of the tier and a sound in it, with its line; a tier is named once without a sound, too."""
        if (self.next("text"), self.next("text")) != ("ooTextFile", "TextGrid"):
            raise InputError("is no TextGrid", path=self.path, line=1, allowed='"ooTextFile" and "TextGrid"')
        self.next("number"), self.next("number")
        n_tiers = int(self.next("number")) if self.next("flag") == "exists" else 0
        for _ in range(n_tiers):
            sort, name = self.next("text"), self.next("text")
            self.next("number"), self.next("number")
            yield name, None, self.line
            for _ in range(int(self.next("number"))):
                onset = float(self.next("number"))
                line = self.line
                offset = float(self.next("number")) if sort == "IntervalTier" else onset
                label = self.next("text").strip()
                if label or sort != "IntervalTier":
                    yield name, {"onset": onset, "offset": offset, "label": label or NO_LABEL}, line


def _levels(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """As few groups as it takes that no two sounds of a group overlap, nor two points coincide."""
    rows = rows.sort_values(["onset", "offset"], kind="stable")
    ends: list[float] = []
    level = []
    for onset, offset in zip(rows["onset"], rows["offset"], strict=True):
        free = [place for place, end in enumerate(ends) if end < onset or (end == onset and onset < offset)]
        place = free[0] if free else len(ends)
        ends[place : place + 1] = [offset]
        level.append(place)
    return [rows[np.array(level) == place] for place in range(len(ends))]


def _intervals(name: str, rows: pd.DataFrame, duration: float) -> str:
    tiles: list[tuple[float, float, str]] = []
    end = 0.0
    for onset, offset, label in zip(rows["onset"], rows["offset"], rows["label"], strict=True):
        if onset > end:
            tiles.append((end, onset, ""))
        tiles.append((onset, offset, label))
        end = offset
    if end < duration:
        tiles.append((end, duration, ""))
    lines = [*_head("IntervalTier", name, duration), f"        intervals: size = {len(tiles)}"]
    for place, (onset, offset, label) in enumerate(tiles, 1):
        lines += [f"        intervals [{place}]:", f"            xmin = {as_text(float(onset))}"]
        lines += [f"            xmax = {as_text(float(offset))}", f"            text = {_quoted(label)}"]
    return "\n".join(lines)


def _points(name: str, rows: pd.DataFrame, duration: float) -> str:
    lines = [*_head("TextTier", name, duration), f"        points: size = {len(rows)}"]
    for place, (onset, label) in enumerate(zip(rows["onset"], rows["label"], strict=True), 1):
        lines += [f"        points [{place}]:", f"            number = {as_text(float(onset))}"]
        lines += [f"            mark = {_quoted(label)}"]
    return "\n".join(lines)


def _head(sort: str, name: str, duration: float) -> list[str]:
    times = ["        xmin = 0", f"        xmax = {as_text(float(duration))}"]
    return [f'        class = "{sort}"', f"        name = {_quoted(name)}", *times]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
