"""What a training measured, one JSON object a line: readable while it runs, and after a kill.

    {"step": 30, "loss": 0.61, "accuracy": 0.77, "seconds": 2.1}
    {"step": 30, "validation_loss": 0.7, "validation_f1": 0.81, "validation_recall": 0.8, "seconds": 2.2}

`seconds` is the time spent training so far, interruptions left out.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Self

from oscine.core.artifacts import unwritable, write_text

METRICS = "metrics.jsonl"


def read_metrics(path: Path) -> list[dict[str, float]]:
    """The lines of a metrics file; a last line that a kill cut off is left out."""
    lines = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []:
        try:
            lines.append(json.loads(line))
        except ValueError:
            break
    return lines


class MetricsFile:
    """The metrics file of a training that goes on from `step`; lines of later steps are gone.

    Parameters
    ----------
    path
        Its place, in a folder that is there.
    step
        The last step whose lines stay; -1 for a new file.

    Raises
    ------
    InputError
        Where the folder cannot be written to, or the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), METRICS)
    >>> with MetricsFile(path) as metrics:
    ...     metrics.write({"step": 1, "loss": 0.5})
    >>> with MetricsFile(path, step=1) as metrics:
    ...     metrics.write({"step": 2, "loss": 0.4})
    >>> read_metrics(path)
    [{'step': 1, 'loss': 0.5}, {'step': 2, 'loss': 0.4}]
    """

    def __init__(self, path: Path, *, step: int = -1) -> None:
        self.path = path
        kept = [line for line in read_metrics(path) if line["step"] <= step]
        write_text(path, "".join(map(_text, kept)))
        self._stream = path.open("a", encoding="utf-8", newline="\n")

    def write(self, line: dict[str, float]) -> None:
        """Append a line, and hand it to the system at once."""
        try:
            self._stream.write(_text(line))
            self._stream.flush()
        except OSError as error:
            raise unwritable(self.path, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._stream.close()
        except OSError:  # what could not be written was told by `write`
            return


def _text(line: dict[str, float]) -> str:
    return json.dumps(line, allow_nan=False) + "\n"
