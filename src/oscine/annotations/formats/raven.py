"""Raven's selection table: a box in time and frequency for each sound, separated by tabs, one file per recording.

    Selection  View           Channel  Begin Time (s)  End Time (s)  Low Freq (Hz)  High Freq (Hz)  Annotation

What a sound is stands in a column that the user named: "Annotation", "Species" and the like are found, any other is
named with `label_column`. Channels count from 1. Where Raven has written a selection once for each view, it is taken
once. A sound without frequency limits is written as a selection of the waveform view, and read back so. Scores, kinds
and annotators are written as further columns, which Raven shows like its own. Read here, not by crowsetta, for the
reasons in `simple_seq`.
"""

from __future__ import annotations

from pathlib import Path, PureWindowsPath
from typing import Any, Literal

import numpy as np
import pandas as pd

from oscine.annotations.annotations import Annotations
from oscine.annotations.delimited import Table, write_table
from oscine.annotations.formats import NO_LABEL, Format, Sniff
from oscine.annotations.sources import Sources
from oscine.core.errors import InputError

_BEGIN, _END, _LOW, _HIGH = "Begin Time (s)", "End Time (s)", "Low Freq (Hz)", "High Freq (Hz)"
_OURS = {"Kind": "kind", "Annotator": "annotator", "Score": "score", "Confidence": "score"}
_LABELS = (
    "annotation",
    "annotations",
    "label",
    "labels",
    "species",
    "common name",
    "species code",
    "call type",
    "type",
)
_RAVENS = (
    "Selection",
    "View",
    "Channel",
    _BEGIN,
    _END,
    _LOW,
    _HIGH,
    "Begin File",
    "End File",
    "Begin Path",
    "End Path",
)
_MEASURED = ("Delta", "Center", "Peak", "Max", "Min", "File Offset", "Dur", "Freq", "BW", "Inband", "Energy", "SNR")


class Raven(Format):
    """Raven's selection table: boxes in time and frequency."""

    suffixes = (".Table.1.selections.txt", ".selections.txt", ".txt")
    holds = frozenset({"channel", "low", "high", "kind", "annotator", "score", "more"})

    label_column: str = ""
    """Column that says what a sound is. Blank: "Annotation", "Species" or the like; or the only one of the user's."""

    unit: Literal["s", "ms"] = "s"
    """Unit of the times: "ms" for files that hold milliseconds in their columns of seconds."""

    def matches(self, file: Sniff) -> float:
        """By the header."""
        return 1.0 if file.header("\t") >= {_BEGIN, _END} else 0.0

    def read(self, path: Path, sources: Sources) -> Annotations:
        """Read boxes; the user's other columns are kept."""
        table = Table.read(path, (_BEGIN, _END), "\t")
        n_rows = len(table)
        table = table.keep(_first_views(table))
        report = [f"{path.name}: {n_rows - len(table)} selections of several views; each taken once"]
        onset, offset = table.spans(_BEGIN, _END, 1000.0 if self.unit == "ms" else 1.0)
        waveform = np.array([view.startswith("Waveform") for view in table.text("View")], dtype=bool)
        column = self._label_column(table)
        score = "Score" if "Score" in table else "Confidence"
        files = {PureWindowsPath(name).name for name in table.text("Begin File") if name}
        own = files.pop() if len(files) == 1 else sources.name_for(path)
        used = {*_RAVENS, *_OURS, column, ""}
        frame = pd.DataFrame(
            {
                "onset": onset,
                "offset": offset,
                "label": table.text(column, NO_LABEL) if column else NO_LABEL,
                "kind": table.text("Kind", "annotated"),
                "channel": np.maximum(table.integers("Channel", 0) - 1, -1),
                "low": np.where(waveform, np.nan, table.numbers(_LOW, np.nan)),
                "high": np.where(waveform, np.nan, table.numbers(_HIGH, np.nan)),
                "annotator": table.text("Annotator"),
                "score": table.numbers(score, np.nan),
                **{name: table.values(name) for name in table.header if name not in used},
            }
        )
        return Annotations.of_recording(own, frame, report=report if len(table) < n_rows else ())

    def _label_column(self, table: Table) -> str:
        """The column that says what a sound is; "" where there is none."""
        if self.label_column:
            if self.label_column not in table:
                raise InputError(
                    "has no such column", path=table.path, line=1, found=self.label_column, allowed=table.header
                )
            return self.label_column
        by_name = {name.lower(): name for name in table.header}
        for name in _LABELS:
            if name in by_name:
                return by_name[name]
        users = [name for name in table.header if name and name not in (*_RAVENS, *_OURS) and not _is_measured(name)]
        if len(users) > 1:
            raise InputError(
                "several columns could hold the labels",
                path=table.path,
                line=1,
                allowed=users,
                cure="Name one with raven's label-column",
            )
        return users[0] if users else ""

    def write(self, annotations: Annotations, path: Path, sources: Sources) -> list[Path]:
        """Write boxes, and what else there is to say in further columns."""
        table, scale = annotations.to_pandas(), 1000.0 if self.unit == "ms" else 1.0
        boxed = (table["low"].notna() | table["high"].notna()).to_numpy()
        name = annotations.recordings[0] if annotations.recordings else sources.name_for(path)
        recording = sources.find(name)
        nyquist = recording.sample_rate / 2 if recording is not None else 0.0
        high = table["high"].where(boxed, nyquist)
        columns: dict[str, Any] = {
            "Selection": np.arange(1, len(table) + 1),
            "View": np.where(boxed, "Spectrogram 1", "Waveform 1"),
            "Channel": np.maximum(table["channel"], 0) + 1,
            _BEGIN: table["onset"] * scale,
            _END: table["offset"] * scale,
            _LOW: table["low"].where(boxed, 0.0),
            _HIGH: high,
            self.label_column or "Annotation": table["label"],
        }
        for ours, column, default in (("Kind", "kind", "annotated"), ("Annotator", "annotator", "")):
            if (table[column] != default).any():
                columns[ours] = table[column]
        if table["score"].notna().any():
            columns["Score"] = table["score"]
        for extra in table.columns[10:]:
            columns.setdefault(str(extra), table[extra].where(table[extra].notna(), ""))
        return [write_table(path, columns, delimiter="\t")]


def _first_views(table: Table) -> list[bool]:
    """Which rows to keep: of a selection that stands there for several views, the one of the spectrogram."""
    if "Selection" not in table or "View" not in table:
        return [True] * len(table)
    keys = list(zip(table.text("Selection"), table.text(_BEGIN), table.text(_END), strict=True))
    views = table.text("View")
    best: dict[tuple[str, str, str], str] = {}
    for key, view in zip(keys, views, strict=True):
        best[key] = min(best.get(key, view), view, key=lambda name: (not name.startswith("Spectrogram"), name))
    return [view == best[key] for key, view in zip(keys, views, strict=True)]


def _is_measured(column: str) -> bool:
    """Whether a column is one of Raven's measurements."""
    return column.startswith(_MEASURED) or column.endswith(("(s)", "(Hz)", "(dB)", "(U)", "(dB FS)"))
