"""What a NumPy docstring says, for drivers that show it in pieces: the prose, and what each parameter is.

Sections (Parameters, Returns, Raises, Examples, …) are headings underlined with hyphens. They are written for readers
of Python; help texts and forms show the summary, the prose that follows it, and the words for each input.
"""

from __future__ import annotations

import inspect
import re
from typing import NamedTuple

_HEADING = re.compile(r"^(?P<title>\S[^\n]*)\n-{3,}[ ]*$", re.MULTILINE)


class Docstring(NamedTuple):
    """A docstring in pieces.

    Attributes
    ----------
    summary
        The first paragraph, in one line.
    prose
        What follows it before the first section, paragraphs separated by empty lines.
    parameters
        What each parameter is, in one line.
    """

    summary: str
    prose: str
    parameters: dict[str, str]


def read(text: str | None) -> Docstring:
    """Take a docstring apart.

    Examples
    --------
    >>> read('''Find sounds.
    ...
    ... Without a model.
    ...
    ... Parameters
    ... ----------
    ... recording
    ...     Of any length.
    ... ''')
    Docstring(summary='Find sounds.', prose='Without a model.', parameters={'recording': 'Of any length.'})
    """
    text = inspect.cleandoc(text or "")
    headings = list(_HEADING.finditer(text))
    opening = text[: headings[0].start()] if headings else text
    summary, _, prose = opening.strip().partition("\n\n")
    parameters: dict[str, str] = {}
    for heading, following in zip(headings, [*headings[1:], None], strict=False):
        if heading["title"].strip() == "Parameters":
            parameters = _entries(text[heading.end() : following.start() if following else None])
    return Docstring(_joined(summary), prose.strip(), parameters)


def _entries(section: str) -> dict[str, str]:
    """Names at the margin, and what is indented below each; `a, b` names two."""
    entries: dict[str, str] = {}
    names: list[str] = []
    for line in section.splitlines():
        if line and not line[0].isspace():
            names = [name.strip() for name in line.partition(" : ")[0].split(",")]
            entries.update(dict.fromkeys(names, ""))
        else:
            for name in names:
                entries[name] = _joined(f"{entries[name]} {line}")
    return entries


def _joined(text: str) -> str:
    return " ".join(text.split())
