"""SongExplorer's interval CSV: `X.wav-annotated-….csv` beside `X.wav`; no header, times in tics (samples).

    PS_20130625111709_ch3.wav,5013,10972,annotated,ambient
    PS_20130625111709_ch3.wav,113872,113872,annotated,mel-pulse

Five columns: recording, first and last tic, kind, label; a file of mistakes has a sixth, the annotated label (the
fifth is then the predicted one), kept here as the column `annotated_label`. Tic *a* becomes the instant a / rate
exactly, and round(t · rate) gives it back; a pulse, whose tics are equal, stays a point.

Such files are sparse: they cover what they annotate, a point just itself. Older versions leave the recording's suffix
out of the file's name. Detection writes starts before the recording (half a window); they are set to 0, and counted in
the report. Detected rows name their channel behind the label, counted from 0 (`time0`, `frequency1`).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from oscine.annotations import naming
from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.delimited import check_spans, read_lines, write_table
from oscine.annotations.formats import Format, Sniff
from oscine.annotations.sources import Sources, between_samples
from oscine.core.errors import InputError

_EXAMPLE = "recording,start tic,stop tic,kind,label; such as a.wav,5013,10972,annotated,song"
_ROW = re.compile(r"[^,]+,-?\d+,-?\d+,[^,]*,[^,]*(,[^,]*)?")
_DETECTED = re.compile(r"(time|frequency|neither)(\d+)")
_BARE = ("time", "frequency", "neither")


class SongExplorer(Format):
    """SongExplorer's five columns without a header, in samples, `X.wav-annotated.csv` beside `X.wav`."""

    suffixes = (".csv",)
    many = True
    holds = frozenset({"kind"})

    sample_rate: float | None = None
    """Sample rate in Hz, for recordings that are not there to tell it."""

    def matches(self, file: Sniff) -> float:
        """By the first row, else by the name."""
        if not file.name.lower().endswith(".csv"):
            return 0.0
        if _ROW.fullmatch(file.first):
            return 0.9
        return 0.6 if naming.parse(file.path).convention == "songexplorer" else 0.0

    def file_name(self, recording: str, kind: str = "annotated", annotator: str = "") -> str:
        """By SongExplorer's convention: `X.wav-annotated-ann.csv`."""
        return naming.songexplorer(recording, kind, annotator)

    def read(self, path: Path, sources: Sources) -> Annotations:
        """Read rows of any kind; the coverage is their own intervals."""
        lines = read_lines(path)
        rows = [self._row(path, line, [field.strip() for field in fields]) for line, fields in lines]
        rates = {row["recording"]: self._rate(row["recording"], path, sources) for row in rows}
        rate = np.array([rates[row["recording"]] for row in rows])
        frame = pd.DataFrame(
            rows, columns=["recording", "start", "stop", "kind", "label", "channel", "annotated_label"]
        )
        start, stop = frame.pop("start").to_numpy(np.float64), frame.pop("stop").to_numpy(np.float64)
        early = (start < 0) & (frame["kind"] != "annotated").to_numpy()
        report = [f"{path.name}: {early.sum()} rows start before the recording; set to 0"] if early.any() else []
        start = np.where(early, 0.0, start)
        check_spans(start, stop, path, [line for line, _ in lines])
        frame = frame.assign(onset=start / rate, offset=stop / rate)
        if not frame["annotated_label"].notna().any():
            del frame["annotated_label"]
        return Annotations(frame, coverage=self._coverage(frame, path, sources), report=report)

    def _row(self, path: Path, line: int, fields: list[str]) -> dict[str, Any]:
        if len(fields) not in (5, 6):
            problem = f"has {len(fields)} columns where SongExplorer's files have five or six"
            raise InputError(problem, path=path, line=line, found=",".join(fields), allowed=_EXAMPLE)
        for what, text in (("start", fields[1]), ("stop", fields[2])):
            if not re.fullmatch(r"-?\d+", text):
                problem = f"{what} is not a whole number of samples"
                raise InputError(problem, path=path, line=line, found=text, allowed=_EXAMPLE)
        for what, text in (("recording", fields[0]), ("kind", fields[3]), ("label", fields[4])):
            if not text:
                raise InputError(f"{what} is blank", path=path, line=line, found=",".join(fields), allowed=_EXAMPLE)
        label, channel = fields[4], -1
        if fields[3] == "detected" and (match := _DETECTED.fullmatch(label)):
            label, channel = match[1], int(match[2])
        return {
            "recording": fields[0],
            "start": int(fields[1]),
            "stop": int(fields[2]),
            "kind": fields[3],
            "label": label,
            "channel": channel,
            "annotated_label": fields[5] if len(fields) == 6 else None,
        }

    def _rate(self, recording: str, path: Path, sources: Sources) -> float:
        return self.sample_rate if self.sample_rate is not None else sources.sample_rate(recording, path)

    def _coverage(self, frame: pd.DataFrame, path: Path, sources: Sources) -> Coverage:
        """The intervals that a person annotated; where nobody did, those of all rows."""
        stretches: dict[str, Any] = {}
        for name, rows in frame.groupby("recording"):
            annotated = rows[rows["kind"] == "annotated"]
            stretches[str(name)] = (annotated if len(annotated) else rows)[["onset", "offset"]].to_numpy()
        return Coverage(stretches or {sources.name_for(path): []}, whole=False)

    def write(self, annotations: Annotations, path: Path, sources: Sources) -> list[Path]:
        """Write the rows, their times to the nearest sample."""
        frame = annotations.to_pandas()
        own = sources.name_for(path)
        frame["recording"] = frame["recording"].replace("", own)
        rates = {name: self._rate(name, path, sources) for name in frame["recording"].unique()}
        rate = frame["recording"].map(rates).to_numpy(np.float64)
        columns: dict[str, Any] = {
            "recording": frame["recording"],
            "start": np.round(frame["onset"].to_numpy() * rate).astype(np.int64),
            "stop": np.round(frame["offset"].to_numpy() * rate).astype(np.int64),
            "kind": frame["kind"],
            "label": frame["label"].where(~_named_by_channel(frame), frame["label"] + frame["channel"].astype(str)),
        }
        if "annotated_label" in frame:
            columns["annotated_label"] = frame["annotated_label"].where(frame["annotated_label"].notna(), "")
        return [write_table(path, columns, header=False)]

    def losses(self, annotations: Annotations, sources: Sources) -> list[str]:
        """All that its columns do not hold."""
        lost = super().losses(annotations, sources)
        lost = [phrase for phrase in lost if phrase != "column annotated_label" and not phrase.startswith("coverage")]
        if annotations != annotations.with_coverage("rows"):
            lost.append("coverage beyond the rows")
        table = annotations.to_pandas()
        if (_named_by_channel(table) | (table["channel"] < 0)).all():
            lost = [phrase for phrase in lost if not phrase.startswith("channel")]
        return lost + between_samples(annotations, sources, self.sample_rate)


def _named_by_channel(frame: pd.DataFrame) -> pd.Series[bool]:
    """Which rows have their channel behind the label."""
    return (frame["kind"] == "detected") & (frame["channel"] >= 0) & frame["label"].isin(_BARE)
