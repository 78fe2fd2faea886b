r"""Audacity's label track with frequencies: every label is followed by a line with its limits in hertz.

    0.5<tab>0.75<tab>a
    \<tab>2000.0<tab>8000.0

A sound without limits has no second line, and one with a single limit has -1 for the other, as Audacity writes it.

Reference: Audacity manual, "Importing and exporting labels", extended format with frequency ranges.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from oscine.annotations.annotations import Annotations
from oscine.annotations.delimited import as_text, write_lines
from oscine.annotations.formats import Format, Sniff
from oscine.annotations.formats.aud_seq import read_labels
from oscine.annotations.sources import Sources


class AudBBox(Format):
    """Audacity's label track with frequency limits."""

    suffixes = (".txt",)
    holds = frozenset({"low", "high"})

    unit: Literal["s", "ms"] = "s"
    """Unit of the times: "ms" for files that hold milliseconds where seconds are expected."""

    def matches(self, file: Sniff) -> float:
        """By the line with frequencies."""
        is_text = file.name.lower().endswith(".txt")
        return 0.9 if is_text and any(line.startswith("\\\t") for line in file.lines) else 0.0

    def read(self, path: Path, sources: Sources) -> Annotations:
        """Read labels with their frequencies."""
        return read_labels(path, sources, 1000.0 if self.unit == "ms" else 1.0)

    def write(self, annotations: Annotations, path: Path, sources: Sources) -> list[Path]:
        """Write each label, and its frequencies where it has any."""
        scale = 1000.0 if self.unit == "ms" else 1.0
        rows = []
        for row in annotations:
            rows.append([as_text(row.onset * scale), as_text(row.offset * scale), row.label])
            if not np.isnan([row.low, row.high]).all():
                rows.append(["\\", as_text(row.low) or "-1", as_text(row.high) or "-1"])
        return [write_lines(path, rows, "\t")]
