"""Lists of layers, as SongExplorer writes them: ``1,3``, ``2-4``, ``>=3``, ``<2``. Layers are counted from 1."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

_PART = re.compile(r"(?P<sign><=|>=|<|>)?(?P<first>\d+)(?:-(?P<last>\d+))?")


def listed_layers(text: str, n_layers: int) -> frozenset[int]:
    """The layers, from 1 to `n_layers`, that a list names.

    Parameters
    ----------
    text
        Numbers, ranges such as ``2-4`` (both ends belong), and bounds such as ``>=3``, separated by commas; empty for
        none.
    n_layers
        Number of layers that there are; numbers above it name nothing.

    Raises
    ------
    ValueError
        For text of another form.

    Examples
    --------
    >>> sorted(listed_layers("1, 4-5, >=7", 8))
    [1, 4, 5, 7, 8]
    """
    layers = range(1, n_layers + 1)
    found: set[int] = set()
    for part in filter(None, (part.replace(" ", "") for part in text.split(","))):
        match = _PART.fullmatch(part)
        if match is None or (match["sign"] and match["last"]) or int(match["first"]) > int(match["last"] or 10**9):
            raise ValueError(f"not a list of layers: {part!r} (write 1,2 or 2-4 or >=3 or <2)")
        sign, first = match["sign"], int(match["first"])
        last = int(match["last"] or first)
        chosen = {
            None: range(first, last + 1),
            "<": range(1, first),
            "<=": range(1, first + 1),
            ">": range(first + 1, n_layers + 1),
            ">=": range(first, n_layers + 1),
        }[sign]
        found.update(layer for layer in layers if layer in chosen)
    return frozenset(found)


def _check(text: str) -> str:
    listed_layers(text, 0)
    return text


LayerList = Annotated[str, AfterValidator(_check)]
"""An option that is a list of layers."""
