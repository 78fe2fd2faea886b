"""crowsetta's `simple-seq`: a header CSV with onset, offset and label, one file for each recording.

    onset_s,offset_s,label
    0.5,0.75,a

Read here, not by crowsetta, which takes numbers from pandas (not exact to the last bit), the label "NA" for a missing
one and "01" for 1, and cannot name the line of an error; tests hold the two against each other. A file without labels
gives every sound the label "-", as crowsetta does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pandas as pd

from oscine.annotations.annotations import Annotations
from oscine.annotations.delimited import Table, write_table
from oscine.annotations.formats import NO_LABEL, Format, Sniff
from oscine.annotations.sources import Sources


class SimpleSeq(Format):
    """crowsetta's simple-seq: onset_s, offset_s, label."""

    suffixes = ("_simple.csv", ".csv", ".txt")

    unit: Literal["s", "ms"] = "s"
    """Unit of the times: "ms" for files that hold milliseconds in their columns of seconds."""

    def matches(self, file: Sniff) -> float:
        """By the header."""
        return 0.8 if file.header() >= {"onset_s", "offset_s"} and "notated_path" not in file.header() else 0.0

    def read(self, path: Path, sources: Sources) -> Annotations:
        """Read rows; other columns are kept."""
        table = Table.read(path, ("onset_s", "offset_s"))
        own = sources.name_for(path)
        onset, offset = table.spans("onset_s", "offset_s", 1000.0 if self.unit == "ms" else 1.0)
        more = {name: table.values(name) for name in table.header if name not in ("onset_s", "offset_s", "label", "")}
        frame = pd.DataFrame({"onset": onset, "offset": offset, "label": table.text("label", NO_LABEL), **more})
        return Annotations.of_recording(own, frame)

    def write(self, annotations: Annotations, path: Path, sources: Sources) -> list[Path]:
        """Write onset, offset and label."""
        table, scale = annotations.to_pandas(), 1000.0 if self.unit == "ms" else 1.0
        columns = {"onset_s": table["onset"] * scale, "offset_s": table["offset"] * scale, "label": table["label"]}
        return [write_table(path, columns)]
