"""Oscine's own format, which DAS and pandas read as it is: `X_annotations.csv` beside `X.wav`.

    name,start_seconds,stop_seconds
    pulse,0.5,0.5
    sine,1.25,1.5

Comma-separated with a header; the order of the columns is free. `name`, `start_seconds` and `stop_seconds` must be
there, `channel`, `low_hz`, `high_hz`, `kind`, `annotator`, `score` and `recording` may be; columns of other names are
kept, an unnamed one (pandas' index) is left out. The recording is the one that the file's name says, unless the
column `recording` does, which is written only if it must be, so that one file can hold many recordings.

- Only a header: somebody looked and found nothing.
- A row of kind `coverage` says where somebody looked, and then nowhere else: from start to stop; the whole recording
  with a start of 0 and a blank stop; nowhere with both blank.
- A row without a start keeps a label alive that has no sound yet: with a blank stop, too, it is an event, else a
  segment (DAS's convention). `X_definitions.csv` (rows `name,category`, no header), if there is one, adds to this.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from oscine.annotations import naming
from oscine.annotations.annotations import DEFAULTS, Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.delimited import Table, read_lines, write_table
from oscine.annotations.formats import Format, Sniff
from oscine.annotations.intervals import Intervals
from oscine.annotations.labels import Category, LabelSet
from oscine.annotations.sources import Sources
from oscine.core.errors import InputError

REQUIRED = ("name", "start_seconds", "stop_seconds")
NAMES = {
    "label": "name",
    "onset": "start_seconds",
    "offset": "stop_seconds",
    "recording": "recording",
    "channel": "channel",
    "low": "low_hz",
    "high": "high_hz",
    "kind": "kind",
    "annotator": "annotator",
    "score": "score",
}
"""Our columns, and what they are called in the file, in its order."""

_INDEX = ("", "Unnamed: 0")  # what pandas calls a column without a name


class Oscine(Format):
    """Oscine's own format: a header CSV in seconds, `X_annotations.csv` beside `X.wav`."""

    suffixes = (".csv",)
    many = True
    holds = frozenset({"channel", "low", "high", "kind", "annotator", "score", "more", "coverage", "labels"})

    unit: Literal["s", "ms"] = "s"
    """Unit of the times: "ms" for files that hold milliseconds in their columns of seconds."""

    def matches(self, file: Sniff) -> float:
        """By the header, else by the name."""
        if not file.name.lower().endswith(".csv"):
            return 0.0
        if file.header() >= set(REQUIRED):
            return 1.0
        return 0.5 if naming.parse(file.path).convention == "oscine" else 0.0

    def file_name(self, recording: str, kind: str = "annotated", annotator: str = "") -> str:
        """By our convention: `X_annotations.csv`, `X_predicted.csv` and so on."""
        return naming.ours(naming.stem(recording), kind, annotator)

    # -- reading ---------------------------------------------------------------------------------------------

    def read(self, path: Path, sources: Sources) -> Annotations:
        """Read rows, coverage and labels without a row."""
        name = naming.parse(path)
        own = sources.name_for(path)
        table = Table.read(path, REQUIRED)
        kinds = np.array(table.text("kind", name.kind), dtype=object)
        blank = np.isnan(table.numbers("start_seconds", np.nan))
        covers = kinds == "coverage"
        rows, scale = table.keep(~covers & ~blank), 1000.0 if self.unit == "ms" else 1.0
        labels = rows.text("name")
        for label, line in zip(labels, rows.lines, strict=True):
            if not label:
                raise InputError("has no name", path=path, line=line, allowed="any label", cure="Write one")
        onset, offset = rows.spans("start_seconds", "stop_seconds", scale)
        frame = pd.DataFrame(
            {
                "recording": rows.text("recording", own),
                "onset": onset,
                "offset": offset,
                "label": labels,
                "kind": rows.text("kind", name.kind),
                "channel": rows.integers("channel", -1),
                "low": rows.numbers("low_hz", np.nan),
                "high": rows.numbers("high_hz", np.nan),
                "annotator": rows.text("annotator", name.annotator),
                "score": rows.numbers("score", np.nan),
                **{key: rows.values(key) for key in table.header if key not in (*NAMES.values(), *_INDEX, *DEFAULTS)},
            }
        )
        named = set(table.text("recording", own)) if "recording" in table else {own}
        stretches: dict[str, Intervals | None] = dict.fromkeys(named)
        stretches.update(_stretches(table.keep(covers), own, scale))
        categories = {**dict(_markers(table.keep(blank & ~covers))), **_definitions(path)}
        seen = LabelSet(dict.fromkeys([*categories, *sorted(set(labels))]), categories) if categories else None
        return Annotations(frame, coverage=Coverage(stretches, whole=False), labels=seen)

    # -- writing ---------------------------------------------------------------------------------------------

    def write(self, annotations: Annotations, path: Path, sources: Sources) -> list[Path]:
        """Write the columns that say something, coverage that is not whole, and labels without a row."""
        frame = annotations.to_pandas()
        name, own = naming.parse(path), sources.name_for(path)
        frame["recording"] = frame["recording"].replace("", own)
        recordings = sorted({*frame["recording"], *annotations.recordings} or {own})
        defaults = {**DEFAULTS, "recording": own, "kind": name.kind, "annotator": name.annotator}
        several = recordings != [own]
        extra = self._extra(annotations)
        markers = _marker_rows(annotations, own) if name.kind == "annotated" else ()
        rows = [frame, *_coverage_rows(annotations, recordings, several), *markers]
        whole = pd.concat(rows, ignore_index=True) if len(rows) > 1 else frame
        kept = {
            written: whole[column]
            for column, written in NAMES.items()
            if written in REQUIRED or _differs(whole[column], defaults[column])
        }
        if self.unit == "ms":
            for column in ("start_seconds", "stop_seconds"):
                kept[column] = kept[column] * 1000.0
        columns = {**kept, **{column: whole[column].where(whole[column].notna(), "") for column in extra}}
        return [write_table(path, columns)]

    def losses(self, annotations: Annotations, sources: Sources) -> list[str]:
        """Columns that are called like one of the format's; labels without a row of which no category is known."""
        extra = [column for column in annotations.to_pandas() if column not in DEFAULTS]
        idle = [label for label in annotations.labels if annotations.category(label) is None]
        lost = [f"labels without a row ({', '.join(idle)})"] if idle else []
        return lost + [f"column {column}" for column in extra if column not in self._extra(annotations)]

    def _extra(self, annotations: Annotations) -> list[str]:
        taken = {*DEFAULTS, *NAMES.values(), *_INDEX}
        return [str(column) for column in annotations.to_pandas() if column not in taken]


