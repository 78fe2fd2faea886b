"""What a training measured, one JSON object a line: readable while it runs, and after a kill."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

METRICS = "metrics.jsonl"


def read_metrics(path: Path) -> list[dict[str, float]]:
    """The lines of a metrics file; a last line that a kill cut off is left out."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            lines.append(json.loads(line))
        except ValueError:
            break
    return lines


def write_metrics(stream: TextIO, lines: Iterable[dict[str, float]]) -> None:
    """Append lines, and hand them to the system at once."""
    stream.writelines(json.dumps(line) + "\n" for line in lines)
    stream.flush()
