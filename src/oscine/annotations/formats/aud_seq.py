"""Audacity's label track: start, stop and label, separated by tabs, in seconds, one file for each recording.

    0.5<tab>0.75<tab>a

A label may be followed by a line with its frequencies, which Audacity writes for spectral selections (see `aud_bbox`);
they are read here, too. A sound without a label gets "-". Read here, not by crowsetta, for the reasons in `simple_seq`.

Reference: Audacity manual, "Importing and exporting labels".
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from oscine.annotations.annotations import Annotations
from oscine.annotations.delimited import check_spans, number, read_lines, write_table
from oscine.annotations.formats import NO_LABEL, Format, Sniff
from oscine.annotations.sources import Sources
from oscine.core.errors import InputError

_EXAMPLE = "start ⇥ stop ⇥ label, such as 0.5 ⇥ 0.75 ⇥ song"
_LINE = re.compile(r"[-+\d.,eE]+\t[-+\d.,eE]+(\t.*)?")


class AudSeq(Format):
    """Audacity's label track: start, stop and label in a text file."""

    suffixes = (".txt",)

    unit: Literal["s", "ms"] = "s"
    """Unit of the times: "ms" for files that hold milliseconds where seconds are expected."""

    def matches(self, file: Sniff) -> float:
        """By the first line."""
        return 0.6 if file.name.lower().endswith(".txt") and _LINE.fullmatch(file.first) else 0.0

    def read(self, path: Path, sources: Sources) -> Annotations:
        """Read labels, with frequencies where there are any."""
        return read_labels(path, sources, 1000.0 if self.unit == "ms" else 1.0)

    def write(self, annotations: Annotations, path: Path, sources: Sources) -> list[Path]:
        """Write start, stop and label."""
        table, scale = annotations.to_pandas(), 1000.0 if self.unit == "ms" else 1.0
        columns = {"start": table["onset"] * scale, "stop": table["offset"] * scale, "label": table["label"]}
        return [write_table(path, columns, delimiter="\t", header=False)]


def read_labels(path: Path, sources: Sources, scale: float = 1.0) -> Annotations:
    """Read a label track, simple or with frequencies; `scale` of its units make a second."""
    rows: list[dict[str, Any]] = []
    lines: list[int] = []
    for line, fields in read_lines(path, "\t"):
        if fields[0].strip() == "\\":
            if not rows or "low" in rows[-1] or len(fields) != 3:
                problem = "frequencies without their label"
                raise InputError(problem, path=path, line=line, found=" ⇥ ".join(fields), allowed="\\ ⇥ low ⇥ high")
            low, high = (number(field, "a frequency", path, line) for field in fields[1:])
            rows[-1].update(low=low if low >= 0 else np.nan, high=high if high >= 0 else np.nan)  # -1: not given
            continue
        if len(fields) not in (2, 3):
            problem = f"has {len(fields)} columns where a label has three"
            raise InputError(problem, path=path, line=line, found=" ⇥ ".join(fields), allowed=_EXAMPLE)
        onset, offset = (
            number(field, what, path, line) for field, what in zip(fields, ("start", "stop"), strict=False)
        )
        label = fields[2].strip() if len(fields) == 3 else ""
        rows.append({"onset": onset, "offset": offset, "label": label or NO_LABEL})
        lines.append(line)
    frame = pd.DataFrame(rows, columns=["onset", "offset", "label", "low", "high"])
    check_spans(frame["onset"].to_numpy(np.float64), frame["offset"].to_numpy(np.float64), path, lines)
    frame = frame.assign(
        onset=frame["onset"].astype(np.float64) / scale, offset=frame["offset"].astype(np.float64) / scale
    )
    own = sources.name_for(path)
    return Annotations.of_recording(own, frame)