def _stretches(table: Table, own: str, scale: float) -> dict[str, Intervals | None]:
    """What the coverage rows say of each recording; `None` is all of it."""
    found: dict[str, list[tuple[float, float]] | None] = {}
    starts, stops = table.numbers("start_seconds", np.nan), table.numbers("stop_seconds", np.nan)
    for recording, start, stop, line in zip(table.text("recording", own), starts, stops, table.lines, strict=True):
        pairs = found.setdefault(recording, [])
        if np.isnan(start):
            continue
        if np.isnan(stop) and start == 0:
            found[recording] = None
        elif not 0 <= start <= stop:
            raise InputError(
                "coverage that cannot be",
                path=table.path,
                line=line,
                found=f"{start} to {stop}",
                allowed="0 ≤ start_seconds ≤ stop_seconds; or 0 and a blank stop for all of it",
            )
        elif pairs is not None:
            pairs.append((start / scale, stop / scale))
    return {name: None if pairs is None else Coverage({name: pairs})[name] for name, pairs in found.items()}


def _markers(table: Table) -> Iterator[tuple[str, Category | None]]:
    """Labels of rows without a start, with their categories."""
    stops = table.numbers("stop_seconds", np.nan)
    for label, stop in zip(table.text("name"), stops, strict=True):
        if label:
            yield label, "event" if np.isnan(stop) else "segment"


def _definitions(path: Path) -> dict[str, Category | None]:
    """What DAS's `X_definitions.csv` beside a file says."""
    definitions = path.with_name(f"{naming.parse(path).stem}_definitions.csv")
    if not definitions.is_file() or naming.parse(path).convention != "oscine":
        return {}
    found: dict[str, Category | None] = {}
    for line, fields in read_lines(definitions):
        if len(fields) != 2 or fields[1].strip() not in ("event", "segment") or not fields[0].strip():
            raise InputError(
                "is no definition of a label",
                path=definitions,
                line=line,
                found=",".join(fields),
                allowed="a name and event or segment, such as pulse,event",
            )
        found[fields[0].strip()] = "event" if fields[1].strip() == "event" else "segment"
    return found


def _differs(values: pd.Series[Any], default: object) -> bool:
    if isinstance(default, float):
        return bool(values.notna().any())
    return bool((values != default).any())


def _coverage_rows(annotations: Annotations, recordings: list[str], several: bool) -> Iterator[pd.DataFrame]:
    """Rows for what is not covered as a file without such rows would be."""
    with_rows = set(annotations.to_pandas()["recording"])
    for recording in recordings:
        part = annotations.coverage[recording]
        if part is not None:
            part = part if len(part) else np.array([[np.nan, np.nan]])
        elif several and recording not in with_rows:
            part = np.array([[0.0, np.nan]])
        if part is not None:
            rows = {"recording": recording, "onset": part[:, 0], "offset": part[:, 1], "label": "coverage"}
            yield _rows({**rows, "kind": "coverage"})


def _marker_rows(annotations: Annotations, own: str) -> Iterator[pd.DataFrame]:
    """Rows that keep labels without a sound alive, if it is known what they are."""
    counts = annotations.count()
    for label, category in annotations.labels.categories.items():
        if counts[label] == 0:
            stop = 0.0 if category == "segment" else np.nan
            yield _rows({"recording": [own], "onset": np.nan, "offset": stop, "label": label})


def _rows(values: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame({**DEFAULTS, **values})
