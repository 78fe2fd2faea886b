"""Tables of thresholds as SongExplorer's: one score for each label, above which a frame is taken for it.

Two layouts are read. The current one is a row for each label; the older one, which is also what is written, begins
with the wished ratios of precision to recall, a column for each:

    precision/recall,0.5,1.0,2.0
    mel-pulse,0.21,0.58,0.83            mel-pulse,0.58
    ambient,0.33,0.61,0.90              ambient,0.61
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from oscine.annotations.delimited import read_lines, write_lines
from oscine.core.errors import InputError

HEADER = "precision/recall"
_EXAMPLE = "label,threshold; such as mel-pulse,0.58"


def save_thresholds(thresholds: Mapping[str, float], path: str | Path, ratio: float = 1.0) -> Path:
    """Write the threshold of each label, under the wished ratio of precision to recall."""
    return save_threshold_table({ratio: thresholds}, path)


def save_threshold_table(thresholds: Mapping[float, Mapping[str, float]], path: str | Path) -> Path:
    """Write the threshold of each label for several wished ratios of precision to recall, a column for each.

    Parameters
    ----------
    thresholds
        By ratio, of each label; not a number where there is none.
    path
        The table.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "thresholds.csv")
    >>> print(save_threshold_table({0.5: {"pulse": 0.2}, 1.0: {"pulse": 0.6}}, path).read_text().strip())
    precision/recall,0.5,1.0
    pulse,0.2,0.6
    """
    ratios = sorted(thresholds)
    labels = list(dict.fromkeys(label for column in thresholds.values() for label in column))
    rows = [(label, *(str(float(thresholds[r].get(label, math.nan))) for r in ratios)) for label in labels]
    return write_lines(Path(path), [(HEADER, *(str(float(ratio)) for ratio in ratios)), *rows])


def load_thresholds(path: str | Path, ratio: float = 1.0) -> dict[str, float]:
    """Read the threshold of each label; those that are no number, of labels without examples, are left out.

    Parameters
    ----------
    path
        A table of either layout.
    ratio
        Which of its columns, where there are several.

    Raises
    ------
    InputError
        Where the file is no such table, or has no column for the ratio.
    """
    if not Path(path).exists():
        raise InputError("there is no such table of thresholds", path=path)
    rows = [(number, [field.strip() for field in fields]) for number, fields in read_lines(Path(path))]
    column = 1
    if rows and rows[0][1][0] == HEADER:
        number, header = rows.pop(0)
        column = _column(path, number, header, ratio)
    found = {}
    for number, row in rows:
        if len(row) <= column or not row[0]:
            raise InputError("not a row of thresholds", path=path, line=number, found=",".join(row), allowed=_EXAMPLE)
        value = _number(path, number, row[column])
        if math.isfinite(value):
            if not 0 <= value <= 1:
                raise InputError("a threshold is out of range", path=path, line=number, found=value, allowed="≥ 0, ≤ 1")
            found[row[0]] = value
    if not rows:
        raise InputError("holds no thresholds", path=path, allowed=_EXAMPLE)
    return found


def _column(path: str | Path, line: int, header: list[str], ratio: float) -> int:
    """The column of a ratio; the only one there is, whatever its ratio."""
    ratios = [_number(path, line, text) for text in header[1:]]
    if len(ratios) == 1:
        return 1
    if ratio not in ratios:
        raise InputError("has no column for this ratio", path=path, line=line, found=ratio, allowed=header[1:])
    return ratios.index(ratio) + 1


def _number(path: str | Path, line: int, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError("not a number", path=path, line=line, found=text, allowed=_EXAMPLE) from None
