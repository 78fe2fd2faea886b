"""What the name of an annotation file says: whose sounds, of which kind, by whom.

Two conventions live side by side and are told apart by the sign before the word:

=============================================== ============ ========= =========
file                                            recording    kind      annotator
=============================================== ============ ========= =========
``may01_annotations.csv``                       may01.wav    annotated
``may01_annotations-ann.csv``                   may01.wav    annotated ann
``may01_predicted.csv``                         may01.wav    predicted
``may01.wav-annotated-ann.csv``                 may01.wav    annotated ann
``may01-annotated-20201231T235959.csv``         may01.wav    annotated
``may01.wav-predicted-1.0pr.csv``               may01.wav    predicted
=============================================== ============ ========= =========

The first three are Oscine's own, the others SongExplorer's, of which older versions leave the recording's
suffix out. A timestamp or a precision–recall ratio is nobody's name.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

KINDS = {
    "annotations": "annotated",
    "annotated": "annotated",
    "detected": "detected",
    "predicted": "predicted",
    "missed": "missed",
    "mistakes": "mistaken",
    "mistaken": "mistaken",
    "correct": "correct",
    "disagreeing": "disagreeing",
    "uncertain": "uncertain",
    "autoencoded": "autoencoded",
}
"""The word in a file's name and the kind of its rows."""

_WORDS = "|".join(KINDS)
_OURS = re.compile(rf"(?P<stem>.+)_(?P<word>{_WORDS})(?:-(?P<who>.+))?")
_SONGEXPLORER = re.compile(rf"(?P<stem>.+?)-(?P<word>{_WORDS})(?:-(?P<who>.+))?")
_NOBODY = re.compile(r"\d{8}T\d{6}|[\d.]*pr")
_ENDINGS = (".not", ".audacity", ".selections", "_simple", "_generic")
_TABLE = re.compile(r"\.Table\.\d+$")


class Name(NamedTuple):
    """What a file's name says; `convention` is "oscine", "songexplorer" or "" (nothing but the stem)."""

    stem: str
    kind: str = "annotated"
    annotator: str = ""
    convention: str = ""


def parse(path: str | Path) -> Name:
    """Read the name of an annotation file.

    Examples
    --------
    >>> parse("may01_annotations-ann.csv")
    Name(stem='may01', kind='annotated', annotator='ann', convention='oscine')
    >>> parse("may01.wav-annotated-20201231T235959.csv")
    Name(stem='may01.wav', kind='annotated', annotator='', convention='songexplorer')
    >>> parse("may01.Table.1.selections.txt").stem
    'may01'
    """
    path = Path(path)
    text = path.name.removesuffix(path.suffix)
    for ending in _ENDINGS:
        text = text.removesuffix(ending)
    text = _TABLE.sub("", text)
    for pattern, convention in ((_OURS, "oscine"), (_SONGEXPLORER, "songexplorer")):
        if match := pattern.fullmatch(text):
            return Name(match["stem"], KINDS[match["word"]], somebody(match["who"] or ""), convention)
    return Name(text)


def somebody(word: str) -> str:
    """A word as an annotator's name; "" where it is a timestamp or a ratio."""
    return "" if _NOBODY.fullmatch(word) else word


def stem(recording: str) -> str:
    """A recording's name without its extension; a part of a file keeps its own, so that parts do not collide.

    Examples
    --------
    >>> stem("may01.wav"), stem("may01.wav-recA")
    ('may01', 'may01.wav-recA')
    """
    path = Path(recording)
    return recording if "-" in path.suffix else path.stem


def ours(stem: str, kind: str = "annotated", annotator: str = "") -> str:
    """Name of a file by Oscine's convention.

    Examples
    --------
    >>> ours("may01", "annotated", "ann"), ours("may01", "predicted")
    ('may01_annotations-ann.csv', 'may01_predicted.csv')
    """
    return f"{stem}_{_word(kind, 'annotations')}{'-' * bool(annotator)}{annotator}.csv"


def songexplorer(recording: str, kind: str = "annotated", annotator: str = "") -> str:
    """Name of a file by SongExplorer's convention.

    Examples
    --------
    >>> songexplorer("may01.wav", "annotated", "ann"), songexplorer("may01.wav", "mistaken")
    ('may01.wav-annotated-ann.csv', 'may01.wav-mistakes.csv')
    """
    return f"{recording}-{_word(kind, 'annotated')}{'-' * bool(annotator)}{annotator}.csv"


def _word(kind: str, annotated: str) -> str:
    return {"annotated": annotated, "mistaken": "mistakes", "correct": "mistakes"}.get(kind, kind)


def provenance_path(path: Path) -> Path:
    """The file beside an annotation file that tells how it came to be."""
    return path.with_name(f"{path.name.removesuffix(path.suffix)}.provenance.json")
