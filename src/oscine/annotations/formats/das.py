"""DAS's annotations: `X_annotations.csv` and `X_definitions.csv` beside `X.wav`.

    name,start_seconds,stop_seconds,channel

DAS (Deep Audio Segmenter) reads Oscine's own files as they are and we read its; this format is for writing files that
hold nothing else. A label without a sound is kept alive by a row without a start, and by `X_definitions.csv` (rows
`name,event` or `name,segment`), which is written only for two labels or more, because one row crashes DAS.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np

from oscine.annotations import naming
from oscine.annotations.annotations import Annotations
from oscine.annotations.delimited import write_table
from oscine.annotations.formats import Format, Sniff
from oscine.annotations.formats.oscine import Oscine
from oscine.annotations.sources import Sources


class Das(Format):
    """DAS's header CSV in seconds with its definitions file, `X_annotations.csv` beside `X.wav`."""

    suffixes = (".csv",)
    holds = frozenset({"channel", "labels"})

    unit: Literal["s", "ms"] = "s"
    """Unit of the times: "ms" for files that hold milliseconds in their columns of seconds."""

    def matches(self, file: Sniff) -> float:
        """Never: Oscine's own format reads all that DAS writes."""
        return 0.0

    def file_name(self, recording: str, kind: str = "annotated", annotator: str = "") -> str:
        """`X_annotations.csv`; DAS finds no file of another kind or annotator by itself."""
        return naming.ours(Path(recording).stem, kind, annotator)

    def read(self, path: Path, sources: Sources) -> Annotations:
        """Read as Oscine's own format."""
        return Oscine(unit=self.unit).read(path, sources)

    def write(self, annotations: Annotations, path: Path, sources: Sources) -> list[Path]:
        """Write the rows, markers of labels without a row, and the definitions."""
        table = annotations.to_pandas()
        counts, categories = annotations.count(), {name: annotations.category(name) for name in annotations.labels}
        idle = [label for label in annotations.labels if counts[label] == 0]
        scale = 1000.0 if self.unit == "ms" else 1.0
        markers = [0.0 if categories[label] == "segment" else np.nan for label in idle]
        columns: dict[str, Any] = {
            "name": [*table["label"], *idle],
            "start_seconds": [*(table["onset"] * scale), *(np.nan for _ in idle)],
            "stop_seconds": [*(table["offset"] * scale), *markers],
            "channel": [*table["channel"], *(-1 for _ in idle)],
        }
        written = [write_table(path, columns)]
        if len(categories) > 1 and naming.parse(path).convention:
            definitions = path.with_name(f"{naming.parse(path).stem}_definitions.csv")
            rows: dict[str, Any] = {
                "name": list(categories),
                "category": [kind or "event" for kind in categories.values()],
            }
            written.append(write_table(definitions, rows, header=False))
        return written
